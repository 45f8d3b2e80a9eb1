"""docs/monitoring and --metrics with the real parts: promtool, node_exporter, systemd. Where one of them is not there
its test is skipped; that rules and dashboard ask for what is printed is tried everywhere."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families as families

from lvstui.cli import main
from lvstui.verbs import examining, metrics, unit
from tests.lab.waiting import wait_until
from tests.verbs.fake import done
from tests.verbs.test_check import Swept

FOLDER = Path(__file__).parents[2] / "docs/monitoring"
FLEET = FOLDER.parent / "fleet.md"
UNPACKED = Path(__file__).parents[2] / "build/monitoring"
"""Where .ci/monitoring puts what is not installed."""
ALERTS, TESTS, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "alerts_test.yml", FOLDER / "dashboard.json"
OF_PROMETHEUS = {"instance", "job"}
"""Labels that the server adds to what it scrapes."""

RULES = """
-A -t 192.0.2.1:80 -s wrr
-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1
-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 9
-A -u 192.0.2.1:53 -s rr
-a -u 192.0.2.1:53 -r 10.0.0.1:53 -m -w 1
-A -t [2001:db8::1]:80 -s rr
-a -t [2001:db8::1]:80 -r [2001:db8::2]:80 -g -w 1
-A -f 26 -s rr
-a -f 26 -r 10.0.0.1:0 -g -w 1
-A -f 26 -6 -s rr
-a -f 26 -6 -r [2001:db8::2]:0 -g -w 1
"""
PROC = """IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000201:0050 wrr
  -> 0A000002:0050      Route   9      5          2
  -> 0A000001:0050      Route   1      5          2
UDP  C0000201:0035 rr
  -> 0A000001:0035      Masq    1      5          2
TCP  [2001:0db8:0000:0000:0000:0000:0000:0001]:0050 rr
  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:0050      Route   1      5          2
FWM  0000001A rr
  -> 0A000001:0000      Route   1      5          2
FWM  0000001A IPv6 rr
  -> [2001:0db8:0000:0000:0000:0000:0000:0002]:0000      Route   1      5          2
"""
"""The same rules as the kernel writes them in /proc/net/ip_vs."""
STATS = """   Total Incoming Outgoing         Incoming         Outgoing
   Conns  Packets  Packets            Bytes            Bytes
       2        C        B              2DE              4E7

 Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s
       0        0        0                0                0
