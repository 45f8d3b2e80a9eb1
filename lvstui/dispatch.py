"""Turns arguments into the verb they ask for, with everything it needs."""

from __future__ import annotations

import os
import sys
import time
from _collections_abc import Iterable

from lvstui import sources
from lvstui.arguments import Arguments
from lvstui.director.errors import BadInput, Unavailable
from lvstui.director.remarks import Remark
from lvstui.plain import plain
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.source import Source
    from lvstui.doctor.thresholds import Thresholds
    from lvstui.verbs.address import File
    from lvstui.verbs.verb import Ask, Verb


def verb(arguments: Arguments, ask: Ask) -> Verb | None:
    """The verb that the arguments ask for, None for the console. Raises LvsError for its files and its director."""
    match arguments.verb:
        case "list":
            return _list(arguments)
        case "save":
            return _save(arguments)
        case "restore":
            return _restore(arguments, ask)
        case "resume" | "rollback":
            return _recover(arguments, ask)
        case "diff":
            return _diff(arguments)
        case "report":
            return _report(arguments)
        case "convert":
            return _convert(arguments)
        case "do":
            return _do(arguments, ask)
        case "watch":
            return _watch(arguments)
        case "snapshots":
            return _snapshots(arguments)
        case "check":
            return _check(arguments)
        case "metrics":
            return _metrics(arguments)
        case "events":
            return _events(arguments)
        case "install_unit":
            return _install_unit(arguments, ask)
        case "where":
            from lvstui.verbs import where

            return (
                where.elsewhere(sources.table_paths(arguments), sources.remote(arguments))
                if arguments.on
                else where.run()
            )
        case "print_config":
            return _print_config(arguments)
        case "completion":
            from lvstui.verbs import completion

            return completion.run(arguments.completion)
        case "man":
            from lvstui.verbs import man

            return man.run()
        case _:
            return None


def _save(arguments: Arguments) -> Verb:
    from lvstui.verbs import save

    kind = format_of(arguments, "ipvsadm", "toml", "json")
    path = _to_write(arguments, arguments.save)
    return save.run(sources.source(arguments), path, sources.table_paths(arguments), kind)


def _recover(arguments: Arguments, ask: Ask) -> Verb:
    from lvstui.verbs import recover

    source = sources.source(arguments, by=arguments.verb)
    forward = arguments.verb == "resume"
    return recover.run(source, forward, sources.table_paths(arguments), arguments.dry_run, arguments.yes, ask)


def _convert(arguments: Arguments) -> Verb:
    from lvstui.verbs import convert

    file, target = file_to_read(arguments, arguments.convert[0]), _to_write(arguments, arguments.convert[1])
    kind = format_of(arguments, *convert.KINDS)
    return preceded(file.remarks, convert.run(file.path, target, kind, resolve=arguments.resolve))


def _install_unit(arguments: Arguments, ask: Ask) -> Verb:
    from lvstui import places
    from lvstui.verbs import unit

    if arguments.install_unit == "metrics":
        return unit.metrics(places.metrics_units(), places.metrics(), arguments.yes, ask)
    return unit.run(places.unit(), places.boot_rules(), arguments.yes, ask)


def _print_config(arguments: Arguments) -> Verb:
    from lvstui import places
    from lvstui.config.sample import DefaultEntry
    from lvstui.console.keys.key_names import written_key
    from lvstui.console.keys.keymap import mapped
    from lvstui.doctor.thresholds import LIMITS
    from lvstui.verbs import print_config
    from lvstui.views.doctor import limits, reasons

    actions, complaints = mapped(arguments.settings.keys)
    wanted, wrong = limits(arguments.settings.thresholds)
    complaints = (*complaints, *reasons(arguments.settings.silence)[1], *wrong)
    settings = arguments.settings._replace(complaints=(*arguments.settings.complaints, *complaints))
    files = (arguments.config,) if arguments.config else places.configs()
    keys = [DefaultEntry(action.id, tuple(map(written_key, action.keys)), action.help) for action in actions]
    thresholds = [
        DefaultEntry(limit.name, getattr(wanted, limit.field), f"{limit.unit}: {limit.help}") for limit in LIMITS
    ]
    # A setting with a complaint, which names file and line, has no effect.
    refused = {complaint.partition(": ")[0] for complaint in complaints}
    origins = {path: where for path, where in arguments.origins.items() if where not in refused}
    return preceded(
        map(_remark, complaints), print_config.run(settings, origins, files, {"keys": keys, "thresholds": thresholds})
    )


def _list(arguments: Arguments) -> Verb:
    from lvstui.verbs import list as listing

    kind = format_of(arguments, *listing.FORMATS) or "table"
    return listing.run(sources.source(arguments), kind, arguments.settings.ask_keepalived)


