"""Drift in --diff and in --list --format json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvstui.commands.parse import parse
from lvstui.director.configured import Configured
from lvstui.director.drift.all import drifts
from lvstui.director.errors import Unavailable
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import RuleSet
from lvstui.director.remarks import Remark
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.formats import ipvsadm
from lvstui.places import TablePaths as Kept_
from lvstui.verbs import diff, do, do_drift
from lvstui.verbs import list as listing
from lvstui.verbs.questions import ChangeOptions
from lvstui.views.operator_names import NO_NAMES
from tests.verbs.fake import Fake, done

CONFIGURED = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3
"""
NOW = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 7
-A -t 192.0.2.2:80 -s rr
"""


def keeping() -> KeepalivedState:
    rules = ipvsadm.read(CONFIGURED)[0]
    meant = Configured(
        rules, [], checked={(key, one): ("TCP_CHECK",) for key, of in rules.rules.items() for one in of[1]}
    )
    return KeepalivedState("keepalived.conf", meant, meant)


class Kept(Fake):
    """A table that a keepalived makes."""

    def read(self, scope: Scope) -> State:
        return super().read(scope)._replace(owner="keepalived", keeping=keeping())


def unchecked() -> tuple[RuleSet, KeepalivedState]:
    """The table, and a keepalived that checks nothing: whoever is missing was taken out by hand."""
    kept = keeping()
    meant = kept.on_disk
    assert meant is not None
    bare = meant._replace(checked={})
    return ipvsadm.read(NOW)[0], kept._replace(on_disk=bare, loaded=bare)


def test_a_difference_says_what_each_event_will_do_to_it() -> None:
    now, kept = unchecked()
    meant = kept.effective
    assert meant is not None
    found = drifts(now, kept)
    code, text, _ = done(diff.run(now, meant.rules, "text", drifts=found))
    assert code == 1
    assert text == (
        "  tcp 192.0.2.1:80\n"
        "    ~ 10.0.0.1:80  weight 7 -> 3\n"
        "        reload: stays  restart: is reverted to weight 3  next check: stays: it has no check"
        "  failover: stays here: the peer serves by its own table\n"
        "    + 10.0.0.2:80  forward route, weight 3\n"
        "        reload: stays  restart: is added again, weight 3  next check: stays: it has no check"
        "  failover: stays here: the peer serves by its own table\n"
        "- tcp 192.0.2.2:80  with 0 servers\n"
        "    reload, restart, checks: stays  failover: stays here: the peer serves by its own table\n"
        "1 server changed, 1 server added, 1 service deleted\n"
    )


def test_the_other_formats_have_the_drift_too() -> None:
    now, kept = unchecked()
    meant = kept.effective
    assert meant is not None
    found = drifts(now, kept)
    commands = done(diff.run(now, meant.rules, "ipvsadm", drifts=found))[1].splitlines()
    assert commands[0].startswith("ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3  # reload: stays  restart: is rev")
    data = json.loads(done(diff.run(now, meant.rules, "json", drifts=found))[1])
    assert data[0]["drift"] == "weight 7 by hand, configured 3"
    assert data[0]["fate"]["restart"] == "is reverted to weight 3"
    assert set(data[0]["fate"]) == {"reload", "restart", "check", "failover"}


def test_without_a_running_keepalived_nothing_is_predicted() -> None:
    now = ipvsadm.read(NOW)[0]
    rules = keeping().effective
    assert rules is not None
    text = done(diff.run(now, rules.rules, "text"))[1]
    assert "reload" not in text


def test_the_list_has_the_drift() -> None:
    data = json.loads(done(listing.run(Kept(NOW), "json"))[1])
    assert [(one["service"], one["server"], one["kind"]) for one in data["drift"]] == [
        ("tcp 192.0.2.1:80", "10.0.0.1:80", "weight"),
        ("tcp 192.0.2.2:80", None, "foreign"),
    ]
    assert data["drift"][0]["fate"]["check"] == "is reverted to weight 3"
    assert "drift" not in json.loads(done(listing.run(Fake(NOW), "json"))[1])


def test_a_poor_read_says_that_drift_is_unknown() -> None:
    poor = Kept(NOW)
    poor.unknown = frozenset({"flags"})
    data = json.loads(done(listing.run(poor, "json"))[1])
    assert data["drift"] is None
    assert {"value": "drift", "why": "not all of the rules can be read from this source"} in data["unknown"]


def test_nothing_drifts_while_everything_is_as_configured() -> None:
    data = json.loads(done(listing.run(Kept(CONFIGURED), "json"))[1])
    assert data["drift"] == []


def drift(source: Fake, tmp_path: Path) -> tuple[int, str, list[Remark]]:
    asked = parse("drift")
    do.refuse_looks(asked)
    return done(do.run(source, asked, NO_NAMES, ChangeOptions(), Kept_(tmp_path, tmp_path / "run", "boot")))


def test_do_drift_prints_each_difference_and_exits_as_diff_does(tmp_path: Path) -> None:
    code, text, _ = drift(Kept(NOW), tmp_path)
    assert code == 1
    assert text.splitlines()[0] == "drift: 2 differences from what keepalived means (keepalived.conf)"
    assert "  10.0.0.1:80  weight 7 by hand, configured 3" in text.splitlines()
    assert "restart, next check: is reverted to weight 3" in text
    code, text, _ = drift(Kept(CONFIGURED), tmp_path)
    assert (code, text) == (0, "no drift: the table is as keepalived programmed it from keepalived.conf\n")


def test_do_drift_does_not_say_no_while_keepalived_may_still_change_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Young(Kept):
        """keepalived loaded its configuration a moment ago, until it was read so many times."""

        settled = 1_000

        def read(self, scope: Scope) -> State:
            self.settled -= 1
            state = super().read(scope)
            kept = state.keeping
            assert kept is not None
            return state._replace(keeping=kept._replace(settles=self.settled > 0))

    monkeypatch.setattr(do_drift, "LONG", 0.5)
    with pytest.raises(Unavailable) as caught:
        drift(Young(NOW), tmp_path)
    assert "keepalived has just loaded its configuration" in str(caught.value.why)
    soon = Young(NOW)
    soon.settled = 2
    assert drift(soon, tmp_path)[0] == 1


def test_do_drift_without_a_keepalived_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        drift(Fake(NOW), tmp_path)
    assert "no keepalived programs this table" in str(caught.value.why)
    assert caught.value.exit_code == 3
