"""What a read and a restore cost, counted: messages to the kernel, calls of sockets, bytes on disk. Never times."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lvstui import cli
from lvstui.director.model import RuleSet
from lvstui.director.remembered import Written
from lvstui.director.source import RULES, Scope
from lvstui.director.state import listed, rules_of
from lvstui.formats import rule_files
from lvstui.formats.contents import contents_of, contents_of_state, header_of
from lvstui.kernel.ipvs.attributes import Cmd
from lvstui.kernel.ipvs.family import MANY, Ipvs
from lvstui.kernel.ipvs.socket_options import GET_DESTS, GET_SERVICES
from lvstui.kernel.netlink import BATCH
from lvstui.live import LiveSource
from lvstui.store.recording import Recording
from lvstui.store.tape import TapeWriter
from tests.bench import canned
from tests.bench.table import one_percent, table, write

SERVICES, SERVERS = 100, 10
CHANGING = (Cmd.NEW_SERVICE, Cmd.SET_SERVICE, Cmd.DEL_SERVICE, Cmd.NEW_DEST, Cmd.SET_DEST, Cmd.DEL_DEST, Cmd.FLUSH)


class Kernel(canned.Canned):
    """Also records what was on disk when the first change came."""

    def __init__(self, made: canned.Canned) -> None:
        super().__init__(made.services, made.dests, made.table, made.entries)
        self.first: Callable[[], None] = lambda: None
        self.changes = 0
        self.sends = 0

    def send(self, data: bytes) -> int:
        if data[4] == canned.FAMILY and data[16] in CHANGING:
            if not self.sends:
                self.first()
            self.sends += 1
            self.changes += len(data)
        return super().send(data)


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    return _installed(canned.make(SERVICES, SERVERS), monkeypatch, tmp_path)


def _installed(made: canned.Canned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Kernel:
    from lvstui.kernel import proc
    from lvstui.kernel.netlink import Netlink

    kernel = Kernel(made)
    monkeypatch.setattr(Netlink, "_open", lambda link: kernel)
    monkeypatch.setattr(Ipvs, "_open_options", lambda ipvs: kernel)
    monkeypatch.setattr(proc, "present", lambda: True)
    for name in ("STATE", "RUN"):
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(f"LVSTUI_{name}", str(tmp_path / name))
    return kernel


def counted(kernel: Kernel, work: Callable[[], object]) -> tuple[int, dict[int, int]]:
    """The calls of sockets that a piece of work makes, and its messages by command."""
    calls, before = kernel.calls, dict(kernel.messages)
    work()
    return kernel.calls - calls, {c: n - before.get(c, 0) for c, n in kernel.messages.items() if n != before.get(c, 0)}


def test_a_tick_reads_only_what_is_on_the_screen(kernel: Kernel) -> None:
    source = LiveSource(Ipvs())
    state = source.read(Scope(sweep=True))
    shown = frozenset(state.services.keys[:3])
    calls, messages = counted(kernel, lambda: source.read(Scope(shown)))
    assert messages == {Cmd.GET_SERVICE: 1, Cmd.GET_DEST: 3}
    # One send and the answers to it, of which the last says that it was the last.
    answers = -(-len(kernel.services) // (32768 - 512))
    assert calls == 1 + answers + 1 + 3 * 3


def test_a_sweep_sends_one_request_for_each_service(kernel: Kernel) -> None:
    source = LiveSource(Ipvs())
    calls, messages = counted(kernel, lambda: source.read(Scope(sweep=True)))
    assert messages == {Cmd.GET_SERVICE: 1, Cmd.GET_DEST: SERVICES}
    answers = -(-len(kernel.services) // (32768 - 512))
    assert calls == 1 + answers + 1 + 3 * SERVICES


@pytest.mark.parametrize("argv", [["--list"], ["--save", "-"], ["--save", "-", "--format", "toml"], ["--diff", "FILE"]])
def test_a_verb_reads_a_large_table_by_socket_options(kernel: Kernel, tmp_path: Path, argv: list[str]) -> None:
    """One for each service, and the table of the services before and after."""
    file = write(table(SERVICES, SERVERS), tmp_path / "same.rules")
    _, messages = counted(kernel, lambda: cli.main([str(file) if word == "FILE" else word for word in argv]))
    assert messages[Cmd.GET_SERVICE] == 1 and messages[Cmd.GET_DEST] == 1
    assert kernel.options == {GET_SERVICES: 2, GET_DESTS: SERVICES}


@pytest.mark.parametrize("argv", [["--list", "--format", "json"], ["--metrics"]])
def test_who_needs_counters_reads_by_netlink(kernel: Kernel, argv: list[str]) -> None:
    cli.main(argv)
    assert kernel.messages[Cmd.GET_DEST] >= SERVICES and not kernel.options


def test_a_recording_has_counters_whoever_reads(kernel: Kernel, tmp_path: Path) -> None:
    source = Recording(LiveSource(Ipvs()), TapeWriter(tmp_path / "tape"))
    source.read(RULES)
    source.close()
    assert kernel.messages[Cmd.GET_DEST] == SERVICES and not kernel.options and not source.trouble


def test_a_small_table_is_read_by_netlink(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kernel = _installed(canned.make(MANY - 1, 1), monkeypatch, tmp_path)
    cli.main(["--list"])
    assert kernel.messages[Cmd.GET_DEST] == MANY - 1 and not kernel.options


def test_a_restore_of_one_percent_sends_one_percent(kernel: Kernel, tmp_path: Path) -> None:
    file = write(one_percent(table(SERVICES, SERVERS)), tmp_path / "changed.rules")
    found: dict[str, int] = {}

    def look() -> None:
        for path in (tmp_path / "STATE").rglob("*"):
            if path.is_file():
                found[path.name.partition("-2")[0]] = path.stat().st_size
        (snapshot,) = (tmp_path / "STATE").rglob("before-restore-*.toml")
        read = rule_files.read_rules(str(snapshot)).rules
        assert RuleSet(read.rules) == RuleSet(table(SERVICES, SERVERS)), "the table as it was is on disk"

    kernel.first = look
    _, messages = counted(kernel, lambda: cli.main(["--restore", str(file), "--yes"]))
    rows = SERVICES * SERVERS
    assert {command: count for command, count in messages.items() if command in CHANGING} == {Cmd.SET_DEST: rows // 100}
    assert kernel.sends == 1
    # It reads twice: the plan is made on the first, and the second says whether somebody was faster. One dump of real
    # servers tells how netlink would send those that socket options tell.
    assert messages[Cmd.GET_SERVICE] == 2 and messages[Cmd.GET_DEST] == 1 + rows // 100
    assert kernel.options == {GET_SERVICES: 2, GET_DESTS: SERVICES}
    assert found["before-restore"] <= 110 * (SERVICES + rows)
    assert found["restore.journal"] <= 600 + 2 * 110 * 2 * (rows // 100)


def test_the_second_look_at_many_services_is_a_sweep_by_socket_options_too(kernel: Kernel, tmp_path: Path) -> None:
    half = {key: entry for number, (key, entry) in enumerate(table(SERVICES, SERVERS).items()) if number % 2}
    file = write(half, tmp_path / "half.rules")
    _, messages = counted(kernel, lambda: cli.main(["--restore", str(file), "--yes", "--allow-outage"]))
    assert messages[Cmd.DEL_SERVICE] == SERVICES // 2
    assert messages[Cmd.GET_SERVICE] == 2 and messages[Cmd.GET_DEST] == 1
    assert kernel.options == {GET_SERVICES: 2 * 2, GET_DESTS: 2 * SERVICES}


def test_a_restore_into_an_empty_table_sends_full_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kernel = _installed(canned.Canned(b"", {}), monkeypatch, tmp_path)
    file = write(table(SERVICES, SERVERS), tmp_path / "all.rules")
    _, messages = counted(kernel, lambda: cli.main(["--restore", str(file), "--yes"]))
    assert messages[Cmd.NEW_SERVICE] == SERVICES and messages[Cmd.NEW_DEST] == SERVICES * SERVERS
    assert kernel.sends == -(-kernel.changes // (BATCH - 512))


def test_a_restore_with_nothing_to_do_writes_nothing(kernel: Kernel, tmp_path: Path) -> None:
    file = write(table(SERVICES, SERVERS), tmp_path / "same.rules")
    _, messages = counted(kernel, lambda: cli.main(["--restore", str(file), "--yes"]))
    assert messages[Cmd.GET_SERVICE] == 1 and messages[Cmd.GET_DEST] == 1 and not kernel.sends
    assert kernel.options == {GET_SERVICES: 2, GET_DESTS: SERVICES}
    assert not list((tmp_path / "STATE").rglob("*.toml")) and not list((tmp_path / "STATE").rglob("*.journal"))


@pytest.mark.parametrize("uncounted", [False, True])
def test_reading_a_whole_table_equals_reading_row_by_row(kernel: Kernel, uncounted: bool) -> None:
    state = LiveSource(Ipvs()).read(Scope(sweep=True, uncounted=uncounted))
    assert bool(kernel.options) == uncounted
    assert list(state.services) == [state.services[i] for i in range(len(state.services))]
    assert [reading.service for reading in state.services] == list(state.services.services())
    written = Written(lambda port, rule: f" {port} {rule}")
    for pool in state.pools.values():
        assert list(pool) == [pool[i] for i in range(len(pool))]
        assert pool.servers() == [row.server for row in pool] and list(pool.listed(written)) == listed(pool, written)
    assert rules_of(state).rules == table(SERVICES, SERVERS)
    rows, rules = contents_of_state(state), contents_of(rules_of(state), header_of(state))
    assert [(block.service, block.servers) for block in rows.blocks] == [
        (block.service, block.servers) for block in rules.blocks
    ]
    assert list(rows.blocks.lines(written)) == list(rules.blocks.lines(written))
    assert rows[1:] == rules[1:]
