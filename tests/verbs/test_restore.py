"""--restore: the smallest difference, confirmed, saved, sent once, and taken back when refused."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lvstui.director import transaction
from lvstui.director.change import Change, EditServer
from lvstui.director.errors import LvsError, NotDone, Refused, RollbackFailed, Unavailable
from lvstui.director.model import RuleSet, Timeouts
from lvstui.director.plan import plan
from lvstui.director.source import Outcome
from lvstui.formats.rule_files import parse, read_rules
from lvstui.places import TablePaths
from lvstui.verbs import restore
from lvstui.verbs.restore import RestoreOptions
from tests.verbs.fake import Fake, done

WEB = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3
"""
DNS = "-A -u 192.0.2.1:53 -s rr\n-a -u 192.0.2.1:53 -r 10.0.0.3:53 -m -w 1\n"
YES = RestoreOptions(yes=True)
MEANT = RestoreOptions(yes=True, allow_outage=True)


def kept_in(folder: Path) -> TablePaths:
    return TablePaths(folder, folder / "run", "this boot")


def toml_in(folder: Path) -> list[Path]:
    return list((folder / "snapshots").glob("*.toml"))


def nobody(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def run(
    fake: Fake, wanted: str, folder: Path, options: RestoreOptions = YES, ask: Callable[[str], bool] = nobody
) -> tuple[int, str]:
    code, text, _ = done(restore.run(fake, parse(wanted, "ipvsadm", "f"), "f", options, kept_in(folder), ask))
    return code, text


def test_one_weight_is_one_change(tmp_path: Path) -> None:
    fake = Fake(WEB + DNS)
    code, text = run(fake, (WEB + DNS).replace("10.0.0.2:80 -g -w 3", "10.0.0.2:80 -g -w 5"), tmp_path)
    assert code == 0
    assert "f: 1 server changed\n  ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 5\n" in text
    assert [type(change) for change in fake.sent] == [EditServer]
    assert "10.0.0.2:80 -g -w 5" in fake.text


def test_nothing_is_done_if_nothing_differs(tmp_path: Path) -> None:
    fake = Fake(WEB)
    assert run(fake, WEB, tmp_path) == (0, "f: nothing differs\n")
    assert run(fake, WEB, tmp_path, RestoreOptions(dry_run=True)) == (0, "f: nothing differs\n")
    assert (fake.sent, toml_in(tmp_path)) == ([], [])


def test_a_snapshot_is_saved_before_the_first_change(tmp_path: Path) -> None:
    fake = Fake(WEB)
    before = fake.rules
    _, text = run(fake, WEB + DNS, tmp_path / "deep" / "er")
    (kept,) = toml_in(tmp_path / "deep" / "er")
    assert str(kept) in text
    assert kept.stat().st_mode & 0o777 == 0o600
    rules = read_rules(str(kept)).rules
    assert rules.rules.keys() == before.rules.keys()
    assert (rules.timeouts, rules.sync) == (Timeouts(900, 120, 300), ())
    assert done(restore.run(fake, read_rules(str(kept)), "k", MEANT, kept_in(tmp_path), nobody))[0] == 0
    assert fake.text == WEB


def test_without_a_place_for_the_snapshot_nothing_is_changed(tmp_path: Path) -> None:
    fake = Fake(WEB)
    (tmp_path / "file").write_text("")
    with pytest.raises(NotDone):
        run(fake, WEB + DNS, tmp_path / "file")
    assert fake.sent == []


def test_a_dry_run_shows_everything_and_changes_nothing(tmp_path: Path) -> None:
    fake = Fake()
    many = "".join(f"-A -t 192.0.2.1:{port} -s rr\n" for port in range(1, 101))
    code, text = run(fake, many, tmp_path, RestoreOptions(dry_run=True))
    assert (code, text.count("ipvsadm -A"), fake.sent) == (1, 100, [])
    _, text = run(fake, many, tmp_path)
    assert "... and 60 more; --dry-run shows all\n" in text


def test_the_question_before_a_restore(tmp_path: Path) -> None:
    fake = Fake(WEB)
    with pytest.raises(NotDone) as caught:
        run(fake, WEB + DNS, tmp_path, RestoreOptions(), lambda question: False)
    assert (caught.value.exit_code, fake.sent) == (1, [])
    asked: list[str] = []

    def agrees(question: str) -> bool:
        asked.append(question)
        return True

    assert run(fake, WEB + DNS, tmp_path, RestoreOptions(), agrees)[0] == 0
    assert asked == ["apply 2 changes?"]


@pytest.mark.parametrize(
    ("sysctls", "words"),
    [
        ({}, "cut, or their packets dropped (expire_nodest_conn cannot be read)"),
        (
            {"expire_nodest_conn": 0},
            "packets dropped until they time out (tcp 15 min, udp 5 min; expire_nodest_conn=0)",
        ),
        ({"expire_nodest_conn": 1}, "cut (expire_nodest_conn=1)"),
    ],
)
def test_the_cost_depends_on_the_kernels_switch(sysctls: dict[str, int], words: str, tmp_path: Path) -> None:
    wanted = WEB.replace("-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n", "")
    fake = Fake(WEB + DNS)
    fake.sysctls = sysctls
    _, text = run(fake, wanted, tmp_path, MEANT)
    assert "outage: udp 192.0.2.1:53 goes with 7 connections\n" in text
    assert f"cost: 2 servers go, 10 active, 4 inactive: {words}\n" in text


def test_emptying_and_rebuilding_the_table_keeps_the_connections_of_servers_that_return(tmp_path: Path) -> None:
    wanted = WEB.replace("-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n", "")
    for switch, words in (
        (0, "1 server goes, 5 active, 2 inactive: packets"),
        (1, "2 servers go, 10 active, 4 inactive: cut"),
    ):
        fake = Fake(WEB)
        fake.sysctls = {"expire_nodest_conn": switch}
        _, text = run(fake, wanted, tmp_path, MEANT._replace(replace=True, dry_run=True))
        assert f"cost: {words}" in text


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("", "the table is emptied"),
        (DNS + WEB.split("\n", 1)[0] + "\n", "tcp 192.0.2.1:80 loses its last live server"),
        (DNS + WEB.replace("-w 3", "-w 0"), "tcp 192.0.2.1:80 loses its last live server"),
    ],
)
def test_outages_need_a_confirmation_of_their_own(wanted: str, words: str, tmp_path: Path) -> None:
    fake = Fake(WEB + DNS)
    with pytest.raises(NotDone) as caught:
        run(fake, wanted, tmp_path)
    assert words in caught.value.why
    assert "--allow-outage" in caught.value.mend
    assert fake.sent == []
    assert f"outage: {words}\n" in run(fake, wanted, tmp_path, RestoreOptions(dry_run=True))[1]
    assert run(fake, wanted, tmp_path, RestoreOptions(yes=True, allow_outage=True))[0] == 0
    assert fake.text == wanted or wanted.startswith(DNS)


