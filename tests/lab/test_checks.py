"""What keepalived's checks did is never taken for what a hand did, judged by the real daemon."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lvstui.keepalived.dump import ask
from tests.lab.director import Director
from tests.lab.session import Job, Session
from tests.lab.waiting import wait_until

TCP_CHECK = "TCP_CHECK {\nconnect_port 8080\nconnect_timeout 30\nretry 0\n}"
MISC_CHECK = "MISC_CHECK {\nmisc_path /bin/true\nmisc_timeout 120\n}"
"""Without a timeout it has delay_loop, a second, which a busy machine may need for a process."""
SERVERS = {
    1: f"weight 3\n{TCP_CHECK}",
    2: f"weight 3\n{TCP_CHECK}",
    3: "weight 3",
    4: f"weight 3\ninhibit_on_failure\n{TCP_CHECK}",
    5: f"weight 3\ninhibit_on_failure\n{MISC_CHECK}",
    6: f"weight 0\n{TCP_CHECK}",
}
CONFIG = """
vrrp_instance VI {
    interface d0
    virtual_router_id 9
    virtual_ipaddress {
        192.0.2.1/32
    }
}
%s
"""
SERVICE = """
virtual_server 192.0.2.1 %s {
    delay_loop 1
    lvs_sched wrr
    lvs_method NAT
    protocol TCP
    quorum 2
    sorry_server 10.0.0.9 80
    %s
}
"""


def configured(port: int, servers: dict[int, str]) -> str:
    written = (f"real_server 10.0.0.{n} 80 {{\n{text}\n}}" for n, text in servers.items())
    return SERVICE % (port, "\n".join(written))


DEAD = {7: TCP_CHECK, 8: TCP_CHECK}
"""Nobody listens there."""

WHOLE = CONFIG % (configured(80, SERVERS) + configured(81, DEAD))

# Listens where the checks look.
LISTEN = """
import socket, threading
def serve(n):
    with socket.create_server((f"10.0.0.{n}", 8080)) as server:
        while True:
            server.accept()[0].close()
for n in (1, 2, 4, 6):
    threading.Thread(target=serve, args=(n,)).start()
print("up", flush=True)
"""

# Reads as a console does until keepalived has told of the table as it is; prints the verdicts by the last number, or
# what it says after one more command of ipvsadm, before keepalived tells again.
VERDICTS = """
import json, subprocess, sys, time
from lvstui.director.model import address_text
from lvstui.director.source import Scope
from lvstui.live import open_source
from lvstui.views.checks import checks
from lvstui.views.past import Past
source, past = open_source(), Past()
ask = sys.argv[1] == "ask"
until = time.monotonic() + 180
while time.monotonic() < until:
    state = source.read(Scope(vrrp=True, owner=True, sweep=True, ask=ask))
    past.see(state, state.services.keys)
    keeping = state.keeping
    if keeping is not None and keeping.loaded is not None:
        since = max(map(past.stood, state.services.keys))
        if not ask or keeping.reported_at is not None and keeping.reported_at - state.taken + state.at > since:
            break
    time.sleep(0.3)
if sys.argv[2:]:
    subprocess.run(["ipvsadm", *sys.argv[2:]], check=True)
    state = source.read(Scope(vrrp=True, owner=True, sweep=True))
    past.see(state, state.services.keys)
told = {}
for key in state.services.keys:
    found = checks(state, key, state.servers(key).servers(), past)
    words = {address_text(key.address): verdict.words for key, verdict in found.verdicts.items()}
    told[key.port] = {"quorum": found.quorum, **words}
