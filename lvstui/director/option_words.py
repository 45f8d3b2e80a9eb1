"""The words of a rule's options as people type them: forwarding methods, scheduler flags, netmasks. Forms, commands and
files read them here."""

from __future__ import annotations

from lvstui.director.model import IPV6, Forward, address_packed, flag_names

FORWARDS = {"route": Forward.ROUTE, "masq": Forward.MASQ, "tunnel": Forward.TUNNEL}
"""The forwarding methods that can be chosen; the kernel has more (model.FORWARD_NAMES)."""
FULL_MASK = 0xFFFFFFFF


def flag_bits(scheduler: str) -> dict[str, int]:
    """The words for the flags of a scheduler, with their bits: its own names, and flag-1 to flag-3 for any."""
    own = {name: 1 << bit for bit, name in enumerate(flag_names(scheduler))}
    return own | {f"flag-{bit + 1}": 1 << bit for bit in range(3)}


def netmask(text: str, family: int) -> int | None:
    """A persistence mask, `255.255.255.0`, or the prefix of an IPv6 one, `64`; None for the full one. Raises ValueError
    with what is wrong and, where there is one, an example."""
    if family == IPV6:
        if not (text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= 128):
            raise ValueError("an IPv6 prefix is 1 to 128", "")
        return None if int(text) == 128 else int(text)
    try:
        packed = address_packed(text)
    except ValueError:
        packed = b""
    return mask_of(packed)


def mask_of(packed: bytes) -> int | None:
    """The mask in an address, None for the full one. Raises ValueError as `netmask` does."""
    if len(packed) != 4:
        raise ValueError("is not an IPv4 mask", "255.255.255.0")
    mask = int.from_bytes(packed, "big")
    return None if mask == FULL_MASK else mask
