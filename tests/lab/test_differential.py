"""ipvsadm and lvstui hold the same table to be the same text, on a real kernel, for every construct there is; and
whatever way a snapshot takes through the formats, it makes the same table again."""

from __future__ import annotations

from tests.lab.director import Director
from tests.sampling import RULE_SETS

SAMPLE = 6
"""Rule sets in an ordinary run; `make soak` sets LVSTUI_RULE_SETS."""

_BATCH = 25
"""Rule sets a process: it must not grow until the guest's memory is full."""


def test_random_rule_sets_are_saved_and_restored_like_ipvsadm_does(director: Director) -> None:
    count = RULE_SETS or SAMPLE
    for first in range(0, count, _BATCH):
        last = min(count, first + _BATCH)
        words = [director.lab.python, "-m", "tests.lab.differential", str(first), str(last)]
        done = director.run(words, timeout=300 + 10 * (last - first))
        assert done.code == 0, done.stdout + done.stderr
        assert f"{last - first} rule sets, 0 failed" in done.stdout
        print(f"{first} to {last - 1}: {done.stdout.strip()}", flush=True)


def test_the_comparison_finds_a_difference(director: Director) -> None:
    """The comparison itself must be able to fail: a line that ipvsadm saves otherwise is told."""
    code = "from tests.lab.differential import difference; print(difference(['a', 'b'], ['b', 'c']))"
    assert director.python(code).ok().split() == ["ours", "a", "theirs", "c"]