"""


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "APART", 0.0)


def installed(*names: str, package: str) -> str:
    """The first of these programs that is here; else the test is skipped."""
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}{UNPACKED}"
    found = next((found for name in names if (found := shutil.which(name, path=path))), None)
    if found is None:
        pytest.skip(f"{names[0]} is not here: `make packages` fetches it, and Debian has it in the package {package}")
    return found


def printed(text: str = RULES) -> str:
    return done(metrics.run(Swept(text), {}))[1]


def labels(text: str) -> dict[str, set[str]]:
    """The names of the labels of each metric."""
    found: dict[str, set[str]] = {}
    for family in families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


# --- what rules and dashboard ask for


@pytest.fixture
def known(capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """The metrics of a director that has all there is to tell, with their labels."""
    assert main(["--metrics", "--demo", "site"]) == 0
    return labels(capsys.readouterr().out)


def test_no_label_has_a_name_that_prometheus_uses_itself(known: dict[str, set[str]]) -> None:
    """It would be renamed to exported_instance."""
    assert not OF_PROMETHEUS & set().union(*known.values())


def asks(expression: str, known: dict[str, set[str]]) -> set[str]:
    """The labels that what an expression asks for may have. Fails where a metric or label is not there."""
    names = re.findall(r"\blvstui_\w+", expression)
    assert names and set(names) <= known.keys(), expression
    there = set.union(*(known[name] for name in names)) | OF_PROMETHEUS
    for name, matchers in re.findall(r"\b(lvstui_\w+)\{([^}]*)\}", expression):
        wanted = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))
        assert wanted <= known[name] | OF_PROMETHEUS, expression
    kept = [set(re.findall(r"\w+", group)) for group in re.findall(r"\bby\s*\(([^)]*)\)", expression)]
    for group in kept:
        assert group <= there, expression
    return set.union(*kept) if kept else there


def alerts() -> Iterator[tuple[str, str, str]]:
    """Name, expression and summary of each."""
    for block in ALERTS.read_text(encoding="utf-8").split("- alert: ")[1:]:
        expression = re.search(r"expr: (.*)", block)
        summary = re.search(r'summary: "(.*)"', block)
        assert expression and summary, block
        yield block.split()[0], expression[1], summary[1]


def test_the_alert_rules_use_printed_metrics(known: dict[str, set[str]]) -> None:
    found = list(alerts())
    assert len(found) >= 6
    for _, expression, summary in found:
        assert set(re.findall(r"\$labels\.(\w+)", summary)) <= asks(expression, known), summary


def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    cases = re.findall(r"alertname: (\w+)(\}?)(\n\s+exp_alerts:)?", TESTS.read_text(encoding="utf-8"))
    for name, _, _ in alerts():
        assert {bool(fires) for of, _, fires in cases if of == name} == {True, False}, name


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def test_the_dashboard_uses_printed_metrics(known: dict[str, set[str]]) -> None:
    for panel in panels():
        for target in panel["targets"]:
            there = asks(target["expr"], known)
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= there, panel["title"]


def test_grafana_can_show_the_dashboard() -> None:
    """Its model: https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/"""
    whole = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert whole["title"] and whole["uid"] and isinstance(whole["schemaVersion"], int)
    variables = {one["name"]: one for one in whole["templating"]["list"]}
    assert {name: one["type"] for name, one in variables.items()} == {"datasource": "datasource", "instance": "query"}
    taken: set[tuple[int, int]] = set()
    for panel in whole["panels"]:
        place = panel["gridPos"]
        cells = {(x + place["x"], y + place["y"]) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["type"] in ("stat", "timeseries", "table") and panel["title"]
        refs = [target["refId"] for target in panel["targets"]]
        assert refs and len(set(refs)) == len(refs)
        for one in (panel, *panel["targets"]):
            assert one["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        for target in panel["targets"]:
            used = set(re.findall(r"\$(\w+)", target["expr"]))
            assert used <= variables.keys(), target["expr"]
    identities = [panel["id"] for panel in whole["panels"]]
    assert len(set(identities)) == len(identities)


# --- promtool


def judged(command: Sequence[str | Path], folder: Path, text: str = "") -> None:
    done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=600, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_accepts_the_metrics(tmp_path: Path) -> None:
    judged([installed("promtool", package="prometheus"), "check", "metrics"], tmp_path, printed())


def test_promtool_accepts_the_alert_rules_and_their_tests_pass() -> None:
    promtool = installed("promtool", package="prometheus")
    judged([promtool, "check", "rules", ALERTS], FOLDER)
    judged([promtool, "test", "rules", TESTS], FOLDER)


def test_promtool_accepts_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    promtool = installed("promtool", package="prometheus")
    expressions = [target["expr"].replace("$instance", ".*") for panel in panels() for target in panel["targets"]]
    rules = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(expressions)]
    file = tmp_path / "dashboard.yml"
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML too
    judged([promtool, "check", "rules", file], tmp_path)


def written(begins: str) -> str:
    """The block of docs/fleet.md that begins with these words."""
    after = FLEET.read_text().partition(f"\n    {begins}")[2]
    assert after, f"docs/fleet.md has no {begins}"
    lines = [line for line in after.split("\n\n")[0].split("\n") if line.startswith("    ") or not line.strip()]
    return f"{begins}{after.splitlines()[0]}\n" + "".join(f"{line[4:]}\n" for line in lines)


def test_promtool_accepts_the_job_in_the_documentation_of_the_fleet(tmp_path: Path) -> None:
    file = tmp_path / "prometheus.yml"
    file.write_text(written("rule_files:"))
    shutil.copy(ALERTS, tmp_path)
    assert "targets" in file.read_text()
    judged([installed("promtool", package="prometheus"), "check", "config", file], tmp_path)


def test_ansible_understands_the_play_in_the_documentation_of_the_fleet(tmp_path: Path) -> None:
    ansible = shutil.which("ansible-playbook")
    if ansible is None:
        pytest.skip("ansible-playbook is not here: pip install ansible-core, in an environment of its own")
    play, hosts = tmp_path / "directors.yml", tmp_path / "hosts"
    play.write_text(written("- hosts: directors"))
    hosts.write_text("[directors]\nlvs1\nlvs2\n")
    assert play.read_text().count("- name:") == 4
    home = {name: str(tmp_path / "ansible") for name in ("ANSIBLE_HOME", "ANSIBLE_LOCAL_TEMP")}
    words = [ansible, "--syntax-check", "-i", str(hosts), str(play)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, cwd=tmp_path, env={**os.environ, **home})
    assert done.returncode == 0 and "ERROR" not in done.stderr, done.stdout + done.stderr


# --- node_exporter


@pytest.fixture
def scraped(tmp_path: Path) -> Iterator[str]:
    """What node_exporter serves of our file, and of the same table by its own ipvs collector."""
    exporter = installed("prometheus-node-exporter", "node_exporter", package="prometheus-node-exporter")
    (tmp_path / "proc/net").mkdir(parents=True)
    (tmp_path / "proc/net/ip_vs").write_text(PROC)
    (tmp_path / "proc/net/ip_vs_stats").write_text(STATS)
    (tmp_path / "text").mkdir()
    (tmp_path / "text/lvstui.prom").write_text(printed())
    options = ["--web.listen-address=127.0.0.1:0", "--collector.disable-defaults", "--collector.ipvs"]
    options += ["--collector.textfile", f"--collector.textfile.directory={tmp_path / 'text'}"]
    options += [f"--path.procfs={tmp_path / 'proc'}"]
    log = tmp_path / "log"
    with log.open("wb") as file, subprocess.Popen([exporter, *options], stdout=file, stderr=file) as process:
        try:
            heard = re.compile(r"address=127\.0\.0\.1:(\d+)\n?")
            wait_until(
                lambda: bool(heard.search(log.read_text())) or process.poll() is not None,
                "it listens",
                timeout=300,
                story=log.read_text,
            )
            listens = heard.search(log.read_text())
            assert listens, log.read_text()
            connection = http.client.HTTPConnection("127.0.0.1", int(listens[1]), timeout=300)
            connection.request("GET", "/metrics")
            answer = connection.getresponse()
            text = answer.read().decode()
            connection.close()
            assert answer.status == 200, text
            yield text
        finally:
            process.kill()


def test_node_exporter_serves_the_file_beside_its_own_ipvs_collector(scraped: str) -> None:
    found = {family.name: family.samples for family in families(scraped)}
    assert found["node_textfile_scrape_error"][0].value == 0
    assert {one.labels["collector"]: one.value for one in found["node_scrape_collector_success"]} == {
        "ipvs": 1,
        "textfile": 1,
    }
    assert labels(printed()).keys() <= labels(scraped).keys()

    def told(name: str) -> dict[frozenset[tuple[str, str]], float]:
        return {frozenset(one.labels.items()): one.value for one in found[name]}

    assert told("lvstui_server_weight") == told("node_ipvs_backend_weight"), "the same labels, the same servers"
    assert told("lvstui_server_active_connections") == told("node_ipvs_backend_connections_active")


def test_a_mark_of_both_families_is_one_series() -> None:
    """Their labels are equal, and a series that stands there twice makes the collector throw the whole file away."""
    lines = [line.rpartition(" ")[0] for line in printed().splitlines() if not line.startswith("#")]
    assert len(set(lines)) == len(lines)
    assert (
        'lvstui_service_live_servers{local_address="",local_port="0",local_mark="0000001A",proto="FWM"} 2' in printed()
    )


# --- systemd


def test_systemd_accepts_the_units_for_metrics(tmp_path: Path) -> None:
    analyze = installed("systemd-analyze", package="systemd")
    names = ("lvstui-metrics.service", "lvstui-metrics.timer")
    for name, text in zip(names, unit.measuring("/usr/bin/env", tmp_path / "lvstui.prom"), strict=True):
        (tmp_path / name).write_text(text)
    command = [analyze, "verify", *(str(tmp_path / name) for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    no_page = r"Command 'man|Can't show lvstui\(1\)"
    told = [line for line in done.stderr.splitlines() if "lvstui-metrics" in line and not re.search(no_page, line)]
    assert not told, done.stderr
