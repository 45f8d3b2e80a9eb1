"""Findings on the kernel's switches for IPVS: defences that drop packets, counters that stand still, drains that do not
end."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.director.model import Forward, address_text
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, WARNING, Evidence, Finding

_AT = "/proc/sys/net/ipv4/vs"
_DEFENCES = {
    "drop_packet": ("packets of new connections are dropped", "every so many connections of clients time out"),
    "drop_entry": ("half-open connections are dropped before their time", "slow clients are cut off"),
    "secure_tcp": ("TCP timeouts are cut to those against floods", "idle clients are cut off"),
}


def defences(case: Case) -> Iterator[Finding]:
    """Active defences: switched on by the kernel itself (2), or always on (3). 1 only arms them."""
    for name, (what, risk) in _DEFENCES.items():
        value = case.ipvs(name)
        if value not in (2, 3):
            continue
        why = "memory ran low, so the kernel switched it on" if value == 2 else "it is always on"
        seen = [Evidence(f"net.ipv4.vs.{name}", str(value), _AT)]
        for other in ("amemthresh", "am_droprate"):
            if (number := case.ipvs(other)) is not None:
                seen.append(Evidence(f"net.ipv4.vs.{other}", str(number), _AT))
        do = (f"sysctl -w net.ipv4.vs.{name}=0",)
        severity = CRITICAL if value == 2 and name == "drop_packet" else WARNING
        yield Finding("defence", severity, f"net.ipv4.vs.{name}", f"is {value}: {what}; {why}", tuple(seen), risk, do)


def frozen(case: Case) -> Iterator[Finding]:
    """Counters and rates that stand still because the kernel does not update them."""
    if case.ipvs("run_estimation") == 0:
        text = "is 0: counters and rates of services and servers stand still"
        seen = (Evidence("net.ipv4.vs.run_estimation", "0", _AT),)
        do = ("sysctl -w net.ipv4.vs.run_estimation=1",)
        risk = "users feel nothing, but rates, trends and this doctor see no traffic"
        yield Finding("frozen-counters", WARNING, "net.ipv4.vs.run_estimation", text, seen, risk, do)


def reuse_drained(case: Case) -> Iterator[Finding]:
    """A client that reuses a port returns to its old server, even if that is drained."""
    if case.ipvs("conn_reuse_mode") == 0 and case.tally.drained:
        number = case.tally.drained
        drained = "1 server is" if number == 1 else f"{number} servers are"
        text = f"is 0, and {drained} drained: a client that reuses a port returns to its old server"
        seen = (
            Evidence("net.ipv4.vs.conn_reuse_mode", "0", _AT),
            Evidence("drained servers", str(number), "IPVS table"),
        )
        risk = "a drained server gets new connections, from behind proxies above all"
        do = ("sysctl -w net.ipv4.vs.conn_reuse_mode=1",)
        yield Finding("reuse-drained", WARNING, "net.ipv4.vs.conn_reuse_mode", text, seen, risk, do)


def backup_loops(case: Case) -> Iterator[Finding]:
    """A backup director that is also a real server, and forwards what the master sent it."""
    here, sync = case.facts.addresses, case.state.sync
    if not here or not sync or case.ipvs("backup_only") != 0 or case.state.vrrp.role == "MASTER":
        return
    if not any(daemon.role == "backup" for daemon in sync):
        return
    own = [host for shape in case.shapes.by(Forward.ROUTE) for host in shape.hosts if host in here]
    if own:
        text = f"is 0, and this backup is a real server itself ({address_text(own[0])}): it forwards packets in a loop"
        seen = (
            Evidence("net.ipv4.vs.backup_only", "0", _AT),
            Evidence("own address", address_text(own[0]), "rtnetlink"),
        )
        do = ("sysctl -w net.ipv4.vs.backup_only=1",)
        risk = "some clients time out, and the network is loaded"
        yield Finding("backup-loops", WARNING, "net.ipv4.vs.backup_only", text, seen, risk, do)
