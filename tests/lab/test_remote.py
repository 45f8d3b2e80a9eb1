"""Directors elsewhere, over real sshds on both directors of the cluster, from the client's machine."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.lab import needs
from tests.lab.cluster import ADDRESSES, DIRECTORS, PORT, VIP, Cluster
from tests.lab.session import REPOSITORY, LabMissing, Result
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until
from tests.remote.interpreters import pythons

KEYS = "/etc/lab-ssh"
SSHD = f"""\
SetEnv LAB=yes{{preloaded}}
KexAlgorithms curve25519-sha256
ListenAddress {{address}}
HostKey {KEYS}/{{name}}
AuthorizedKeysFile {KEYS}/%u.keys
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication yes
KbdInteractiveAuthentication no
Match User bare
    SetEnv PATH=/usr/bin:/bin{{preloaded}}
Match User aged
    SetEnv PATH={{aged}}:/usr/bin:/bin{{preloaded}}
"""
"""With the exchange of keys that takes the least time, and with what a Python is preloaded with elsewhere in the lab: a
login and a read take two thirds of the time."""
CLIENT = f"""\
Host lvs1 lvs2
    User boss
Host changed
    HostName lvs2
    User boss
    UserKnownHostsFile {KEYS}/changed
Host stranger
    HostName lvs2
    User boss
    UserKnownHostsFile /dev/null
    StrictHostKeyChecking yes
Host refused
    HostName lvs2
    Port 2022
Host keyless
    HostName lvs2
    User plain
    PubkeyAuthentication no
    UserKnownHostsFile {KEYS}/known
Host jumped
    HostName lvs2
    User boss
    ProxyJump lvs1
Host shared
    HostName lvs2
    User boss
    ControlMaster auto
    ControlPath /run/shared-ssh
    ControlPersist 600
Host mastered
    HostName lvs2
    User boss
    ControlPath /run/mastered-ssh
    PubkeyAuthentication no
Host *
    IdentityFile {KEYS}/id
    IdentitiesOnly yes
    UserKnownHostsFile {KEYS}/known
"""
# Roots by other names: without what root of this machine has in its own .bashrc.
ROOTS = ("boss", "forced", "bare", "aged")
USERS = (*ROOTS, "plain", "noisy", "allowed", "asked", "tty", "nobody2", "changer", "guarded")
WRITTEN = tuple(line[4:] for line in (REPOSITORY / "docs/fleet.md").read_text().splitlines() if line[:8] == "    USER")
"""The lines for sudoers in the documentation: the first for an account that changes something, the second for one with
a forced command."""
SUDOERS = f"""\
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
root ALL=(ALL:ALL) ALL
{WRITTEN[0].replace("USER", "changer")}
{WRITTEN[1].replace("USER", "guarded")}
allowed ALL=(root) NOPASSWD: ALL
asked ALL=(root) ALL
tty ALL=(root) NOPASSWD: ALL
Defaults:tty requiretty
"""
NOISE = r"""printf 'Welcome to this director\n\033[2J\033]0;owned\007\n'; echo 'a banner' >&2
"""


AGED = f"{KEYS}/python-3.9"
"""The folder of a python3 that is Python 3.9, as RHEL 9 and Debian 11 have it."""
RULE = ("-e", "-t", f"{VIP}:{PORT}", "-r", f"{ADDRESSES['web1']}:{PORT}", "-g", "-w")
"""ipvsadm's words for the weight of the first web server."""


def preload(cluster: Cluster) -> str:
    """What a Python that sshd starts is preloaded with, as a further word of SetEnv or `export`."""
    return f" LD_PRELOAD={cluster.lab.preload}" if cluster.lab.preload else ""


