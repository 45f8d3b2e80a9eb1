"""--list, --save, --diff, --convert, --where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lvstui.director.checks.judged import Failed
from lvstui.director.errors import BadInput, NotDone, Unavailable
from lvstui.director.model import RuleSet, server_key
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.formats import ipvsadm
from lvstui.formats.contents import Contents, contents_of
from lvstui.formats.rule_files import parse, read_rules
from lvstui.verbs import convert, diff, save, where
from lvstui.verbs import list as listing
from lvstui.verbs.verb import Coloured
from tests.verbs.fake import Fake, done
from tests.verbs.test_restore import kept_in

WEB = """\
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -m -w 3
"""


def poor(text: str) -> Fake:
    fake = Fake(text)
    fake.unknown, fake.read_only = frozenset({"flags", "counters"}), "not root"
    return fake


class Owned(Fake):
    """A table that is written by a program, or by nobody."""

    owner: str | None = None

    def read(self, scope: Scope) -> State:
        return super().read(scope)._replace(owner=self.owner)


@pytest.mark.parametrize(
    ("owner", "said"),
    [("keepalived",) * 2, ("ldirectord",) * 2, ("kube-proxy",) * 2, ("kube-router",) * 2, ("", "nobody"), (None, None)],
)
def test_the_data_has_the_program_that_writes_the_table(owner: str | None, said: str | None) -> None:
    fake = Owned(WEB)
    fake.owner = owner
    assert json.loads(done(listing.run(fake, "json"))[1])["director"]["owner"] == said


def test_list_as_text_and_data() -> None:
    assert done(listing.run(Fake(WEB), "ipvsadm")) == (0, WEB, [])
    assert (
        '[snapshot]\nformat = 1\nhost = "lvs1"\ntaken = 2026-11-23T02:53:06Z\nkernel = "6.1"\n'
        in done(listing.run(Fake(WEB), "toml"))[1]
    )
    data = json.loads(done(listing.run(Fake(WEB), "json"))[1])
    assert data["director"]["vrrp"]["role"] is None
    assert {one["value"] for one in data["unknown"]} == {
        *("director.ip_vs", "director.load", "director.rates", "director.sysctls"),
        *("director.live", "director.configured", "director.down", "director.degraded", "service.configured"),
        *("director.vrrp.role", "director.vrrp.held", "director.vrrp.instances"),
        *("director.vrrp.keepalived", "director.owner"),
    }
    (service,) = data["service"]
    assert service["counters"]["connections"] == 9
    assert [server["active"] for server in service["server"]] == [5, 5]


def test_list_of_a_poor_read() -> None:
    data = json.loads(done(listing.run(poor(WEB), "json"))[1])
    assert [one for one in data["unknown"] if "." not in one["value"]] == [
        {"value": "counters", "why": "not root"},
        {"value": "flags", "why": "not root"},
    ]
    service = data["service"][0]
    assert (service["counters"], service["rates"], service["flags"]) == (None, None, None)
    assert [(server["active"], server["persistent"], server["rates"]) for server in service["server"]] == [
        (5, None, None),
        (5, None, None),
    ]
    for kind in ("ipvsadm", "toml"):
        with pytest.raises(Unavailable):
            done(listing.run(poor(WEB), kind))


def test_save(tmp_path: Path) -> None:
    assert done(save.run(Fake(WEB), "-", kept_in(tmp_path))) == (0, WEB, [])
    for name in ("a.rules", "a.toml", "a.json"):
        path = tmp_path / name
        path.write_text("old")
        path.chmod(0o644)
        assert done(save.run(Fake(WEB), str(path), kept_in(tmp_path))) == (0, "", [])
        assert path.stat().st_mode & 0o777 == 0o600
        text = "".join(ipvsadm.write(_contents(str(path))))
        assert text == WEB
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "a.rules", "a.toml"]
    done(save.run(Fake(WEB), str(tmp_path / "b"), kept_in(tmp_path), "json"))
    assert json.loads((tmp_path / "b").read_text())["snapshot"]["host"] == "lvs1"


def test_save_that_fails(tmp_path: Path) -> None:
    with pytest.raises(NotDone) as caught:
        done(save.run(Fake(WEB), str(tmp_path / "no" / "where"), kept_in(tmp_path)))
    assert "No such file or directory" in caught.value.why
    with pytest.raises(Unavailable) as poorly:
        done(save.run(poor(WEB), str(tmp_path / "a"), kept_in(tmp_path)))
    assert "not root" in poorly.value.why
    assert list(tmp_path.iterdir()) == []


def test_diff_in_words() -> None:
    old, new = (
        _rules(WEB + "-A -f 1 -s rr\n-a -f 1 -r 10.0.0.1:0\n"),
        _rules(
            WEB.replace("wrr", "wlc -p 60")
            .replace("10.0.0.1:80 -g -w 3", "10.0.0.1:80 -i -w 5 --tun-type gue --tun-port 6080")
            .replace("10.0.0.2", "10.0.0.3")
            + "-A -f 2 -s sh -b sh-port\n-a -f 2 -r 10.0.0.1:0 -g -w 1 -x 9 -y 8\n--set 1 0 3\n"
            + "--start-daemon master --mcast-interface eth1 --syncid 3\n"
        ),
    )
    code, text, _ = done(diff.run(old, new, "text"))
    assert code == 1
    assert text == (
        "~ tcp 192.0.2.1:80  scheduler wrr -> wlc, persistence none -> 60\n"
        "    ~ 10.0.0.1:80  forward route -> tunnel, weight 3 -> 5, tunnel none -> gue 6080\n"
        "    + 10.0.0.3:80  forward masq, weight 3\n"
        "    - 10.0.0.2:80\n"
        "- fwmark 1  with 1 server\n"
        "+ fwmark 2  scheduler sh, flags sh-port\n"
        "    + 10.0.0.1:0  forward route, weight 1, upper 9, lower 8\n"
        "~ timeouts  tcp 0 -> 1, udp 0 -> 3\n"
        "+ sync daemon master  interface eth1, id 3\n"
        "1 service changed, 1 server changed, 2 servers added, 1 service added, 1 server deleted, 1 service deleted, "
        "1 timeout setting changed, 1 sync daemon changed\n"
    )
    _, text, _ = done(diff.run(old, new, "ipvsadm"))
    assert text.startswith("ipvsadm -E -t 192.0.2.1:80 -s wlc -p 60\n")
    data = json.loads(done(diff.run(old, new, "json"))[1])
    assert data[0] == {
        "change": "edit-service",
        "service": "tcp 192.0.2.1:80",
        "set": {
            "protocol": "tcp",
            "address": "192.0.2.1",
            "port": 80,
            "scheduler": "wlc",
            "persistence": 60,
        },
        "command": "ipvsadm -E -t 192.0.2.1:80 -s wlc -p 60",
    }
    assert len(data) == len(text.splitlines())


def test_an_unchanged_service_has_no_sign() -> None:
    _, text, _ = done(diff.run(_rules(WEB), _rules(WEB.replace("-g -w 3", "-g -w 4")), "text"))
    assert text == "  tcp 192.0.2.1:80\n    ~ 10.0.0.1:80  weight 3 -> 4\n1 server changed\n"


def test_no_difference() -> None:
    for kind, text in (("text", ""), ("ipvsadm", ""), ("json", "[\n]\n")):
        assert done(diff.run(_rules(WEB), _rules(WEB), kind)) == (0, text, [])


def test_convert(tmp_path: Path) -> None:
    (tmp_path / "a.rules").write_text("ipvsadm " + WEB + WEB)
    code, text, remarks = done(convert.run(str(tmp_path / "a.rules"), str(tmp_path / "a.toml")))
    assert (code, text, len(remarks)) == (0, "", 3)
    assert done(convert.run(str(tmp_path / "a.toml"), "-", "ipvsadm")) == (0, WEB, [])
    toml = (tmp_path / "a.toml").read_text()
    (tmp_path / "b.toml").write_text(toml.replace("format = 1", "format = 1\n[timeouts]\ntcp = 5"))
    _, _, remarks = done(convert.run(str(tmp_path / "b.toml"), str(tmp_path / "b.rules")))
    assert [str(remark) for remark in remarks] == [
        f"{tmp_path}/b.rules: ipvsadm text does not hold timeouts; TOML does",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_rules(str(tmp_path / "none.toml"))
    assert "No such file" in caught.value.why
    with pytest.raises(BadInput):
        read_rules(str(tmp_path))
    (tmp_path / "latin").write_bytes(b"# fine\n# caf\xe9\n")
    with pytest.raises(BadInput) as caught:
        read_rules(str(tmp_path / "latin"))
    assert caught.value.what.endswith("latin line 2")
    with pytest.raises(BadInput):
        read_rules("a\0b")


def test_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LVSTUI_STATE", str(tmp_path))
    _, text, _ = done(where.run())
    assert f"state      {tmp_path}\n" in text
    assert "snapshots  " in text and "seed-cluster" not in text


def _rules(text: str) -> RuleSet:
    return ipvsadm.read(text)[0]


def _contents(path: str) -> Contents:
    return contents_of(read_rules(path).rules)


def test_a_failed_check_is_not_a_difference() -> None:
    now = parse("-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n", "ipvsadm").rules
    key = next(iter(now.rules))
    failed = (Failed(key, server_key("10.0.0.2", 80), "out by check or hand"),)
    code, text, _ = done(diff.run(now, now, "text", failed))
    words = "  tcp 192.0.2.1:80\n    ! 10.0.0.2:80  out by check or hand\nnothing differs, 1 by check or hand\n"
    assert (code, text) == (0, words)
    assert '"change": "failed-check"' in done(diff.run(now, now, "json", failed))[1]
    assert done(diff.run(now, now, "ipvsadm", failed))[:2] == (0, "")


def test_a_difference_in_colours() -> None:
    now = parse("-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n", "ipvsadm").rules
    parts = list(diff.run(now, RuleSet(), "text", colour=True))
    assert parts == [Coloured("- tcp 192.0.2.1:80  with 1 server", "31"), "1 service deleted\n"]
