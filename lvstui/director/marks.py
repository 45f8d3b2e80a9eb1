"""Firewall marks as people write them: decimal, as in ipvsadm, or hexadecimal, as in iptables and nft."""

from __future__ import annotations

LARGEST = 2**32 - 1


def mark(text: str) -> int:
    """Parses `257` or `0x101`. Raises ValueError with the reason: `is not a mark: ...`."""
    word, slash, mask = text.strip().lower().partition("/")
    if slash:
        full = mask in ("0xffffffff", "4294967295")
        if not full:
            raise ValueError("has a mask, but a service matches one whole mark: write it without")
    hexadecimal = word.startswith("0x") and 3 <= len(word) <= 18 and set(word[2:]) <= set("0123456789abcdef")
    if not hexadecimal and not (word.isascii() and word.isdecimal() and len(word) <= 10):
        raise ValueError("is not a mark: write 257, or 0x101")
    value = int(word, 16) if hexadecimal else int(word)
    if not value:
        raise ValueError("is not a mark: a mark is 1 or more")
    if value > LARGEST:
        raise ValueError(f"is not within 1 to {LARGEST}")
    return value