def make(cluster: Cluster) -> None:
    """Keys, users and sudoers, which all machines share, and an sshd on each director."""
    accounts = "".join(
        f"{name}:x:{0 if name in ROOTS else 7000 + n}:100::/etc/lab-ssh/home-{name}:/bin/bash\n"
        for n, name in enumerate(USERS)
    )
    hosts = "".join(f"{ADDRESSES[name]} {name}\n" for name in DIRECTORS)
    preloaded = preload(cluster)
    files = {
        f"{KEYS}/sudoers": SUDOERS,
        "/etc/ssh/ssh_config.d/lab.conf": CLIENT,
        f"{KEYS}/home-noisy/.bashrc": NOISE,
        **{
            f"{KEYS}/sshd-{name}": SSHD.format(address=ADDRESSES[name], name=name, aged=AGED, preloaded=preloaded)
            for name in DIRECTORS
        },
        "/usr/bin/lvstui": "#!/bin/sh\n"
        f'export PYTHONPATH={REPOSITORY}{preloaded}\nexec {cluster.lab.python} -m lvstui "$@"\n',
    }
    homes = " ".join(f"{KEYS}/home-{name}" for name in USERS)
    script = f"""
        rm -rf {KEYS}
        mkdir -p {KEYS} {homes} /run/sshd /etc/ssh/ssh_config.d
        cat >>/etc/passwd <<'END'
{accounts}END
        # New files in their place: an ordinary user's lab cannot read those of this machine, not even as root there.
        for name in root {" ".join(USERS)}; do echo "$name:*:19000:0:99999:7:::"; done >/etc/shadow.lab
        chmod 600 /etc/shadow.lab
        mv -f /etc/shadow.lab /etc/shadow
        cat >>/etc/hosts <<'END'
{hosts}END
        for name in id other lvs1 lvs2; do ssh-keygen -q -t ed25519 -N '' -f {KEYS}/$name; done
        for name in {" ".join(USERS)}; do cp {KEYS}/id.pub {KEYS}/$name.keys; done
        echo "command=\\"/usr/bin/lvstui --serve-stdio\\",restrict $(cat {KEYS}/id.pub)" >{KEYS}/forced.keys
        echo "command=\\"sudo -n /usr/bin/lvstui --serve-stdio\\",restrict $(cat {KEYS}/id.pub)" >{KEYS}/guarded.keys
        for name in lvs1 lvs2; do
            echo "$name $(cut -d' ' -f1,2 {KEYS}/$name.pub)" >>{KEYS}/known
            echo "$name $(cut -d' ' -f1,2 {KEYS}/other.pub)" >>{KEYS}/changed
        done
        echo "[lvs2]:2022 $(cut -d' ' -f1,2 {KEYS}/lvs2.pub)" >>{KEYS}/known
    """
    cluster.run("cli", ["sh", "-e", "-c", script]).ok()
    for path, text in files.items():
        cluster.run("cli", ["tee", path], stdin=text).ok()
    finish = f"""
        chmod 755 /usr/bin/lvstui {KEYS}
        chmod 644 {KEYS}/*.keys
        chmod 440 {KEYS}/sudoers
        mv -f {KEYS}/sudoers /etc/sudoers
    """
    cluster.run("cli", ["sh", "-e", "-c", finish]).ok()


@pytest.fixture(scope="module")
def site(_cluster: Cluster) -> Iterator[Cluster]:
    packages = needs.missing(("sshd", "sudo"))
    if packages:
        raise LabMissing(f"the directors need more: {needs.advice(packages)}")
    _cluster.heal()
    make(_cluster)
    daemons = []
    for name in DIRECTORS:
        _cluster.run(name, ["mkdir", "-p", "/run/sshd"]).ok()
        daemons.append(_cluster.spawn(name, ["/usr/sbin/sshd", "-D", "-e", "-f", f"{KEYS}/sshd-{name}"]))
    for daemon in daemons:
        wait_until(lambda d=daemon: "listening" in d.stderr(), "sshd listens", story=daemon.stderr)  # type: ignore[misc]
    yield _cluster
    for daemon in daemons:
        daemon.signal(signal.SIGKILL)


def done(site: Cluster, *words: str, timeout: float = 300.0) -> Any:
    told = site.run("cli", [site.lab.python, "-m", "tests.lab.elsewhere", *words], timeout=timeout)
    return json.loads(told.ok().splitlines()[-1])


