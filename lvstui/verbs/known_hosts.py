"""The hosts that complete `--on` and `lvstui HOST`: those of [hosts] in the settings, of ssh's configuration and of its
known_hosts. The names come from files, and a shell reads them again: only letters, digits and . - _ : pass."""

from __future__ import annotations

import os
from _collections_abc import Iterable, Iterator

from lvstui import opening, places

_MOST = 1 << 20
"""The bytes of a file that are read."""
_DEEPEST = 4
"""The files that include each other."""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")


def completions(begun: str) -> Iterable[str]:
    """What `begun` can become: `lvs1,lv` has a host before the comma, `root@lv` a user before the @."""
    front, comma, word = begun.rpartition(",")
    user, at, _ = word.rpartition("@")
    if at and not user:
        return ()  # @FILE
    taken = {*front.split(",")}
    names = {name for name in _names() if _fit(name) and not (at and "@" in name)}
    return [f"{front}{comma}{user}{at}{name}" for name in sorted(names) if f"{user}{at}{name}" not in taken]


def _fit(name: str) -> bool:
    user, at, host = name.rpartition("@")
    parts = (user, host) if at else (host,)
    return all(part[:1].isalnum() and _LETTERS.issuperset(part) for part in parts)


def _names() -> Iterator[str]:
    yield from _settings()
    own = os.path.expanduser("~/.ssh")
    for folder, config in ((own, "config"), ("/etc/ssh", "ssh_config")):
        yield from _configured(folder, f"{folder}/{config}", _DEEPEST)
    for path in (f"{own}/known_hosts", f"{own}/known_hosts2", "/etc/ssh/ssh_known_hosts"):
        yield from _known(_lines(path))


def _settings() -> Iterator[str]:
    for path in places.configs():
        if any(line.lstrip().startswith(("[hosts", "hosts")) for line in _lines(path)):
            import tomllib

            try:
                hosts = tomllib.loads("\n".join(_lines(path))).get("hosts")
            except (ValueError, RecursionError):
                continue  # lvstui itself says what is wrong with them
            if isinstance(hosts, dict):
                yield from hosts


def _configured(folder: str, path: str, deep: int) -> Iterator[str]:
    """The words after Host, without patterns, also of the files that are included."""
    for line in _lines(path):
        words = line.replace("=", " ", 1).replace('"', " ").split()
        keyword = words[0].lower() if words else ""
        if keyword == "host":
            yield from words[1:]
        elif keyword == "include" and deep:
            from glob import iglob

            for pattern in words[1:]:
                for included in iglob(os.path.join(folder, os.path.expanduser(pattern))):
                    yield from _configured(folder, included, deep - 1)


def _known(lines: Iterable[str]) -> Iterator[str]:
    """The names in a known_hosts. A hashed one is unreadable, a marker stands before patterns and revoked keys."""
    for line in lines:
        if not line.startswith(("#", "@", "|")):
            for name in line.split(None, 1)[:1]:
                # [name]:2222 where the port is another.
                yield from (host[1:].partition("]")[0] if host[:1] == "[" else host for host in name.split(","))


def _lines(path: str) -> list[str]:
    try:
        return opening.read(path, _MOST).decode("utf-8", "replace").splitlines()
    except OSError:
        return []  # it is not there, or not for us
