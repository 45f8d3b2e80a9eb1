"""VRRP in a world: the one instance that this director shares with the other one, as each of them sees it. Both hear
every advert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lvstui.demo.fields import WorldFields
from lvstui.director.model import WEIGHT_MAX, Rules, ServerInService, ServiceKey, address_packed
from lvstui.director.state import Vrrp
from lvstui.director.vrrp.adverts import Advert
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance, Receiving, Tracked, VirtualAddress, virtual_addresses
from lvstui.director.vrrp.role import role
from lvstui.plain import plain
from lvstui.values import NamedTuple

SOURCE = "the simulated keepalived"
_MANY = 20
"""The most addresses of an instance: keepalived refuses more of a version 2 advert."""
VRRP = ("instance", "vrid", "interface", "address", "priority", "since", "track", "cost")
PEER = ("host", "address", "priority", "lacks", "weights")


class DemoRouter(NamedTuple):
    """[demo.vrrp]: the instance as it is configured here. `address`: packed, the source of its adverts. `since`: for
    how many seconds this director has been master when the world begins, None if nobody knows. `track`: what it tracks;
    a failure of that lowers the priority by `cost`, and so the role moves by chance."""

    instance: str = "VI_1"
    vrid: int = 51
    interface: str = "eth0"
    address: bytes = address_packed("198.51.100.2")
    priority: int = 150
    since: float | None = None
    track: str = "chk_uplink"
    cost: int = 60


class OtherDirector(NamedTuple):
    """[demo.peer]: the other director. `lacks`: services that its keepalived.conf does not have; `weights`: weights of
    real servers that differ there."""

    host: str = "peer"
    address: bytes = address_packed("198.51.100.3")
    priority: int = 100
    lacks: frozenset[ServiceKey] = frozenset()
    weights: Mapping[ServerInService, int] = {}


ROUTER = DemoRouter()
OTHER = OtherDirector()


class DirectorRole(NamedTuple):
    """One of the two directors at a moment. `carrying`: it is master; `since`: seconds of the epoch, None if that is
    not known; `failed`: what it tracks fails."""

    carrying: bool
    since: float | None
    failed: bool


def router(table: WorldFields) -> DemoRouter:
    """The [demo.vrrp] table of a world's file."""
    fields = table.inner("vrrp", VRRP)
    configured = DemoRouter(
        fields.text("instance", ROUTER.instance),
        fields.number("vrid", ROUTER.vrid, 1, 255),
        fields.text("interface", ROUTER.interface),
        _address(fields, ROUTER.address),
        fields.number("priority", ROUTER.priority, 2, 254),
        fields.seconds("since") if "since" in fields.table else None,
        fields.text("track", ROUTER.track),
        fields.number("cost", ROUTER.cost, 1, 253),
    )
    peer = table.inner("peer", PEER).number("priority", OTHER.priority, 1, 254)
    if not configured.priority - configured.cost < peer < configured.priority:
        why = (
            f"the priority of the peer, {peer}, is not below the {configured.priority} here and above it less the cost"
        )
        raise fields.wrong(why, "otherwise the role never moves: set priority, cost and the priority of [demo.peer]")
    return configured


def other(table: WorldFields, rules: Rules) -> OtherDirector:
    """The [demo.peer] table of a world's file."""
    fields = table.inner("peer", PEER)
    return OtherDirector(
        fields.text("host", OTHER.host),
        _address(fields, OTHER.address),
        fields.number("priority", OTHER.priority, 1, 254),
        frozenset(_lacks(fields, rules)),
        dict(_weights(fields, rules)),
    )


def _address(table: WorldFields, default: bytes) -> bytes:
    if "address" not in table.table:
        return default
    named = table.subject(table.text("address"))
    if not isinstance(named, bytes):
        raise table.wrong("address is not an address", 'as in "198.51.100.2"')
    return named


def _lacks(table: WorldFields, rules: Rules) -> Iterator[ServiceKey]:
    for words in table.listed("lacks"):
        named = table.subject(words)
        if not isinstance(named, ServiceKey) or named not in rules:
            raise table.wrong(f"lacks: {plain(str(words))} is not a service in this file")
        yield named


def _weights(table: WorldFields, rules: Rules) -> Iterator[tuple[ServerInService, int]]:
    for fields in table.several("weights", ("service", "server", "weight")):
        service, server = fields.service("service"), fields.server("server")
        if service is None or service not in rules or server is None or server not in rules[service].servers:
            raise fields.wrong("its service or its server is not in this file")
        yield (service, server), fields.number("weight", None, 0, WEIGHT_MAX)


def vrrp(keys: tuple[ServiceKey, ...], here: DemoRouter, there: OtherDirector, seat: DirectorRole) -> Vrrp:
    """VRRP as this director sees it."""
    return _seen(keys, here, seat, (here.address, here.priority), (there.address, there.priority), here.cost)


def vrrp_of_other(keys: tuple[ServiceKey, ...], here: DemoRouter, there: OtherDirector, seat: DirectorRole) -> Vrrp:
    """VRRP as the other director sees it."""
    return _seen(keys, here, seat, (there.address, there.priority), (here.address, here.priority), 0)


def _seen(
    keys: tuple[ServiceKey, ...],
    router: DemoRouter,
    seat: DirectorRole,
    own: tuple[bytes, int],
    rival: tuple[bytes, int],
    cost: int,
) -> Vrrp:
    virtual = virtual_addresses(keys)
    virtual_role = role(virtual, frozenset(virtual if seat.carrying else ()), True)
    if not virtual:
        return virtual_role._replace(source=SOURCE)
    packed = virtual[:_MANY]
    addresses = tuple(VirtualAddress(address, len(address) * 8, router.interface) for address in packed)
    effective = own[1] - (cost if seat.failed else 0)
    sender, priority = (own[0], effective) if seat.carrying else rival
    instance = Instance(
        router.instance,
        virtual_role.role,
        interface=router.interface,
        vrid=router.vrid,
        priority=own[1],
        effective=effective,
        addresses=addresses,
        tracked=(Tracked("script", router.track, -cost, not seat.failed),) if cost else (),
        receives=Receiving(),
    )
    advert = Advert(router.vrid, 2, sender, priority, instance.advert, packed, True)
    present = (seat.carrying,) * len(addresses)
    sources = (sender,) if seat.carrying else ()
    standing = InstanceStatus(instance, virtual_role.role, present, True, (advert,), (), seat.since, own=sources)
    return virtual_role._replace(instances=(standing,), source=SOURCE)