def test_both_directors_are_read_from_one_place(site: Cluster) -> None:
    found = done(site, "both")
    webs = sorted(f"{ADDRESSES[name]}:{PORT} 3" for name in ("web1", "web2"))
    for name, role in (("lvs1", "MASTER"), ("lvs2", "BACKUP")):
        told = found[name]
        assert (told["host"], told["role"], told["owner"]) == (name, role, "keepalived")
        assert told["held"] == ([VIP] if role == "MASTER" else [])
        assert told["rules"] == {f"tcp {VIP}:{PORT}": webs}
        assert told["unknown"] == [] and told["keeping"] and told["read_only"]
        assert told["hello"]["user"] == 0 and told["hello"]["sent"]
    assert max(found["lvs2"]["ticks"][1:]) < 1500, found["lvs2"]["ticks"]


def test_a_failover_is_seen_from_a_place_that_watches_both(site: Cluster) -> None:
    """The master is gone at once, and says nothing any more. Waiting for it holds up no other. At each move the second
    read at the latest, counted from the kernel's own change, tells the role that the kernel has."""
    site.heal()
    found = done(site, "failover")
    assert max(found["behind"].values()) <= 1, found
    assert found["moves"]["lvs2"] >= 2, found  # it took over, and gave back
    assert found["role"] == "MASTER" and found["news"]
    assert found["lost"] == "no answer for 4 s"
    assert found["healed"] == ["MASTER", "BACKUP"]


REFUSED = {
    "changed": "host key: its host key differs",
    "stranger": "host key: its host key is not known yet",
    "refused": "connection: its sshd does not listen",
    "keyless": "login: no key was accepted",
    "sudo:asked@lvs2": "sudo: sudo would ask for a password",
    "sudo:tty@lvs2": "sudo: sudo wants a terminal",
    "sudo:nobody2@lvs2": "sudo: ",
}


def test_each_way_to_log_in(site: Cluster) -> None:
    well = (
        "plain@lvs2",
        "noisy@lvs2",
        "forced@lvs2",
        "guarded@lvs2",
        "sudo:changer@lvs2",
        "sudo:allowed@lvs2",
        "jumped",
        "shared",
    )
    found = done(site, "ways", *REFUSED, *well)
    # Its first connection stays behind for the next ones, and is the user's to end.
    site.run("cli", ["ssh", "-O", "exit", "shared"]).ok()
    for way in ("jumped", "shared"):
        assert found[way].get("user") == 0 and found[way]["host"] == "lvs2", found[way]
    for way, why in REFUSED.items():
        assert found[way].get("why", "").startswith(why), (way, found[way])
        assert found[way]["mend"]
    for way in ("plain@lvs2", "noisy@lvs2"):
        # An ordinary account sees what /proc shows, and is told what is missing.
        assert found[way]["rules"] == found["sudo:allowed@lvs2"]["rules"] != {}, found[way]
        assert found[way]["unknown"] and found[way]["user"] >= 7000 and found[way]["sent"]
    assert found["sudo:allowed@lvs2"]["user"] == 0 and not found["sudo:allowed@lvs2"]["unknown"]
    forced = found["forced@lvs2"]
    assert forced.get("sent") is False and forced["rules"] == found["plain@lvs2"]["rules"], forced
    assert not forced["unknown"]
    # As docs/fleet.md writes them: accounts that may start lvstui by sudo and nothing else, read as root.
    alike = ("user", "sent", "rules", "unknown")
    for way in ("guarded@lvs2", "sudo:changer@lvs2"):
        assert [found[way].get(name) for name in alike] == [forced[name] for name in alike], found[way]


def test_an_account_with_a_bare_path(site: Cluster) -> None:
    """Without the folders of sbin, where keepalived is: the reader looks for no program by its name alone."""
    path = site.run("cli", ["ssh", "-o", "BatchMode=yes", "bare@lvs2", "echo $PATH; command -v keepalived"])
    assert path.stdout == "/usr/bin:/bin\n", path
    found = done(site, "knows", "bare@lvs2")
    assert (found["user"], found["role"], found["owner"]) == (0, "BACKUP", "keepalived"), found
    assert found["keeping"] and not found["unknown"] and found["rules"].keys() == {f"tcp {VIP}:{PORT}"}, found


