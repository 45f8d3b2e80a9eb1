"""Which of several directors take over from each other, and the order in which to change them: the backup first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director.pair.routers import matched
from lvstui.director.state import Vrrp
from lvstui.values import NamedTuple

MASTER = "MASTER"
_FIRST = ("BACKUP", "FAULT")
"""The roles of a director that carries no traffic."""


class Ordered(NamedTuple):
    """`hosts` in the order in which to change them, and the `pairs` among them. `why`: why they cannot be changed in
    order, "" where they can; `of`: the hosts that `why` is about."""

    hosts: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...] = ()
    why: str = ""
    of: tuple[str, ...] = ()


def ordered(hosts: Sequence[str], vrrps: Mapping[str, Vrrp], pair: bool = False) -> Ordered:
    """The hosts as given, except that the backup of a pair comes before its master. `pair`: they must be one pair."""
    groups = _groups(hosts, vrrps)
    roles = all(vrrps[host].role for host in hosts)
    if len(hosts) == 2 and len(groups) == 2 and roles and not all(vrrps[host].instances for host in hosts):
        groups = [tuple(hosts)]  # their instances are not known, so their roles decide
    if pair:
        unknown = [host for host in hosts if not vrrps[host].role]
    else:  # one without VRRP stands alone
        unknown = [host for host in hosts if vrrps[host].keepalived and not vrrps[host].role]
    if unknown:
        return Ordered(tuple(hosts), (), f"the role of {_and(unknown)} is not known", tuple(unknown))
    if pair and len(groups) > 1:
        return Ordered(tuple(hosts), (), f"{_and(hosts)} share no VRID", tuple(hosts))
    order = list(hosts)
    pairs = [group for group in groups if len(group) > 1]
    for group in pairs:
        if why := _amiss(group, vrrps):
            return Ordered(tuple(hosts), tuple(pairs), why, group)
        places = [order.index(host) for host in group]
        backups = [host for host in group if vrrps[host].role != MASTER]
        masters = [host for host in group if vrrps[host].role == MASTER]
        for place, host in zip(sorted(places), [*backups, *masters], strict=True):
            order[place] = host
    return Ordered(tuple(order), tuple(pairs))


def _amiss(group: Sequence[str], roles: Mapping[str, Vrrp]) -> str:
    """Why it is not known which host of a pair comes last, "" where it is."""
    masters = [host for host in group if roles[host].role == MASTER]
    if len(masters) > 1:
        return f"{_and(masters)} are {'both' if len(masters) == 2 else 'all'} MASTER"
    other = next((host for host in group if roles[host].role not in (MASTER, *_FIRST)), "")
    if other:
        return f"the role of {other} is {roles[other].role or 'not known'}"
    return "" if masters else f"neither of {_and(group)} is MASTER"


def _groups(hosts: Sequence[str], roles: Mapping[str, Vrrp]) -> list[tuple[str, ...]]:
    """Groups of hosts that share a VRRP instance, directly or through a third host."""
    groups: list[list[str]] = []
    for host in hosts:
        shared = [group for group in groups if any(_share(roles[host], roles[member]) for member in group)]
        merged = [*(member for group in shared for member in group), host]
        groups = [*(group for group in groups if group not in shared), merged]
    return [tuple(group) for group in groups]


def _share(vrrp: Vrrp, two: Vrrp) -> bool:
    """Whether both have an instance with the same VRID and, where the addresses are known, at least one address in
    common: other networks may use the same VRID."""
    for ours, theirs in matched(vrrp.instances, two.instances):
        if ours is None or theirs is None:
            continue
        mine, yours = ours.instance, theirs.instance
        if (mine.vrid, mine.family) != (yours.vrid, yours.family):
            continue
        addresses = [{each.address for each in instance.carried} for instance in (mine, yours)]
        if not all(addresses) or addresses[0] & addresses[1]:
            return True
    return False


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
