"""State on disk, on a real kernel: one lock for one table whoever works, stable names of tables, links of strangers,
full disks and too few descriptors."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.lab import users
from tests.lab.director import Director
from tests.lab.nobody import NOBODY
from tests.lab.session import Result, Session
from tests.lab.users import ANN, GROUP, MAY, ann, by
from tests.sampling import SOAK, some

RULES = "-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n"
WANTED = RULES.replace("-w 3", "-w 5")
KILLED = """
import os, sys
from lvstui import cli, live
live.LiveSource.send = lambda self, changes, purpose: os.kill(os.getpid(), 9)
cli.main(["--restore", "/run/wanted.rules", "--yes"])
"""
STRANGER = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all")


def told(done: Result, code: int, *words: str) -> None:
    assert done.code == code and "Traceback" not in done.stderr and "defect" not in done.stderr, done
    for word in words:
        assert word in done.stderr, done


@pytest.fixture
def shared(director: Director) -> Iterator[Director]:
    """A director whose lock is for the group `daemon` too."""
    director.run(["tee", "/run/wanted.rules"], stdin=WANTED).ok()
    director.ipvsadm("-R", stdin=RULES)
    with users.shared(director):
        yield director
    director.run(["rm", "-f", "/run/wanted.rules"]).ok()


def test_root_and_users_with_the_capability_share_one_lock(shared: Director) -> None:
    lock = f"/run/lvstui/netns-{shared.netns}/restore.lock"
    refused = by(shared, "1", "--restore", "/run/wanted.rules", "--yes")
    told(refused, 3, f"root has not made {lock} since the machine started", "lock_group")
    # The command that it names, with the group filled in, mends it, and lets in no stranger.
    command = refused.stderr.partition("make it now: ")[2].partition(";")[0]
    shared.run(["sh", "-c", "umask 077; " + command.replace("sudo ", "").replace("GROUP", "daemon")]).ok()
    assert by(shared, "1", "--do", "weight 10.0.0.1:80 2").code == 0
    done = shared.lvstui("--restore", "/run/wanted.rules", "--yes", env=GROUP)
    assert done.code == 0, done
    folder = lock.rpartition("/")[0]
    places = [lock, lock.replace(".lock", ".notice"), folder, folder.rpartition("/")[0]]
    shape = shared.run(["stat", "-c", "%a %U:%G", *places]).ok()
    assert shape.splitlines() == ["660 root:daemon", "664 root:daemon", "755 root:root", "755 root:root"]
    # In the group: the restore is done; not in it: refused in one line that names the setting.
    assert by(shared, "1", "--do", "weight 10.0.0.1:80 4").code == 0
    told(by(shared, "2000", "--do", "weight 10.0.0.1:80 6"), 3, "not in group daemon", "lock_group")
    assert "-w 4" in shared.rules()[1]
    # A stranger can neither hold the lock nor write the notice.
    for words in (["flock", "-n", lock, "true"], ["sh", "-c", f"echo x >>{lock.replace('.lock', '.notice')}"]):
        done = shared.run([*STRANGER, *words])
        assert done.code != 0 and "ermission denied" in done.stderr, done


def test_everybody_sees_an_unfinished_restore(shared: Director) -> None:
    assert shared.lvstui("--do", "weight 10.0.0.1:80 2", env=GROUP).code == 0
    killed = shared.run([*ann("1"), shared.lab.python, "-c", KILLED], env=ANN)
    assert killed.code == -9, killed
    for words in (["--list"], ["--do", "weight 10.0.0.1:80 7", "--dry-run"]):
        listed = shared.lvstui(*words, env=GROUP)
        assert "by user 2000, begun" in listed.stderr and "was cut off" in listed.stderr, listed
    told(shared.lvstui("--restore", "/run/wanted.rules", "--yes", env=GROUP), 1, "comes first", "--resume by user 2000")
    told(shared.lvstui("--do", "weight 10.0.0.1:80 7", env=GROUP), 1, "comes first")
    stranger = shared.run([*NOBODY, shared.lab.python, "-m", "lvstui", "--list"], env={"HOME": "/nowhere"})
    assert stranger.code == 0 and "by user 2000" in stranger.stderr, stranger
    assert "-w 2" in shared.rules()[1]
    resumed = by(shared, "1", "--resume", "--yes")
    assert resumed.code == 0 and "-w 5" in shared.rules()[1], resumed
    assert shared.lvstui("--list", env=GROUP).stderr == ""
    assert shared.lvstui("--do", "weight 10.0.0.1:80 7", env=GROUP).code == 0


NAME = "from lvstui import places; print(places.table())"


def test_a_table_keeps_its_folder(lab: Session, director: Director) -> None:
    lower = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *MAY]
    for who in ([], lower):
        assert lab.run([*who, lab.python, "-c", NAME]).ok() == "host\n"
        assert director.run([*who, lab.python, "-c", NAME]).ok() == f"netns-{director.netns}\n"
        assert lab.run(["unshare", "-n", *who, lab.python, "-c", NAME]).ok().startswith("net-40265")
    director.ipvsadm("-R", stdin=RULES)
    assert director.lvstui("--save", "@friday").code == 0
    # Made anew, as at a reboot, the namespace has another number and the same name.
    before = director.run(["readlink", "/proc/self/ns/net"]).ok()
    name = director.netns
    anew = f"ip netns del {name}; ip netns add takes-it; ip netns add {name}; ip netns del takes-it"
    lab.run(["sh", "-c", f"{anew}; ip -n {name} link set lo up"]).ok()
    assert director.run(["readlink", "/proc/self/ns/net"]).ok() != before
    done = director.lvstui("--restore", "@friday", "--yes")
    assert done.code == 0 and director.rules() == RULES.splitlines(), done


def test_an_old_folder_is_renamed(director: Director) -> None:
    director.ipvsadm("-R", stdin=RULES)
    assert director.lvstui("--save", "@friday").code == 0
    folder = "/var/lib/lvstui"
    director.run(["sh", "-c", f"mv {folder}/netns-{director.netns} {folder}/net-$(stat -Lc %i /proc/self/ns/net)"]).ok()
    assert "friday" in director.lvstui("--snapshots").stdout
    shown = ["sh", "-c", f"cd {folder}; ls -d netns-{director.netns} net-$(stat -Lc %i /proc/self/ns/net)"]
    assert director.run(shown).stdout == f"netns-{director.netns}\n"


LAID = (
    ["--save", "/tmp/laid"],
    ["--do", "save /tmp/laid"],
    ["--convert", "/run/in.rules", "/tmp/laid"],
    ["--do", "conf tcp 192.0.2.10:80 to /tmp/laid"],
    ["--record", "/tmp/laid", "--watch"],
)


@pytest.mark.parametrize(("words", "protected"), some(itertools.product(LAID, "01"), 4))
def test_a_strangers_link_is_not_followed(director: Director, words: list[str], protected: str) -> None:
    """Whatever the kernel's setting is."""
    director.ipvsadm("-R", stdin=RULES)
    director.run(["tee", "/run/in.rules", "/run/victim"], stdin=RULES).ok()
    director.run(
        ["sh", "-c", f"echo {protected} >/proc/sys/fs/protected_symlinks; rm -f /tmp/laid; chmod 1777 /tmp"]
    ).ok()
    director.run([*STRANGER, "ln", "-s", "/run/victim", "/tmp/laid"]).ok()
    done = director.run(["timeout", "180", director.lab.python, "-m", "lvstui", *words])
    told(done, 1, "/tmp/laid cannot be written", "link that user 65534")
    assert director.run(["cat", "/run/victim"]).ok() == RULES
    director.run(["rm", "/tmp/laid"]).ok()


