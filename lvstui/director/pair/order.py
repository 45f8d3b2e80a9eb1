"""Which of several directors take over from each other, and in which order they are changed: the backup first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.director.pair.routers import matched
from lvstui.director.state import Vrrp
from lvstui.values import NamedTuple

MASTER = "MASTER"
_FIRST = ("BACKUP", "FAULT")
"""Roles of one that carries no traffic."""


class Ordered(NamedTuple):
    """The hosts in the order in which they are changed, and who of them belong together; `why`: what stands against
    it, "" where nothing does, and `of` those whom that is about."""

    hosts: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...] = ()
    why: str = ""
    of: tuple[str, ...] = ()


def ordered(hosts: Sequence[str], told: Mapping[str, Vrrp], pair: bool = False) -> Ordered:
    """The order as it was given, but that within a pair the backup comes before the master. `pair`: they are to be one
    pair, and nothing else."""
    groups = _groups(hosts, told)
    roles = all(told[host].role for host in hosts)
    if len(hosts) == 2 and len(groups) == 2 and roles and not all(told[host].instances for host in hosts):
        groups = [tuple(hosts)]  # what is not told of an instance is nothing against it: their roles count
    if pair:
        unknown = [host for host in hosts if not told[host].role]
    else:  # one without VRRP stands alone
        unknown = [host for host in hosts if told[host].keepalived and not told[host].role]
    if unknown:
        return Ordered(tuple(hosts), (), f"the role of {_and(unknown)} is not known", tuple(unknown))
    if pair and len(groups) > 1:
        return Ordered(tuple(hosts), (), f"{_and(hosts)} share no VRID", tuple(hosts))
    order = list(hosts)
    pairs = [group for group in groups if len(group) > 1]
    for group in pairs:
        if why := _amiss(group, told):
            return Ordered(tuple(hosts), tuple(pairs), why, group)
        places = [order.index(host) for host in group]
        backups = [host for host in group if told[host].role != MASTER]
        masters = [host for host in group if told[host].role == MASTER]
        for place, host in zip(sorted(places), [*backups, *masters], strict=True):
            order[place] = host
    return Ordered(tuple(order), tuple(pairs))


def _amiss(group: Sequence[str], told: Mapping[str, Vrrp]) -> str:
    """Why it is not known which of them is to be last."""
    masters = [host for host in group if told[host].role == MASTER]
    if len(masters) > 1:
        return f"{_and(masters)} are {'both' if len(masters) == 2 else 'all'} MASTER"
    other = next((host for host in group if told[host].role not in (MASTER, *_FIRST)), "")
    if other:
        return f"the role of {other} is {told[other].role or 'not known'}"
    return "" if masters else f"neither of {_and(group)} is MASTER"


def _groups(hosts: Sequence[str], told: Mapping[str, Vrrp]) -> list[tuple[str, ...]]:
    """Hosts that share an instance, directly or by another."""
    groups: list[list[str]] = []
    for host in hosts:
        shared = [group for group in groups if any(_share(told[host], told[one]) for one in group)]
        merged = [*(one for group in shared for one in group), host]
        groups = [*(group for group in groups if group not in shared), merged]
    return [tuple(group) for group in groups]


def _share(one: Vrrp, two: Vrrp) -> bool:
    """Whether both have an instance of one VRID and, as far as that is told, of one address at least: the same number
    may be in use on many networks."""
    for ours, theirs in matched(one.instances, two.instances):
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
