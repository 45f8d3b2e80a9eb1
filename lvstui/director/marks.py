"""Firewall marks as people write them: decimal, as in ipvsadm, or hexadecimal, as in iptables and nft."""

from __future__ import annotations

import re

LARGEST = 2**32 - 1
_MARK = re.compile(r"0x[0-9a-f]{1,16}|[0-9]{1,10}", re.ASCII)


def mark(text: str) -> int:
    """Parses `257` or `0x101`. Raises ValueError with the reason: `is not a mark: ...`."""
    word, slash, mask = text.strip().lower().partition("/")
    if slash:
        full = mask in ("0xffffffff", "4294967295")
        if not full:
            raise ValueError("has a mask, but a service matches one whole mark: write it without")
    if not _MARK.fullmatch(word):
        raise ValueError("is not a mark: write 257, or 0x101")
    value = int(word, 16) if word.startswith("0x") else int(word)
    if not value:
        raise ValueError("is not a mark: a mark is 1 or more")
    if value > LARGEST:
        raise ValueError(f"is not within 1 to {LARGEST}")
    return value
