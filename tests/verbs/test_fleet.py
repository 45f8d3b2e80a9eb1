"""A verb on several directors: equal answers are printed once, the exit code is the worst."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lvstui import cli, sources
from lvstui.arguments import Arguments
from lvstui.director.errors import BadInput, LvsError, Unavailable
from lvstui.director.model import RuleSet
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.verbs import fleet
from lvstui.verbs.merged import merged
from lvstui.verbs.verb import Verb
from tests.memory import MemoryDirector
from tests.verbs.fake import printed


def said(text: str, code: int = 0) -> Verb:
    yield text
    return code


def answering(answers: dict[str, tuple[str, int] | LvsError]) -> Callable[[str], Verb]:
    def on(host: str) -> Verb:
        answer = answers[host]
        if isinstance(answer, LvsError):
            raise answer
        return said(*answer)

    return on


def test_equal_answers_are_printed_once_in_the_order_of_the_hosts() -> None:
    names = [f"lvs{n:02}" for n in range(1, 9)] + ["web2"]
    answers: dict[str, tuple[str, int] | LvsError] = dict.fromkeys(names, ("OK\n", 0))
    answers["lvs03"] = ("CRITICAL: one\ntwo\n", 2)
    code, text, remarks = printed(fleet.run(names, answering(answers), "check", False))
    assert (code, remarks) == (2, [])
    assert text == "lvs[01-02],lvs[04-08],web2: OK\nlvs03:\nCRITICAL: one\ntwo\n"


@pytest.mark.parametrize(
    ("verb", "codes", "code"),
    [("check", (0, 1, 3), 3), ("check", (2, 3), 2), ("check", (0, 1), 1), ("list", (0, 0), 0), ("diff", (0, 1), 1)],
)
def test_the_worst_exit_code_counts(verb: str, codes: tuple[int, ...], code: int) -> None:
    answers = [fleet.DirectorAnswer(f"h{n}", code=one) for n, one in enumerate(codes)]
    assert fleet.code(answers, verb) == code


def test_a_host_that_is_not_reached_is_named_and_the_others_answer() -> None:
    answers: dict[str, tuple[str, int] | LvsError] = {"a": ("x\n", 0), "b": Unavailable("b", "no route", "is it up?")}
    code, text, remarks = printed(fleet.run(["a", "b"], answering(answers), "list", False))
    assert (code, text) == (3, "a: x\n")
    assert remarks == ["b: no route; is it up?"]
    code, text, _ = printed(fleet.run(["a", "b"], answering(answers), "list", True))
    lines = [json.loads(line) for line in text.splitlines()]
    assert code == 3 and [(line["host"], line["reached"]) for line in lines] == [("a", True), ("b", False)]


@pytest.mark.parametrize("kind", ["table", "json"])
def test_snapshots_of_a_director_that_is_not_reached_are_listed_with_exit_code_3(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """They are kept here. What is said of it is the same as for every verb."""

    def remote(arguments: Arguments) -> MemoryDirector:
        if arguments.on == "lvs2":
            raise Unavailable("lvs2", "connection: it does not answer", "is it up?")
        return MemoryDirector(RuleSet({}), arguments.on)

    monkeypatch.setattr(sources, "remote", remote)
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path))
    for words in ("lvs1,lvs2", "lvs2"):
        assert cli.main(["--on", words, "--snapshots", "--format", kind]) == 3
        told = capsys.readouterr()
        assert "connection: it does not answer" in told.out + told.err
        if words == "lvs1,lvs2" and kind == "json":
            assert [json.loads(line)["reached"] for line in told.out.splitlines()] == [True, False]
        elif kind == "table":
            assert f"no snapshots in {tmp_path}/hosts/lvs2/snapshots" in told.out
    assert cli.main(["--on", "lvs1", "--snapshots", "--format", kind]) == 0


def test_an_unreachable_host_is_reported_in_the_monitoring_format() -> None:
    answers: dict[str, tuple[str, int] | LvsError] = {"a": ("OK\n", 0), "b": Unavailable("b", "no route")}
    code, text, remarks = printed(fleet.run(["a", "b"], answering(answers), "check", False))
    assert (code, remarks) == (3, [])
    assert text.startswith("a: OK\nb: LVSTUI UNKNOWN - ") and "no route" in text


def test_eight_hosts_are_asked_at_a_time() -> None:
    lock, now, most = threading.Lock(), [0], [0]
    gate = threading.Barrier(fleet.TOGETHER)

    def slow() -> Iterator[str]:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait(120)  # all of these are under way at once
        with lock:
            now[0] -= 1
        yield "x\n"

    def on(host: str) -> Verb:
        yield from slow()
        return 0

    names = [f"h{n}x" for n in range(3 * fleet.TOGETHER)]
    assert printed(fleet.run(names, on, "list", False))[0] == 0
    assert most[0] == fleet.TOGETHER


@pytest.mark.parametrize("words", [["--list"], ["--check"], ["--metrics"], ["--list", "--format", "json"]])
def test_a_link_is_closed_as_soon_as_its_director_has_answered(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Also where a director does not answer."""
    lock = threading.Lock()
    opened: list[str] = []
    standing: set[str] = set()
    most = [0]

    class Elsewhere(MemoryDirector):
        def read(self, scope: Scope) -> State:
            if self._host == "h7":
                raise Unavailable(self._host, "the link ended")
            return super().read(scope)

        def close(self) -> None:
            with lock:
                standing.discard(self._host)

    def remote(arguments: Arguments) -> MemoryDirector:
        with lock:
            opened.append(arguments.on)
            standing.add(arguments.on)
            most[0] = max(most[0], len(standing))
        return Elsewhere(RuleSet({}), arguments.on)

    monkeypatch.setattr(sources, "remote", remote)
    names = [f"h{number}" for number in range(3 * fleet.TOGETHER)]
    cli.main(["--on", ",".join(names), *words])
    assert sorted(opened) == sorted(names) and not standing and most[0] <= fleet.TOGETHER
    assert "the link ended" in "".join(capsys.readouterr())


