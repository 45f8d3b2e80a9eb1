"""Turns arguments into the director they name, inside its wrappers (recording, audit log, read-only), and into the
paths of its state."""

from __future__ import annotations

import errno
import os
import sys
import time
from _collections_abc import Callable

from lvstui import log
from lvstui.arguments import Arguments
from lvstui.director.errors import BadInput, Unavailable
from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.demo import World
    from lvstui.director.source import Source
    from lvstui.places import TablePaths
    from lvstui.remote.director import Remote
    from lvstui.store.audited import Audited
    from lvstui.store.recording import Recording
    from lvstui.store.replay import Replay


def again(netns: str) -> None:
    """Starts lvstui again in another network namespace, which must be entered before anything is opened."""
    words = iter(sys.orig_argv[1:])
    remaining = []
    for word in words:
        if word == "--netns":
            next(words, "")
        elif not word.startswith("--netns="):
            remaining.append(word)
    os.execv(sys.executable, [sys.executable, *remaining, "--netns", netns])


def replay(name: str) -> Replay:
    from pathlib import Path

    from lvstui.store.replay import Replay

    return Replay(Path(name))


def recorded(arguments: Arguments, source: Source) -> Recording | None:
    """The source wrapped in a recording, None where nobody asked for one."""
    if not arguments.record:
        return None
    from pathlib import Path

    from lvstui.store.recording import Recording
    from lvstui.store.tape import TapeWriter

    return Recording(source, TapeWriter(Path(arguments.record)))


def table_paths(arguments: Arguments) -> TablePaths:
    from lvstui import places

    if arguments.on:
        return places.elsewhere(arguments.on)._replace(most=arguments.settings.keep_snapshots)
    paths = places.table_paths(arguments.demo is not None or bool(arguments.replay))
    if paths.old:
        from lvstui.store.earlier_folders import taken_over

        paths = taken_over(paths)
    return paths._replace(most=arguments.settings.keep_snapshots, group=arguments.settings.lock_group)


def source(arguments: Arguments, *, load_module: bool = False, by: str = "") -> Source:
    """The director that the arguments name: this one, or the simulated one. `by`: the verb that changes it, for the
    audit log."""
    source = director(arguments, load_module=load_module)
    return guarded(arguments, audited(arguments, source, by) if by else source)


def director(arguments: Arguments, *, load_module: bool = False) -> Source:
    source: Source
    if arguments.demo is not None:
        source = world(arguments)
    elif arguments.on:
        source = arguments.remote = remote(arguments)
    else:
        from lvstui.live import open_source

        source = open_source(load_module=load_module)
    if log.on():
        from lvstui.logfile import Logged

        return Logged(source)
    return source


def ahead(arguments: Arguments) -> Callable[[], Source]:
    """Begins to open the director that the arguments name, where that takes a connection, and returns what waits for
    it: the console is loaded meanwhile. That call raises what opening raises."""
    if not arguments.on or arguments.demo is not None:
        return lambda: director(arguments)
    import threading

    sources: list[Source] = []
    errors: list[BaseException] = []

    def opens() -> None:
        try:
            sources.append(director(arguments))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=opens, name=f"opens {arguments.on}", daemon=True)
    thread.start()

    def wait() -> Source:
        thread.join()
        if errors:
            raise errors[0]
        return sources[0]

    return wait


def elsewhere(arguments: Arguments, host: str) -> Source:
    """A director on another host, by its ssh name; with --demo, the other director of the simulated one, by the name
    that it has there, or another simulated world. It cannot be changed from here. Raises BadInput, Unavailable."""
    if arguments.demo is not None:
        from copy import copy

        first: World = arguments.world or world(copy(arguments))
        if host == first.peer:
            return first.other()
        another = copy(arguments)
        another.demo = host
        return world(another)
    from lvstui.remote.director import open_remote

    return open_remote(host, as_root(arguments, host))


def remote(arguments: Arguments) -> Remote:
    """The director elsewhere that --on names. Raises BadInput, Unavailable."""
    from lvstui.remote.director import open_remote

    return open_remote(arguments.on, as_root(arguments, arguments.on))