def test_a_director_with_python_3_9(site: Cluster) -> None:
    """It is read as any other, from its real table and its real keepalived."""
    python = pythons().get("3.9")
    if python is None:
        pytest.skip("no python3.9 is here")
    site.run("cli", ["mkdir", "-p", AGED]).ok()
    site.run("cli", ["ln", "-sf", python, f"{AGED}/python3"]).ok()
    found, other = (done(site, "knows", f"{user}@lvs2") for user in ("aged", "bare"))
    assert found.pop("python").startswith("3.9.") and not other.pop("python").startswith("3.9.")
    assert found == other and found["keeping"] and found["role"] == "BACKUP"


def test_a_link_in_trouble(site: Cluster) -> None:
    found = done(site, "trouble")
    assert found["short"] is True
    assert found["long"] == "no answer for 4 s"
    assert found["healed"] == found["again"] == "lvs2"
    assert found["killed"].startswith("the link ended")
    assert found["half"].startswith("the link ended") and found["whole"] == "lvs2", found
    assert found["left"] >= 1  # and it was gone in the end


def test_a_slow_link(site: Cluster) -> None:
    """300 ms each way, and 160 kbit/s: the reader takes its time, and every read comes."""
    slow = ["tc", "qdisc", "add", "dev", "eth1", "root", "netem", "delay", "300ms", "rate", "160kbit"]
    site.lab.run(["modprobe", "-q", "sch_netem"])
    for name in ("cli", "lvs2"):
        made = site.run(name, slow)
        if made.code != 0 and "unknown" in made.stderr:
            pytest.skip(f"this kernel has no netem: {made.stderr}")
        made.ok()
    try:
        found = done(site, "slow")
    finally:
        for name in ("cli", "lvs2"):
            site.run(name, ["tc", "qdisc", "del", "dev", "eth1", "root"]).ok()
    assert found["host"] == "lvs2" and found["rules"].keys() == {f"tcp {VIP}:{PORT}"}


def test_nothing_keeps_running_when_the_near_side_is_killed(site: Cluster) -> None:
    job = site.spawn("cli", [site.lab.python, "-m", "tests.lab.elsewhere", "stay"])
    wait_until(lambda: "[" in job.stdout(), "it reads", story=job.stderr)
    assert json.loads(job.stdout())
    job.signal(signal.SIGKILL)
    done(site, "gone", "the near side was killed")


def test_the_console_on_a_director_elsewhere(site: Cluster, terminal: Callable[..., Terminal]) -> None:
    """With the other one of the pair beside it."""
    screen = terminal(site.argv("cli", [site.lab.python, "-m", "lvstui", "lvs2", "lvs1", "--fresh"]), size=(140, 30))
    screen.see("lvs2 over ssh", "READ-ONLY", "BACKUP", f"{VIP}:{PORT}")
    screen.send("Enter")
    screen.see(ADDRESSES["web1"], "services >")
    screen.send("w")
    screen.see("now 3 (5, +1")
    screen.type("7")
    screen.send("Enter")
    command = f"lvstui --on lvs2 --do 'weight tcp {VIP}:{PORT} {ADDRESSES['web1']}:{PORT} 7'"
    screen.see(command, "y copies")
    screen.send("y")
    screen.see("sent to the clipboard")
    assert not any("-w 7" in rule for rule in site.rules("lvs2"))
    # The line itself: the lvstui that is installed there does it.
    words = ["-m", "lvstui", "--on", "lvs2", "--do", f"weight tcp {VIP}:{PORT} {ADDRESSES['web1']}:{PORT} 7"]
    site.run("cli", [site.lab.python, *words]).ok()
    assert any("-w 7" in rule for rule in site.rules("lvs2"))
    screen.send("8")
    screen.see("if lvs2 took over now: ", "weight", ADDRESSES["web1"])
    site.lab.run(["ipvsadm", *RULE, "3"], netns="lvs2").ok()
    wait_until(lambda: ADDRESSES["web1"] not in screen.screen(), "nothing differs any more", story=screen.screen)
    screen.send("q")
    assert screen.wait_exit() == 0
    listed = site.run("cli", [site.lab.python, "-m", "lvstui", "--on", "lvs2", "--list"]).ok()
    assert ADDRESSES["web1"] in listed and "lvs2" in listed


