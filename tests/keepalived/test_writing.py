"""Rules written for keepalived are read back as the daemon would; the script for real servers says what it needs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given

from lvstui.director.change import DeleteServer, DeleteService, EditService
from lvstui.director.model import RuleSet, server_text, service_text
from lvstui.director.plan import plan
from lvstui.director.spell import spell
from lvstui.formats.rule_files import parse
from lvstui.keepalived.conf import read_config
from lvstui.keepalived.writing import conf, realserver
from tests.rulesets import random_ruleset
from tests.strategies import rule_sets


def read_back(rules: RuleSet, folder: Path) -> tuple[RuleSet, list[str]]:
    text, lost = conf.write(rules)
    path = folder / "keepalived.conf"
    path.write_text(text)
    meant = read_config(path)
    assert not [remark for remark in meant.remarks if "quorum" not in remark.text], meant.remarks
    return meant.rules, lost


@pytest.mark.parametrize("seed", range(60))
def test_the_written_configuration_means_the_same_rules(seed: int, tmp_path: Path) -> None:
    rules = random_ruleset(seed)
    back, lost = read_back(rules, tmp_path)
    told = "\n".join(lost)
    for change in plan(rules, back):
        match change:
            case DeleteService(key):
                assert f"{service_text(key)}: " in told, spell(change)
            case DeleteServer(key, server_key):
                assert f"{server_text(server_key)} of {service_text(key)}: " in told, spell(change)
            case EditService(service):
                assert f"{service_text(service.key)}: the netmask" in told, spell(change)
            case _:
                raise AssertionError(spell(change))


@given(rule_sets())
def test_any_rules_can_be_written(rules: RuleSet) -> None:
    text, _ = conf.write(rules)
    assert text.count("{") == text.count("}")


def test_thresholds_methods_flags_and_timeouts(tmp_path: Path) -> None:
    text = (
        "-A -t 192.0.2.1:80 -s sh -p 60 -M 255.255.255.0 -b sh-fallback,sh-port\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.1:8080 -m -w 3 -x 100 -y 50\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.2:80 -i -w 3 -x 0 -y 0 --tun-type gue --tun-port 6080 --tun-csum\n"
        "-a -t 192.0.2.1:80 -r 10.0.0.3:80 -g -w 0 -x 0 -y 0\n"
        "-A -u 192.0.2.1:53 -s rr -o\n-a -u 192.0.2.1:53 -r 10.0.0.4:53 -m -w 1 -x 0 -y 0\n"
        "-A -f 7 -6 -s wlc -p 360 -M 64\n-a -f 7 -6 -r [2001:db8::5]:0 -g -w 1 -x 0 -y 0\n"
        "--set 100 50 25\n"
    )
    rules = parse(text, "ipvsadm").rules
    back, lost = read_back(rules, tmp_path)
    assert not lost and not plan(rules, back) and not plan(back, rules)
    assert back.timeouts == rules.timeouts


def test_the_script_of_a_real_server(tmp_path: Path) -> None:
    rules = parse(
        "-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 1\n"
        "-A -t [2001:db8::1]:80 -s rr\n-a -t [2001:db8::1]:80 -r [2001:db8::9]:80 -g -w 1\n"
        "-A -t 192.0.2.2:80 -s rr\n-a -t 192.0.2.2:80 -r 10.0.0.1:80 -m -w 1\n"
        "-A -f 7 -s rr\n-a -f 7 -r 10.0.0.1:0 -g -w 1\n",
        "ipvsadm",
    ).rules
    text, lost = realserver.write(rules)
    assert 'V4="192.0.2.1"\nV6="2001:db8::1"\n' in text
    assert len(lost) == 2 and lost[0].startswith("tcp 192.0.2.2:80: ") and lost[1].startswith("fwmark 7: ")
    script = tmp_path / "realserver.sh"
    script.write_text(text)
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    done = subprocess.run(["sh", str(script), "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr
    assert subprocess.run(["sh", str(script)], capture_output=True, check=False).returncode == 2


def test_a_firewall_mark_keeps_its_family_with_servers_of_the_other(tmp_path: Path) -> None:
    from lvstui.formats import rule_files

    rules = tmp_path / "mark-other-family.rules"
    rules.write_text("-A -f 82 -s rr\n-a -f 82 -r [2001:db8::1]:0 -i -w 1\n")
    read = rule_files.read_rules(str(rules), "ipvsadm").rules
    text, lost = conf.write(read)
    (tmp_path / "back.conf").write_text(text)
    assert "ip_family inet\n" in text and lost == []
    back = read_config(tmp_path / "back.conf").rules
    assert [(key, set(entry.servers)) for key, entry in back.rules.items()] == [
        (key, set(entry.servers)) for key, entry in read.rules.items()
    ]