def test_hosts_come_from_words_and_files(tmp_path: Path) -> None:
    file = tmp_path / "hosts"
    file.write_text("# the pair\nlvs1\n  admin@lvs2  # the backup\n\nlvs3\n")
    assert fleet.hosts(f"lvs3,@{file},lvs1") == ["lvs3", "lvs1", "admin@lvs2"]
    file.write_text("# none\n")
    for words in (f"@{file}", "@/nonexistent", "a,,b", "a,-oProxyCommand=x", f"a,@{tmp_path}"):
        with pytest.raises(BadInput):
            fleet.hosts(words)


def test_the_rest_of_a_comment_is_no_host(tmp_path: Path) -> None:
    """Whatever ends a line for other programs stands in it; and in a name it is refused."""
    ends = "\v\f\x1c\x1d\x1e\x85\u2028\u2029\r"
    file = tmp_path / "hosts"
    file.write_text("".join(f"# no longer:{end}lvs9\n" for end in ends) + "lvs1\r\nlvs2\n", newline="")
    assert fleet.hosts(f"@{file}") == ["lvs1", "lvs2"]
    for end in ends:
        file.write_text(f"lvs1{end}-oProxyCommand=id\n", newline="")
        with pytest.raises(BadInput, match="is not the name of a host"):
            fleet.hosts(f"@{file}")


def test_a_file_of_hosts_is_never_used_in_part(tmp_path: Path) -> None:
    """Cut at a limit, its last name would be another host's, and the rest would be left out without a word."""
    file = tmp_path / "hosts"
    file.write_text("".join(f"lvs{n:06}.example\n" for n in range(70_000)))
    with pytest.raises(BadInput, match="is larger than 1 MiB"):
        fleet.hosts(f"@{file}")


def listed(host: str, role: str, rows: str) -> str:
    head = f"{'virtual service':<46} {'sched':<6} options\n  {'-> real server':<44} {'forward':<9}\n"
    return f"{host}  {role}  1 virtual service\n{head}{rows}"


def test_tables_are_merged_with_a_column_for_the_host() -> None:
    service = f"{'tcp 192.0.2.1:80':<46} wrr\n"
    one, two = (f"  -> {f'10.0.0.{n}:80':<41} direct    3\n" for n in (1, 2))
    other = two.replace("direct    3", "direct    9")
    long = f"tcp [2001:db8:1111:2222:3333:4444:5555:6666]:80 {'wlc'}\n"
    answers: dict[str, tuple[str, int] | LvsError] = {
        "lvs1": (listed("lvs1", "MASTER", service + one + two), 0),
        "lvs2": (listed("lvs2", "BACKUP", service + one + other), 0),
        "lvs3": (listed("lvs3", "BACKUP", long + one), 0),
    }
    code, text, remarks = printed(fleet.run(list(answers), answering(answers), "list", False, merged))
    assert (code, remarks) == (0, [])
    lines = text.splitlines()
    assert lines[:2] == ["lvs1: lvs1  MASTER  1 virtual service", "lvs2: lvs2  BACKUP  1 virtual service"]
    assert lines[3].split() == ["host", "virtual", "service", "sched", "options"]
    rows = [line.split() for line in lines[5:]]
    assert rows == [
        ["lvs[1-2]", "tcp", "192.0.2.1:80", "wrr"],
        ["lvs[1-2]", "->", "10.0.0.1:80", "direct", "3"],
        ["lvs1", "->", "10.0.0.2:80", "direct", "3"],
        ["lvs2", "->", "10.0.0.2:80", "direct", "9"],
        ["lvs3", "tcp", "[2001:db8:1111:2222:3333:4444:5555:6666]:80", "wlc"],
        ["lvs3", "->", "10.0.0.1:80", "direct", "3"],
    ]
    assert len({line.index("->") for line in lines[5:] if "->" in line}) == 1
