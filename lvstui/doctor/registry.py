"""All checks, in one list. A new finding is one function, a row here and a paragraph in docs/doctor.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from lvstui.director.model import Server, Service
from lvstui.director.serving import KEEPALIVED, why_unknown
from lvstui.director.state import Pool, ServiceReading
from lvstui.doctor import cluster, distribution, network, probed, replies, rules, serving, switches
from lvstui.doctor.case import Case
from lvstui.doctor.finding import Finding
from lvstui.values import NamedTuple

Doubt = Callable[[Case], str]


def _none(case: Case) -> str:
    return ""


class Check(NamedTuple):
    """`ids`: the ids of its findings. `needs`: the fact that it requires, "" for none: a field or a number of Facts,
    NETLINK for what /proc does not have, PROBED, ASKED and TESTED for probe results."""

    ids: tuple[str, ...]
    judge: Callable[[Case], Iterable[Finding]]
    needs: str = ""
    doubt: Doubt = _none


class RuleCheck(NamedTuple):
    """A check on the rules of one service."""

    ids: tuple[str, ...]
    judge: Callable[[Service, Sequence[Server]], Iterable[Finding]]
    needs: str = ""
    doubt: Doubt = _none


class FlowCheck(NamedTuple):
    """A check on the traffic of one service."""

    ids: tuple[str, ...]
    judge: Callable[[ServiceReading, Pool, Case], Iterable[Finding]]
    needs: str = ""
    doubt: Doubt = _none


NETLINK, PROBED, ASKED, TESTED = "netlink", "probe of ports", "probe of addresses", "test of keepalived's file"
UNPROBED = "is tried only when somebody asks: --check --probe, P, :who"

# Why a check that finds nothing does not mean that there is nothing: what it would have to know is not known. Each of
# these is "" where the check can tell.

_SWITCHES = "the switches of net.ipv4.vs were not read"


def _running(case: Case) -> str:
    """Whether keepalived runs, and how its instances stand."""
    vrrp = case.state.vrrp
    if vrrp.unread:
        return vrrp.unread
    if vrrp.keepalived is None and not vrrp.role:
        return "it is not known whether keepalived runs"
    if vrrp.keepalived and not vrrp.instances and not vrrp.source and vrrp.trouble:
        return f"its instances are not known: {vrrp.trouble}"
    return ""


def _heard(case: Case) -> str:
    """Whether another director is master, too."""
    deaf = any(standing.masters is None for standing in case.state.vrrp.instances)
    return _running(case) or ("adverts of other directors are not heard" if deaf else "")


def _synced(case: Case) -> str:
    return "the sync daemons were not read" if case.state.sync is None else _running(case)


def _configuration_unknown(case: Case) -> str:
    """What keepalived means with the table, where one may make it."""
    return why_unknown(case.state) if case.state.owner in (None, KEEPALIVED) else ""


def _drifts(case: Case) -> str:
    """Whether the table differs from that."""
    if why := _configuration_unknown(case):
        return why
    if case.state.owner != KEEPALIVED:
        return ""
    if case.drifts is None:
        return "what keepalived means with the table is not known"
    waiting = len(case.drifts.open)
    return f"keepalived may be changing {_services(waiting)} just now" if waiting else ""


def _configured(case: Case) -> str:
    """Which servers should be in the table and are not."""
    return case.tally.why


def _emptied(case: Case) -> str:
    """Whether a service without any server should have some."""
    if not case.tally.why:
        return ""
    empty = sum(not len(pool) for pool in case.state.pools.values())
    return f"{_services(empty)} without a server: {case.tally.why}" if empty else ""


def _schedulers(case: Case) -> str:
    if why := _configuration_unknown(case):
        return why
    wanted = case.state.keeping is not None and not case.state.schedulers
    return "which schedulers this kernel has is not known" if wanted else ""


def _switches(case: Case) -> str:
    return "" if case.state.sysctls else _SWITCHES


def _buckets(case: Case) -> str:
    return "" if case.state.table_size else "the size of the connection table is not known"


def _grown(case: Case) -> str:
    """How far the counters of servers have come."""
    return "" if case.compared else "counters of servers were not compared"


def _services(number: int) -> str:
    return f"{number} service{'s' if number != 1 else ''}"


TABLE_CHECKS = (
    Check(("no-live",), serving.no_live, doubt=_emptied),
    Check(("all-drained",), serving.all_drained),
    Check(("last-live",), serving.last_live, doubt=_configured),
    Check(("degraded",), serving.degraded, doubt=_configured),
    Check(("sorry",), serving.sorry),
    Check(("full",), serving.full, NETLINK),
    Check(("forwarding-off",), network.forwarding_off, "net.ipv4.ip_forward"),
    Check(("vip-missing",), network.vip_missing, "local", _running),
    Check(("vip-wrong-side",), network.vip_wrong_side, "addresses"),
    Check(("refused-here",), network.refused_here, "Tcp OutRsts", _grown),
    Check(("server-unreachable",), network.server_unreachable, "neighbours"),
    Check(("behind-router",), network.behind_router, "ways"),
    Check(("conntrack-full",), network.conntrack_full, "net.netfilter.nf_conntrack_count"),
    Check(("conntrack-off",), network.conntrack_off, "module xt_conntrack", _switches),
    Check(("rp-filter",), network.reverse_path, "TcpExt IPReversePathFilter"),
    Check(("softnet-drops", "nic-errors"), network.drops, "softnet dropped"),
    Check(("table-memory",), network.memory, "MemTotal"),
    Check(("hash-small",), network.hash_small, doubt=_buckets),
    Check(("clock-jump",), network.clock_jump),
    Check(("lo-down",), network.loopback_down, "links"),
    Check(("defence",), switches.defences, doubt=_switches),
    Check(("frozen-counters",), switches.frozen, doubt=_switches),
    Check(("reuse-drained",), switches.reuse_drained, doubt=_switches),
    Check(("backup-loops",), switches.backup_loops, "addresses", _switches),
    Check(("split-brain", "vrrp"), cluster.vrrp, doubt=_heard),
    Check(("sync", "no-sync"), cluster.sync, NETLINK, _synced),
    Check(("drift",), cluster.drift, NETLINK, _drifts),
    Check(("config-unread", "config-remarks", "keepalived-silent"), cluster.keepalived, doubt=_configuration_unknown),
    Check(("scheduler-missing",), cluster.schedulers, doubt=_schedulers),
    Check(("two-keepaliveds", "exposed"), cluster.machine),
    Check(("shadowed", "port-0-beside"), cluster.shadowed, NETLINK),
    Check(("port-closed",), probed.port_closed, PROBED),
    Check(("arp-answered", "address-twice"), probed.answers, ASKED),
    Check(("config-test",), probed.config_test, TESTED),
)
RULE_CHECKS = (
    RuleCheck(("unlike-ports",), rules.unlike_ports),
    RuleCheck(("blind-scheduler",), rules.blind_scheduler),
    RuleCheck(("hash-refuses",), rules.hash_refuses, NETLINK),
    RuleCheck(("one-packet-nat",), rules.one_packet_nat),
    RuleCheck(("no-scheduler",), rules.no_scheduler),
)
FLOW_CHECKS = (
    FlowCheck(("imbalance",), distribution.imbalance),
    FlowCheck(("persistence-skew",), distribution.persistence_skew),
    FlowCheck(("unanswered", "half-open", "return-path"), replies.unanswered, "sample"),
    FlowCheck(("refused",), replies.refused, NETLINK, _grown),
    FlowCheck(("icmp-errors", "tunnel-mtu"), replies.icmp_errors, NETLINK, _grown),
    FlowCheck(("drained-in-use",), distribution.drained_in_use, NETLINK, _switches),
    FlowCheck(("orphans",), distribution.orphans, "sample", _switches),
    FlowCheck(("one-client",), distribution.one_client, "sample"),
)
EVERY: tuple[Check | RuleCheck | FlowCheck, ...] = (*TABLE_CHECKS, *RULE_CHECKS, *FLOW_CHECKS)
IDS = tuple(name for check in EVERY for name in check.ids)
FIRST = {name: check.ids[0] for check in EVERY for name in check.ids}
"""The id under which a check that was not made is reported."""
TRIED = frozenset(name for check in EVERY if check.needs in (PROBED, ASKED, TESTED) for name in check.ids)
"""The ids of findings that need a probe."""
