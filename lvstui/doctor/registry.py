"""All checks, in one list. A new finding is one function, a row here and a paragraph in docs/doctor.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from lvstui.director.model import Server, Service
from lvstui.director.state import Pool, ServiceReading
from lvstui.doctor import cluster, distribution, doubts, network, probed, replies, rules, serving, switches
from lvstui.doctor.case import Case
from lvstui.doctor.finding import Finding

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

TABLE_CHECKS = (
    Check(("no-live",), serving.no_live, doubt=doubts.emptied),
    Check(("all-drained",), serving.all_drained),
    Check(("last-live",), serving.last_live, doubt=doubts.configured),
    Check(("degraded",), serving.degraded, doubt=doubts.configured),
    Check(("sorry",), serving.sorry),
    Check(("full",), serving.full, NETLINK),
    Check(("forwarding-off",), network.forwarding_off, "net.ipv4.ip_forward"),
    Check(("vip-missing",), network.vip_missing, "local", doubts.running),
    Check(("vip-wrong-side",), network.vip_wrong_side, "addresses"),
    Check(("refused-here",), network.refused_here, "Tcp OutRsts", doubts.grown),
    Check(("server-unreachable",), network.server_unreachable, "neighbours"),
    Check(("behind-router",), network.behind_router, "ways"),
    Check(("conntrack-full",), network.conntrack_full, "net.netfilter.nf_conntrack_count"),
    Check(("conntrack-off",), network.conntrack_off, "module xt_conntrack", doubts.switches),
    Check(("rp-filter",), network.reverse_path, "TcpExt IPReversePathFilter"),
    Check(("softnet-drops", "nic-errors"), network.drops, "softnet dropped"),
    Check(("table-memory",), network.memory, "MemTotal"),
    Check(("hash-small",), network.hash_small, doubt=doubts.buckets),
    Check(("clock-jump",), network.clock_jump),
    Check(("lo-down",), network.loopback_down, "links"),
    Check(("defence",), switches.defences, doubt=doubts.switches),
    Check(("frozen-counters",), switches.frozen, doubt=doubts.switches),
    Check(("reuse-drained",), switches.reuse_drained, doubt=doubts.switches),
    Check(("backup-loops",), switches.backup_loops, "addresses", doubts.switches),
    Check(("split-brain", "vrrp"), cluster.vrrp, doubt=doubts.heard),
    Check(("sync", "no-sync"), cluster.sync, NETLINK, doubts.synced),
    Check(("drift",), cluster.drift, NETLINK, doubts.drifts),
    Check(("config-unread", "config-remarks", "keepalived-silent"), cluster.keepalived, doubt=doubts.meant),
    Check(("scheduler-missing",), cluster.schedulers, doubt=doubts.schedulers),
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
    FlowCheck(("refused",), replies.refused, NETLINK, doubts.grown),
    FlowCheck(("icmp-errors", "tunnel-mtu"), replies.icmp_errors, NETLINK, doubts.grown),
    FlowCheck(("drained-in-use",), distribution.drained_in_use, NETLINK, doubts.switches),
    FlowCheck(("orphans",), distribution.orphans, "sample", doubts.switches),
    FlowCheck(("one-client",), distribution.one_client, "sample"),
)
EVERY: tuple[Check | RuleCheck | FlowCheck, ...] = (*TABLE_CHECKS, *RULE_CHECKS, *FLOW_CHECKS)
IDS = tuple(name for check in EVERY for name in check.ids)
FIRST = {name: check.ids[0] for check in EVERY for name in check.ids}
"""The id under which a check that was not made is reported."""
TRIED = frozenset(name for check in EVERY if check.needs in (PROBED, ASKED, TESTED) for name in check.ids)
"""The ids of findings that need a probe."""
