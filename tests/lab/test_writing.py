"""A keepalived.conf that lvstui writes programs the same table, says the real daemon; a real server's script works."""

from __future__ import annotations

from lvstui.director.configured import Configured
from lvstui.director.plan import plan
from lvstui.keepalived.writing import conf
from tests.lab.cluster import VIP, Cluster
from tests.lab.director import Director
from tests.lab.keepalived_cases import Case
from tests.lab.test_keepalived_conf import differences, judge
from tests.rulesets import random_ruleset
from tests.sampling import SOAK

SAMPLE = 100 if SOAK else 6


def test_generated_configurations_mean_the_same_rules(director: Director) -> None:
    sets = {f"set {seed}": random_ruleset(seed) for seed in range(SAMPLE)}
    texts = {name: conf.write(rules) for name, rules in sets.items()}
    judged = judge(director, {name: Case(text) for name, (text, _) in texts.items()})
    for case in judged:
        rules, (text, lost) = sets[case.name], texts[case.name]
        assert isinstance(case.meant, Configured), (case.name, case.meant, text)
        assert not differences(case), (case.name, differences(case))
        assert lost or not plan(rules, case.meant.rules), case.name


def test_keepalived_accepts_generated_configurations(director: Director) -> None:
    """Its own test of a configuration finds nothing, but that a service whose servers all have weight 0 can have no
    quorum: that there is no way to say."""
    folder = director.lab.files / "content"
    folder.mkdir(exist_ok=True)
    for seed in range(SAMPLE):
        (folder / f"{seed}.conf").write_text(conf.write(random_ruleset(seed))[0])
    script = f"for file in {director.lab.inside}/content/*.conf; do keepalived -t -f $file; done"
    done = director.run(["sh", "-c", script], timeout=300)
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    complaints = [line for line in said if "total weight of real servers 0," not in line and ">= quorum 0;" not in line]
    assert not complaints, complaints


def test_the_script_of_a_real_server(director: Director, cluster: Cluster) -> None:
    cluster.run("lvs1", [cluster.lab.python, "-m", "lvstui", "--save", "/run/now.toml"]).ok()
    cluster.run("lvs1", [cluster.lab.python, "-m", "lvstui", "--convert", "/run/now.toml", "/run/rs.sh"]).ok()
    script = cluster.run("lvs1", ["cat", "/run/rs.sh"]).ok()
    director.run(["tee", "/run/rs.sh"], stdin=script).ok()
    assert director.run(["sh", "/run/rs.sh", "check"]).code == 1
    done = director.run(["sh", "/run/rs.sh", "start"])
    assert done.code == 0 and f"ready: {VIP}" in done.stdout, done
    assert f"{VIP}/32" in director.ip("-o", "addr", "show", "dev", "lo")
    assert director.run(["cat", "/proc/sys/net/ipv4/conf/all/arp_ignore"]).ok().strip() == "1"
    director.run(["sh", "/run/rs.sh", "stop"]).ok()
    assert VIP not in director.ip("-o", "addr", "show", "dev", "lo")
    assert cluster.run("web1", ["sh"], stdin=script.replace('"$1" in', "check in")).code == 0