def test_the_first_screen_comes_over_a_shared_connection_with_one_request(
    site: Cluster, terminal: Callable[..., Terminal]
) -> None:
    """`mastered` has no other way to log in than the connection that is open already. The reader is sent once, and the
    first answer brings the table: nothing is asked a second time before that is on the screen."""
    master = "-o ControlMaster=yes -o ControlPersist=600 -o PubkeyAuthentication=yes -o BatchMode=yes"
    site.run("cli", ["sh", "-c", f"ssh {master} mastered true </dev/null >/dev/null 2>&1"]).ok()
    counted = f"{KEYS}/counted"
    try:
        argv = [site.lab.python, "-m", "tests.lab.elsewhere", "console", counted, "mastered"]
        screen = terminal(site.argv("cli", argv), size=(100, 30))
        screen.see("over ssh", f"TCP {VIP}:{PORT}", "READ-ONLY")
        found = json.loads(site.run("cli", ["cat", counted]).ok())
        assert 50_000 < found["sent"] < 160_000 and found["came"] < 4_000, found
        site.run("cli", ["touch", f"{counted}.on"]).ok()
        screen.see("BACKUP")
        screen.send("q")
        assert screen.wait_exit() == 0
        print(found)  # how long it took, for whoever asks: pytest -s
    finally:
        site.run("cli", ["ssh", "-O", "exit", "mastered"])


def test_a_pair_is_compared_over_ssh(site: Cluster) -> None:
    """One weight differs, and nothing else is said."""
    site.lab.run(["ipvsadm", *RULE, "9"], netns="lvs2").ok()
    try:
        found = site.run("cli", [site.lab.python, "-m", "lvstui", "--diff", "lvs1:", "lvs2:"])
    finally:
        site.lab.run(["ipvsadm", *RULE, "3"], netns="lvs2").ok()
    assert found.code == 1, found.stdout + found.stderr
    assert ADDRESSES["web1"] in found.stdout and "9" in found.stdout and ADDRESSES["web2"] not in found.stdout


# Between the real lvstui and its director: what is done to the table behind its back, or in the middle of a restore.
BETWEEN = f"""#!/bin/sh
export PYTHONPATH={REPOSITORY}{{preloaded}}
amiss={KEYS}/amiss-$(uname -n)
case "$(cat $amiss 2>/dev/null) $*" in
*--dry-run*) exec {{python}} -m lvstui "$@" ;;
other*--do*) {{python}} -m lvstui "$@"; code=$?; ipvsadm {" ".join(RULE)} 9; exit $code ;;
middle*--yes*) exec {{python}} {KEYS}/middle.py "$@" ;;
*) exec {{python}} -m lvstui "$@" ;;
esac
"""
MIDDLE = f"""\
import os, sys, time
from lvstui import cli, live

def stuck(self, changes, purpose):
    with open("{KEYS}/middle.new", "w") as file:
        print(os.getpid(), os.getppid(), file=file)
    os.rename("{KEYS}/middle.new", "{KEYS}/middle")
    time.sleep(3600)

live.LiveSource.send = stuck
sys.exit(cli.main(sys.argv[1:]))
"""


def weights(site: Cluster, name: str) -> list[str]:
    return [rule.split()[-1] for rule in site.rules(name) if rule.startswith("-a")]


def amiss(site: Cluster, name: str, what: str) -> None:
    site.run("cli", ["tee", f"{KEYS}/amiss-{name}"], stdin=what).ok()


