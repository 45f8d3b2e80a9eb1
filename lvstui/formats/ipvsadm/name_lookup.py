"""Names in place of numbers, as `ipvsadm -S` without -n writes them. The name of a port is looked up in /etc/services,
which needs no network; the name of a host only with --resolve."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from lvstui.director.model import IPV6, PROTOCOL_NAMES, address_text
from lvstui.director.remarks import ReaderPosition, shown

_SERVICES = Path("/etc/services")
_MEND = "give --resolve to look it up, or save with ipvsadm -S -n"


def host(name: str, family: int, place: ReaderPosition) -> bytes:
    """The one address of a host in this family, with a remark. Raises BadInput when names are not to be looked up, when
    there is no such host, and when it has several addresses, because then the intended one is not known."""
    if not place.resolve:
        raise place.bad(f"{shown(name)} is a name, and lvstui does not look names up by default", _MEND)
    addresses = _addresses(name, family)
    if isinstance(addresses, str):
        raise place.bad(f"host {shown(name)} was not found: {addresses}", "write the address")
    if len(addresses) > 1:
        several = ", ".join(map(address_text, addresses[:3])) + (", ..." if len(addresses) > 3 else "")
        raise place.bad(f"host {shown(name)} has {len(addresses)} addresses: {several}", "write the one you mean")
    place.warn(f"host {name} understood as {address_text(addresses[0])}")
    return addresses[0]


def port(name: str, protocol: int, place: ReaderPosition) -> int:
    """A port by its name for this protocol (tcp for servers of a fwmark), with a remark. With --resolve the system is
    asked too, whose services may come from elsewhere. Raises BadInput."""
    word = PROTOCOL_NAMES.get(protocol, "tcp")
    number = _ports().get((name, word))
    if number is None and place.resolve:
        number = _asked(name, word)
        if number is None:
            raise place.bad(f"there is no {word} port {shown(name)}", "write the number")
    if number is None:
        raise place.bad(f"port {shown(name)} is a name that /etc/services does not hold", _MEND)
    place.warn(f"port {name} understood as {number}")
    return number


@cache
def _addresses(name: str, family: int) -> tuple[bytes, ...] | str:
    """All addresses of a host, or why there are none; looked up once for all lines that name it."""
    import socket

    number = socket.AF_INET6 if family == IPV6 else socket.AF_INET
    try:
        infos = socket.getaddrinfo(name, None, number, socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror or str(error)
    except ValueError:  # not even a name: a label is too long, or is empty
        return "it is not the name of a host"
    return tuple(dict.fromkeys(socket.inet_pton(number, str(entry[4][0]).partition("%")[0]) for entry in infos))


def _asked(name: str, protocol: str) -> int | None:
    import socket

    try:
        return socket.getservbyname(name, protocol)
    except (OSError, ValueError):
        return None


@cache
def _ports() -> dict[tuple[str, str], int]:
    """(name, protocol) -> port, from /etc/services; empty where there is none."""
    try:
        text = _SERVICES.read_text(errors="replace")
    except OSError:
        return {}
    ports: dict[tuple[str, str], int] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        digits, _, protocol = words[1].partition("/")
        if digits.isdecimal() and digits.isascii() and len(digits) <= 5:
            for name in (words[0], *words[2:]):
                ports.setdefault((name, protocol), int(digits))
    return ports
