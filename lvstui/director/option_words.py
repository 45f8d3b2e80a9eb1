"""The words of a rule's options as people type them in forms and commands: forwarding methods and netmasks. The flags
of schedulers are in model.py."""

from __future__ import annotations

from lvstui.director.model import IPV6, Forward, address_packed, mask_of

FORWARDS = {"route": Forward.ROUTE, "masq": Forward.MASQ, "tunnel": Forward.TUNNEL}
"""The forwarding methods that can be chosen; the kernel has more (model.FORWARD_NAMES)."""


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