def _watch(arguments: Arguments) -> Verb:
    from lvstui.verbs import watch

    if arguments.replay:
        return watch.of(sources.replay(arguments.replay))
    director = sources.director(arguments)
    return watch.run(sources.recorded(arguments, director) or director, arguments.settings.interval)


def _check(arguments: Arguments) -> Verb:
    from lvstui.store.audit import Log
    from lvstui.verbs import check

    ids = check.chosen(arguments.check)
    kind = format_of(arguments, *check.FORMATS) or "text"
    silence, limits, remarks = judging(arguments)
    source, asks = sources.source(arguments), arguments.settings.ask_keepalived
    log = Log(sources.table_paths(arguments).folder)
    return preceded(remarks, check.run(source, ids, silence, kind, asks, arguments.probe, limits, log.latest))


def _metrics(arguments: Arguments) -> Verb:
    """The metrics, as text or, where a file is named, in that."""
    from lvstui.verbs import metrics

    return metrics.into(arguments.metrics, _measured(arguments)) if arguments.metrics else _measured(arguments)


def _measured(arguments: Arguments) -> Verb:
    from lvstui.verbs import metrics

    silence, limits, remarks = judging(arguments)
    try:
        source = sources.source(arguments)
    except Unavailable as error:
        return metrics.absent(error)
    return preceded(remarks, metrics.run(source, silence, arguments.settings.ask_keepalived, limits))


def _events(arguments: Arguments) -> Verb:
    from lvstui.store.audit import Log
    from lvstui.verbs import events

    silence, limits, remarks = judging(arguments)
    kind = format_of(arguments, *events.FORMATS) or "text"
    log = Log(sources.table_paths(arguments).folder)
    source, interval = sources.source(arguments), arguments.settings.interval
    return preceded(remarks, events.run(source, interval, silence, kind, log.latest, limits=limits))


def _report(arguments: Arguments) -> Verb:
    from lvstui.store.audit import Log
    from lvstui.verbs import report
    from lvstui.views.operator_names import OperatorNames

    tape, target = arguments.report
    settings = arguments.settings
    log = Log(sources.table_paths(arguments).folder)
    return report.run(sources.replay(tape), target, OperatorNames(settings.names, settings.notes), log.latest)


def judging(arguments: Arguments) -> tuple[dict[str, str], Thresholds, list[Remark]]:
    """The findings that the settings silence, the thresholds they set, and complaints about both."""
    from lvstui.views.doctor import limits, reasons

    silence, complaints = reasons(arguments.settings.silence)
    wanted, wrong = limits(arguments.settings.thresholds)
    return silence, wanted, [_remark(complaint) for complaint in (*complaints, *wrong)]


def _snapshots(arguments: Arguments) -> Verb:
    import time

    from lvstui.store.snapshots import Store
    from lvstui.verbs import snapshots

    paths = sources.table_paths(arguments)
    source: Source | None = None
    remarks, missed = [], None
    try:
        source = sources.source(arguments)
    except Unavailable as error:
        if arguments.on:
            missed = error  # the exit code counts the director, not what is known here
        else:
            remarks.append(Remark("--snapshots", 0, f"not compared with the table: {error.why}"))
    kind = format_of(arguments, *snapshots.FORMATS) or "table"
    store = Store(paths.snapshots, paths.most, paths.journal)
    return preceded(remarks, snapshots.run(source, store, kind, time.time(), bool(arguments.on), missed))


def file_to_read(arguments: Arguments, name: str) -> File:
    """The file that @1, @name or @boot stands for, or the name itself."""
    from lvstui.verbs import address

    return address.to_read(name, sources.table_paths(arguments))


def _to_write(arguments: Arguments, name: str) -> str:
    from lvstui.verbs import address

    return address.to_write(name, sources.table_paths(arguments))


def _restore(arguments: Arguments, ask: Ask) -> Verb:
    from lvstui.verbs import restore
    from lvstui.verbs.named_files import KINDS, read_for_restore

    name = arguments.restore
    called = plain(arguments.called or name)
    file = file_to_read(arguments, name)
    read = read_for_restore(file.path, format_of(arguments, *KINDS) or file.kind, resolve=arguments.resolve)
    options = restore.RestoreOptions(
        dry_run=arguments.dry_run,
        yes=arguments.yes,
        allow_outage=arguments.allow_outage,
        merge=arguments.merge,
        keep_weights=arguments.keep_weights,
        replace=arguments.replace,
    )
    # A dry run only reads, and readers load no kernel modules.
    source = sources.source(
        arguments, load_module=not options.dry_run, by="" if options.dry_run else f"restore {called}"
    )
    verb = restore.run(source, read, called, options, sources.table_paths(arguments), ask)
    return preceded(file.remarks, verb)


