"""--do reload and --do failover: what is printed, what is refused, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.configured import Configured
from lvstui.director.daemon import Complaint, Daemon, KeepalivedOrder, OrderAnswer
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.source import UNNAMED, Purpose, ReadOnly, Scope
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from lvstui.formats import ipvsadm
from tests.verbs.fake import Fake
from tests.verbs.test_do import TABLE, told

CONF = "/etc/keepalived/keepalived.conf"
DAEMON = Daemon(7, CONF, "kill -HUP 7", "kill -TERM 7", "keepalived -D")
WEIGHED = TABLE.replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -g -w 7")


class Kept(Fake):
    """A director whose keepalived has loaded the table and reads a file of other rules at a reload."""

    def __init__(self, file: str = WEIGHED) -> None:
        super().__init__(TABLE)
        self.file, self.loaded = (ipvsadm.read(text)[0] for text in (file, TABLE))
        self.answer = OrderAnswer(DAEMON, successors=(("VI_1", "192.0.2.9 (priority 99)"),))
        self.told: list[KeepalivedOrder] = []
        self.vrrp = Vrrp(
            "MASTER", ("192.0.2.1",), True, (InstanceStatus(Instance("VI_1", "MASTER"), "MASTER", masters=()),)
        )

    def read(self, scope: Scope) -> State:
        keeping = KeepalivedState(CONF, Configured(self.file, []), Configured(self.loaded, []))
        return super().read(scope)._replace(keeping=keeping, vrrp=self.vrrp, owner="keepalived")

    def order(self, order: KeepalivedOrder, purpose: Purpose = UNNAMED) -> OrderAnswer:
        self.told.append(order)
        if order is KeepalivedOrder.RELOAD:
            self.loaded = self.file
            self.rules = self.rules._replace(rules=self.file.rules)
        return self.answer


def test_a_reload_says_what_it_changes_and_what_differs_after_it(tmp_path: Path) -> None:
    kept = Kept()
    code, text, remarks = told(tmp_path, kept, "reload")
    assert (code, remarks) == (0, [])
    assert text.splitlines() == [
        "kill -HUP 7",
        "changes weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 7",
        "after the reload nothing differs from the configuration",
    ]
    assert kept.told[:2] == [KeepalivedOrder.TEST, KeepalivedOrder.RELOAD]


def test_changes_by_hand_are_named_after_a_reload(tmp_path: Path) -> None:
    kept = Kept(TABLE)
    kept.rules = Fake(TABLE.replace("10.0.0.2:80 -g -w 3", "10.0.0.2:80 -g -w 9")).rules
    kept.loaded = kept.file
    kept.order = lambda order, purpose=UNNAMED: kept.answer  # type: ignore[method-assign]
    _, text, _ = told(tmp_path, kept, "reload")
    assert text.splitlines()[1:] == [
        "changes nothing in the table; 1 made by hand stays",
        "after the reload 1 rule differs from the configuration",
        "  weight of 10.0.0.2:80 in tcp 192.0.2.1:80: 9 -> 3",
    ]


def test_a_dry_run_tests_the_configuration_and_sends_no_order(tmp_path: Path) -> None:
    kept = Kept()
    assert told(tmp_path, kept, "reload", dry_run=True)[0] == 1
    assert told(tmp_path, kept, "failover", dry_run=True)[0] == 1
    assert kept.told == [KeepalivedOrder.TEST, KeepalivedOrder.LOOK]


def test_a_configuration_that_keepalived_refuses_is_an_invalid_file(tmp_path: Path) -> None:
    kept = Kept()
    kept.answer = OrderAnswer(DAEMON, (Complaint("Unknown keyword 'x'", CONF, 12), Complaint("no protocol")), True)
    with pytest.raises(BadInput, match="nothing was sent") as caught:
        told(tmp_path, kept, "reload")
    assert caught.value.exit_code == 2
    assert kept.told == [KeepalivedOrder.TEST]


def test_warnings_are_printed_and_the_reload_continues(tmp_path: Path) -> None:
    kept = Kept()
    kept.answer = OrderAnswer(DAEMON, (Complaint("Unknown keyword 'x'", CONF, 12), Complaint("SECURITY VIOLATION")))
    code, _, remarks = told(tmp_path, kept, "reload")
    assert code == 0
    assert [str(remark) for remark in remarks] == [
        f"{CONF} line 12: Unknown keyword 'x'",
        f"{CONF}: SECURITY VIOLATION",
    ]


def test_an_outage_caused_by_the_file_needs_confirmation(tmp_path: Path) -> None:
    kept = Kept(TABLE.replace("10.0.0.1:443 -g -w 1", "10.0.0.1:443 -g -w 0"))
    with pytest.raises(NotDone, match="loses its last live server"):
        told(tmp_path, kept, "reload")
    assert KeepalivedOrder.RELOAD not in kept.told
    assert told(tmp_path, kept, "reload", allow_outage=True)[0] == 0


def test_a_failover_needs_confirmation(tmp_path: Path) -> None:
    kept = Kept()
    with pytest.raises(NotDone, match="it is not known beforehand whether a peer takes over") as caught:
        told(tmp_path, kept, "failover")
    assert caught.value.exit_code == 1
    assert kept.told == [KeepalivedOrder.LOOK]
    code, text, _ = told(tmp_path, kept, "failover", allow_outage=True)
    assert code == 0
    assert text.splitlines()[0] == "This director is master of VI_1 and holds 192.0.2.1."
    assert text.splitlines()[-1] == "handed over: 192.0.2.9 (priority 99) is master of VI_1 now"
    kept.answer = OrderAnswer(DAEMON)
    code, _, remarks = told(tmp_path, kept, "failover", allow_outage=True)
    assert "no other director was heard taking over" in remarks[0].text


def test_a_director_without_a_role_read_only_or_without_keepalived_gets_no_order(tmp_path: Path) -> None:
    kept = Kept()
    kept.vrrp = Vrrp("BACKUP", (), True)
    with pytest.raises(NotDone, match="master of nothing"):
        told(tmp_path, kept, "failover", allow_outage=True)
    for line in ("reload", "failover"):
        with pytest.raises(NotDone, match="as asked"):
            told(tmp_path, ReadOnly(Kept(), "as asked"), line, allow_outage=True)
        with pytest.raises(NotDone, match="no keepalived that lvstui can control"):
            told(tmp_path, Fake(TABLE), line, allow_outage=True)
    assert kept.told == [KeepalivedOrder.LOOK]


def test_the_lines_that_make_a_service_permanent(tmp_path: Path) -> None:
    kept = Kept(TABLE)
    kept.rules = Fake(WEIGHED).rules
    code, text, _ = told(tmp_path, kept, "conf 192.0.2.1:80")
    assert code == 0
    assert "weight of 10.0.0.1:80 in tcp 192.0.2.1:80: 3 -> 7" in text
    assert "virtual_server 192.0.2.1 80 {" in text
    file = tmp_path / "new/web.conf"
    assert told(tmp_path, kept, f"conf 192.0.2.1:80 to {file}")[:2] == (0, f"written: {file}\n")
    assert file.read_text() == text
    with pytest.raises(NotDone, match="keepalived's own file"):
        told(tmp_path, kept, f"conf 192.0.2.1:80 to {CONF}")
    with pytest.raises(BadInput, match="is not a service in the table"):
        told(tmp_path, kept, "conf 192.0.2.9:80")
