"""Verdicts, drift and --diff of services that stand in a virtual_server_group and of sorry servers, judged by the real
daemon: all three tell the same, and nothing is said to be by hand that keepalived did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.director import Director
from tests.lab.session import Job, Session
from tests.lab.waiting import wait_until

CASES = Path(__file__).with_name("cases")
PATIENT = 180.0

# Listens on the addresses and ports that are named.
LISTEN = """
import socket, sys, threading
def serve(address, port):
    with socket.create_server((address, int(port))) as server:
        while True:
            server.accept()[0].close()
for where in sys.argv[1:]:
    threading.Thread(target=serve, args=where.split(":")).start()
print("up", flush=True)
"""


# What --list --format json writes, once keepalived has told of the table as it is.
LISTED = """
import sys, time
from lvstui.director.source import Scope
from lvstui.formats.readings import write_readings
from lvstui.live import open_source
from lvstui.views.checks import settled
from lvstui.views.past import Past
source, past, ask = open_source(), Past(), sys.argv[1] == "ask"
until = time.monotonic() + 180
while time.monotonic() < until:
    state = source.read(Scope(vrrp=True, owner=True, sweep=True, settings=True, ask=ask))
    past.see(state, state.services.keys)
    known = state.keeping is not None and state.keeping.loaded is not None
    if known and (not ask or all(settled(state, key, past) for key in state.services.keys)):
        break
    time.sleep(0.5)
