"""--do probe and --do who: what is printed, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui import cli
from lvstui.demo import World
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.source import ReadOnly, Scope, probes
from lvstui.director.state import State
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.store.recording import Recording
from lvstui.store.replay import Replay
from lvstui.store.tape import TapeWriter
from lvstui.store.who import who
from tests.console.probes import MAC, Tried
from tests.demo.worlds import CLUSTER
from tests.verbs.fake import Fake
from tests.verbs.test_do import TABLE, told


def test_each_server_is_a_line_and_a_closed_one_exits_1(tmp_path: Path) -> None:
    code, text, _ = told(tmp_path, Tried(), "probe 192.0.2.1:80")
    assert code == 1
    assert text.splitlines() == [
        "tcp 192.0.2.1:80  10.0.0.1:80  open, 0.4 ms",
        "tcp 192.0.2.1:80  10.0.0.2:80  refused, after 0.4 ms",
        "1 of 2 open",
    ]


def test_all_open_exits_0_and_untried_servers_do_not_count(tmp_path: Path) -> None:
    assert told(tmp_path, Tried(), "probe 10.0.0.1:80")[0] == 0
    code, text, _ = told(tmp_path, Tried(), "probe 10.0.0.3:53")
    assert code == 0
    assert "not tried: udp is not probed" in text


def test_who_answers_is_printed_and_a_second_holder_exits_1(tmp_path: Path) -> None:
    code, text, _ = told(tmp_path, Tried(), "who 192.0.2.1")
    assert code == 1
    assert text.splitlines()[0] == "192.0.2.1   held here; asked on eth1 for 1 s"
    assert MAC in text.splitlines()[1]
    assert "split brain" in text.splitlines()[2]
    assert told(tmp_path, Tried(), "arp 192.0.2.2")[0] == 0


def test_the_probe_waits_a_moment_for_keepalived_s_configuration(tmp_path: Path) -> None:
    class Late(Tried):
        reads = 0

        def read(self, scope: Scope) -> State:
            self.reads += 1
            return super().read(scope)._replace(owner="keepalived")

    late = Late()
    assert told(tmp_path, late, "probe 10.0.0.1:80")[0] == 0
    assert late.reads > 1


def test_an_unknown_name_and_a_director_that_cannot_probe_are_reported(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is not a real server"):
        told(tmp_path, Tried(), "probe 10.0.0.77:80")
    with pytest.raises(NotDone, match="no network to probe"):
        told(tmp_path, Fake(TABLE), "probe 10.0.0.1:80")


def test_every_wrapper_can_probe_and_a_recording_cannot(tmp_path: Path) -> None:
    tried = Tried()
    recording = Recording(tried, TapeWriter(tmp_path / "tape"))
    audited = Audited(recording, Log(tmp_path, system=False), who(), "console")
    assert probes(ReadOnly(audited, "asked so")) is tried
    recording.read(Scope(sweep=True))
    recording.finish()
    with pytest.raises(NotDone, match="a recording cannot be probed"):
        probes(Replay(tmp_path / "tape"))


def test_the_simulated_director_can_be_probed_from_the_command_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from lvstui import sources

    monkeypatch.setattr(sources, "director", lambda arguments, load_module=False: World(CLUSTER))
    assert cli.main(["--do", "probe tcp 192.168.80.200:80"]) == 0
    assert "2 of 2 open" in capsys.readouterr().out
