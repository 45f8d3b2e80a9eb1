"""What an operator must know before this director hands its VRRP instances over: what it is master of, who was heard,
and what happens to connections and the table. Pure."""

from __future__ import annotations

from lvstui.director.daemon import Daemon, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.director.state import State
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.views.number import count

_HELD = ("MASTER", "PARTIAL")


def refuse(state: State, daemon: Daemon) -> None:
    """Raises NotDone where there is nothing to hand over, or a stop would not hand it over."""
    vrrp = state.vrrp
    if not _masters(state) and not vrrp.role and vrrp.keepalived is None:
        raise NotDone("failover", "it is not known yet whether this director is master of anything", "try again")
    if not _masters(state) and vrrp.role not in _HELD:
        role = f"this director is {vrrp.role}" if vrrp.role else "this director holds no virtual address"
        raise NotDone("failover", f"{role}: it is master of nothing, so there is nothing to hand over")
    if daemon.keeps_addresses:
        why = "keepalived was started with --dont-release-vrrp: when it stops, it leaves the addresses here"
        raise NotDone("failover", why, "restart it without that option")


def _masters(state: State) -> list[InstanceStatus]:
    return [standing for standing in state.vrrp.instances if standing.state in _HELD]


def title(state: State) -> str:
    """`fail over VI_1, VI_2`: what is done, for the log."""
    return " ".join(("fail over", ", ".join(standing.instance.name for standing in _masters(state)))).strip()


def consequences(state: State, daemon: Daemon) -> list[str]:
    """What is shown before the question, one sentence each."""
    masters = _masters(state)
    held = ", ".join(state.vrrp.held or ())
    names = ", ".join(standing.instance.name for standing in masters)
    first = f"This director is master of {names} and holds {held}." if names else f"This director holds {held}."
    others = [standing.instance.name for standing in state.vrrp.instances if standing.state == "BACKUP"]
    lines = [first]
    if others:
        lines.append(f"It is backup of {', '.join(others)}, which then loses its backup.")
    lines += [_peer(standing) for standing in masters]
    if not masters:
        lines.append("Its VRRP instances and their backups are not known.")
    lines.append(_connections(state))
    lines.append(
        f"{daemon.stop} stops keepalived, which resigns: a peer that is up takes over in under a second."
        if masters
        else f"{daemon.stop} stops keepalived."
    )
    lines.append(_table(state, daemon))
    lines.append(f"To start it again: {daemon.start}")
    return lines


def _peer(standing: InstanceStatus) -> str:
    """Who could take over one instance, as far as is known."""
    name = standing.instance.name
    split = [text for text in standing.findings if text.startswith("split brain")]
    if split:
        return f"{name}: {split[0]}."
    if standing.instance.peers:
        peers = ", ".join(standing.instance.peers)
        unknown = "A backup is silent, so it is not known whether it runs."
        return f"{name}: its unicast peer is {peers} by the configuration. {unknown}"
    if standing.masters is None:
        return f"{name}: adverts are not heard here, so it is not known whether another director is up."
    return f"{name}: no other director was heard. A backup is silent, so it is not known whether one is up."


def _connections(state: State) -> str:
    daemons = [daemon for daemon in state.sync or () if daemon.role == "master"]
    if state.sync is None:
        return "It is not known whether connections are synchronised."
    if not daemons:
        return "No sync daemon runs here: the peer has none of the connections, and they break."
    master = daemons[0]
    daemon = f"sync daemon on {master.interface}, id {master.id}"
    return f"Connections are synchronised ({daemon}): those that the peer has continue."


def _table(state: State, daemon: Daemon) -> str:
    if daemon.keeps_table:
        return "keepalived then stops here, and leaves its services in the table."
    if state.owner != "keepalived":
        return "keepalived then stops here."
    configuration = state.keeping.effective if state.keeping is not None else None
    number = count(len(configuration.rules.rules), "service") if configuration is not None else "services"
    return f"keepalived then stops here, and removes its {number} from this table."


def outcome(answer: OrderAnswer) -> tuple[str, bool]:
    """The result in words, and whether another director was heard taking over."""
    heard = "; ".join(f"{who} is master of {name} now" for name, who in answer.successors)
    if heard:
        return f"handed over: {heard}", True
    start = f"to start it again: {answer.daemon.start}"
    return f"keepalived is stopped, but no other director was heard taking over; {start}", False