sys.stdout.writelines(write_readings(state, lambda key: settled(state, key, past)))
"""

VRRP = """
vrrp_instance VI {
    interface d0
    virtual_router_id 9
    virtual_ipaddress {
        192.0.2.254/32
    }
}
"""


def verdicts_in(listed: dict[str, Any]) -> dict[str, str]:
    """By service and server; the quorum under the service alone, where it is lost."""
    told = {}
    for service in listed["service"]:
        name = f"{service['address']}:{service['port']}"
        if service.get("quorum_lost"):
            told[name] = service["quorum_lost"]
        for one in (*service["server"], *service.get("out", ())):
            told[f"{name} {one['address']}:{one['port']}"] = one.get("check", "")
    return told


class Checking:
    """A keepalived, its servers, and what is told of them."""

    def __init__(self, lab: Session, name: str, config: str) -> None:
        self.director = Director.make(lab, name)
        self.folder = f"/run/{name}"
        self.write(config)
        self.director.ip("link", "add", "d0", "type", "dummy")
        self.director.ip("link", "set", "d0", "up")
        for n in (11, 12, 13):
            self.director.ip("addr", "add", f"10.1.0.{n}/32", "dev", "lo")
        words = ["keepalived", "-n", "-l", "-D", "-f", f"{self.folder}/keepalived.conf"]
        words += ["-p", f"{self.folder}/pid", "-c", f"{self.folder}/checker.pid", "-r", f"{self.folder}/vrrp.pid"]
        self.words = words
        self.listening: dict[str, Job] = {}
        self.daemon = self.start()

    def start(self) -> Job:
        return self.director.spawn(self.words, env={"TMPDIR": self.folder})

    def write(self, config: str) -> None:
        script = f"mkdir -p {self.folder} && cat > {self.folder}/keepalived.conf"
        self.director.run(["sh", "-c", script], stdin=config + VRRP).ok()

    def signal(self, name: str) -> None:
        self.director.run(["sh", "-c", f"kill -{name} $(cat {self.folder}/pid)"]).ok()

    def up(self, where: str) -> None:
        """A server listens, `10.1.0.11:80`."""
        job = self.listening[where] = self.director.spawn([self.director.lab.python, "-c", LISTEN, where])
        wait_until(lambda: "up" in job.stdout(), f"{where} listens", timeout=PATIENT)

    def down(self, where: str) -> None:
        self.listening.pop(where).stop()

    def table(self) -> list[str]:
        """The real servers, `192.0.2.10:80 10.1.0.11:80 1`: service, server, weight."""
        words = (line.split() for line in self.director.rules() if line.startswith("-a "))
        return sorted(f"{word[2]} {word[4]} {word[-1]}" for word in words)

    def becomes(self, *table: str) -> None:
        wait_until(lambda: self.table() == sorted(table), f"the table is {table}", timeout=PATIENT, story=self.story)

    def listed(self, *, ask: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.director.python(LISTED, "ask" if ask else "no").ok())
        return found

    def verdicts(self, *, ask: bool = True) -> dict[str, str]:
        """By service and server; the quorum under the service alone, where it is lost."""
        return verdicts_in(self.listed(ask=ask))

    def tells(self, **wanted: str) -> None:
        """Of the one service, `_11="up"`, `quorum="quorum 1 lost..."`; nothing drifts, and nothing differs."""
        last: dict[str, str] = {}

        def told() -> bool:
            found = self.listed()
            last.clear()
            for name, words in verdicts_in(found).items():
                short = f"_{name.split()[1].split(':')[0].split('.')[3]}" if " " in name else "quorum"
                last[short] = words
            return last == wanted and found["drift"] == []

        wait_until(told, f"{wanted} is told", timeout=PATIENT, story=lambda: f"{last}\n{self.story()}")
        diff = self.director.lvstui("--diff", f"{self.folder}/keepalived.conf")
        assert diff.code == 0, diff

    def story(self) -> str:
        return "\n".join([*self.table(), self.daemon.stdout()[-2000:], self.daemon.stderr()[-2000:]])

    def close(self) -> None:
        for job in (self.daemon, *self.listening.values()):
            job.stop()
        self.director.close()


@pytest.fixture
def checking(lab: Session, request: pytest.FixtureRequest) -> Iterator[Checking]:
    case, old, new = request.param
    text = (CASES / f"{case}.conf").read_text()
    assert old in text
    running = Checking(lab, "groups", text.replace(old, new))
    yield running
    running.close()


def case(name: str, old: str = "", new: str = "") -> pytest.MarkDecorator:
    return pytest.mark.parametrize("checking", [(name, old, new)], indirect=True)


@case("group-check")
def test_a_group_has_verdicts(checking: Checking) -> None:
    checking.up("10.1.0.12:80")
    checking.becomes("192.0.2.10:80 10.1.0.12:80 1")
    checking.tells(_11="down by TCP_CHECK", _12="up")
    checking.up("10.1.0.11:80")
    checking.becomes("192.0.2.10:80 10.1.0.11:80 1", "192.0.2.10:80 10.1.0.12:80 1")
    checking.tells(_11="up", _12="up")
    checking.director.ipvsadm("-d", "-t", "192.0.2.10:80", "-r", "10.1.0.12:80")
    checking.director.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.1.0.11:80", "-m", "-w", "0")
    # Each of these is told by a verb that watched nothing.
    hand = "by hand or by an earlier keepalived or because its group lacked a service"
    by_hand = {"_11": f"weight 0 {hand}", "_12": f"taken out {hand}"}
    wanted = {f"192.0.2.10:80 10.1.0.{name[1:]}:80": words for name, words in by_hand.items()}
    wait_until(lambda: checking.verdicts() == wanted, "both hands are named", timeout=PATIENT, story=checking.story)
    assert sorted(one["kind"] for one in checking.listed()["drift"]) == ["removed", "weight"]


@case("group-check", "192.0.2.10 80", "192.0.2.10-11 80\n  fwmark 7\n  192.0.2.20 81")
def test_each_service_of_a_group_has_verdicts(checking: Checking) -> None:
    checking.up("10.1.0.12:80")
    places = ("192.0.2.10:80", "192.0.2.11:80", "7", "192.0.2.20:81")
    checking.becomes(*(f"{place} 10.1.0.12:80 1" for place in places))
    words = {"10.1.0.11": "down by TCP_CHECK", "10.1.0.12": "up"}

    def told() -> list[dict[str, str]]:
        services = checking.listed()["service"]
        return [{one["address"]: one["check"] for one in (*of["server"], *of["out"])} for of in services]

    wait_until(lambda: told() == [words] * 4, "each has its verdicts", timeout=PATIENT, story=checking.story)


@case("sorry-in-group")
def test_a_sorry_server_in_a_group_without_nat(checking: Checking) -> None:
    """Written at port 3306, and at the service's port in the table."""
    checking.becomes("192.0.2.10:9200 10.1.0.12:9200 1")
    checking.tells(quorum="quorum 1 lost, the sorry server serves", _11="down by TCP_CHECK", _12="sorry server")
    checking.up("10.1.0.11:9200")
    checking.becomes("192.0.2.10:9200 10.1.0.11:9200 1")
    checking.tells(_11="up")


