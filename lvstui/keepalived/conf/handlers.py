"""The effect of each keyword inside a virtual_server and a real_server (keepalived check_parser.c): its method and its
tunnel (svr_forwarding_handler), and how its checks connect (check_api.c, install_checker_common_keywords)."""

from __future__ import annotations

import socket
from collections.abc import Callable

from lvstui.director.checks.connecting import PATIENCE, Connect
from lvstui.director.model import (
    IPV4,
    IPV6,
    PERSISTENCE_DEFAULT,
    PERSISTENCE_MAX,
    SCTP,
    TCP,
    UDP,
    WEIGHT_MAX,
    Forward,
    Tunnel,
    netmask_text,
)
from lvstui.keepalived.conf.addresses import endpoint, port_oddity, port_problem
from lvstui.keepalived.conf.drafts import Real, Virtual
from lvstui.keepalived.conf.keywords import CHECKERS
from lvstui.keepalived.conf.notes import Notes, bad
from lvstui.keepalived.conf.secrets import named, quoted
from lvstui.keepalived.conf.tokens import true_or_false, unsigned
from lvstui.keepalived.conf.tree import Node

_METHODS = {"NAT": Forward.MASQ, "DR": Forward.ROUTE, "TUN": Forward.TUNNEL}
_TUNNELS = {"ipip": 0, "gue": 1, "gre": 2}
_CHECKSUMS = {"nocsum": 0, "csum": 1, "remcsum": 2}


def method(node: Node, notes: Notes, forward: int, tunnel: Tunnel) -> tuple[int, Tunnel]:
    """The method and the tunnel of a line. keepalived sets the method first, and ignores the tunnel options where one
    of them is wrong."""
    words = node.words
    forwarding = _METHODS.get(words[1])
    if forwarding is None:
        notes.add(node.where, f"{words[0]} {quoted(words[1])} is not NAT, DR or TUN: ignored")
        return forward, tunnel
    kind = port = checksum = 0
    wrong = ""
    rest = iter(words[2:])
    for word in rest:
        if word == "type":
            value = next(rest, "")
            kind = _TUNNELS.get(value, -1)
            wrong = f"tunnel type {quoted(value)} is not ipip, gue or gre" if kind < 0 else ""
        elif word == "port":
            value = next(rest, "")
            number, problem = unsigned(value, 1, 65535, lenient=False)
            port = number or 0
            wrong = f"tunnel port {quoted(value)} {problem}" if number is None else ""
        elif word in _CHECKSUMS:
            checksum = _CHECKSUMS[word]
        else:
            wrong = f"{quoted(word)} is not an option of a tunnel" + notes.hint(word, ("type", "port", *_CHECKSUMS))
        if wrong:
            break
    if not wrong and (kind == 1) != (port != 0):
        wrong = "a gue tunnel needs a port, and no other has one"
    if not wrong and kind == 0 and checksum:
        wrong = "an ipip tunnel has no checksum option"
    if not wrong and kind == 2 and checksum == 2:
        wrong = "a gre tunnel has no remcsum"
    if wrong:
        notes.add(node.where, f"{wrong}: the options of {words[0]} are ignored")
        return int(forwarding), tunnel
    return int(forwarding), Tunnel(kind, port, checksum)


CONNECTING = ("TCP_CHECK", "HTTP_GET", "SSL_GET")
"""Checks that begin with a TCP connection to one place."""


def connect(node: Node, default: float | None) -> Connect:
    """The connection settings of a check. `default`: the connect_timeout of its real server or service, None for
    none."""
    said = {inner.words[0]: inner.words[1] for inner in node.inside if len(inner.words) > 1}
    port, _ = unsigned(said.get("connect_port", ""), 1, 65535)
    return Connect(
        node.words[0],
        seconds(said.get("connect_timeout", "")) or default or PATIENCE,
        _address(said.get("connect_ip", "")),
        port,
        _address(said.get("bindto", "")),
        unsigned(said.get("bind_port", ""), 1, 65535)[0] or 0,
        said.get("bind_if", ""),
    )


def seconds(word: str) -> float | None:
    """A connect_timeout in decimal seconds; None for a value that keepalived ignores."""
    try:
        value = float(word)
    except ValueError:
        return None
    return value if 0 < value < 86400 else None


def _address(word: str) -> bytes:
    address = endpoint(word, "")
    return address.address if address is not None else b""


SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "sh", "mh", "dh", "fo", "ovf", "lblcr", "sed", "nq", "twos")
_PROTOCOLS = {"tcp": TCP, "udp": UDP, "sctp": SCTP}
_FLAGS = {"flag-1": 1, "flag-2": 2, "flag-3": 4}
_HASH_FLAGS = {"fallback": 1, "port": 2}
_ENGINE_LONGEST = 16
_UINT = 2**32 - 1


def apply(service: Virtual, node: Node, notes: Notes) -> None:
    """Applies one line of a virtual_server."""
    handler = _SERVICE.get(node.words[0])
    if handler is not None:
        handler(service, node, notes)


