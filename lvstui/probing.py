"""Probes on the wire from this director, made when the operator asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

from lvstui.director.connections import ConnectionSample, ReadLimits
from lvstui.director.errors import NotDone, Unavailable
from lvstui.director.model import ServerKey, ServiceKey, address_text
from lvstui.director.probe import ArpAnswer, ArpAnswers, Origins, ProbeResult, ProbeTarget


class Probing:
    """Probes from this network namespace."""

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        """See probe.Probes."""
        from lvstui.kernel.knocking import knock

        return knock(knocks)

    def who_has(self, address: bytes, device: str = "") -> ArpAnswers:
        """Asks on `device`; without one, on the interface that has the address, or on the one that routes to it. Raises
        NotDone, Unavailable."""
        from lvstui.kernel import arp
        from lvstui.kernel.routes import surroundings

        what = f"who has {address_text(address)}"
        try:
            around = surroundings(address)
        except OSError as error:
            raise Unavailable(what, error.strerror or str(error)) from None
        holding = around.holding(address)
        on = device or holding or around.towards
        place = around.places.get(on)
        if place is None:
            why = f"there is no interface {on}" if on else "it is on no interface here, and no route leads to it"
            raise NotDone(what, why)
        if not place.mac:
            raise NotDone(what, f"{on} is not Ethernet: ARP does not work on it")
        own = [
            own_address
            for own_address in place.addresses
            if len(own_address) == len(address) and own_address != address
        ]
        own.sort(
            key=lambda own_address: (
                len(own_address) == 16 and own_address[:2] != b"\xfe\x80",
                _apart(own_address, address),
            )
        )
        macs = arp.who_has(address, on, place.mac, own)
        ours = {mac: name for mac, name in around.macs.items() if mac != arp.mac_text(place.mac)}
        answers = (ArpAnswer(mac, ours.get(mac, ""), around.neighbours.get(mac, ())) for mac in macs)
        return ArpAnswers(address, on, bool(holding), arp.LISTENS, tuple(answers))

    def origins(self) -> Origins:
        """See probe.Probes."""
        from lvstui.kernel.connections import origins

        return origins()

    def connections(self, limits: ReadLimits, going: Callable[[], bool] = lambda: True) -> ConnectionSample:
        """See probe.Probes."""
        from lvstui.kernel.connection_table import read

        return read(limits, going)

    def order(self, key: ServiceKey) -> Sequence[ServerKey]:
        """See probe.Probes."""
        from lvstui.kernel import proc
        from lvstui.kernel.ipvs.family import Ipvs

        if not proc.present():
            raise proc.absent()
        with closing(Ipvs()) as ipvs:
            return ipvs.order(key)


def _apart(address: bytes, other: bytes) -> int:
    """The distance of two addresses. The question is sent from the nearest one, which is on the same network."""
    return int.from_bytes(address, "big") ^ int.from_bytes(other, "big")