def test_full_disks(director: Director) -> None:
    """One line, exit 1, nothing changed; a record that does not fit is not cut into the log, and that is said."""
    director.ipvsadm("-R", stdin=RULES)
    director.run(["tee", "/run/wanted.rules"], stdin=WANTED).ok()
    small = "mkdir -p /run/small && mount -t tmpfs -o size=64k,mode=700 small /run/small"
    director.run(["sh", "-c", small]).ok()
    fill = "dd if=/dev/zero of=/run/small/fill bs=4k 2>/dev/null; true"
    restore = "--restore", "/run/wanted.rules", "--yes"
    try:
        for place in ("LVSTUI_RUN", "LVSTUI_STATE"):
            director.run(["sh", "-c", f"rm -rf /run/small/*; {fill}"]).ok()
            told(director.lvstui(*restore, env={place: "/run/small/x"}), 1, "/run/small/x", "o space left on device")
            assert director.rules() == RULES.splitlines()
        # The lock and the notice are there already: then a full /run is no hindrance.
        moved = {"LVSTUI_RUN": "/run/small/x"}
        director.run(["sh", "-c", "rm -rf /run/small/*"]).ok()
        assert director.lvstui("--do", "weight 10.0.0.1:80 4", env=moved).code == 0
        director.run(["sh", "-c", fill]).ok()
        assert director.lvstui(*restore, env=moved).code == 0
        assert director.rules() == WANTED.splitlines()
        # The audit log: whole lines, and one line that says so.
        moved = {"LVSTUI_STATE": "/run/small/y"}
        director.run(["sh", "-c", "rm -rf /run/small/*"]).ok()
        assert director.lvstui("--do", "weight 10.0.0.1:80 4", env=moved).code == 0
        log = f"/run/small/y/netns-{director.netns}/audit.jsonl"
        # A page of the log but for some bytes, and no other page left.
        director.run(["sh", "-c", f"printf '%*s\\n' $((4000 - $(stat -c %s {log}))) '' >>{log}; {fill}"]).ok()
        done = director.lvstui("--do", "weight 10.0.0.1:80 6", env=moved)
        assert f"the audit log {log} cannot be written: No space left on device" in done.stderr, done
        assert director.run(["stat", "-c", "%s", log]).ok() == "4001\n"
        director.run(["rm", "/run/small/fill"]).ok()
        assert director.lvstui("--do", "weight 10.0.0.1:80 7", env=moved).stderr == ""
        lines = director.run(["cat", log]).ok().splitlines()
        assert len(lines) == 3 and '"done"' in lines[2], lines
    finally:
        director.run(["umount", "-l", "/run/small"])


