"""--on: a verb on directors elsewhere, one or several."""

from __future__ import annotations

from _collections_abc import Callable, Iterable

from lvstui import dispatch, sources
from lvstui.arguments import Arguments
from lvstui.director.errors import BadInput
from lvstui.dispatch import file_to_read, format_of, preceded
from lvstui.plain import plain
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.verbs.verb import Ask, Verb


def verb(arguments: Arguments, ask: Ask) -> Verb | None:
    """The verb that the arguments ask for, None for the console. Raises LvsError for its files and its directors."""
    if arguments.verb in ("do", "restore", "resume", "rollback"):
        return _changed(arguments, ask)
    if arguments.verb:
        from lvstui.verbs import fleet

        if fleet.several(arguments.on):
            return _fleet(arguments, ask)
    return dispatch.verb(arguments, ask)


def _fleet(arguments: Arguments, ask: Ask) -> Verb:
    """A verb on several directors. Raises BadInput."""
    from copy import copy

    from lvstui.verbs import fleet
    from lvstui.verbs.merged import merged

    if arguments.verb not in fleet.VERBS:
        only = ", ".join(f"--{verb}" for verb in (*fleet.VERBS, *fleet.CHANGING))
        raise BadInput(f"--{arguments.verb}", "takes one director at a time", f"these take several: {only}")
    if arguments.metrics:
        raise BadInput("--metrics FILE", "takes one director at a time", "without FILE it prints those of several")

    def on(host: str) -> Verb:
        """Its link is closed when it has answered: no more links are open than are asked at a time."""
        of_host = copy(arguments)
        of_host.on, of_host.remote = host, None
        try:
            verb = dispatch.verb(of_host, ask)
            assert verb is not None
            return (yield from verb)
        finally:
            if of_host.remote is not None:
                of_host.remote.close()

    shown = merged if arguments.verb == "list" and arguments.format in (None, "table") else None
    return fleet.run(fleet.hosts(arguments.on), on, arguments.verb, arguments.format == "json", shown)


def _changed(arguments: Arguments, ask: Ask) -> Verb:
    """A verb that changes directors elsewhere: the lvstui that is installed there does it. Raises BadInput."""
    from functools import partial

    from lvstui.remote.director import checked
    from lvstui.verbs import fleet, together

    many = fleet.several(arguments.on)
    names = fleet.hosts(arguments.on) if many else [checked(arguments.on)]
    sudo = partial(sources.as_root, arguments)
    flags = ["--allow-outage"] if arguments.allow_outage else []
    if arguments.verb == "do":
        if len(names) > 1:
            from lvstui.commands.parse import parse as understood
            from lvstui.verbs import do

            parsed = understood(arguments.do)
            do.refuse_looks(parsed)
            if parsed.command.id == "failover":
                mend = f"lvstui --on {names[0]} --do failover"
                raise BadInput("--do failover", "is for one director: the other takes over", mend)
        words = (*flags, "--do", arguments.do)
        if len(names) == 1:  # the command is the consent, as it is on the director itself
            dry = ["--dry-run"] if arguments.dry_run else []
            alone = _on(arguments, [*flags, "--do", arguments.do], names[0])
            return together.on_one(names[0], [*dry, *words], sudo(names[0]), alone)
        line = partial(_on, arguments, [*flags, "--do", arguments.do])
        task = together.Task("do", words, arguments.do, line, back=together.way_back(parsed.command.id), silent=True)
        if not parsed.command.writes:
            task = task._replace(words=(*(["--dry-run"] if arguments.dry_run else []), *words))
            return together.asked_of_each(names, task, together.TogetherOptions(sudo))
    elif arguments.verb == "restore":
        return _restored(arguments, names, flags, sudo, ask)
    else:
        if many and len(names) > 1:
            raise BadInput(
                f"--{arguments.verb}", "takes one director at a time", f"lvstui --on {names[0]} --{arguments.verb}"
            )
        words = (f"--{arguments.verb}",)
        task = together.Task(arguments.verb, words, "", partial(_on, arguments, words))
    options = together.TogetherOptions(sudo, arguments.dry_run, arguments.yes)
    return together.run(names, task, options, partial(sources.seen_from_here, arguments), ask)


def _restored(arguments: Arguments, names: list[str], flags: list[str], sudo: Callable[[str], bool], ask: Ask) -> Verb:
    """--restore on one director elsewhere, or on both of a pair. The file is read here, and goes there on standard
    input. Raises BadInput."""
    from copy import copy
    from functools import partial

    from lvstui.formats import toml
    from lvstui.formats.contents import contents_of
    from lvstui.verbs import together
    from lvstui.verbs.named_files import KINDS, read_for_restore

    name = arguments.restore
    if len(names) > 2:
        why = f"goes to one director or to the two of a pair, and these are {len(names)}"
        raise BadInput("--restore", why, f"lvstui --on {names[0]},{names[1]} --restore {plain(name)}")
    if len(names) > 1 and name.startswith("@"):
        mend = "name its file: lvstui --on HOST --snapshots lists them"
        raise BadInput(f"--restore {plain(name)}", "is a snapshot of one director, and these are two", mend)
    of_host = copy(arguments)
    of_host.on = names[0]
    file = file_to_read(of_host, name)
    read = read_for_restore(file.path, format_of(arguments, *KINDS) or file.kind, resolve=arguments.resolve)
    if arguments.merge and arguments.replace:
        raise BadInput("--merge", "deletes nothing, and --replace empties the table", "give one of the two")
    for flag in ("merge", "keep_weights", "replace"):
        flags += [f"--{flag.replace('_', '-')}"] if getattr(arguments, flag) else []
    called = "standard input" if name == "-" else plain(name)
    words = ("--restore", "-", "--format", "toml", "--as", called, *flags)
    given = "".join(toml.write(contents_of(read.rules, read.header))).encode()
    line = partial(_on, arguments, ["--restore", name, *flags])
    task = together.Task("restore", words, called, line, given, together.AGAIN, pair=len(names) > 1)
    options = together.TogetherOptions(sudo, arguments.dry_run, arguments.yes)
    verb = together.run(names, task, options, partial(sources.seen_from_here, arguments), ask)
    return preceded([*file.remarks, *read.remarks], verb)


def _on(arguments: Arguments, words: Iterable[str], host: str) -> str:
    """The line that does something on one director elsewhere."""
    import shlex

    return shlex.join(["lvstui", "--on", host, *(["--sudo"] if arguments.sudo else []), *words])