print(json.dumps(told))
"""

DAY = 24 * 3600.0
LATE = "by hand or by an earlier keepalived"
"""What is told by who did not watch since keepalived began."""

# lvstui that waits for keepalived's answer for as long as a very busy machine may take.
PATIENTLY = """
import sys
from lvstui import cli
from lvstui.keepalived.dump import ask
from lvstui.verbs import list as listing
listing._ANSWER, ask.PATIENCE = 240.0, 120.0
sys.exit(cli.main(sys.argv[1:]))
"""


class Daemon:
    """keepalived with CONFIG in a director, and the servers that its checks look at."""

    def __init__(self, director: Director, config_text: str = WHOLE, *more: str) -> None:
        self.director = director
        folder = f"/run/{director.netns}"
        config = f"{folder}/keepalived.conf"
        director.run(["sh", "-c", f"mkdir -p {folder} && cat > {config}"], stdin=config_text).ok()
        director.ip("link", "add", "d0", "type", "dummy")
        director.ip("link", "set", "d0", "up")
        for n in range(1, 7):
            director.ip("addr", "add", f"10.0.0.{n}/32", "dev", "lo")
        self.listening: Job = director.spawn([director.lab.python, "-c", LISTEN])
        words = ["keepalived", "-f", config, "-n", "-l", "-p", f"{folder}/pid"]
        words += ["-r", f"{folder}/vrrp.pid", "-c", f"{folder}/checker.pid"]
        self.daemon: Job = director.spawn([*words, *more], env={"TMPDIR": folder})
        wait_until(lambda: self.weights().get(1) == 3, "keepalived programs the service")

    def weights(self) -> dict[int, int]:
        """Weights in the table by the last number of the server's address."""
        found = {}
        for line in self.director.rules():
            if line.startswith("-a -t 192.0.2.1:80 "):
                words = line.split()
                found[int(words[4].split(":")[0].split(".")[3])] = int(words[-1])
        return found

    def verdicts(self, port: int = 80, ask: bool = True, then: str = "") -> dict[str, str]:
        out = self.director.python(VERDICTS, "ask" if ask else "no", *then.split()).ok()
        found: dict[str, str] = json.loads(out)[str(port)]
        return {key.removeprefix("10.0.0."): words for key, words in found.items()}

    def asked(self) -> list[float]:
        """When its checkers were asked, by its own log, in seconds of the day."""
        lines = (self.daemon.stdout() + self.daemon.stderr()).splitlines()
        times = [line.split()[3].split(":") for line in lines if "Printing checker data" in line]
        return [3600 * int(hour) + 60 * int(minute) + int(second) for hour, minute, second in times]

    def fails(self, number: int) -> None:
        self.director.ip("addr", "del", f"10.0.0.{number}/32", "dev", "lo")

    def recovers(self, number: int) -> None:
        self.director.ip("addr", "add", f"10.0.0.{number}/32", "dev", "lo")

    def ipvsadm(self, command: str, number: int, *words: str) -> None:
        self.director.ipvsadm(command, "-t", "192.0.2.1:80", "-r", f"10.0.0.{number}:80", *words)

    def becomes(self, **weights: int | None) -> None:
        """Waits until the table has these weights: `_1=3`, None for a server that is not in it."""
        wanted = {int(name[1:]): weight for name, weight in weights.items()}
        wait_until(lambda: {n: self.weights().get(n) for n in wanted} == wanted, f"the table has {weights}")

    def close(self) -> None:
        self.daemon.stop()
        self.listening.stop()
        self.director.close()


@pytest.fixture(scope="module")
def daemon(lab: Session) -> Iterator[Daemon]:
    running = Daemon(Director.make(lab, "checks"))
    yield running
    running.close()


def test_each_check_by_its_name(daemon: Daemon) -> None:
    daemon.becomes(_1=3, _2=3, _3=3, _4=3, _5=3, _6=0)
    well = {"1": "up", "2": "up", "3": "not checked", "4": "up", "5": "up", "6": "weight 0 by configuration"}
    wait_until(lambda: daemon.verdicts() == {"quorum": "", **well}, "every check has run")

    # By their checks: one is removed, one inhibited. By hand: weight 0 twice, and one taken out.
    daemon.fails(1)
    daemon.fails(4)
    daemon.becomes(_1=None, _4=0)
    daemon.ipvsadm("-e", 5, "-m", "-w", "0")
    daemon.ipvsadm("-e", 3, "-m", "-w", "0")
    daemon.ipvsadm("-d", 2)
    amiss = {
        **well,
        "1": "down by TCP_CHECK",
        "2": f"taken out {LATE}",
        "3": f"weight 0 {LATE}",
        "4": "down by TCP_CHECK",
        "5": f"weight 0 {LATE}",
    }
    assert daemon.verdicts() == {"quorum": "", **amiss}

    # What keepalived told still holds for the servers that have not changed since.
    raised = daemon.verdicts(then="-e -t 192.0.2.1:80 -r 10.0.0.3:80 -m -w 2")
    assert raised == {"quorum": "", **amiss, "3": "not checked"}
    daemon.ipvsadm("-e", 3, "-m", "-w", "0")

    # Nobody asked keepalived: what cannot be told is left open.
    unasked = {"1": "out by check or hand", "2": "out by check or hand", "4": "weight 0 by check or hand"}
    assert daemon.verdicts(ask=False) == {"quorum": "", **amiss, **unasked, "5": "weight 0 by check or hand"}

    (service, _) = json.loads(daemon.director.patient("--list", "--format", "json").ok())["service"]
    assert {one["address"]: one["check"] for one in service["out"]} == {
        f"10.0.0.{n}": "out by check or hand" for n in (1, 2)
    }
    assert {one["address"]: one["check"] for one in service["server"]}["10.0.0.3"] == f"weight 0 {LATE}"

    # A dead one that is put back by hand serves, and is said to be down all the same.
    daemon.ipvsadm("-a", 1, "-m", "-w", "3")
    daemon.ipvsadm("-e", 4, "-m", "-w", "7")
    serves = dict.fromkeys(("1", "4"), f"down by TCP_CHECK, serves {LATE}")
    assert daemon.verdicts() == {"quorum": "", **amiss, **serves}