def test_few_descriptors(director: Director) -> None:
    """Exit 0 means that the table is as wanted, every other code of 1 to 4 that it is as it was."""
    director.run(["tee", "/run/wanted.rules"], stdin=WANTED).ok()
    codes = set()
    for limit in (5, 6, 7, 8, 9, 10, 12, 16):
        director.ipvsadm("-C")
        director.ipvsadm("-R", stdin=RULES)
        lvstui = f"ulimit -n {limit}; exec {director.lab.python} -m lvstui --restore /run/wanted.rules --yes"
        done = director.run(["sh", "-c", lvstui])
        told(done, done.code)
        wanted = WANTED if done.code == 0 else RULES
        assert director.rules() == wanted.splitlines(), (limit, done)
        codes.add(done.code)
        assert director.lvstui("--list").stderr == "", (limit, done)
    assert 0 in codes and codes <= {0, 1, 2, 3, 4}, codes


def test_the_disk_fills_in_the_middle_of_a_restore(director: Director) -> None:
    """At each moment at which something is written: the whole table or the one from before, and nothing in silence."""
    director.run(["sh", "-c", "mkdir -p /run/few && mount -t tmpfs -o size=2m,mode=700 few /run/few"]).ok()
    try:
        done = director.run(
            [director.lab.python, "-m", "tests.lab.filling", "/run/few", "1" if SOAK else "13"], timeout=600
        )
    finally:
        director.run(["umount", "-l", "/run/few"])
    assert done.code == 0, done
    moments, _, wrong = done.stdout.splitlines()[-1].partition(" moments, ")
    assert int(moments) > 5 and wrong == "0 wrong", done.stdout
