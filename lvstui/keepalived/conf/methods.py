"""lvs_method: NAT, DR or TUN, and the tunnel options (keepalived check_parser.c, svr_forwarding_handler)."""

from __future__ import annotations

from lvstui.director.model import Forward, Tunnel
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.secrets import quoted
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node

_METHODS = {"NAT": Forward.MASQ, "DR": Forward.ROUTE, "TUN": Forward.TUNNEL}
_TUNNELS = {"ipip": 0, "gue": 1, "gre": 2}
_CHECKSUMS = {"nocsum": 0, "csum": 1, "remcsum": 2}


def method(node: Node, notes: Notes, forward: int, tunnel: Tunnel) -> tuple[int, Tunnel]:
    """The method and the tunnel of a line. keepalived sets the method first, and ignores the tunnel options where one
    of them is wrong."""
    words = node.words
    found = _METHODS.get(words[1])
    if found is None:
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
        return int(found), tunnel
    return int(found), Tunnel(kind, port, checksum)
