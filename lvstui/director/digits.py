"""Whole numbers of more digits than Python reads: one clear reason for all readers of files."""

from __future__ import annotations

import sys


def too_long(error: BaseException) -> str:
    """Why, where a reader failed for a number of too many digits; "" where it failed for something else."""
    if isinstance(error, ValueError) and "integer string conversion" in str(error):
        return f"it holds a number of more than {sys.get_int_max_str_digits():,} digits"
    return ""
