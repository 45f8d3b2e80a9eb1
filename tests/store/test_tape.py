"""Recordings: what was read is shown again; a kill costs the last frame at most; nothing in them can be changed."""

from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lvstui import places
from lvstui.demo.incident import incident
from lvstui.demo.world import World
from lvstui.director.change import DeleteServer, EditServer
from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet, Server, Service, SyncDaemon, Timeouts, rules_from, server_key, service_key
from lvstui.director.serving import tallied
from lvstui.director.source import ReadOnly, Scope
from lvstui.director.state import (
    Counters,
    PoolRows,
    Rates,
    ServerReading,
    ServiceReading,
    ServiceRows,
    State,
    Vrrp,
    rules_of,
)
from lvstui.formats import toml
from lvstui.plain import plain
from lvstui.store import tape
from lvstui.store.frames import Encoder, decode
from lvstui.store.pictures import Picture
from lvstui.store.recording import Recording
from lvstui.store.replay import Replay, shown
from lvstui.store.tape import DIFFERENCE, KEY, TapeWriter, opened
from tests.demo.worlds import LOOK, VIP, WEB1, Director
from tests.formats.strategies import any_rule_sets

WEB = service_key(6, "192.0.2.1", 80)
ONE, TWO = server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)
gauges = st.integers(0, 2**32 - 1)
numbers = st.one_of(st.integers(0, 200), st.integers(0, 2**64 - 1))


@st.composite
def states(draw: st.DrawFn) -> State:
    """Any rules with any numbers."""
    rules = draw(any_rule_sets)
    pools = {
        key: PoolRows(
            5.0,
            [
                ServerReading(server, draw(gauges), draw(gauges), draw(gauges), draw(counters), Rates())
                for server in entry.servers.values()
            ],
        )
        for key, entry in rules.rules.items()
    }
    services = ServiceRows([ServiceReading(entry.service, draw(counters), Rates()) for entry in rules.rules.values()])
    notes = tuple(draw(st.lists(st.text(max_size=9), max_size=2)))
    return State(5.0, 9.0, "lvs1", services, pools, 5.0, None, None, rules.timeouts, rules.sync, notes=notes)


counters = st.builds(Counters, *[numbers] * 5)


def told(state: State) -> object:
    """All that a tape keeps of a State."""
    rows = [
        (reading.service, reading.counters, [(*row[:4], row.counters) for row in state.pools[reading.service.key]])
        for reading in state.services
    ]
    rest = state._replace(services=ServiceRows(()), pools={}, at=0.0, taken=0.0, swept=None, read_only="")
    return rows, rest._replace(services=())  # type: ignore[arg-type]


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(st.lists(states(), min_size=1, max_size=4))
def test_a_recording_plays_what_was_recorded(found: list[State]) -> None:
    encoder = Encoder()
    picture: Picture | None = None
    for number, state in enumerate(found):
        whole, payload = encoder.encode(state)
        assert whole is (number == 0)
        picture = decode(payload, None if whole else picture, 9.0)
        # What comes in is cleaned of what a terminal obeys.
        assert told(shown([picture])) == told(state._replace(notes=tuple(map(plain, state.notes))))


@given(st.binary(max_size=200))
def test_every_damaged_payload_is_refused_without_harm(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data, None, 0.0)


def test_everything_that_a_director_reports_is_recorded() -> None:
    director = Director()
    state = director.after(4)._replace(
        timeouts=Timeouts(900, 120, 300),
        sync=(SyncDaemon("master", "eth1", 51),),
        notes=("run_estimation=0",),
        unknown=frozenset(("flags", "counters")),
        owner="keepalived",
        schedulers=("rr", "wrr"),
        sysctls={"expire_nodest_conn": 1},
    )
    assert state.vrrp.instances
    whole, payload = Encoder().encode(state)
    assert whole
    assert told(shown([decode(payload, None, 0.0)])) == told(state)


