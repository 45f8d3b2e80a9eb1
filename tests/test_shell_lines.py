"""Lines that lvstui shows for a shell, and that `y` copies: a name from outside (a hostile director elsewhere, a
recording, a configuration) is one word of them, and the shell runs nothing of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lvstui.commands.proposals import commands
from lvstui.console.editing.command_elsewhere import line
from lvstui.director.change import AddServer, AddService, Change, EditService, StartSync, StopSync
from lvstui.director.configured import Configured
from lvstui.director.facts import Facts, Interface
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, RuleSet, Server, Service, SyncDaemon, server_key, service_key
from lvstui.director.remarks import Remark
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.director.spell import spell, word
from lvstui.director.state import State
from lvstui.doctor.diagnosis import diagnosed
from lvstui.keepalived.writing.conf import write
from tests.memory import MemoryDirector

HARM = "a;>OWNED;$(>OWNED)`>OWNED`|>OWNED&>OWNED'>OWNED'\">OWNED\" >OWNED\\ #"
"""Whatever of it a shell would run makes a file."""
WEB = service_key(6, "192.0.2.1", 80)
SERVER = Server(server_key("10.0.0.1", 80), 3, 1)
SERVICE = Service(WEB, HARM, 0, 60, engine=HARM)


def harmless(lines: list[str], folder: Path) -> None:
    """Each line, as a shell takes it: without a PATH no command of it runs, and no file is made."""
    assert lines and all(HARM.partition("'")[0] in text for text in lines), lines
    for text in lines:
        command = text.partition("   (")[0]  # behind it stand words for people
        told = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env={"PATH": ""}, capture_output=True, text=True)
        assert "not found" in told.stderr or "No such file" in told.stderr, (command, told)
        assert not list(folder.iterdir()), command


def state(**more: object) -> State:
    rules = RuleSet({WEB: Entry(SERVICE, {SERVER.key: SERVER})})
    found = MemoryDirector(rules).read(Scope(sweep=True))
    return found._replace(**more)  # type: ignore[arg-type]


def test_a_command_of_ipvsadm(tmp_path: Path) -> None:
    daemon = SyncDaemon("master", HARM, 1, group=HARM)
    changes: list[Change] = [AddService(SERVICE), EditService(SERVICE), StartSync(daemon), StopSync(HARM)]
    harmless([f"ipvsadm {spell(change)}" for change in changes], tmp_path)
    harmless([commands(state(), WEB).splitlines()[0]], tmp_path)
    assert spell(AddServer(WEB, SERVER)) == "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1"
    assert [word(text) for text in ("wlc", "eth0.100@br-1", "", "a b")] == ["wlc", "eth0.100@br-1", "", "'a b'"]


def test_a_command_for_a_director_elsewhere(tmp_path: Path) -> None:
    harmless([line("lvs2", f"sched tcp 192.0.2.1:80 {HARM}")], tmp_path)


@pytest.mark.parametrize("name", ["vip-missing", "rp-filter", "nic-errors", "config-remarks", "scheduler-missing"])
def test_the_commands_that_the_doctor_proposes(name: str, tmp_path: Path) -> None:
    strict = {"net.ipv4.ip_forward": 1, "softnet dropped": 0, "TcpExt IPReversePathFilter": 0}
    tunnel = f"tunl{HARM}"
    strict |= {f"net.ipv4.conf.{tunnel}.rp_filter": 1, "net.ipv4.conf.all.rp_filter": 1}
    links = {tunnel: Interface(True, False)}
    facts = Facts(5.0, strict, {f"{tunnel} rx errors": 9}, 30.0, links=links, local=frozenset())
    other = service_key(6, "192.0.2.9", 80)
    meant = Configured(RuleSet({other: Entry(Service(other, HARM), {})}), remarks=[Remark("x.conf", 3, "is unknown")])
    now = state(facts=facts, owner="", keeping=KeepalivedState(f"/etc/{HARM}", meant), schedulers=("wlc",))
    now = now._replace(vrrp=now.vrrp._replace(keepalived=False))
    found = diagnosed(now, tallied(now), None, None, {})
    harmless([text for one in found.findings if one.id == name for text in one.do if HARM[:4] in text], tmp_path)


def test_no_word_of_a_table_adds_a_line_to_keepalived_conf() -> None:
    for bad in (Service(WEB, "wlc {"), Service(WEB, "$(A)"), Service(WEB, "rr", 0, 60, engine="sip }")):
        text, lost = write(RuleSet({WEB: Entry(bad, {SERVER.key: SERVER})}))
        assert text == "" and "is not the name" in lost[0], (text, lost)