def as_root(arguments: Arguments, host: str) -> bool:
    """Whether a director elsewhere is read, and changed, by sudo: by the flag, or by the settings for that host."""
    hosts = arguments.settings.hosts
    settings = hosts.get(host) or hosts.get(host.rpartition("@")[2]) or {}
    return bool(arguments.sudo or settings.get("sudo"))


def seen_from_here(arguments: Arguments, host: str) -> Source:
    """A director elsewhere, to learn how VRRP stands there: where sudo allows lvstui and no Python, what an ordinary
    account sees tells it too. Raises BadInput, Unavailable."""
    from lvstui.remote.director import open_remote

    if as_root(arguments, host):
        try:
            return open_remote(host, True)
        except Unavailable as error:
            if not error.why.startswith("sudo:"):
                raise
    return open_remote(host, False)


def guarded(arguments: Arguments, source: Source) -> Source:
    """The source, inside a read-only wrapper when it must not be changed."""
    if arguments.read_only:
        from lvstui.director.source import ReadOnly

        return ReadOnly(source, arguments.origins[("read_only",)])
    return source


def audited(arguments: Arguments, source: Source, name: str, watching: bool = False) -> Audited:
    """The source inside the wrapper that writes the audit log. Changes of the simulated director do not go to the
    machine's system log."""
    from lvstui.store import audit, audited, who

    folder = table_paths(arguments).folder
    log = audit.Log(folder, system=arguments.demo is None and not arguments.on)
    if arguments.demo is not None and watching:
        log.begin(arguments.past)  # each simulated world starts with its own past
    arguments.log = log
    return audited.Audited(
        source, log, who.who(), name, arguments.netns or folder.name.removeprefix("netns-"), watching
    )


def world(arguments: Arguments) -> World:
    """The simulated director. Its rules are a snapshot: a file, or the name of one that comes with lvstui. The names
    and notes in the file are added to the settings, and its past events to the arguments. Raises BadInput."""
    from pathlib import Path

    from lvstui import places
    from lvstui.demo import World, incident, past
    from lvstui.formats import rule_files, toml
    from lvstui.verbs.named_files import read_any

    name = arguments.demo or ""
    worlds = {file.stem: file for folder in places.worlds() for file in places.rule_sets(folder)}
    path = Path(name) if name and os.path.exists(name) else worlds.get(name or "seed-cluster")
    if path is None:
        from lvstui.director.remarks import nearest

        raise BadInput(
            f"--demo {name}",
            "no such file or world",
            nearest(name, sorted(worlds)) or "one of " + ", ".join(sorted(worlds)),
        )
    if rule_files.kind_of(str(path)) != "toml":
        arguments.world = plain = World(read_any(str(path)).rules)
        return plain
    rules, stated = toml.read_beside(rule_files.text_of(str(path), str(path)), "demo", str(path))
    beginning = incident({} if stated is None else stated, rules.rules, str(path))
    settings = arguments.settings
    names, notes = {**beginning.names, **settings.names}, {**beginning.notes, **settings.notes}
    arguments.settings = settings._replace(names=names, notes=notes)
    arguments.past = past(beginning, rules, time.time())
    arguments.world = made = World(rules, beginning)
    return made


def enter(name: str) -> None:
    """Enters a network namespace, by its name or by a path, before anything is opened in the old one."""
    from pyroute2 import netns

    try:
        # O_NONBLOCK, because the path may lead to a pipe.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
        handle = os.open(name if "/" in name else f"/run/netns/{name}", flags)
        try:
            netns.setns(handle, flags=0)
        finally:
            os.close(handle)
    except FileNotFoundError:
        by_path = "the path leads nowhere; a container has /proc/PID/ns/net, where PID is one of its processes"
        mend = by_path if "/" in name else "ip netns list shows them; or give a path: /proc/PID/ns/net"
        raise BadInput(f"--netns {name}", "no such network namespace", mend) from None
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.ENXIO):  # ENXIO: a socket
            raise BadInput(
                f"--netns {name}", "is not a network namespace", "a process has its own at /proc/PID/ns/net"
            ) from None
        mend = "enter it as root of the machine" if os.geteuid() == 0 else "run as root"
        raise Unavailable(f"--netns {name}", f"cannot be entered: {error.strerror or error}", mend) from None