def apply_server(service: Virtual, server: Real, node: Node, notes: Notes) -> None:
    """Applies one line or checker of a real_server."""
    word = node.words[0]
    if word in CHECKERS:
        _checker(server, node, notes)
    elif word == "weight":
        server.weight = _number(node, notes, 0, WEIGHT_MAX, server.weight)
    elif word == "uthreshold":
        server.upper = _number(node, notes, 0, _UINT, server.upper) or 0
    elif word == "lthreshold":
        server.lower = _number(node, notes, 0, _UINT, server.lower) or 0
    elif word == "lvs_method":
        server.forward, server.tunnel = method(node, notes, server.forward, server.tunnel)
    elif word == "inhibit_on_failure":
        server.inhibit = _switch(node, notes, server.inhibit)
    elif word == "alpha":
        server.alpha = _switch(node, notes, server.alpha)
    elif word == "connect_timeout":
        server.timeout = seconds(node.words[1]) or server.timeout


def _checker(server: Real, node: Node, notes: Notes) -> None:
    """Applies a checker, unless keepalived drops it because it has nothing to check."""
    alpha: bool | None = None
    words = {inner.words[0] for inner in node.inside}
    for inner in node.inside:
        if inner.words[0] == "alpha":
            alpha = _switch(inner, notes, alpha)
        elif inner.words[0] == "nb_get_retry":
            notes.add(inner.where, "nb_get_retry is deprecated: use retry")
    kind = node.words[0]
    if kind in ("HTTP_GET", "SSL_GET"):
        _urls(node, notes)
    wanted = {
        "MISC_CHECK": "misc_path",
        "BFD_CHECK": "name",
        "FILE_CHECK": "track_file",
    }
    if kind in wanted and wanted[kind] not in words:
        notes.add(node.where, f"{kind} has no {wanted[kind]}: keepalived drops the checker")
        return
    if kind == "FILE_CHECK":
        notes.add(
            node.where, "FILE_CHECK: what the file says at the start may change the weight; taken as not yet said"
        )
        alpha = False
    server.checkers.append((kind, alpha))
    if kind in CONNECTING and server.connecting is None:
        server.connecting = node


def _urls(node: Node, notes: Notes) -> None:
    """Checks urls. A url without a path is dropped; without any url the checker is freed and then used (check_http.c of
    2.2.7)."""
    urls = [inner for inner in node.inside if inner.words[0] == "url"]
    whole = [url for url in urls if any(inner.words[0] == "path" for inner in url.inside)]
    if not whole:
        what = "no url with a path" if urls else "no url"
        raise bad(node.where, f"{node.words[0]} has {what}: keepalived 2.2 crashes on it and programs nothing")
    for url in urls:
        if url not in whole:
            notes.add(url.where, "the url has no path: keepalived drops it")


def _number(node: Node, notes: Notes, low: int, high: int, before: int | None) -> int | None:
    number, wrong = unsigned(node.words[1], low, high)
    if wrong:
        taken = "ignored" if number is None else f"read as {number}"
        notes.add(node.where, f"{node.words[0]} {quoted(node.words[1])} {wrong}: {taken}")
    return before if number is None else number


def _switch(node: Node, notes: Notes, before: bool | None) -> bool | None:
    if len(node.words) < 2:
        return True
    value = true_or_false(node.words[1])
    if value is None:
        notes.add(node.where, f"{node.words[0]} {quoted(node.words[1])} is neither true nor false: ignored")
        return before
    return value


def _family(service: Virtual, node: Node, notes: Notes) -> None:
    family = {"inet": IPV4, "inet6": IPV6}.get(node.words[1])
    if family is None:
        notes.add(node.where, f"ip_family {quoted(node.words[1])} is neither inet nor inet6: ignored")
    elif service.family not in (None, family):
        notes.add(node.where, "ip_family is not the family that the service has: ignored")
    else:
        service.family = family


def _scheduler(service: Virtual, node: Node, notes: Notes) -> None:
    word = node.words[1]
    if word in SCHEDULERS:
        service.scheduler = word
    else:
        said = f"{node.words[0]} {quoted(word)} is not a scheduler: ignored"
        notes.add(node.where, said + notes.hint(word, SCHEDULERS))


def _flag(service: Virtual, node: Node, notes: Notes) -> None:
    word = node.words[0]
    if word == "ops":
        service.one_packet = True
    elif word == "hashed":
        notes.add(node.where, "hashed no longer has an effect")
    elif word in _FLAGS:
        service.flags |= _FLAGS[word]
    elif service.scheduler in ("sh", "mh"):
        scheduler, _, name = word.partition("-")
        if scheduler == service.scheduler:
            service.flags |= _HASH_FLAGS[name]
        else:
            notes.add(node.where, f"{word} has no effect with the scheduler {service.scheduler}")
    else:
        scheduler = word.partition("-")[0]
        notes.add(node.where, f"{word} works only after 'lvs_sched {scheduler}': ignored")


def _service_method(service: Virtual, node: Node, notes: Notes) -> None:
    service.forward, service.tunnel = method(node, notes, service.forward, service.tunnel)


