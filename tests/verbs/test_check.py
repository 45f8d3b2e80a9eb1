"""--check, --metrics and --events on a director in memory: lines, exit codes, bounded output."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lvstui.cli import main
from lvstui.director.change import EditServer
from lvstui.director.errors import BadInput, NotDone, Unavailable
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Server, address_packed, server_key, service_key
from lvstui.director.probe import ArpAnswer, ArpAnswers, ProbeResult, Probes, ProbeTarget
from lvstui.director.record import DONE, Record, Who
from lvstui.director.source import Scope
from lvstui.director.state import State, Vrrp, total
from lvstui.doctor.registry import IDS
from lvstui.verbs import check, events, examining, metrics, unit
from tests.verbs.fake import Fake, done

HEALTHY = (
    "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 1\n"
)
DRAINED = HEALTHY.replace("-w 1", "-w 0")
BLIND = HEALTHY.replace("wrr", "rr").replace("10.0.0.2:80 -g -w 1", "10.0.0.2:80 -g -w 9")
ALL = frozenset(IDS)


class Swept(Fake):
    """With what a sweep has: the pools added up, and who makes the table."""

    def read(self, scope: Scope) -> State:
        state = super().read(scope)
        return state._replace(load=total(pool.load for pool in state.pools.values()), owner="", swept=1.0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "APART", 0.0)


def checked(text: str, ids: frozenset[str] = ALL, silence: dict[str, str] | None = None) -> tuple[int, str]:
    code, said, _ = done(check.run(Swept(text), ids, silence or {}, "text"))
    return code, said


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (HEALTHY, 0, "LVSTUI OK - "),
        (BLIND, 1, "LVSTUI WARNING - 1 warning: tcp 192.0.2.1:80: rr ignores its weights 1/9"),
        (DRAINED, 2, "LVSTUI CRITICAL - 1 critical: tcp 192.0.2.1:80: all 2 servers have weight 0"),
    ],
)
def test_one_line_and_the_exit_code_of_the_worst(text: str, code: int, words: str) -> None:
    got, said = checked(text)
    assert (got, said.count("\n")) == (code, 1)
    assert said.startswith(words)
    line, bar, data = said.partition(" | ")
    assert bar and re.fullmatch(r"(\w+=[0-9.e+]+[A-Z]?(;[0-9]*){0,4} ?)+\n", data)
    assert "|" not in line


def test_json_says_since_when_by_the_audit_log() -> None:
    drained, other = Server(server_key("10.0.0.1", 80), weight=0), Server(server_key("10.0.0.2", 80), weight=0)
    web = service_key(6, "192.0.2.1", 80)

    def told(*records: Record) -> object:
        _, said, _ = done(check.run(Swept(DRAINED), ALL, {}, "json", records=lambda: records))
        return next(one["since"] for one in json.loads(said)["findings"] if one["id"] == "all-drained")

    def record(epoch: float, server: Server) -> Record:
        undo = EditServer(web, server._replace(weight=1))
        return Record(
            epoch, Who("ann"), "lvs1", "", "console", "t", "ipvsadm", DONE, "", "", EditServer(web, server), (undo,)
        )

    assert told(record(60.0, other), record(50.0, drained)) == 60.0
    assert told(record(60.0, other)) is None, "when the first was drained is not known, and that may be later"


def many(number: int) -> str:
    return "".join(BLIND.replace("192.0.2.1:", f"10.{n >> 8}.{n & 255}.1:") for n in range(number))


def test_a_check_of_ten_thousand_services_is_one_line_that_counts_the_rest() -> None:
    code, said = checked(many(10_000))
    assert code == 1 and said.count("\n") == 1 and len(said) < 1000
    assert (
        "LVSTUI WARNING - 10000 warnings: " in said and "; and 9995 more findings" in said and "services=10000;" in said
    )


@pytest.mark.parametrize(("number", "silence"), [(10_000, {}), (2000, {"blind-scheduler": "known"})])
def test_json_of_ten_thousand_services_lists_a_thousand_findings_and_counts_the_rest(
    number: int, silence: dict[str, str]
) -> None:
    worse = BLIND.replace("192.0.2.1:", "192.0.2.9:").replace(" -w 1", " -w 0").replace(" -w 9", " -w 0")
    code, said, _ = done(check.run(Swept(many(number) + worse), ALL, silence, "json"))
    told = json.loads(said)
    loud, quiet = ("silenced", "findings") if silence else ("findings", "silenced")
    more, none = ("more_silenced", "more") if silence else ("more", "more_silenced")
    assert code == told["code"] == 2 and told["findings"][0]["id"] == "all-drained"  # the worst is not left out
    assert len(told[loud]) == 1000 and len(told[loud]) + told[more] >= number, told[more]
    assert len(told[quiet]) < 3 and told[none] == 0, told[quiet]


def test_with_ids_only_these_are_checked_and_unknown_if_they_cannot_be_judged() -> None:
    assert checked(DRAINED, frozenset({"blind-scheduler"}))[0] == 0
    assert checked(DRAINED, frozenset({"all-drained"}))[0] == 2
    code, said = checked(HEALTHY, frozenset({"vip-missing"}))
    assert code == 3 and "vip-missing cannot be judged: was not read" in said
    assert checked(DRAINED, frozenset({"all-drained", "vip-missing"}))[0] == 2  # the worst counts: 2 before 3
    assert checked(BLIND, frozenset({"blind-scheduler", "vip-missing"}))[0] == 3  # and 3 before 1
    with pytest.raises(BadInput, match="no such finding"):
        check.chosen(["fulll"])


class Kept(Swept):
    """A table of keepalived: what is known of it comes from read to read, and the last of it stays. Each read is a
    second later than the one before."""

    stages: tuple[tuple[Vrrp, KeepalivedState | None], ...] = ()

    def on_news(self, call: Callable[[], None]) -> None:
        call()

    def read(self, scope: Scope) -> State:
        state, number = super().read(scope), len(self.scopes)
        vrrp, keeping = self.stages[min(number, len(self.stages)) - 1]
        at = float(number)
        return state._replace(at=at, swept=at, vrrp=vrrp, keeping=keeping, owner="keepalived")

    def looked_at(self, patience: float) -> None:
        examining.examined(
            self, {}, clock=lambda: float(len(self.scopes)), sleep=lambda seconds: None, patience=patience
        )


UNREAD, READ = Vrrp(unread="keepalived has not answered on D-Bus yet"), Vrrp(keepalived=True)


def keeping(looked: float) -> KeepalivedState:
    return KeepalivedState("/etc/keepalived/keepalived.conf", read_at=looked)


@pytest.mark.parametrize(
    ("stages", "reads"),
    [
        # It was looked at after the table, which has stayed as it is: later reads of it change nothing.
        (((READ, None), (READ, keeping(1.5))), 3),
        (((UNREAD, None), (UNREAD, None), (UNREAD, None), (READ, keeping(1.5))), 5),
        # It loaded something a moment ago.
        (((READ, keeping(1.5)._replace(settles=True)),) * 4 + ((READ, keeping(1.5)),), 6),
        # It may not be looked into: nothing is coming.
        (((UNREAD, None), (READ, None)), 4),
        (((READ, None),), 3),
        (((READ._replace(stale=True, trouble="it cannot be looked at"), None),), 3),
        # It does not answer.
        (((READ, keeping(0.5)._replace(silent="does not answer")),), 3),
        (((UNREAD, None),), 20),
    ],
)
def test_the_check_waits_for_a_report_of_keepalived_that_is_on_its_way(
    stages: tuple[tuple[Vrrp, KeepalivedState | None], ...], reads: int
) -> None:
    source = Kept(HEALTHY)
    source.stages = stages
    source.looked_at(20.0)
    assert len(source.scopes) == reads if reads < 20 else len(source.scopes) >= 20


class Tries(Swept):
    """A source from which ports and addresses can be tried: 10.0.0.2 refuses, and answers for every virtual address."""

    untold = ""

    def probes(self) -> Probes:
        return self  # type: ignore[return-value]  # it is never asked for connections

    def knock(self, knocks: Sequence[ProbeTarget]) -> Iterator[ProbeResult]:
        for one in knocks:
            yield ProbeResult(one, 0.001, "refused" if one.address == SECOND else "")

    def who_has(self, address: bytes, device: str = "") -> ArpAnswers:
        if self.untold:
            raise NotDone("who has it", self.untold)
        return ArpAnswers(address, device or "eth0", True, 1.0, (ArpAnswer("02:00:00:00:00:02", "", (SECOND,)),))


SECOND = address_packed("10.0.0.2")


def test_ports_and_addresses_are_probed_only_on_request() -> None:
    code, said, _ = done(check.run(Tries(HEALTHY), ALL, {}, "text"))
    assert (code, "port" in said) == (0, False)
    code, said, _ = done(check.run(Tries(HEALTHY), ALL, {}, "text", probe=True))
    assert code == 2 and "1 critical, 1 warning" in said
    assert "10.0.0.2:80 of tcp 192.0.2.1:80: its port did not open" in said
    assert "192.0.2.1: real server 10.0.0.2 answers for it" in said
    tried = frozenset({"address-twice"})
    code, said, _ = done(check.run(Tries(HEALTHY), tried, {}, "text"))
    assert code == 3 and "address-twice cannot be judged: is tried only when somebody asks" in said
    assert done(check.run(Tries(HEALTHY), tried, {}, "text", probe=True))[0] == 0


def test_a_failed_attempt_to_probe_is_unknown_and_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tries, "untold", "needs CAP_NET_RAW")
    open_alone = HEALTHY.replace("10.0.0.2", "10.0.0.3")
    code, said, _ = done(check.run(Tries(open_alone), ALL, {}, "text", probe=True))
    assert code == 3 and "who has it: needs CAP_NET_RAW" in said
    monkeypatch.setattr(examining, "PROBING", 0.0)
    assert "1 of 2 real servers were tried" in done(check.run(Tries(open_alone), ALL, {}, "text", probe=True))[1]
    data = json.loads(done(check.run(Tries(open_alone), ALL, {}, "json", probe=True))[1])
    assert data["untried"] == ["1 of 2 real servers were tried", "who has it: needs CAP_NET_RAW"]


def test_silenced_findings_do_not_alarm_and_are_counted() -> None:
    code, said = checked(BLIND, silence={"blind-scheduler tcp 192.0.2.1:80": "equal machines"})
    assert code == 0 and "1 silenced" in said
    assert checked(BLIND, silence={"blind-scheduler tcp 192.0.2.9:80": "another"})[0] == 1


def test_json_has_the_evidence() -> None:
    code, said, _ = done(check.run(Swept(BLIND), ALL, {}, "json"))
    data = json.loads(said)
    (one,) = [one for one in data["findings"] if one["severity"] == "warning"]
    assert (code, data["code"], data["status"]) == (1, 1, "WARNING")
    assert {"name": "weights", "value": "1/9", "where": "IPVS table"} in one["evidence"]
    assert one["do"] == ["ipvsadm -E -t 192.0.2.1:80 -s wrr"]
    assert "vip-missing" in data["unjudged"]


def test_thresholds_in_the_settings_apply_and_wrong_ones_are_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In --check and --metrics; --print-config says what is in effect, and exits with 2 where something cannot be."""
    path = tmp_path / "config.toml"
    path.write_text("[thresholds]\nlast-live = 2\nhash-small = true\ntable-memory = 0\n[silence]\nnonesuch = 'why'\n")
    words = ["--config", str(path), "--demo", "site"]
    assert main(["--check", "last-live", *words]) == 1
    out, err = capsys.readouterr()
    assert "tcp 192.0.2.10:80: 2 of 3 servers are left" in out
    complaints = [line.removeprefix(f"lvstui: {path} line ") for line in err.splitlines()]
    assert [line[0] for line in complaints] == ["3", "6", "4"], err
    assert complaints[2] == "4: table-memory must be a number from 1 to 99 (%), and is 0"
    assert main(["--metrics", *words]) == 0
    assert 'lvstui_findings{id="degraded",severity="warning"} 0' in capsys.readouterr().out
    assert main(["--print-config", *words]) == 2
    out, err = capsys.readouterr()
    assert "\nlast-live = 2 " in out and "\n#table-memory = 10 " in out and "nonesuch" not in out
    assert err.count("\n") == 3


