"""The role of a director, which follows from addresses alone."""

from __future__ import annotations

from collections.abc import Collection

from lvstui.director.model import address_text
from lvstui.director.state import Vrrp


def role(virtual: Collection[bytes], held: Collection[bytes], keepalived: bool | None) -> Vrrp:
    """MASTER when every virtual address is on an interface here, PARTIAL when only some are, BACKUP when none is and
    a keepalived runs in our network namespace; none of these otherwise."""
    here = tuple(address_text(address) for address in virtual if address in held)
    if here:
        return Vrrp("MASTER" if len(here) == len(virtual) else "PARTIAL", here, keepalived)
    return Vrrp("BACKUP" if virtual and keepalived else "", (), keepalived)