def test_replacing_the_last_server_is_no_outage(tmp_path: Path) -> None:
    assert run(Fake(DNS), DNS.replace("10.0.0.3", "10.0.0.4"), tmp_path)[0] == 0


def test_a_table_that_changed_meanwhile_stops_the_restore(tmp_path: Path) -> None:
    other = parse(DNS, "ipvsadm").rules

    def adds(rules: RuleSet) -> RuleSet:
        return rules._replace(rules={**rules.rules, **other.rules})

    def empties(rules: RuleSet) -> RuleSet:
        return rules._replace(rules={key: entry._replace(servers={}) for key, entry in rules.rules.items()})

    def sets(rules: RuleSet) -> RuleSet:
        return rules._replace(timeouts=Timeouts(1, 2, 3))

    for meanwhile in (adds, empties, sets):
        fake = Fake(WEB)
        fake.meanwhile = meanwhile
        with pytest.raises(NotDone) as caught:
            run(fake, WEB.replace("-w 3", "-w 4"), tmp_path)
        assert "meanwhile" in caught.value.why
        assert (fake.sent, toml_in(tmp_path)) == ([], [])


def test_a_refusal_takes_everything_back(tmp_path: Path) -> None:
    old = WEB + DNS
    new = (
        WEB.replace("wrr", "wlc").replace("10.0.0.2:80 -g -w 3", "10.0.0.9:80 -g -w 1")
        + "-A -f 7 -s rr\n-A -f 8 -s rr\n"
    )
    changes = 6
    for number in range(changes):
        fake = Fake(old)
        fake.refuses = lambda n, number=number: n == number  # type: ignore[misc]
        with pytest.raises(Refused) as caught:
            run(fake, new, tmp_path, MEANT)
        assert caught.value.exit_code == 4
        assert "scheduler foo is not available; 5 changes done before it taken back" in caught.value.why
        assert fake.text == old


def test_a_roll_back_that_fails(tmp_path: Path) -> None:
    fake = Fake(WEB)
    fake.refuses = lambda number: number >= 1
    with pytest.raises(RollbackFailed) as caught:
        run(fake, WEB + DNS, tmp_path)
    (kept,) = toml_in(tmp_path)
    assert caught.value.exit_code == 5
    assert str(kept) in caught.value.mend
    assert kept_in(tmp_path).journal.exists()
    kept_in(tmp_path).journal.unlink()
    fake = Fake(WEB)
    fake.refuses = lambda number: number == 1
    fake.broken = 2
    with pytest.raises(RollbackFailed):
        run(fake, WEB + DNS, tmp_path)


def test_a_send_that_fails_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(WEB)
    fake.broken = 1
    with pytest.raises(LvsError) as caught:
        run(fake, WEB + DNS, tmp_path)
    assert caught.value.why == "no answer"
    monkeypatch.setattr(transaction, "BATCH", 1)
    fake = Fake(WEB)
    fake.broken = 2
    with pytest.raises(Refused) as refused:
        run(fake, WEB + DNS, tmp_path)
    assert "no answer; 1 change done before it taken back" in refused.value.why
    assert fake.text == WEB


