"""The audit log on disk: what a line holds, its limit, who may read it, and what may prevent it."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any, get_type_hints
from unittest import mock

import pytest
from hypothesis import given

from lvstui.director.change import Change, EditServer, Flush, SetTimeouts, StartSync, StopSync, Zero
from lvstui.director.model import RuleSet, Server, SyncDaemon, Timeouts, server_key, service_key
from lvstui.director.plan import plan
from lvstui.director.record import DONE, REFUSED, Record, Who
from lvstui.director.spell import spell
from lvstui.store import changes, private, syslog
from lvstui.store.audit import LATEST, NAME, Log
from lvstui.store.changes import from_data, to_data
from lvstui.store.who import who
from tests.strategies import pairs

WEB = service_key(6, "192.0.2.1", 80)
ONE = server_key("10.0.0.1", 80)
ANN = Who("ann", "root", "ann", "203.0.113.9", "pts/3")


def _record(number: int = 0, result: str = DONE) -> Record:
    change = EditServer(WEB, Server(ONE, weight=0))
    back = (EditServer(WEB, Server(ONE, weight=3)),)
    command = "ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0"
    return Record(
        1e9 + number, ANN, "lvs1", "net-1", "console", "drain 10.0.0.1:80", command, result, "", "disk", change, back
    )


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    log = Log(tmp_path / "new" / "folder", system=False)
    log.write([_record(1), _record(2)])
    assert log.latest() == (_record(2), _record(1))
    assert log.trouble == ""
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.path.parent.stat().st_mode) == 0o700


def test_a_line_is_json_with_time_user_address_command_and_result(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record()])
    line = json.loads(log.path.read_text())
    assert line["time"] == "2001-09-09T01:46:40Z"
    assert line["epoch"] == 1e9
    assert line["who"] == {"login": "ann", "user": "root", "sudo": "ann", "origin": "203.0.113.9", "tty": "pts/3"}
    assert (line["command"], line["result"]) == (_record().command, "done")
    server = [[4, "10.0.0.1", 80], 3, 3, 0, 0, [0, 0, 0]]
    assert line["inverse"] == [["EditServer", [[0, 4, 6, "192.0.2.1", 80], server]]]


def test_the_types_of_a_change_are_worked_out_once_however_many_records_are_read(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record(number) for number in range(200)])
    changes._hints.cache_clear()
    with mock.patch("typing.get_type_hints", wraps=get_type_hints) as worked_out:
        assert len(log.latest()) == 200
    assert worked_out.call_count < 20


OTHERS: tuple[Change, ...] = (
    Flush(),
    Zero(),
    Zero(WEB),
    Zero(service_key(fwmark=7, family=6)),
    StopSync("master"),
    StartSync(SyncDaemon("backup", "eth0", 5)),
    SetTimeouts(Timeouts(1, 2, 3)),
)


@given(pairs())
def test_every_change_survives_conversion_to_data_and_back(sets: tuple[RuleSet, RuleSet]) -> None:
    for change in (*plan(*sets), *OTHERS):
        back = from_data(json.loads(json.dumps(to_data(change))))
        assert back == change
        assert type(back) is type(change)


@pytest.mark.parametrize(
    "data",
    [None, [], ["Nothing", []], ["DeleteService", [[0, 4, 6, "here", 80]]], ["DeleteService", [[0, 4, 6, "192.0.2.1"]]],
     ["DeleteService", [[True, 4, 6, "192.0.2.1", 80]]], ["AddServer", [1, 2]], ["Zero"], ["StopSync", [5]]],
)  # fmt: skip
def test_data_that_is_not_a_change_is_refused(data: object) -> None:
    with pytest.raises(ValueError):
        from_data(data)


SERVER = [[4, "10.0.0.1", 80], 3, 1, 0, 0, [0, 0, 0]]
KEY = [0, 4, 6, "192.0.2.1", 80]


def changed(place: int, value: object) -> list[object]:
    """An edit of a server in which one field is another."""
    return ["EditServer", [KEY, [*SERVER[:place], value, *SERVER[place + 1 :]]]]


def test_a_change_as_data_is_understood() -> None:
    assert spell(from_data(changed(1, 0))).endswith("-m -w 1")


@pytest.mark.parametrize(
    "data",
    [
        *(changed(1, forward) for forward in (8, 77, -1, 2**70, 10**4000)),
        *(changed(2, weight) for weight in (-1, 2**32)),
        *(changed(5, tunnel) for tunnel in ([9, 2**16, 0], [-1, 0, 0])),
        changed(0, [6, "10.0.0.1", 80]),
        changed(0, [4, "10.0.0.1", 65536]),
        ["DeleteService", [[0, 4, 999, "192.0.2.1", 80]]],
        ["DeleteService", [[0, 5, 6, "192.0.2.1", 80]]],
        ["DeleteService", [[-7, 4, 0, "", 0]]],
        ["AddService", [[KEY, "wlc", 0, 360, 2**40, "", False]]],
        ["AddService", [[KEY, "w\x1blc", 0, None, None, "", False]]],
    ],
    ids=repr,
)
def test_data_with_an_impossible_rule_is_not_a_change(tmp_path: Path, data: object) -> None:
    """A number that no rule has is not shown, spelled or undone: the record is left out, the others are read."""
    with pytest.raises(ValueError):
        from_data(data)
    log = Log(tmp_path, system=False)
    log.write([_record(1)])
    with log.path.open("a") as file:
        file.write(json.dumps({"epoch": 2, "change": data}) + "\n")
        file.write(json.dumps({"epoch": 2, "change": changed(1, 0), "inverse": [data]}) + "\n")
        file.write('{"epoch": ' + "9" * 5000 + '}\n{"epoch": 1e400}\n{"epoch": NaN}\n{"epoch": 1e300}\n')
    assert log.latest() == (_record(1),)


def test_a_record_that_does_not_fit_is_not_truncated_into_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record(1)])
    whole = log.path.read_bytes()
    really = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: really(descriptor, data[:20]))
    log.write([_record(2)])
    assert "No space left on device" in log.trouble and log.path.read_bytes() == whole
    monkeypatch.undo()
    log.write([_record(3)])
    assert log.latest() == (_record(3), _record(1)) and not log.trouble


@pytest.mark.parametrize("bound", [300, 2000, 5000, 2**20])
def test_a_batch_is_written_as_its_records_one_by_one_would_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: int
) -> None:
    records = [_record(number)._replace(reason="r" * (number * 37 % 200)) for number in range(30)]
    together, apart = (Log(tmp_path / name, system=False, bound=bound) for name in ("together", "apart"))
    opened: list[Path] = []
    really = private.open_file

    def counting(path: Path, *more: Any, **how: Any) -> int:
        opened.append(path)
        return really(path, *more, **how)

    monkeypatch.setattr(private, "open_file", counting)
    together.write(records)
    assert bound < 2**20 or len(opened) == 1
    for record in records:
        apart.write([record])
    for name in (NAME, f"{NAME}.1"):
        found = [log.path.with_name(name) for log in (together, apart)]
        assert found[0].exists() == found[1].exists() and (not found[0].exists() or _same(*found))


def _same(one: Path, other: Path) -> bool:
    return one.read_bytes() == other.read_bytes()


def test_of_a_batch_the_records_that_the_disk_has_room_for_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record(1)])
    room, really = 3 * log.path.stat().st_size + 50, os.write
    monkeypatch.setattr(
        os, "write", lambda handle, data: really(handle, data[: max(0, room - os.fstat(handle).st_size)])
    )
    log.write([_record(number) for number in range(2, 8)])
    assert log.latest() == (_record(3), _record(2), _record(1)) and "No space left" in log.trouble


def test_a_record_truncated_by_an_earlier_version_spoils_no_other(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record(1)])
    with log.path.open("ab") as file:
        file.write(b'{"epoch": 3, "wh')
    log.write([_record(2)])
    assert log.latest() == (_record(2), _record(1))


def test_damaged_lines_are_left_out(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record(1)])
    with log.path.open("ab") as file:
        file.write(b'{"epoch": "x"}\nno json\n[]\n\xff\xfe\n{"epoch":1,"change":["Nothing",[]]}\n')
    log.write([_record(2)])
    with log.path.open("ab") as file:
        file.write(b'{"epoch": 3')
    assert log.latest() == (_record(2), _record(1))


def test_control_characters_are_not_read_back(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write([_record()._replace(title="a\x1b[2Jb\nc", who=Who("x\x07"))])
    found = log.latest()[0]
    assert (found.title, found.who.login) == ("a?[2Jb?c", "x?")


def test_a_full_file_is_rotated_and_the_view_continues(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False, bound=5000)
    for number in range(40):
        log.write([_record(number)])
        assert log.path.stat().st_size <= 5000
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAME, f"{NAME}.1"]
    found = log.latest()
    assert found[0] == _record(39)
    assert [record.epoch for record in found] == sorted((record.epoch for record in found), reverse=True)
    assert len(found) > len(log.path.read_bytes().splitlines())


def test_many_writers_never_mix_their_lines(tmp_path: Path) -> None:
    def work(number: int) -> None:
        log = Log(tmp_path, system=False, bound=20_000)
        for n in range(50):
            log.write([_record(number * 100 + n)])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = [line for path in tmp_path.iterdir() for line in path.read_bytes().splitlines()]
    assert all(json.loads(line)["result"] == "done" for line in lines)
    assert 20 < len(lines) <= 300


def test_reading_stops_at_the_latest(tmp_path: Path) -> None:
    log = Log(tmp_path, system=False)
    log.write(_record(number) for number in range(LATEST + 50))
    found = log.latest()
    assert found[0] == _record(LATEST + 49)
    assert len(found) <= LATEST
    assert log.latest() is found


def test_a_log_that_cannot_be_written_says_so_once_and_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    log = Log(tmp_path / "file", system=False)
    log.write([_record()])
    assert "cannot be written: " in log.trouble
    assert log.unsaid() and not log.unsaid()
    log.write([_record()])
    assert not log.unsaid()
    assert log.latest() == ()


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_text("")
    (tmp_path / NAME).symlink_to(target)
    log = Log(tmp_path, system=False)
    log.write([_record()])
    assert log.trouble and target.read_text() == ""


def test_records_go_to_the_system_log_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = str(tmp_path / "log")
    monkeypatch.setenv("LVSTUI_SYSLOG", address)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        assert syslog.tell("a\nb")
        line = listener.recv(4096).decode()
        assert line.startswith("<86>") and line.endswith(f"lvstui[{os.getpid()}]: a?b")
        # Nobody reads: the socket is full after a few, and telling gives up at once.
        assert not all(syslog.tell("x" * 1000) for _ in range(2000))
    monkeypatch.setenv("LVSTUI_SYSLOG", str(tmp_path / "absent"))
    assert not syslog.tell("nobody")


def test_a_record_in_the_system_log_names_person_and_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, bool]] = []
    monkeypatch.setattr(syslog, "tell", lambda text, warning=False: told.append((text, warning)))
    Log(tmp_path).write([_record(), _record(result=REFUSED)._replace(why="no such service")])
    assert told[0] == (
        "ann (from 203.0.113.9 on pts/3): net-1 console: ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0: done: disk",
        False,
    )
    assert told[1][1] and "refused: no such service" in told[1][0]


def test_the_person_is_found_through_sudo_and_ssh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ann\n")
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.9 52044 192.0.2.7 22")
    found = who()
    assert (found.sudo, found.origin) == ("ann", "203.0.113.9")
    assert found.user
    monkeypatch.setenv("SSH_CONNECTION", "fe80::1%eth0 52044 fe80::2%eth0 22")
    assert who().origin == "fe80::1%eth0"
    monkeypatch.setenv("SSH_CONNECTION", "fe80::1%):root(from 1 2")
    assert who().origin == "fe80::1"


@pytest.mark.parametrize("value", ["a):root(from 22", "203.0.113.9)done: 1 2", "\x1b[2J 1", "203.0.113.999 1"])
def test_only_a_valid_address_is_recorded_as_that_of_an_ssh_client(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Whoever calls sudo sets it as they like, and the line of the system log has it beside who they are."""
    monkeypatch.setenv("SSH_CLIENT", value)
    monkeypatch.setenv("SSH_CONNECTION", value)
    assert who().origin == ""
