"""--diff of two directors: the line, the differences, the exit code."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

import pytest

from lvstui.cli import main
from lvstui.director.errors import Unavailable
from lvstui.director.pair.clocked import Clocked, Offset, skew
from lvstui.director.remarks import Remark
from lvstui.director.source import Scope, Source
from lvstui.director.state import State
from lvstui.verbs import examining, pair
from tests.director.pair.made import BACKUP, BOTH, MASTER, ONE, TWO, WEB, table
from tests.memory import MemoryDirector
from tests.rulesets import random_ruleset


class Fixed(MemoryDirector):
    """A director of which always the same is read. Each reads when the other does: neither waits for the other."""

    def __init__(self, state: State, meet: threading.Barrier | None = None) -> None:
        super().__init__(random_ruleset(1))
        self._state = state
        self._meet = meet
        self.closed = False

    def read(self, scope: Scope) -> State:
        if self._meet is not None:
            self._meet.wait(60)
        return self._state

    def close(self) -> None:
        self.closed = True


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "APART", 0.0)


def said(this: Callable[[], Source], other: Callable[[], Source], kind: str = "text") -> tuple[int, str, list[Remark]]:
    """The exit code, what is printed, and what is remarked."""
    verb = pair.run((("lvs1", this), ("lvs2", other)), kind)
    text = ""
    remarks: list[Remark] = []
    while True:
        try:
            piece = next(verb)
        except StopIteration as end:
            return end.value, text, remarks
        if isinstance(piece, Remark):
            remarks.append(piece)
        else:
            text += str(piece)


OTHER_WEIGHT = BACKUP._replace(**table({**BOTH, WEB: (ONE, TWO._replace(weight=1))}))  # type: ignore[arg-type]


def test_the_healthy_pair() -> None:
    meet = threading.Barrier(2)
    sources = Fixed(MASTER, meet), Fixed(BACKUP, meet)
    code, text, remarks = said(lambda: sources[0], lambda: sources[1])
    assert (code, text, remarks) == (0, "if lvs2 took over now: equal\n", [])
    assert all(source.closed for source in sources)


def test_what_differs_has_a_line_and_a_column_for_each() -> None:
    code, text, _ = said(lambda: Fixed(MASTER), lambda: Fixed(OTHER_WEIGHT._replace(sync=None)))
    assert code == 1
    assert text.splitlines() == [
        "if lvs2 took over now: 1 thing differs, 1 not known",
        "                                           lvs1  lvs2",
        "  10.0.0.2:80 in tcp 192.0.2.1:80  weight  3     1",
        "not known: daemons of sync daemons (lvs1: master, lvs2: not known)",
    ]


def test_json_names_the_two_and_the_side_that_lacks_something() -> None:
    code, text, _ = said(lambda: Fixed(MASTER), lambda: Fixed(BACKUP._replace(sync=())), "json")
    assert code == 1
    assert json.loads(text) == {
        "pair": ["lvs1", "lvs2"],
        "takeover": "if lvs2 took over now: 1 sync daemon is missing there",
        "equal": False,
        "differences": [
            {
                "kind": "sync",
                "about": "sync daemons",
                "what": "daemons",
                "standing": "differs",
                "values": ["master", "none"],
                "lacks": "lvs2",
            }
        ],
        "unknown": [],
    }


def test_an_unreachable_director_is_named_and_nothing_is_claimed() -> None:
    def closed() -> Source:
        raise Unavailable("ssh lvs2", "Permission denied (publickey)", "ssh lvs2 by hand")

    code, text, remarks = said(lambda: Fixed(MASTER), closed)
    assert (code, text) == (3, "")
    assert remarks == [Remark("lvs2", 0, "not reached: Permission denied (publickey); ssh lvs2 by hand")]


def test_a_defect_is_not_taken_for_a_director_that_was_not_reached() -> None:
    def broken() -> Source:
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        said(lambda: Fixed(MASTER), broken)


def test_the_offset_of_the_clocks_is_that_of_the_quickest_recent_read() -> None:
    now = iter([100.0, 104.0, 200.0, 200.2, *(300.0, 309.0) * 8])
    clocked = Clocked(Fixed(MASTER._replace(taken=105.0)), lambda: next(now))
    clocked.read(Scope())
    assert clocked.offset == Offset(3.0, 2.0)
    clocked.read(Scope())
    assert clocked.offset == pytest.approx(Offset(-95.1, 0.1))
    for _ in range(8):
        clocked.read(Scope())
    assert clocked.offset == Offset(-199.5, 4.5), "a clock that was set since is not measured by what was before"


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (Offset(0.4, 0.1), 0.0),
        (Offset(3.0, 0.5), 3.0),
        (Offset(-3.0, 0.5), -3.0),
        (Offset(1.1, 0.2), 0.0),
        (Offset(3.0, 2.5), None),
        (Offset(0.0, 2.0), None),
    ],
)
def test_a_clock_offset_is_reported_only_if_it_exceeds_the_error(other: Offset, found: float | None) -> None:
    assert skew(Offset(0.0, 0.0), other) == found


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--diff", "lvs1:", "rules.txt"], "a director is compared with a director"),
        (["--diff", "lvs1:", "lvs1:"], "lvs1 is named twice"),
        (["--diff", "lvs1:", "--format", "ipvsadm"], "--format ipvsadm does not fit --diff"),
        (["--diff", "./lvs1:"], "./lvs1: cannot be read"),
        (["--diff", "lvs1:", "lvs2:", "lvs3:"], "takes one or two files"),
        (["--diff", "-oProxyCommand=id:"], "expected at least one argument"),
    ],
)
def test_a_name_with_a_colon_is_a_director_and_with_a_slash_a_file(
    argv: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 2
    assert said in capsys.readouterr().err


def test_a_simulated_director_can_be_compared_with_another_world(capsys: pytest.CaptureFixture[str]) -> None:
    """Where one is named it is compared with this one."""
    assert main(["--demo", "--diff", "nat:", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["pair"][1] == "nat" and not found["equal"]
    assert {"service", "vrrp"} <= {point["kind"] for point in found["differences"]}