@pytest.fixture
def heeded() -> Iterator[None]:
    """An interrupt is heeded, and a hang-up is not: as under nohup, and however the tests were started."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeded")
def test_an_interrupt_waits_for_the_batch_and_takes_it_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "BATCH", 1)
    fake = Fake(WEB)

    def interrupts(number: int) -> bool:
        if number == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return False

    fake.refuses = interrupts
    with pytest.raises(NotDone) as caught:
        run(fake, WEB + DNS, tmp_path)
    assert "interrupted: 1 change done before it taken back" in str(caught.value)
    assert fake.text == WEB
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("heeded")
def test_a_hang_up_under_nohup_interrupts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "BATCH", 1)
    fake = Fake(WEB)

    def hangs_up(number: int) -> bool:
        os.kill(os.getpid(), signal.SIGHUP)
        return False

    fake.refuses = hangs_up
    assert run(fake, WEB + DNS, tmp_path)[0] == 0
    assert fake.text == WEB + DNS
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_the_table_is_read_after_a_send_of_unknown_outcome(tmp_path: Path) -> None:
    fake = Fake(WEB)
    other = parse(DNS, "ipvsadm").rules

    def half(changes: object, purpose: object) -> None:
        fake.rules = fake.rules._replace(rules={**fake.rules.rules, **other.rules})
        del fake.send
        raise RuntimeError("lost")

    fake.send = half  # type: ignore[assignment, method-assign]
    with pytest.raises(Refused) as caught:
        run(fake, WEB + DNS, tmp_path)
    assert "RuntimeError: lost; 1 change done before it taken back" in caught.value.why
    assert fake.text == WEB


def test_a_poor_read_and_a_read_only_source_are_refused(tmp_path: Path) -> None:
    fake = Fake(WEB)
    fake.unknown, fake.read_only = frozenset({"flags", "counters"}), "not root"
    with pytest.raises(Unavailable) as caught:
        run(fake, WEB, tmp_path)
    assert caught.value.exit_code == 3
    assert "not root; these cannot be read here: counters, flags" in caught.value.why
    fake.unknown = frozenset()
    with pytest.raises(NotDone) as refused:
        run(fake, WEB + DNS, tmp_path)
    assert "not root" in refused.value.why


def test_unstated_thresholds_and_timeouts_stay(tmp_path: Path) -> None:
    fake = Fake(WEB.replace("-w 3", "-w 3 -x 100 -y 50"))
    assert run(fake, WEB + "--set 0 0 300\n", tmp_path) == (0, "f: nothing differs\n")
    run(fake, WEB + "--set 0 0 20\n", tmp_path)
    assert fake.rules.timeouts == Timeouts(900, 120, 20)


def test_only_touched_services_are_read_again(tmp_path: Path) -> None:
    many = "".join(
        f"-A -t 192.0.2.1:{port} -s rr\n-a -t 192.0.2.1:{port} -r 10.0.0.1:{port} -g -w 1\n" for port in range(1, 11)
    )
    fake = Fake(many)
    run(fake, many.replace("10.0.0.1:5 -g -w 1", "10.0.0.1:5 -g -w 2"), tmp_path)
    assert [(len(scope.services), scope.sweep) for scope in fake.scopes] == [(0, True), (1, False)]


def test_a_plan_that_touches_over_a_quarter_of_the_services_reads_all_of_them_at_once(tmp_path: Path) -> None:
    lines = [f"-A -t 192.0.2.1:{port} -s rr\n-a -t 192.0.2.1:{port} -r 10.0.0.1:{port} -g -w " for port in range(1, 9)]
    fake = Fake("".join(f"{line}1\n" for line in lines))
    for weight, touched, sweep in ((2, 2, False), (3, 4, True)):
        fake.scopes.clear()
        wanted = "".join(f"{line}{weight if n < touched else 1}\n" for n, line in enumerate(lines))
        run(fake, wanted, tmp_path)
        assert fake.scopes[1].sweep is sweep and fake.text == wanted


def test_a_lost_answer_takes_back_only_the_plans_own_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Fake(WEB + DNS)
    wanted = parse(WEB.replace("-w 3", "-w 7"), "ipvsadm").rules
    part = fake.rules._replace(rules={key: fake.rules.rules[key] for key in wanted.rules})
    changes = plan(part, wanted)
    sends = fake.send

    def half(given: Sequence[Change], purpose: object) -> tuple[Outcome, ...]:
        monkeypatch.setattr(fake, "send", sends)
        sends(given[:1])
        raise RuntimeError("lost")

    monkeypatch.setattr(fake, "send", half)
    with pytest.raises(Refused) as caught:
        transaction.carry_out(fake, changes, part)
    assert "1 change done before it taken back" in caught.value.why
    assert fake.text == WEB + DNS
