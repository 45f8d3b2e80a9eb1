"""Why a check that finds nothing does not mean that there is nothing: what it would have to know is not known. Each is
"" where the check can tell. Pure."""

from __future__ import annotations

from lvstui.director.serving import KEEPALIVED, why_unknown
from lvstui.doctor.case import Case

_SWITCHES = "the switches of net.ipv4.vs were not read"


def running(case: Case) -> str:
    """Whether keepalived runs, and how its instances stand."""
    vrrp = case.state.vrrp
    if vrrp.unread:
        return vrrp.unread
    if vrrp.keepalived is None and not vrrp.role:
        return "it is not known whether keepalived runs"
    if vrrp.keepalived and not vrrp.instances and not vrrp.source and vrrp.trouble:
        return f"its instances are not known: {vrrp.trouble}"
    return ""


def heard(case: Case) -> str:
    """Whether another director is master, too."""
    deaf = any(one.masters is None for one in case.state.vrrp.instances)
    return running(case) or ("adverts of other directors are not heard" if deaf else "")


def synced(case: Case) -> str:
    return "the sync daemons were not read" if case.state.sync is None else running(case)


def meant(case: Case) -> str:
    """What keepalived means with the table, where one may make it."""
    return why_unknown(case.state) if case.state.owner in (None, KEEPALIVED) else ""


def drifts(case: Case) -> str:
    """Whether the table differs from that."""
    if why := meant(case):
        return why
    if case.state.owner != KEEPALIVED:
        return ""
    if case.drifts is None:
        return "what keepalived means with the table is not known"
    waiting = len(case.drifts.open)
    return f"keepalived may be changing {_services(waiting)} just now" if waiting else ""


def configured(case: Case) -> str:
    """Which servers should be in the table and are not."""
    return case.tally.why


def emptied(case: Case) -> str:
    """Whether a service without any server should have some."""
    if not case.tally.why:
        return ""
    empty = sum(not len(pool) for pool in case.state.pools.values())
    return f"{_services(empty)} without a server: {case.tally.why}" if empty else ""


def schedulers(case: Case) -> str:
    if why := meant(case):
        return why
    wanted = case.state.keeping is not None and not case.state.schedulers
    return "which schedulers this kernel has is not known" if wanted else ""


def switches(case: Case) -> str:
    return "" if case.state.sysctls else _SWITCHES


def buckets(case: Case) -> str:
    return "" if case.state.table_size else "the size of the connection table is not known"


def grown(case: Case) -> str:
    """How far the counters of servers have come."""
    return "" if case.compared else "counters of servers were not compared"


def _services(number: int) -> str:
    return f"{number} service{'s' if number != 1 else ''}"