@pytest.mark.parametrize(
    "checking", [("sorry-is-real-server", "", ""), ("sorry-is-real-server", "weight 1", "weight 3")], indirect=True
)
def test_a_sorry_server_that_is_a_real_server_too(checking: Checking) -> None:
    checking.becomes("192.0.2.10:80 10.1.0.11:80 1")
    checking.tells(
        quorum="quorum 1 lost, the sorry server serves",
        _11="sorry server, down by TCP_CHECK",
        _12="down by TCP_CHECK",
    )
    unasked = checking.verdicts(ask=False)
    assert unasked == {
        "192.0.2.10:80 10.1.0.11:80": "up, or the sorry server",
        "192.0.2.10:80 10.1.0.12:80": "out by check or hand",
    }
    assert checking.listed(ask=False)["drift"] == []
    checking.up("10.1.0.12:80")
    checking.tells(_11="down by TCP_CHECK", _12="up")


INHIBITING = """  sorry_server 10.1.0.13 80
  sorry_server_inhibit
  inhibit_on_failure"""


@case("sorry-is-real-server", "  sorry_server 10.1.0.11 80", INHIBITING)
def test_a_sorry_server_that_waits_at_weight_0(checking: Checking) -> None:
    checking.up("10.1.0.11:80")
    servers = ("192.0.2.10:80 10.1.0.11:80", "192.0.2.10:80 10.1.0.12:80", "192.0.2.10:80 10.1.0.13:80")
    weights = "{0} 1", "{1} 0", "{2} 0"
    checking.becomes(*(weight.format(*servers) for weight in weights))
    checking.tells(_11="up", _12="down by TCP_CHECK", _13="sorry server, stands by")
    checking.down("10.1.0.11:80")
    weights = "{0} 0", "{1} 0", "{2} 1"
    checking.becomes(*(weight.format(*servers) for weight in weights))
    checking.tells(
        quorum="quorum 1 lost, the sorry server serves",
        _11="down by TCP_CHECK",
        _12="down by TCP_CHECK",
        _13="sorry server",
    )


@case(
    "sorry-is-real-server",
    "  sorry_server 10.1.0.11 80",
    "  sorry_server 10.1.0.13 80\n  quorum 2\n  inhibit_on_failure",
)
def test_a_server_that_is_up_and_at_weight_0_with_its_quorum(checking: Checking) -> None:
    checking.up("10.1.0.11:80")
    checking.becomes("192.0.2.10:80 10.1.0.11:80 0", "192.0.2.10:80 10.1.0.12:80 0", "192.0.2.10:80 10.1.0.13:80 1")
    checking.tells(
        quorum="quorum 2 lost, the sorry server serves",
        _11="weight 0 with its quorum",
        _12="down by TCP_CHECK",
        _13="sorry server",
    )
    # A hand gives it a weight, and takes the sorry server out: keepalived notices neither.
    checking.director.ipvsadm("-e", "-t", "192.0.2.10:80", "-r", "10.1.0.11:80", "-m", "-w", "7")
    checking.director.ipvsadm("-d", "-t", "192.0.2.10:80", "-r", "10.1.0.13:80")
    service, hand = "192.0.2.10:80", "by hand or by an earlier keepalived"
    listed = checking.listed()
    told, words = verdicts_in(listed), {one["server"]: one["words"] for one in listed["drift"]}
    assert told[service] == "quorum 2 lost", listed
    assert told[f"{service} 10.1.0.11:80"] == f"weight 0 with its quorum, serves {hand}", listed
    assert words["10.1.0.11:80"] == f"weight 7 {hand} while the quorum is lost", listed
    # A restart loses the quorum again.
    assert [one["fate"]["restart"] for one in listed["drift"]] == ["is set to 0"], listed
    checking.signal("TERM")
    checking.daemon.wait()
    checking.daemon = checking.start()
    checking.becomes("192.0.2.10:80 10.1.0.11:80 0", "192.0.2.10:80 10.1.0.12:80 0", "192.0.2.10:80 10.1.0.13:80 1")


