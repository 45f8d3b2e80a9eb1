"""A slow machine: what was not read is never shown as known. No clock decides here, only what has been read."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.configured import Configured
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import server_key, service_key
from lvstui.director.source import Scope
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import Instance
from lvstui.verbs import list as listing
from lvstui.verbs import watch
from lvstui.views.head import ScreenStatus as Seen
from lvstui.views.head import head
from lvstui.views.vrrp import nothing
from tests.verbs.fake import Fake, done

INTERFACES = Vrrp(unread="the network interfaces have not been read yet")
KEEPALIVED = Vrrp("MASTER", ("192.0.2.1",), unread="lvstui has not looked for keepalived yet")
ALL = Vrrp("MASTER", ("192.0.2.1",), True, (InstanceStatus(Instance("VI_1", "MASTER"), "MASTER"),), "configuration")
WEB = "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n"


class Slow(Fake):
    """A director of which more becomes known from read to read; the last of it stays."""

    def __init__(self, *stages: Vrrp, owner: str | None = "") -> None:
        super().__init__(WEB)
        self.stages = list(stages)
        self.owner = owner
        self.call: Callable[[], None] = lambda: None

    def on_news(self, call: Callable[[], None]) -> None:
        self.call = call

    def read(self, scope: Scope) -> State:
        vrrp = self.stages.pop(0) if len(self.stages) > 1 else self.stages[0]
        threading.Thread(target=self.call).start()
        return super().read(scope)._replace(vrrp=vrrp, owner=self.owner)


@pytest.fixture(autouse=True)
def _as_long_as_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PATIENCE", 600.0)


def listed(source: Fake) -> tuple[dict[str, Any], dict[str, str]]:
    """What JSON says of the director, and why it does not say more."""
    data = json.loads(done(listing.run(source, "json"))[1])
    return data, {one["value"]: one["why"] for one in data["unknown"]}


def test_list_waits_until_everything_has_been_read() -> None:
    data, unknown = listed(Slow(*[INTERFACES] * 20, *[KEEPALIVED] * 20, ALL))
    vrrp = data["director"]["vrrp"]
    assert (vrrp["role"], vrrp["held"], vrrp["keepalived"]) == ("MASTER", ["192.0.2.1"], True)
    assert [one["name"] for one in vrrp["instances"]] == ["VI_1"]
    assert not any(name.startswith("director.vrrp") for name in unknown)


@pytest.mark.parametrize(
    ("vrrp", "nulls"),
    [
        (INTERFACES, {"role", "held", "keepalived", "source", "instances"}),
        (KEEPALIVED, {"keepalived", "source", "instances"}),
        (Vrrp(trouble="interfaces are not read: Too many open files", stale=True), {"role", "held", "keepalived"}),
        (Vrrp("", (), True, unread="keepalived has not answered on D-Bus yet"), {"role", "instances"}),
    ],
)
def test_values_that_are_not_read_in_time_are_null_with_a_reason(
    vrrp: Vrrp, nulls: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_PATIENCE", 0.0)
    data, unknown = listed(Slow(vrrp))
    here = data["director"]["vrrp"]
    assert nulls <= {name for name, value in here.items() if value is None}
    for name in nulls - {"source"}:
        assert unknown[f"director.vrrp.{name}"] == (vrrp.unread or vrrp.trouble)
    assert "no virtual address is here, and no keepalived reports a role" not in unknown.values()


def test_drift_that_is_not_known_is_null_and_not_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_PATIENCE", 0.0)
    data, unknown = listed(Slow(Vrrp("", (), True), owner="keepalived"))
    assert data["drift"] is None
    assert unknown["drift"] == "keepalived's configuration was not read"


def checks_known(*stages: KeepalivedState) -> tuple[list[str], dict[str, str]]:
    """What is said of the check of each real server, with keepalived asked, and why not more is."""

    class Asked(Slow):
        def read(self, scope: Scope) -> State:
            state = super().read(scope)
            keeping = kept.pop(0) if len(kept) > 1 else kept[0]
            told = keeping.reported_at + state.taken if keeping.reported_at is not None else None
            return state._replace(keeping=keeping._replace(reported_at=told))

    kept = list(stages)
    data = json.loads(done(listing.run(Asked(ALL, owner="keepalived"), "json", ask=True))[1])
    (service,) = data["service"]
    words = [one["check"] for one in (*service["server"], *service["out"])]
    return words, {one["value"]: one["why"] for one in data["unknown"]}


KEY, OUT = service_key(6, "192.0.2.1", 80), server_key("10.0.0.2", 80)
MEANT = Configured(
    Fake(f"{WEB}-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n").rules, [], checked={(KEY, OUT): ("TCP_CHECK",)}
)
DOWN = {
    KEY: CheckedService(
        KEY, 1, True, None, (CheckedServer(OUT, 3, 3, False, False, False, (Checker("TCP_CHECK", False, True),)),)
    )
}


def test_an_answer_older_than_the_table_is_ignored_and_a_younger_one_is_waited_for() -> None:
    old, young = (KeepalivedState("k", MEANT, MEANT, DOWN, told) for told in (-9.0, 1e6))
    words, unknown = checks_known(*[old] * 20, young)
    assert (words, "check" in unknown) == (["not checked", "down by TCP_CHECK"], False)


def test_the_reason_for_unknown_check_results(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = KeepalivedState("k", MEANT, MEANT, silent="keepalived does not answer within 3 s")
    words, unknown = checks_known(silent)  # which is not waited for
    assert (words[1], unknown["check"]) == ("out by check or hand", "keepalived does not answer within 3 s")
    monkeypatch.setattr(listing, "_PATIENCE", 0.0)
    monkeypatch.setattr(listing, "_ANSWER", 0.0)
    words, unknown = checks_known(KeepalivedState("k", MEANT, MEANT, DOWN, -9.0))
    assert (words[1], "older than the table" in unknown["check"]) == ("out by check or hand", True)


def test_an_empty_result_is_distinguished_from_an_unknown_one() -> None:
    data, unknown = listed(Slow(Vrrp("", (), False)))
    vrrp = data["director"]["vrrp"]
    assert (vrrp["held"], vrrp["keepalived"], vrrp["instances"]) == ([], False, [])
    assert unknown["director.vrrp.role"] == "no virtual address is here, and no keepalived reports a role"


def test_the_screen_says_which_values_are_not_known_yet() -> None:
    def words(vrrp: Vrrp) -> str:
        state = Slow(vrrp).read(Scope())._replace(owner=None)
        return "".join(piece.text for line in head(state, Seen(), 140) for piece in line)

    assert "VRRP …" in words(INTERFACES) and "table by ?" in words(INTERFACES)
    assert "no keepalived" not in words(INTERFACES)
    assert "VRRP …" not in words(Vrrp("", (), False)) and "no keepalived" in words(Vrrp("", (), False))
    assert nothing(INTERFACES) == "not known: the network interfaces have not been read yet"


def test_a_value_that_becomes_known_is_not_reported_as_a_change() -> None:
    source = Slow(INTERFACES, INTERFACES, ALL)
    told = watch.run(source, 0.0, sleep=lambda seconds: None)
    lines = [str(next(told)) for _ in range(4)]
    assert not any("now holds" in line for line in lines)
