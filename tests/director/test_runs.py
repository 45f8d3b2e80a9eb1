"""Changes in runs are the same changes as values: whatever is asked of the ones is answered as of the others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.commands import draining
from lvstui.director import send_order
from lvstui.director.change import AddServer, AddService, Change, Flush
from lvstui.director.model import RuleSet
from lvstui.director.plan import in_runs, plan, replacement
from lvstui.director.recovery import undertaking
from lvstui.director.runs import AddedServers, Runs, counted, kinds, parts
from lvstui.director.send_order import sending_order
from lvstui.director.source import AllDone, Outcome, carried, refusal
from lvstui.director.transaction import touched
from lvstui.formats import ipvsadm, json
from lvstui.formats.contents import contents_of
from lvstui.kernel import netlink
from lvstui.kernel.ipvs.writer import requests
from lvstui.kernel.netlink import Netlink
from lvstui.views import summary

_TAILS = st.sampled_from(["80 -g -w 1", "80 -g -w 7", "8080 -m -w 1", "80 -g -w 0", "80 -m -w 1 -x 9 -y 3"])
_POOLS = st.lists(st.tuples(st.integers(1, 9), _TAILS), max_size=6, unique_by=lambda one: (one[0], one[1].split()[0]))


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A few services, of which many have the same behind every address."""
    lines = []
    for number in draw(st.lists(st.integers(1, 4), max_size=4, unique=True)):
        alike = draw(st.none() | _TAILS)
        where = f"-t 10.0.0.{number}:80"
        lines.append(f"-A {where} -s wlc")
        pool = draw(_POOLS)
        lasts = {last for last, _ in pool} if alike else ()
        lines += [f"-a {where} -r 10.1.0.{last}:{alike}" for last in lasts]
        lines += [f"-a {where} -r 10.1.0.{last}:{tail}" for last, tail in pool if not alike]
    return "".join(f"{line}\n" for line in lines)


def rules(text: str, *, fast: bool = True) -> RuleSet:
    return ipvsadm.read(text, fast=fast)[0]


@given(texts(), texts())
def test_a_plan_in_runs_is_the_plan_of_values(now: str, wanted: str) -> None:
    there = rules(now, fast=False)
    runs, values = in_runs(there, rules(wanted)), plan(there, rules(wanted, fast=False))
    assert tuple(runs) == values and len(runs) == len(values)
    assert not isinstance(runs, Runs) or runs == values
    assert counted(runs) == counted(values) and list(counted(runs)) == list(counted(values))
    assert kinds(runs) == kinds(values) and touched(runs) == touched(values)
    assert summary.counts(runs) == summary.counts(values)
    for most in (0, 3, len(values)):
        assert [*summary.grouped(runs, most)] == [*summary.grouped(values, most)]
    assert undertaking(runs, there) == undertaking(values, there)
    weights, served = draining.remembered(runs, there)
    expected, again = draining.remembered(values, there)
    assert weights == expected and sorted(served) == sorted(again) and bool(again) <= bool(served)
    assert replacement(there, rules(wanted)) == replacement(there, rules(wanted, fast=False))


@given(texts(), st.integers(0, 30), st.integers(0, 30))
def test_a_part_of_the_runs_is_that_part_of_the_values(text: str, first: int, last: int) -> None:
    runs = in_runs(RuleSet(), rules(text))
    values = tuple(runs)
    assert tuple(runs[first:last]) == values[first:last] and len(runs[first:last]) == len(values[first:last])
    if first < len(values):
        assert runs[first] == values[first]


@given(texts())
def test_they_are_sent_in_the_same_order_and_as_the_same_bytes(text: str) -> None:
    runs = in_runs(RuleSet(), rules(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(send_order, "MANY", 0)
        assert tuple(sending_order(runs, RuleSet())) == tuple(sending_order(tuple(runs), RuleSet()))
    for batch in (200, 900, 65536):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(netlink, "BATCH", batch)
            assert _sent(runs) == _sent(tuple(runs))


class _Sent(Netlink):
    """Keeps what it would send."""

    def __init__(self) -> None:
        self.batches: list[tuple[bytes, int, int]] = []
        self.answered: list[int] = []
        self._type, self._version = 28, 1

    def _flush(self, data: bytearray, first: int, last: int, errors: dict[int, int]) -> None:
        self.batches.append((bytes(data), first, last))


def _sent(changes: Sequence[Change]) -> tuple[list[tuple[bytes, int, int]], list[int]]:
    link = _Sent()
    link.send(requests(changes), link.answered.append)
    assert all(len(data) <= netlink.BATCH for data, _, _ in link.batches)
    return link.batches, link.answered


@given(texts())
def test_the_journal_of_both_is_the_same_text(text: str) -> None:
    runs = in_runs(RuleSet(), rules(text))
    written = ["".join(json.write(contents_of(undertaking(some, RuleSet()).wanted))) for some in (runs, tuple(runs))]
    assert written[0] == written[1]


def test_a_new_pool_is_sent_and_written_without_values(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "-A -t 10.0.0.1:80 -s wlc\n" + "".join(f"-a -t 10.0.0.1:80 -r 10.1.0.{n}:80 -g -w 1\n" for n in range(9))
    runs = in_runs(RuleSet(), rules(text))
    service, added = parts(runs)
    assert isinstance(service, AddService) and isinstance(added, AddedServers) and len(added) == 9

    def made(self: object) -> None:
        raise AssertionError("values were made")

    monkeypatch.setattr("lvstui.director.lazy_servers.LazyServers.made", made)
    assert _sent(sending_order(runs, RuleSet()))[0] and touched(runs) and draining.remembered(runs, RuleSet())[1]
    assert "".join(json.write(contents_of(undertaking(runs, RuleSet()).wanted)))
    assert carried(AllDone(runs)) is runs and refusal(AllDone(runs)) is None


def test_outcomes_of_what_is_all_done_are_those_of_each_change() -> None:
    changes: tuple[Change, ...] = (Flush(), *plan(RuleSet(), rules("-A -t 10.0.0.1:80 -s wlc\n")))
    done = AllDone(changes)
    assert [*done] == [Outcome(change) for change in changes] and len(done) == 2
    assert done[1] == Outcome(changes[1]) and [*done[1:]] == [Outcome(changes[1])]
    assert [*carried([*done])] == [*carried(done)] and refusal([*done]) is None
    assert not any(isinstance(change, AddServer) for change in changes)