def test_what_keepalived_programs_and_how_its_checks_stand_is_recorded(tmp_path: Path) -> None:
    """Without it a server that a check took away was not in the recording: its service looked whole."""
    text = (places.worlds()[1] / "incident.toml").read_text(encoding="utf-8")
    configured, stated = toml.read_beside(text, "demo")
    world = World(configured, incident(stated, configured.rules, "incident.toml"))
    recording = Recording(world, TapeWriter(tmp_path / "x.tape"))
    live = recording.read(Scope(sweep=True, owner=True, ask=True, vrrp=True))
    recording.close()
    replayed = Replay(tmp_path / "x.tape", Hours()).read(LOOK)
    assert live.keeping is not None and live.keeping.checks
    assert replayed.keeping == live.keeping._replace(causes=replayed.keeping.causes)  # type: ignore[union-attr]
    there, before = tallied(replayed), tallied(live)
    assert (there.live, there.configured, there.down) == (before.live, before.configured, before.down)
    assert before.configured is not None and before.live < before.configured


def written(recording: Recording) -> None:
    """Waits until what was read is taken to be written: a sweep that comes before is left out."""
    while recording._waiting.qsize() and recording._thread.is_alive():
        time.sleep(0.001)


def recorded(path: Path, director: Director, steps: int, seconds: float = 2.0) -> list[State]:
    """Records so many sweeps; returns them."""
    recording = Recording(director.world, TapeWriter(path))
    read = []
    for _ in range(steps):
        director.clock.now += seconds
        read.append(recording.read(LOOK))
        written(recording)
    recording.close()
    assert recording.trouble == ""
    return read