def test_a_verb_asks_for_an_answer_younger_than_the_table(daemon: Daemon) -> None:
    """Right after a change, beside another who asks, and though keepalived has told a moment before; and however many
    ask at once, keepalived is not asked within five seconds of another asking."""

    def told(job: Job) -> tuple[dict[str, str], list[str | None], list[str]]:
        data = json.loads(job.wait().ok())
        service = data["service"][0]
        words = {one["address"].rsplit(".")[-1]: one["check"] for one in (*service["server"], *service["out"])}
        drifts = [one["server"] for one in data["drift"] if one["service"].endswith(":80")]
        return words, drifts, [one["value"] for one in data["unknown"]]

    def listings(number: int) -> list[Job]:
        words = [daemon.director.lab.python, "-c", PATIENTLY, "--list", "--format", "json", "--ask-keepalived"]
        return [daemon.director.spawn(words) for _ in range(number)]

    daemon.verdicts()  # an answer is there that is some seconds old at most
    before = daemon.asked()
    daemon.recovers(1)
    daemon.recovers(4)
    daemon.becomes(_1=3, _4=3)
    daemon.ipvsadm("-d", 6)
    daemon.fails(2)
    for job in listings(3):
        words, drifts, unknown = told(job)
        assert words["6"] == f"taken out {LATE}", words
        assert "10.0.0.6:80" in drifts and "check" not in unknown
        assert not any("or hand" in one for one in words.values()), words
    asked = [*before[-1:], *daemon.asked()[len(before) :]]
    assert len(asked) > 1
    # keepalived dates an asking when it comes to it, and by the second: one may seem too soon, but not so many.
    assert len(asked) - 2 <= (asked[-1] - asked[0]) % DAY / ask.SOONEST, asked


def test_a_lost_quorum_and_its_sorry_server(daemon: Daemon) -> None:
    wait_until(lambda: daemon.director.rules()[-1].endswith("10.0.0.9:80 -m -w 1"), "the sorry server serves")
    assert daemon.verdicts(81) == {
        "quorum": "quorum 2 lost, the sorry server serves",
        "7": "down by TCP_CHECK",
        "8": "down by TCP_CHECK",
        "9": "sorry server",
    }


def test_a_keepalived_that_only_checks_reports_too(lab: Session) -> None:
    alone = Daemon(Director.make(lab, "checking"), configured(80, SERVERS), "-C")
    try:
        alone.becomes(_1=3, _2=3, _3=3, _4=3, _5=3, _6=0)
        alone.fails(1)
        alone.becomes(_1=None)
        assert alone.verdicts()["1"] == "down by TCP_CHECK"
    finally:
        alone.close()


def test_a_weight_that_a_reload_gave_to_a_server_that_is_down_is_not_called_made_by_hand(lab: Session) -> None:
    """keepalived keeps a server that inhibits on failure at weight 0. A reload that changes its forwarding method edits
    it, and its weight is back although its check fails. Another weight than that is by hand."""
    servers = {1: SERVERS[1], 4: SERVERS[4]}
    alone = Daemon(Director.make(lab, "reloaded"), configured(80, servers), "-C")
    reload = "cat > /run/reloaded/keepalived.conf && kill -HUP $(cat /run/reloaded/pid)"
    try:
        alone.becomes(_1=3, _4=3)
        alone.fails(4)
        alone.becomes(_4=0)
        assert alone.verdicts()["4"] == "down by TCP_CHECK"
        routed = configured(80, {**servers, 4: f"lvs_method DR\n{SERVERS[4]}"})
        alone.director.run(["sh", "-c", reload], stdin=routed).ok()
        alone.becomes(_4=3)
        words = f"down by TCP_CHECK, serves {LATE} or by keepalived's reload"
        wait_until(lambda: alone.verdicts()["4"] == words, words)
        alone.ipvsadm("-e", 4, "-g", "-w", "7")
        assert alone.verdicts()["4"] == f"down by TCP_CHECK, serves {LATE}"
    finally:
        alone.close()


def test_a_server_that_an_earlier_keepalived_left_while_its_check_fails_is_not_called_put_in_by_hand(
    lab: Session,
) -> None:
    """One that starts as down (alpha) is not added before its check passes: what a killed keepalived left stays, just
    as it is configured."""
    director = Director.make(lab, "left")
    director.ipvsadm("-A", "-t", "192.0.2.1:80", "-s", "wrr")
    director.ipvsadm("-a", "-t", "192.0.2.1:80", "-r", "10.0.0.4:80", "-m", "-w", "3")
    text = configured(80, {1: "weight 3", 4: f"weight 3\n{TCP_CHECK}"}).replace("delay_loop", "alpha\ndelay_loop")
    text = text.replace("sorry_server 10.0.0.9 80", "").replace("quorum 2", "")
    alone = Daemon(director, text.replace("connect_port 8080", "connect_port 9"), "-C")
    try:
        wait_until(lambda: alone.verdicts()["4"] == f"down by TCP_CHECK, serves {LATE}", "its check has failed")
        assert alone.weights()[4] == 3
    finally:
        alone.close()
