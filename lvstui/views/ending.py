"""What happens to connections when their real server is deleted, by the switches and timeouts of this kernel
(ip_vs_core.c, ip_vs_ctl.c; verified on 6.1). Pure."""

from __future__ import annotations

from _collections_abc import Iterable, Mapping

from lvstui.director.model import TCP, UDP, ServiceKey, Timeouts
from lvstui.director.state import State
from lvstui.values import NamedTuple

SWITCH = "expire_nodest_conn"
TEMPLATES = "expire_quiescent_template"


class EndingConnections(NamedTuple):
    """The connections of servers that are removed from one service. `others`: another server of the service stays and
    has a weight."""

    service: ServiceKey
    active: int
    inactive: int
    servers: int = 1
    others: bool = False


def fate(going: Iterable[EndingConnections], state: State) -> str:
    """`279 active, 6118 inactive: packets dropped until they time out (tcp 15 min; expire_nodest_conn=0)`."""
    held = [removed for removed in going if removed.active or removed.inactive]
    if not held:
        return "no connections"
    counts = f"{sum(removed.active for removed in held)} active, {sum(removed.inactive for removed in held)} inactive"
    switch = state.sysctls.get(SWITCH)
    if switch is None:
        return f"{counts}: cut, or their packets dropped ({SWITCH} cannot be read)"
    if not switch:
        why = "; ".join([*_timers({removed.service.protocol for removed in held}, state.timeouts), f"{SWITCH}=0"])
        return f"{counts}: packets dropped until they time out ({why})"
    return f"{counts}: {_cut(held)} ({SWITCH}={switch})"


def if_deleted(switches: Mapping[str, int]) -> str:
    """What deleting a server does to its open TCP connections."""
    switch = switches.get(SWITCH)
    if switch is None:
        return f"cuts them or drops their packets, {SWITCH} cannot be read"
    return f"cuts them ({SWITCH}={switch})" if switch else f"drops their packets until they time out ({SWITCH}=0)"


def udp_stays(switches: Mapping[str, int]) -> str:
    """What to do about UDP clients that keep sending to a drained server: do not wait for them."""
    stays = "a UDP sender that keeps its port stays however long you wait"
    switch = switches.get(SWITCH)
    if switch is None:
        return f"{stays}; delete the server, with {SWITCH}=1 so that it goes to another ({SWITCH} cannot be read here)"
    if switch:
        return f"{stays}; delete the server: it goes to another at once ({SWITCH}={switch})"
    return f"{stays}; set {SWITCH}=1 and delete the server: it goes to another at once (now 0: its packets are dropped)"


def bound_come(switches: Mapping[str, int]) -> str:
    """Why clients that persistence binds to a drained server still reach it, "" if they do not."""
    switch = switches.get(TEMPLATES)
    if switch is None:
        return f"clients that are bound to it may still come: {TEMPLATES} cannot be read"
    return "" if switch else f"{TEMPLATES}=0, clients that are bound to it still come"


def _cut(held: Iterable[EndingConnections]) -> str:
    """Whether connections are cut. UDP has none: if a server is left, the next packet goes there."""
    kinds = set()
    for removed in held:
        moves = removed.others and removed.service.protocol in (UDP, 0)
        kinds |= {moves} if removed.service.protocol else {moves, False}
    words = {False: "cut", True: "UDP senders go to another server at once"}
    return "; ".join(words[moves] for moves in sorted(kinds))


def _timers(protocols: set[int], timeouts: Timeouts | None) -> list[str]:
    """How long an entry lasts after its last packet. A firewall mark may carry any protocol."""
    if timeouts is None:
        return []
    tcp = f"tcp {span(timeouts.tcp)}" if protocols & {TCP, 0} else ""
    udp = f"udp {span(timeouts.udp)}" if protocols & {UDP, 0} else ""
    return [", ".join(filter(None, (tcp, udp)))] if tcp or udp else []


def span(seconds: int) -> str:
    """`15 min`, `90 s`."""
    return f"{seconds // 60} min" if seconds and seconds % 60 == 0 else f"{seconds} s"
