"""The number of instructions of short verbs. Counted, so a slow machine does not fail it."""

from __future__ import annotations

import pytest

from tests.bench import instructions


def test_short_verbs_need_as_many_instructions_as_recorded() -> None:
    """Both ways: what became cheaper is to be written down too, or it is lost again unseen."""
    known = instructions.known()
    if not instructions.can():
        pytest.skip("valgrind is not here: Debian has it in the package valgrind")
    if not known:
        pytest.skip(f"no figures for {instructions.machine()}: python -m tests.bench.instructions writes them")
    for verb, count in instructions.counted().items():
        off = count / known[verb] - 1
        assert abs(off) <= instructions.WITHIN, (
            f"{verb} takes {count:,} instructions, {off:+.1%} of {known[verb]:,}: if that is meant, "
            "python -m tests.bench.instructions writes the figures anew"
        )