@case("group-before-reload")
def test_rules_that_a_reload_of_a_group_leaves_are_predicted_and_named(checking: Checking) -> None:
    """One entry of the group goes, one comes: keepalived 2.2.7 leaves the one, and gives the other port 0."""

    def drift() -> dict[str, tuple[str, str, str]]:
        found = checking.listed(ask=False)["drift"]
        return {
            one["server"] or one["service"]: (one["words"], one["fate"]["reload"], one["fate"]["restart"])
            for one in found
        }

    def tells(wanted: dict[str, tuple[str, str, str]]) -> None:
        wait_until(lambda: drift() == wanted, f"{wanted}", timeout=PATIENT, story=lambda: f"{drift()}")

    start = [f"192.0.2.10:{port} 10.1.0.{n}:{port} 3" for port in (80, 443) for n in (11, 12)]
    checking.becomes(*start)
    checking.write((CASES / "group-after-reload.conf").read_text())
    tells(
        {
            "tcp 192.0.2.10:443": (
                "the file no longer has it",
                "is not applied: keepalived's reload leaves the service there",
                "is applied",
            ),
            "tcp 192.0.2.10:2333": ("the file adds it", "is applied, its servers at port 0", "is applied"),
        }
    )
    checking.signal("HUP")
    wrong = [f"192.0.2.10:2333 10.1.0.{n}:0 3" for n in (11, 12)]
    checking.becomes(*start, *wrong)
    left = {"tcp 192.0.2.10:443": ("not configured: left by a reload of keepalived, or made by hand", "stays", "stays")}
    for n in (11, 12):
        left[f"10.1.0.{n}:0"] = ("weight 3, put in at port 0 by keepalived's reload", "stays", "stays")
    missing = {
        f"10.1.0.{n}:2333": ("missing: at port 0 by keepalived's reload", "stays", "is added again, weight 3")
        for n in (11, 12)
    }
    tells(left | missing)
    told = checking.verdicts()
    assert told["192.0.2.10:2333 10.1.0.11:0"] == "put in at port 0 by keepalived's reload"
    assert told["192.0.2.10:2333 10.1.0.11:2333"] == "at port 0 by keepalived's reload"

    # A restart brings the right ones, and leaves the wrong ones beside them.
    checking.signal("TERM")
    checking.daemon.wait()
    checking.daemon = checking.start()
    right = [f"192.0.2.10:2333 10.1.0.{n}:2333 3" for n in (11, 12)]
    checking.becomes(*start, *wrong, *right)
    tells(left)


@case("group-check", "192.0.2.10 80", "192.0.2.10 80\n  192.0.2.11 80")
def test_what_a_group_left_while_it_lacked_a_service_is_not_called_made_by_hand(checking: Checking) -> None:
    """keepalived stops at the missing service, so the other one keeps the weight from before the reload."""
    for where in ("10.1.0.11:80", "10.1.0.12:80"):
        checking.up(where)
    checking.becomes(*(f"192.0.2.{of}:80 10.1.0.{server}:80 1" for of in (10, 11) for server in (11, 12)))
    watching = checking.director.spawn([checking.director.lab.python, "-m", "tests.lab.drifting"])

    def told(server: str | None = "10.1.0.12:80") -> list[str]:
        """What was told of the server in the other service, or of that service (None), each time."""
        lines = [json.loads(line) for line in watching.stdout().rpartition("\n")[0].splitlines()]
        of = ("tcp 192.0.2.11:80", server)
        return [
            next((one["words"] for one in line["drifts"] if (one["service"], one["server"]) == of), "")
            for line in lines
        ]

    def tells(words: str) -> None:
        def there() -> bool:
            return bool(told()) and (words in told()[-1] if words else not told()[-1])

        wait_until(there, words or "no drift", timeout=PATIENT, story=lambda: f"{told()}\n{checking.story()}")

    tells("")
    ipvsadm = checking.director.ipvsadm
    ipvsadm("-D", "-t", "192.0.2.10:80")
    text = (CASES / "group-check.conf").read_text().replace("192.0.2.10 80", "192.0.2.10 80\n  192.0.2.11 80")
    checking.write(text.replace("weight 1", "weight 5").replace("wrr", "wlc"))
    checking.signal("HUP")
    tells("weight 1 by hand or because its group lacks a service")
    assert told(None)[-1] == "scheduler wrr by hand or because its group lacks a service, configured wlc"
    ipvsadm("-A", "-t", "192.0.2.10:80", "-s", "wlc")
    for server in (11, 12):
        ipvsadm("-a", "-t", "192.0.2.10:80", "-r", f"10.1.0.{server}:80", "-m", "-w", "5")
    tells("weight 1 by hand or because its group lacked a service")
    assert all(" or because its group lack" in words for words in told() if "by hand" in words), told()
    # Who comes later cannot know it, and names every cause that there may be.
    hand = "by hand or by an earlier keepalived or because its group lacked a service"
    weight = f"weight 1 {hand}, configured 5"
    assert [one["words"] for one in checking.listed()["drift"]] == [
        f"scheduler wrr {hand}, configured wlc",
        weight,
        weight,
    ]
    # What is then changed is by hand.
    ipvsadm("-e", "-t", "192.0.2.11:80", "-r", "10.1.0.12:80", "-m", "-w", "9")
    tells("weight 9 by hand")
    assert "lacked" not in told()[-1]
    assert all(" or because its group lack" in words for words in told(None) if words), told(None)
    watching.stop()
