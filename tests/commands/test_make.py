"""Commands on a table become exactly these changes, or nothing to do, or a reason why not."""

from __future__ import annotations

import pytest

from lvstui.commands.make import propose
from lvstui.commands.parse import parse
from lvstui.commands.proposals import NoChange, Proposal
from lvstui.commands.targets import CommandContext
from lvstui.director.errors import BadInput, LvsError, NotDone
from lvstui.director.model import RuleSet, SyncDaemon, Timeouts, address_packed
from lvstui.director.source import EVERYTHING
from lvstui.director.spell import spell
from lvstui.formats import ipvsadm
from lvstui.views.operator_names import OperatorNames
from lvstui.views.servers import Place
from tests.console.stage import ONE, WEB
from tests.memory import MemoryDirector

TABLE = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3
-A -t 192.0.2.1:443 -s wlc -p 300
-a -t 192.0.2.1:443 -r 10.0.0.1:443 -m -w 2
-A -u 192.0.2.1:443 -s sh -b sh-port
-a -u 192.0.2.1:443 -r 10.0.0.1:443 -m -w 0
"""
RULES = ipvsadm.read(TABLE)[0]


def world(rules: RuleSet = RULES, **more: object) -> CommandContext:
    names = OperatorNames({address_packed("10.0.0.1"): "web1", WEB: "shop"})
    return CommandContext(MemoryDirector(rules).read(EVERYTHING), names, **more)  # type: ignore[arg-type]


def proposed(text: str, drained: dict[Place, int] | None = None, where: CommandContext | None = None) -> Proposal:
    return propose(parse(text), where or world(), drained or {})


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("add service tcp 192.0.2.9:80 wrr persist 300", ["-A -t 192.0.2.9:80 -s wrr -p 300"]),
        ("add service fwmark 9 ipv6 mh flags mh-port", ["-A -f 9 -6 -s mh -b mh-port"]),
        ("add server shop 10.0.0.9", ["-a -t 192.0.2.1:80 -r 10.0.0.9:80 -g -w 3"]),
        (
            "add server 192.0.2.1:80 10.0.0.11-13 weight 1",
            [f"-a -t 192.0.2.1:80 -r 10.0.0.{n}:80 -g -w 1" for n in (11, 12, 13)],
        ),
        (
            "add server shop 10.0.0.9 tunnel type gue tunnel-port 6080",
            ["-a -t 192.0.2.1:80 -r 10.0.0.9:80 -i -w 3 --tun-type gue --tun-port 6080 --tun-nocsum"],
        ),
        ("edit service shop persist 60", ["-E -t 192.0.2.1:80 -s wrr -p 60"]),
        ("edit service tcp 192.0.2.1:443 no persist", ["-E -t 192.0.2.1:443 -s wlc"]),
        ("edit server shop 10.0.0.2:80 upper 100 lower 50", ["-e -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3 -x 100 -y 50"]),
        ("delete shop", ["-D -t 192.0.2.1:80"]),
        ("delete 10.0.0.2:80", ["-d -t 192.0.2.1:80 -r 10.0.0.2:80"]),
        ("weight 10.0.0.1:80 +2", ["-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 5"]),
        (
            "weight 10.0.0.1:443 7",
            ["-e -t 192.0.2.1:443 -r 10.0.0.1:443 -m -w 7", "-e -u 192.0.2.1:443 -r 10.0.0.1:443 -m -w 7"],
        ),
        ("weight udp 192.0.2.1:443 10.0.0.1:443 7", ["-e -u 192.0.2.1:443 -r 10.0.0.1:443 -m -w 7"]),
        ("sched shop wlc", ["-E -t 192.0.2.1:80 -s wlc"]),
        ("drain 10.0.0.1:80", ["-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0"]),
        (
            "drain host 10.0.0.1",
            ["-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0", "-e -t 192.0.2.1:443 -r 10.0.0.1:443 -m -w 0"],
        ),
        (
            "drain web1",
            ["-e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 0", "-e -t 192.0.2.1:443 -r 10.0.0.1:443 -m -w 0"],
        ),
        ("undrain udp 192.0.2.1:443 10.0.0.1 weight 4", ["-e -u 192.0.2.1:443 -r 10.0.0.1:443 -m -w 4"]),
        ("zero shop", ["-Z -t 192.0.2.1:80"]),
        ("zero all", ["-Z"]),
        ("timeouts 800 0 0", ["--set 800 0 0"]),
        ("sync start backup eth1 id 5", ["--start-daemon backup --mcast-interface eth1 --syncid 5"]),
        (
            "clone shop as tcp 192.0.2.7:8080",
            [
                "-A -t 192.0.2.7:8080 -s wrr",
                "-a -t 192.0.2.7:8080 -r 10.0.0.1:8080 -g -w 3",
                "-a -t 192.0.2.7:8080 -r 10.0.0.2:8080 -g -w 3",
            ],
        ),
    ],
)
def test_changes(text: str, lines: list[str]) -> None:
    assert [spell(change) for change in proposed(text).changes] == lines


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("weight 10.0.0.1:80 3", NoChange, "10.0.0.1:80 is already at weight 3"),
        ("sched shop wrr", NoChange, "already wrr"),
        ("drain udp 192.0.2.1:443 10.0.0.1:443", NoChange, "is already at weight 0"),
        ("undrain 10.0.0.2:80", NoChange, "10.0.0.2:80 is not drained"),
        ("undrain udp 192.0.2.1:443 10.0.0.1:443", NotDone, "its earlier weight is not known"),
        ("timeouts 900 120 300", NoChange, "already"),
        ("sync stop", NoChange, "no daemon runs"),
        ("edit service shop persist 60 no persist", NoChange, "already so"),
        ("drain 10.0.0.77:80", BadInput, "10.0.0.77:80 is not a real server of any service"),
        ("drain web2", BadInput, "did you mean web1?"),
        ("delete shopp", BadInput, "did you mean shop?"),
        ("zero 192.0.2.1:443", BadInput, "say which"),
        ("weight 5", NotDone, "none is named"),
        ("zero", NotDone, "none is named"),
        ("add service 192.0.2.9:80", BadInput, "tcp, udp or sctp?"),
        ("edit service shop flags sh-port", BadInput, "is not a flag of wrr"),
        ("edit service shop mask 255", BadInput, "is not an IPv4 mask"),
    ],
)
def test_impossible_changes_are_refused(text: str, error: type[LvsError], says: str) -> None:
    with pytest.raises(error) as found:
        proposed(text)
    assert says in f"{found.value}; {found.value.mend}"


def test_without_a_name_the_selected_rows_are_used() -> None:
    one, two = Place(WEB, ONE), Place(WEB, ONE._replace(address=address_packed("10.0.0.2")))
    at = world(rows=(one, two))
    assert len(proposed("weight 9", where=at).changes) == 2
    assert len(proposed("delete", where=at).changes) == 2
    inside = world(inside=WEB, rows=(one,))
    assert [spell(c) for c in proposed("sched rr", where=inside).changes] == ["-E -t 192.0.2.1:80 -s rr"]


def test_undrain_restores_the_remembered_weight() -> None:
    key = next(key for key in RULES.rules if key.protocol == 17)
    place = Place(key, ONE._replace(port=443))
    changes = proposed("undrain 10.0.0.1:443", {place: 6}).changes
    assert [spell(change) for change in changes] == ["-e -u 192.0.2.1:443 -r 10.0.0.1:443 -m -w 6"]


def test_a_running_sync_daemon_is_shown_and_stopped() -> None:
    running = RULES._replace(timeouts=Timeouts(1, 2, 3), sync=(SyncDaemon("master", "eth0", 51),))
    with pytest.raises(NoChange):
        proposed("sync start master eth0 id 51", where=world(running))
    with pytest.raises(NotDone, match="already runs on eth0"):
        proposed("sync start master eth1", where=world(running))
    assert [spell(change) for change in proposed("sync stop", where=world(running)).changes] == ["--stop-daemon master"]