def test_a_pair_is_restored_the_backup_first(site: Cluster) -> None:
    """From a third machine, by the lvstui that is installed on both. A table that is another one when it is read back,
    and a link that is cut in the middle, leave the master as it was; the next one who comes is told what is unfinished
    and ends it."""
    site.heal()
    python = site.lab.python
    site.run("cli", ["tee", "/usr/bin/lvstui"], stdin=BETWEEN.format(python=python, preloaded=preload(site))).ok()
    site.run("cli", ["tee", f"{KEYS}/middle.py"], stdin=MIDDLE).ok()
    rules = "\n".join(site.rules("lvs2")) + "\n"
    for weight in "34":
        text = rules.replace("-w 3", f"-w {weight}")
        site.run("cli", ["tee", f"{KEYS}/{weight}.rules"], stdin=text).ok()

    def restore(on: str, weight: int, *more: str) -> Result:
        return site.run(
            "cli", [python, "-m", "tests.lab.patient", "--on", on, "--restore", f"{KEYS}/{weight}.rules", *more]
        )

    # Both, the backup first; as root by sudo, which lets this account start lvstui and nothing else.
    done = restore("lvs1,changer@lvs2", 4, "--yes", "--sudo")
    assert done.code == 0, done
    said = [line.partition(":")[0] for line in done.stdout.splitlines()[-4:]]
    assert said == ["changer@lvs2", "changer@lvs2", "lvs1", "lvs1"], done
    assert done.stdout.count("read back: the table is as asked") == 2
    assert weights(site, "lvs1") == weights(site, "lvs2") == ["4", "4"]
    # The log over there says who it was, and from where.
    logs = site.run("lvs2", ["sh", "-c", "cat /var/lib/lvstui/*/audit.jsonl"]).ok()
    record = json.loads(logs.splitlines()[-1])
    assert (record["who"]["sudo"], record["who"]["origin"]) == ("changer", ADDRESSES["cli"]), record
    assert record["title"] == f"restore {KEYS}/4.rules"
    # Somebody changes the backup in the meantime: the master is left alone, whatever the command was.
    amiss(site, "lvs2", "other")
    words = [
        python,
        "-m",
        "tests.lab.patient",
        "--on",
        "lvs1,lvs2",
        "--do",
        f"weight {ADDRESSES['web1']}:{PORT} +1",
        "--yes",
    ]
    other = site.run("cli", words)
    assert other.code == 1 and weights(site, "lvs1") == ["4", "4"], other
    assert "lvs2: done, but the table read back is not as asked" in other.stderr
    assert "nothing was done on lvs1" in other.stderr
    # The link is cut while the backup is restored.
    amiss(site, "lvs2", "middle")
    job = site.spawn(
        "cli", [python, "-m", "tests.lab.patient", "--on", "lvs1,lvs2", "--restore", f"{KEYS}/3.rules", "--yes"]
    )
    wait_until(lambda: site.run("cli", ["test", "-e", f"{KEYS}/middle"]).code == 0, "it is in the middle", timeout=900)
    site.run("lvs2", ["sh", "-c", f"read one two <{KEYS}/middle; kill -9 $two $one"]).ok()
    cut = job.wait()
    assert cut.code == 3 and weights(site, "lvs1") == ["4", "4"], cut
    assert (
        f"it may be done or not: lvstui --on lvs2 --restore {KEYS}/3.rules --dry-run shows what is left" in cut.stderr
    )
    # The next one is told, and by what line it is ended.
    amiss(site, "lvs2", "")
    back = "lvstui --on lvs2 --resume finishes it, lvstui --on lvs2 --rollback takes it back"
    told = restore("lvs1,lvs2", 3, "--yes")
    assert told.code == 1 and weights(site, "lvs1") == ["4", "4"], told
    assert f"lvs2: the restore of {KEYS}/3.rules by root, begun" in told.stderr and back in told.stderr
    site.run("cli", [python, "-m", "tests.lab.patient", "--on", "lvs2", "--resume", "--yes"]).ok()
    assert weights(site, "lvs2") == ["3", "3"]
    for web in ("web1", "web2"):
        words = ["ipvsadm", *RULE[:4], f"{ADDRESSES[web]}:{PORT}", *RULE[5:], "3"]
        site.lab.run(words, netns="lvs1").ok()
