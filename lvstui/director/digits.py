"""Whole numbers with more digits than Python reads: one clear error for all readers of files."""

from __future__ import annotations

import sys


def too_long(error: BaseException) -> str:
    """The reason, where a reader failed because of a number with too many digits; "" where it failed for another
    reason."""
    if isinstance(error, ValueError) and "integer string conversion" in str(error):
        return f"it has a number of more than {sys.get_int_max_str_digits():,} digits"
    return ""