class Hours:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_recording_is_played_at_its_own_pace(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    read = recorded(path, Director(), 70)
    clock = Hours()
    replay = Replay(path, clock)
    for number in (0, 1, 2, 40, 69):
        clock.now = 2.0 * number + 0.5
        assert told(replay.read(Scope())) == told(read[number])
    assert replay.position == (138.0, 138.0, 1.0)
    clock.now = 500.0
    assert told(replay.read(Scope())) == told(read[69])  # it stays at its end


def test_a_recording_can_jump_stop_and_run_faster(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    read = recorded(path, Director(), 100)
    clock = Hours()
    replay = Replay(path, clock)
    replay.seek(60)
    assert told(replay.read(Scope())) == told(read[30])
    replay.seek(-10)
    assert told(replay.read(Scope())) == told(read[25])
    replay.seek(-600)
    assert told(replay.read(Scope())) == told(read[0])
    replay.stand(True)
    clock.now = 100.0
    assert replay.position == (0.0, 198.0, 0.0) and told(replay.read(Scope())) == told(read[0])
    replay.seek(20)
    assert told(replay.read(Scope())) == told(read[10])
    replay.stand(False)
    assert replay.faster(2) == 4.0
    clock.now += 5.0
    assert told(replay.read(Scope())) == told(read[20])
    assert replay.faster(100) == 64.0 and replay.faster(-100) == 0.25
    replay.seek(10_000)
    assert told(replay.read(Scope())) == told(read[99])


def test_rates_follow_from_the_growth_of_the_counters(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    read = recorded(path, Director(), 30)
    last, earlier = read[-1].services.find(VIP), read[-3].services.find(VIP)
    assert last is not None and earlier is not None
    (*_, state) = Replay(path).states()
    found = state.services.find(VIP)
    assert found is not None
    assert found.rates.in_bytes == pytest.approx((last.counters.in_bytes - earlier.counters.in_bytes) / 4)
    assert sum(row.rates.connections for row in state.pools[VIP]) > 0
    first = next(Replay(path).states()).services.find(VIP)
    assert first is not None and first.rates == Rates()


def test_changed_rules_are_recorded_by_service(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    director = Director()
    recording = Recording(director.world, TapeWriter(path))

    def read() -> State:
        director.clock.now += 2
        state = recording.read(LOOK)
        written(recording)
        return state

    before = rules_of(read())
    recording.send([DeleteServer(VIP, WEB1)])
    gone = rules_of(read())
    recording.send([EditServer(VIP, Server(server_key("192.168.80.103", 80), weight=7))])
    heavier = rules_of(read())
    recording.close()
    assert [spot.kind for spot in opened(path).spots] == [KEY, DIFFERENCE, DIFFERENCE]
    assert [rules_of(state) for state in Replay(path).states()] == [before, gone, heavier]


def test_nothing_can_be_changed_in_it(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    recorded(path, Director(), 3)
    replay = Replay(path)
    assert replay.read(Scope()).read_only == "a recording"
    with pytest.raises(NotDone, match="a recording"):
        replay.send([DeleteServer(VIP, WEB1)])


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    recorded(path, Director(), 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_truncated_tape_keeps_its_complete_frames(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    read = recorded(path, Director(), 4)
    data = path.read_bytes()
    ends = [spot.offset + spot.length for spot in opened(path).spots]
    cut = tmp_path / "cut.tape"
    for size in range(ends[0], len(data)):
        cut.write_bytes(data[:size])
        whole = sum(end <= size for end in ends)
        replay = Replay(cut)
        assert len(replay._times) == whole
        assert bool(replay.remark) is (size not in ends)
    cut.write_bytes(data[: ends[2] + 7])
    assert "the last 7 bytes are not a whole frame" in Replay(cut).remark
    assert [told(state) for state in Replay(cut).states()] == list(map(told, read[:3]))
    cut.write_bytes(data[: ends[0] - 1])
    with pytest.raises(BadInput, match="empty recording"):
        Replay(cut)


def test_a_recording_can_be_continued_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    director = Director()
    first = recorded(path, director, 3)
    path.write_bytes(path.read_bytes()[:-5])
    second = recorded(path, director, 2)
    assert [told(state) for state in Replay(path).states()] == list(map(told, [*first[:2], *second]))
    assert Replay(path).remark == ""


def _frames(path: Path) -> int:
    try:
        return len(opened(path).spots)
    except BadInput:  # the first is still being written
        return 0


def test_a_killed_recorder_leaves_a_readable_tape(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    words = [sys.executable, "-m", "lvstui", "--watch", "--demo", "--interval", "0.1", "--record", str(path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + 120
        while not path.exists() or _frames(path) < 6:
            assert time.monotonic() < until
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    replay = Replay(path)
    assert replay.position.length > 0 and len(list(replay.states())) > 3


def test_a_damaged_frame_ends_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    recorded(path, Director(), 4)
    data = bytearray(path.read_bytes())
    spot = opened(path).spots[2]
    data[spot.offset + 9] ^= 1
    path.write_bytes(data)
    assert len(opened(path).spots) == 2 and opened(path).lost > spot.length


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is not a recording of lvstui"),
        (b"[snapshot]\nformat = 1\n", "is not a recording of lvstui"),
        (b"lvstui tape 1", "is not a recording of lvstui"),
        (b"lvstui tape x\n", "is not a recording of lvstui"),
        (b"lvstui tape 2\nsomething else", "is of version 2, this program knows 1"),
        (b"lvstui tape 1\n", "is an empty recording"),
        (b"lvstui tape 1\n" + b"\0" * 99, "is an empty recording"),
    ],
)
def test_a_file_that_is_not_a_recording_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "x.tape"
    path.write_bytes(data)
    with pytest.raises(BadInput, match=why):
        Replay(path)


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        Replay(tmp_path / "nothing")
    with pytest.raises(BadInput):
        Replay(tmp_path)
    with pytest.raises(LvsError):
        TapeWriter(tmp_path / "no" / "where")
    with pytest.raises(LvsError):
        TapeWriter(tmp_path)
    with pytest.raises(LvsError):
        TapeWriter(Path("/dev/full"))


def test_another_file_is_never_recorded_over(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("[snapshot]\n")
    with pytest.raises(BadInput, match="is not a recording") as raised:
        TapeWriter(path)
    assert "a new file" in raised.value.mend
    assert path.read_text() == "[snapshot]\n"


def test_two_cannot_record_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    writer = TapeWriter(path)
    with pytest.raises(NotDone, match="another lvstui records to it"):
        TapeWriter(path)
    writer.close()
    TapeWriter(path).close()


class Unsteady:
    """A source whose every State is another, of one service."""

    def __init__(self) -> None:
        self.reads = 0

    def read(self, scope: Scope) -> State:
        self.reads += 1
        rows = [ServerReading(Server(ONE), self.reads, 0, 0, Counters(self.reads), Rates())]
        service = ServiceReading(Service(WEB), Counters(self.reads), Rates())
        return State(self.reads, self.reads, "lvs1", ServiceRows([service]), {WEB: PoolRows(0.0, rows)}, self.reads)

    def send(self, changes: object, purpose: object = None) -> tuple[()]:
        return ()

    def close(self) -> None:
        pass


def _ended(recording: Recording) -> State:
    """Reads until the recording has ended; the next read."""
    limit = time.monotonic() + 120
    while not recording.trouble:
        assert time.monotonic() < limit
        recording.read(Scope(sweep=True))
        time.sleep(0.01)
    return recording.read(Scope(sweep=True))


def test_a_full_disk_ends_the_recording_and_not_the_console(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.tape"
    recording = Recording(Unsteady(), TapeWriter(path))
    limit = time.monotonic() + 120

    for count in range(1, 6):
        recording.read(Scope(sweep=True))
        while _frames(path) < count:
            assert time.monotonic() < limit
            time.sleep(0.01)
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))
    last = _ended(recording)
    monkeypatch.undo()
    assert last.notes == (f"no longer recording: {path} cannot be written: no space left on device",)
    recording.close()
    assert Replay(path).remark == "" and len(list(Replay(path).states())) == 5


def test_a_recording_ends_at_its_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "x.tape"
    recording = Recording(Unsteady(), TapeWriter(path, largest=2000))
    last = _ended(recording)
    recording.close()
    assert "has reached" in last.notes[0]
    assert path.stat().st_size <= 2000 + 50


def test_a_field_that_a_tape_does_not_know_is_left_out_and_the_recording_goes_on(tmp_path: Path) -> None:
    class Odd(Unsteady):
        def read(self, scope: Scope) -> State:
            odd = super().read(scope)
            return odd._replace(vrrp=Vrrp(held=(object(),)), keeping=KeepalivedState(object()))  # type: ignore[arg-type]

    recording = Recording(Odd(), TapeWriter(tmp_path / "x.tape"))
    limit = time.monotonic() + 120
    while not recording.lacks:
        assert time.monotonic() < limit and recording.trouble == ""
        recording.read(LOOK)
    without = "the recording is without vrrp (object cannot be kept), keeping (object cannot be kept)"
    assert recording.read(LOOK).notes == (without,)
    recording.close()
    assert recording.trouble == ""
    replay = Replay(tmp_path / "x.tape")
    states = list(replay.states())
    replay.close()
    assert states and all(state.vrrp == Vrrp() and state.services for state in states)


def test_a_tick_without_changes_costs_few_bytes(tmp_path: Path) -> None:
    """A thousand services of ten servers, where one in ten moves."""
    entries = [
        (
            Service(service_key(6, f"10.1.{n // 250}.{n % 250}", 80)),
            [Server(server_key(f"10.2.{n // 250}.{m + 1}", 80)) for m in range(10)],
        )
        for n in range(1000)
    ]
    rules = RuleSet(rules_from(entries)).rules
    encoder, sizes = Encoder(), []
    for tick in range(3):
        pools = {
            key: PoolRows(
                0.0,
                [
                    ServerReading(
                        server,
                        m + (tick * 37 + m) % 90 * moves,
                        900,
                        0,
                        Counters(*[10**9 + n * tick * moves] * 5),
                        Rates(),
                    )
                    for m, server in enumerate(entry.servers.values())
                ],
            )
            for n, (key, entry) in enumerate(rules.items())
            for moves in (n % 10 == 0,)
        }
        services = ServiceRows([ServiceReading(entry.service, Counters(), Rates()) for entry in rules.values()])
        _, payload = encoder.encode(State(tick, tick, "lvs1", services, pools, tick))
        sizes.append(len(payload))
    assert sizes[0] < 100_000 and max(sizes[1:]) < 10_000


def test_read_only_and_a_recording_are_both_refused(tmp_path: Path) -> None:
    recording = Recording(Unsteady(), TapeWriter(tmp_path / "x.tape"))
    with pytest.raises(NotDone, match="read-only"):
        ReadOnly(recording, "--read-only").send([DeleteServer(WEB, TWO)])
    recording.close()


def test_the_clock_of_another_day_does_not_confuse_it(tmp_path: Path) -> None:
    writer = TapeWriter(tmp_path / "x.tape")
    encoder = Encoder()
    for taken in (1000.0, 1002.0, 900.0, 902.0, 1010.0):
        whole, payload = encoder.encode(Unsteady().read(Scope()))
        writer.append(KEY if whole else DIFFERENCE, taken, payload)
    writer.close()
    replay = Replay(tmp_path / "x.tape", Hours())
    assert replay.position.length == 10.0
    assert tape.VERSION == 1


def _frame(rules: str, at: str = "1.0") -> bytes:
    """A frame that stands by itself, with these rules as JSON has them."""
    head = f'{{"at":{at},"state":{{}},"rules":{rules},"gone":[]}}'.encode()
    return zlib.compress(struct.pack(">III", len(head), 0, 0) + head)


_KEY_OF = '[0,4,6,"c0000201",80]'


@pytest.mark.parametrize(
    ("rules", "at", "why"),
    [
        ("[" + "9" * 5000 + "]", "1.0", "a number of more than 4,300 digits"),
        ("[]", "9" * 400, "OverflowError"),
        (f'[[{_KEY_OF},["wlc",0,null,null,"",false],[[4,"0a000001",80,77,1,0,0,0,0,0]]]]', "1.0", "no forwarding 77"),
        (f'[[{_KEY_OF},["wlc",0,null,null,"",false],[[4,"0a000001",80,3,-1,0,0,0,0,0]]]]', "1.0", "no weight -1"),
        (f'[[{_KEY_OF},["wlc",0,null,null,"",false],[[6,"0a000001",80,3,1,0,0,0,0,0]]]]', "1.0", "address"),
        ('[[[0,4,999,"c0000201",80],["wlc",0,null,null,"",false],[]]]', "1.0", "no protocol 999"),
    ],
)
def test_a_frame_with_an_impossible_rule_is_refused(tmp_path: Path, rules: str, at: str, why: str) -> None:
    writer = TapeWriter(tmp_path / "tape")
    writer.append(KEY, 1e9, _frame(rules, at))
    writer.close()
    with pytest.raises(BadInput) as caught:
        Replay(tmp_path / "tape").read(Scope(sweep=True))
    assert "frame 1 of 1 cannot be read" in caught.value.why and why in caught.value.why, caught.value.why


@pytest.mark.parametrize("taken", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_frame_without_a_valid_time_is_refused(tmp_path: Path, taken: float) -> None:
    writer = TapeWriter(tmp_path / "tape")
    writer.append(KEY, taken, _frame("[]"))
    writer.close()
    with pytest.raises(BadInput, match="empty recording"):
        opened(tmp_path / "tape")