def broken_settings(folder: Path) -> list[str]:
    (folder / "broken.toml").write_text("[silence\n")
    return ["--config", str(folder / "broken.toml"), "--demo"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (lambda folder: ["--config", str(folder / "none.toml")], 3, "LVSTUI UNKNOWN - "),
        (lambda folder: ["no-such-finding", "--demo"], 3, "LVSTUI UNKNOWN - "),
        (lambda folder: ["--no-such-option"], 3, "LVSTUI UNKNOWN - "),
        (lambda folder: ["--demo", "no-such-world"], 3, "LVSTUI UNKNOWN - "),
        (broken_settings, 0, "LVSTUI OK - "),
    ],
)
def test_every_error_is_a_line_and_a_code_of_the_convention(
    words: Callable[[Path], list[str]], code: int, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check", *words(tmp_path)]) == code
    out, err = capsys.readouterr()
    assert out.startswith(says) and out.count("\n") == 1
    assert "Traceback" not in out + err


def test_an_unreadable_table_is_unknown_and_still_has_metrics(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(*args: object, **kwargs: object) -> None:
        raise Unavailable("IPVS", "this kernel has no ip_vs loaded", "modprobe ip_vs")

    monkeypatch.setattr("lvstui.live.open_source", gone)
    assert main(["--check"]) == 3
    assert capsys.readouterr().out == "LVSTUI UNKNOWN - IPVS: this kernel has no ip_vs loaded; modprobe ip_vs\n"
    assert main(["--metrics"]) == 3
    out, err = capsys.readouterr()
    assert out.endswith("lvstui_up 0\n") and "modprobe ip_vs" in err


SAMPLE = re.compile(r'lvstui_[a-z_]+(\{([a-z_]+="(\\.|[^"\\\n])*",?)*\})? -?[0-9.e+-]+')


def samples(text: str) -> list[str]:
    """Each sample, checked for its form, and that its family was introduced before it."""
    typed: set[str] = set()
    found = []
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in typed, "a family is told in one piece"
            typed.add(name)
        elif not line.startswith("# HELP "):
            assert SAMPLE.fullmatch(line), line
            assert re.split(r"[{ ]", line)[0] in typed
            found.append(line)
    return found


def test_metrics_are_in_the_text_format_with_the_labels_of_node_exporter() -> None:
    code, text, _ = done(metrics.run(Swept(BLIND), {}))
    found = samples(text)
    assert code == 0 and text.endswith("\n")
    assert 'lvstui_findings{id="blind-scheduler",severity="warning"} 1' in found
    assert 'lvstui_findings{id="vip-missing",severity="critical"} 0' in found
    where = 'local_address="192.0.2.1",local_port="80",local_mark="",proto="TCP"'
    assert f"lvstui_service_live_servers{{{where}}} 2" in found
    assert f'lvstui_server_weight{{{where},remote_address="10.0.0.2",remote_port="80"}} 9' in found
    assert len(found) == len({re.sub(r" [^ ]*$", "", line) for line in found}), "no series twice"


def test_the_parser_of_prometheus_reads_the_metrics() -> None:
    from prometheus_client.parser import text_string_to_metric_families

    text = done(metrics.run(Swept(BLIND), {}))[1]
    families = {family.name: family for family in text_string_to_metric_families(text)}
    (alarm,) = [one for one in families["lvstui_findings"].samples if one.value and one.labels["severity"] == "warning"]
    assert alarm.labels["id"] == "blind-scheduler"
    assert families["lvstui_service_connections"].type == "counter"
    weights = {one.labels["remote_address"]: one.value for one in families["lvstui_server_weight"].samples}
    assert weights == {"10.0.0.1": 1.0, "10.0.0.2": 9.0}


def test_metrics_of_a_large_table_are_limited_and_say_so() -> None:
    services = metrics.MOST_SERVICES + 5
    text = "".join(
        f"-A -t 10.1.{n // 250}.{n % 250}:80 -s rr\n-a -t 10.1.{n // 250}.{n % 250}:80 -r 10.0.0.1:80 -g -w 1\n"
        for n in range(services)
    )
    found = samples(done(metrics.run(Swept(text), {}))[1])
    assert sum(line.startswith("lvstui_service_live_servers{") for line in found) == metrics.MOST_SERVICES
    assert 'lvstui_omitted{kind="service"} 5' in found and 'lvstui_omitted{kind="server"} 5' in found
    assert f"lvstui_services {services}" in found


class Stop(Exception):
    pass


def test_events_list_new_findings_ended_ones_and_changes_by_others() -> None:
    source = Swept(HEALTHY)
    steps = iter((BLIND, HEALTHY))

    def sleep(seconds: float) -> None:
        try:
            source.rules = Swept(next(steps)).rules
        except StopIteration:
            raise Stop from None

    said = []
    with pytest.raises(Stop):
        for part in events.run(source, 1.0, {}, "json", sleep=sleep):
            said.append(json.loads(str(part)))
    assert [(one["event"], one.get("finding", {}).get("id", one.get("id"))) for one in said] == [
        ("change", None),
        ("change", None),
        ("finding", "blind-scheduler"),
        ("change", None),
        ("change", None),
        ("gone", "blind-scheduler"),
    ]
    assert said[0]["command"].startswith("ipvsadm -E -t 192.0.2.1:80 -s rr")


def test_the_units_for_metrics_keep_them_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/env")
    targets = tmp_path / "lvstui-metrics.service", tmp_path / "lvstui-metrics.timer"
    code, said, _ = done(unit.metrics(targets, tmp_path / "lvstui.prom", True, lambda question: False))
    service = targets[0].read_text()
    assert code == 0 and "systemctl enable --now lvstui-metrics.timer" in said
    assert f"\nExecStart=-/usr/bin/env --metrics {tmp_path}/lvstui.prom\n" in service
    assert f"ReadWritePaths=-{tmp_path}\n" in service and "NoNewPrivileges=yes" in service