def _do(arguments: Arguments, ask: Ask) -> Verb:
    from lvstui.commands.parse import parse as understood
    from lvstui.verbs import do
    from lvstui.verbs.questions import ChangeOptions
    from lvstui.views.operator_names import OperatorNames

    asked = understood(arguments.do)
    do.refuse_looks(asked)
    if asked.command.id == "save":
        from lvstui.verbs import save

        path = _to_write(arguments, asked.values["file"])
        return save.run(sources.source(arguments), path, sources.table_paths(arguments))
    if asked.command.id == "restore":
        arguments.restore, arguments.yes = asked.values["file"], True
        return _restore(arguments, ask)
    director = sources.director(arguments)
    audited = sources.audited(arguments, director, "do")
    settings = arguments.settings
    names, options = (
        OperatorNames(settings.names, settings.notes),
        ChangeOptions(arguments.dry_run, arguments.allow_outage),
    )
    return do.run(sources.guarded(arguments, audited), asked, names, options, sources.table_paths(arguments))


def _diff(arguments: Arguments) -> Verb:
    from lvstui.director.state import rules_of
    from lvstui.formats.rule_files import kind_of
    from lvstui.verbs import diff
    from lvstui.verbs.named_files import KEEPALIVED, compared, configuration, read_any
    from lvstui.verbs.verb import complete

    if len(arguments.diff) > 2:
        raise BadInput("--diff", f"takes one or two files, not {len(arguments.diff)}")
    if directors := [name[:-1] for name in arguments.diff if name.endswith(":") and len(name) > 1 and "/" not in name]:
        return _pair(arguments, directors)
    kind = format_of(arguments, *diff.FORMATS) or "text"
    colour = sys.stdout is not None and sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    files = [file_to_read(arguments, name) for name in arguments.diff]
    if len(files) == 1 and arguments.demo is None and (files[0].kind or kind_of(files[0].path)) == KEEPALIVED:
        file, source = configuration(files[0].path), sources.source(arguments)
        now = rules_of(complete(source, "--diff"))
        if (seconds := file.settles()) > 0:  # keepalived is still loading: a difference now may not be by hand
            time.sleep(seconds)
            file, now = configuration(files[0].path), rules_of(complete(source, "--diff"))
        (wanted, failed), drifts = compared(file, now)
        return preceded([*files[0].remarks, *file.remarks], diff.run(now, wanted, kind, failed, colour, drifts))
    reads = [read_any(file.path, file.kind, resolve=arguments.resolve) for file in files]
    remarks = [*(remark for file in files for remark in file.remarks), *(r for read in reads for r in read.remarks)]
    if len(reads) == 2:
        return preceded(remarks, diff.run(reads[0].rules, reads[1].rules, kind, colour=colour))
    now = rules_of(complete(sources.source(arguments), "--diff"))
    return preceded(remarks, diff.run(now, reads[0].rules, kind, colour=colour))


def _pair(arguments: Arguments, directors: list[str]) -> Verb:
    """--diff lvs1: lvs2:, or --diff lvs2:, which compares with this director."""
    from functools import partial

    from lvstui.verbs import pair

    if len(directors) < len(arguments.diff):
        file = next(name for name in arguments.diff if name[:-1] not in directors)
        mend = f"two directors: --diff lvs1: lvs2:; a file: --diff {plain(file)}; a file named lvs1: is ./lvs1:"
        raise BadInput("--diff", "a director is compared with a director, a file with a file or with this table", mend)
    if len(set(directors)) < len(directors):
        raise BadInput("--diff", f"{plain(directors[0])} is named twice")
    kind = format_of(arguments, *pair.FORMATS) or "text"
    both = [(name, partial(sources.elsewhere, arguments, name)) for name in directors]
    if len(both) == 1:
        here = sources.world(arguments).host if arguments.demo is not None else os.uname().nodename
        both.insert(0, (here if here != directors[0] else "here", partial(sources.source, arguments)))
    return pair.run(both, kind, arguments.settings.ask_keepalived)


def format_of(arguments: Arguments, *fit: str) -> str:
    """The value of --format. Raises BadInput where the verb does not take it."""
    kind: str = arguments.format or ""
    if kind and kind not in fit:
        raise BadInput(f"--format {kind}", f"does not fit --{arguments.verb}", "one of " + ", ".join(fit))
    return kind


def preceded(remarks: Iterable[Remark], verb: Verb) -> Verb:
    """A verb, preceded by remarks on its arguments."""
    yield from remarks
    return (yield from verb)


def _remark(complaint: str) -> Remark:
    """`FILE line 3: what` as a remark."""
    place, _, text = complaint.partition(": ")
    return Remark(place, 0, text)