def _persistence(service: Virtual, node: Node, notes: Notes) -> None:
    if len(node.words) < 2:
        service.persistence = PERSISTENCE_DEFAULT
        return
    number, wrong = unsigned(node.words[1], 1, PERSISTENCE_MAX, lenient=False)
    if number is None:
        stays = f"stays {service.persistence} seconds" if service.persistence else "is not persistent"
        notes.add(node.where, f"persistence_timeout {quoted(node.words[1])} {wrong}: the service {stays}")
    else:
        service.persistence = number


def _granularity(service: Virtual, node: Node, notes: Notes) -> None:
    word = node.words[1]
    family = service.family or (IPV4 if "." in word else IPV6)
    if family == IPV6:
        number, wrong = unsigned(word, 1, 128, lenient=False)
        if number is None:
            notes.add(node.where, f"persistence_granularity {quoted(word)} {wrong}: ignored")
            return
        service.netmask = None if number == 128 else number
    else:
        try:
            mask = int.from_bytes(socket.inet_aton(word), "big")
        except (OSError, ValueError):
            notes.add(node.where, f"persistence_granularity {quoted(word)} is not a mask: ignored")
            return
        service.netmask = None if mask == 0xFFFFFFFF else mask
        text = netmask_text(mask, IPV4)
        if text != word:
            notes.add(node.where, f"persistence_granularity {named(word)} is the mask {text}")
    service.family = service.family or family
    service.persistence = service.persistence or PERSISTENCE_DEFAULT


def _engine(service: Virtual, node: Node, notes: Notes) -> None:
    service.engine = node.words[1][:_ENGINE_LONGEST]
    if service.engine != node.words[1]:
        notes.add(node.where, f"persistence_engine is cut to {_ENGINE_LONGEST} characters")


def _protocol(service: Virtual, node: Node, notes: Notes) -> None:
    number = _PROTOCOLS.get(node.words[1].lower())
    if number is None:
        notes.add(node.where, f"protocol {quoted(node.words[1])} is not TCP, UDP or SCTP: ignored")
    else:
        service.protocol = number


def _quorum(service: Virtual, node: Node, notes: Notes) -> None:
    number, wrong = unsigned(node.words[1], 1, _UINT)
    if wrong:
        notes.add(node.where, f"quorum {quoted(node.words[1])} {wrong}: taken as {number or 1}")
    service.quorum = number or 1


def _hysteresis(service: Virtual, node: Node, notes: Notes) -> None:
    service.hysteresis = _number(node, notes, 0, _UINT, service.hysteresis) or 0


def _weight(service: Virtual, node: Node, notes: Notes) -> None:
    service.weight = _number(node, notes, 1, WEIGHT_MAX, service.weight) or service.weight


def _timeout(service: Virtual, node: Node, notes: Notes) -> None:
    service.timeout = seconds(node.words[1]) or service.timeout


def _alpha(service: Virtual, node: Node, notes: Notes) -> None:
    service.alpha = True


def _inhibit(service: Virtual, node: Node, notes: Notes) -> None:
    service.inhibit = True


def _sorry(service: Virtual, node: Node, notes: Notes) -> None:
    port = node.words[2] if len(node.words) > 2 else ""
    at = None if port_problem(port) else endpoint(node.words[1], port)
    if at is None:
        notes.add(node.where, "sorry_server: no valid address and port: ignored")
        return
    if port_oddity(port):
        notes.add(node.where, port_oddity(port))
    if service.sorry is not None:
        notes.add(node.where, f"takes the place of the sorry server of line {service.sorry.where.line}")
    service.sorry = Real(at, node.where, service.forward, service.tunnel)
    service.sorry.weight = 1


def _sorry_inhibit(service: Virtual, node: Node, notes: Notes) -> None:
    if service.sorry is None:
        notes.add(node.where, "sorry_server_inhibit before or without sorry_server: ignored")
    else:
        service.sorry.inhibit = True


def _sorry_method(service: Virtual, node: Node, notes: Notes) -> None:
    sorry = service.sorry
    if sorry is None:
        notes.add(node.where, "sorry_server_lvs_method before or without sorry_server: ignored")
    else:
        sorry.forward, sorry.tunnel = method(node, notes, sorry.forward, sorry.tunnel)


_Handler = Callable[[Virtual, Node, Notes], None]
_SERVICE: dict[str, _Handler] = {
    "ip_family": _family,
    "lb_algo": _scheduler,
    "lvs_sched": _scheduler,
    "lb_kind": _service_method,
    "lvs_method": _service_method,
    "persistence_timeout": _persistence,
    "persistence_granularity": _granularity,
    "persistence_engine": _engine,
    "protocol": _protocol,
    "quorum": _quorum,
    "hysteresis": _hysteresis,
    "weight": _weight,
    "alpha": _alpha,
    "connect_timeout": _timeout,
    "inhibit_on_failure": _inhibit,
    "sorry_server": _sorry,
    "sorry_server_inhibit": _sorry_inhibit,
    "sorry_server_lvs_method": _sorry_method,
    **dict.fromkeys(("ops", "hashed", *_FLAGS, "sh-port", "sh-fallback", "mh-port", "mh-fallback"), _flag),
}
