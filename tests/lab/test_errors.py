"""Every way a verb can fail on a real kernel: its exit code, one line that says why, one that says how to mend it."""

from __future__ import annotations

import json

from tests.lab.director import Director
from tests.lab.nobody import NOBODY
from tests.lab.session import Result, Session


def told(result: Result, code: int, *words: str) -> None:
    """Exit code, and a message of one line that starts with our name, with at most one more on how to mend it; before
    them, remarks on the lines of a file."""
    assert result.code == code, result
    lines = [line for line in result.stderr.splitlines() if not line.startswith("lvstui: standard input line")]
    lines = lines or result.stderr.splitlines()
    assert lines[0].startswith("lvstui: "), result
    assert len(lines) <= 2, result
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr, result


def has_ipvs(lab: Session) -> bool:
    return lab.run(["test", "-e", "/proc/net/ip_vs"]).code == 0


def told_monitoring(done: Result, words: str) -> None:
    """What a verb for monitoring says of a table that it cannot read, and nothing else: UNKNOWN in its convention."""
    assert done.code == 3 and "Traceback" not in done.stderr, done
    assert done.stdout.startswith("LVSTUI UNKNOWN - ") or done.stdout.endswith("lvstui_up 0\n"), done
    assert words in done.stdout, done


def test_readers_do_not_load_ip_vs_and_say_what_to_do(lab_without_ipvs: Session) -> None:
    bare = lab_without_ipvs
    for words in (["--list"], ["--save", "-"], ["--diff", "-"], ["--restore", "-", "--dry-run"]):
        done = bare.run([bare.python, "-m", "lvstui", *words], stdin="-A -t 192.0.2.1:80 -s rr\n")
        told(done, 3, "modprobe ip_vs")
        assert not has_ipvs(bare), words
    told_monitoring(bare.run([bare.python, "-m", "lvstui", "--check"]), "modprobe ip_vs")
    told_monitoring(bare.run([bare.python, "-m", "lvstui", "--metrics"]), "")
    assert not has_ipvs(bare)


def test_restore_as_root_loads_ip_vs(lab_without_ipvs: Session) -> None:
    bare = lab_without_ipvs
    done = bare.run([bare.python, "-m", "lvstui", "--restore", "-", "--yes"], stdin="-A -t 192.0.2.1:80 -s rr\n")
    assert done.code == 0, done
    assert has_ipvs(bare)
    assert bare.run(["ipvsadm", "-S", "-n"]).ok() == "-A -t 192.0.2.1:80 -s rr\n"
    bare.run(["sh", "-c", "ipvsadm -C; modprobe -r ip_vs_rr; modprobe -r ip_vs"])
    assert not has_ipvs(bare)


def test_without_privilege_reading_works_and_changing_says_why_not(director: Director) -> None:
    director.ipvsadm("-R", stdin="-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n")
    lvstui = [*NOBODY, director.lab.python, "-m", "lvstui"]
    listed = director.run([*lvstui, "--list"]).ok()
    assert "192.0.2.10:80" in listed
    assert "10.0.0.1:80" in listed
    for words in (["--save", "-"], ["--diff", "-"], ["--restore", "-", "--yes"]):
        told(director.run([*lvstui, *words], stdin="-A -t 192.0.2.1:80 -s rr\n"), 3, "permission")
    assert len(director.rules()) == 2
    check = director.run([*lvstui, "--check"])  # of /proc/net/ip_vs alone
    assert check.code in (0, 1, 2) and check.stdout.startswith("LVSTUI ") and " not judged" in check.stdout, check
    one = director.run([*lvstui, "--check", "drift", "full"])
    assert one.code == 3 and "full cannot be judged: " in one.stdout and one.stdout.count("\n") == 1, one
    metrics = director.run([*lvstui, "--metrics"])
    assert metrics.code == 0 and "\nlvstui_up 1\n" in metrics.stdout, metrics
    assert 'lvstui_findings_judged{id="full"} 0' in metrics.stdout
    for done in (check, one, metrics):
        assert "Traceback" not in done.stderr, done


def test_a_missing_file(director: Director) -> None:
    told(director.lvstui("--restore", "/nowhere/rules.toml", "--yes"), 2, "/nowhere/rules.toml", "No such file")


def test_an_unreadable_line(director: Director) -> None:
    told(
        director.lvstui("--restore", "-", "--yes", stdin="-A -t 192.0.2.1:80 -s rr\n-A -t 192.0.2.1:99999\n"),
        2,
        "line 2",
    )
    assert director.rules() == []


def test_a_scheduler_the_kernel_lacks(director: Director) -> None:
    done = director.lvstui("--restore", "-", "--yes", stdin="-A -t 192.0.2.1:80 -s nosuch\n")
    told(done, 4, "scheduler nosuch is not available", "modprobe ip_vs_nosuch")
    assert director.rules() == []


def test_the_kernels_refusals_are_explained(director: Director) -> None:
    """What a table that changes under us makes the kernel say: EEXIST, ESRCH, ENOENT, and the values it refuses."""
    code = """
from lvstui.director.change import *
from lvstui.director.model import *
from lvstui.kernel.ipvs.family import Ipvs
key = service_key(TCP, "192.0.2.1", 80)
server = Server(server_key("10.0.0.1", 80))
ipvs = Ipvs()
assert not any(o.error for o in ipvs.send([AddService(Service(key, "rr")), AddServer(key, server)]))
gone = service_key(TCP, "192.0.2.2", 80)
for outcome in ipvs.send([
    AddService(Service(key, "rr")),
    AddServer(key, server),
    EditService(Service(gone, "rr")),
    DeleteService(gone),
    EditServer(key, server._replace(key=server_key("10.0.0.2", 80))),
    DeleteServer(key, server_key("10.0.0.2", 80)),
    AddServer(key, Server(server_key("224.0.0.1", 80))),
    AddServer(key, Server(server_key("10.0.0.3", 80), upper=1, lower=2)),
    StopSync("master"),
    StartSync(SyncDaemon("master", "nosuch", 1)),
]):
    assert outcome.error is not None, outcome.change
    print(outcome.error.errno, outcome.error.why)
"""
    said = director.python(code).ok().splitlines()
    assert [line.split(maxsplit=1) for line in said] == [
        ["17", "a service with this address or mark exists already"],
        ["17", "this real server is in the service already"],
        ["3", "no such service"],
        ["3", "no such service"],
        ["2", "no such real server in this service"],
        ["2", "no such real server in this service"],
        ["22", "the kernel takes no real server with these values"],
        ["34", "weight or thresholds are out of range"],
        ["3", "no master sync daemon runs"],
        ["19", "there is no interface nosuch"],
    ]


def test_a_missing_network_namespace(director: Director) -> None:
    told(director.lvstui("--netns", "nosuch", "--list"), 2, "nosuch")


def test_a_network_namespace_is_entered(director: Director) -> None:
    director.ipvsadm("-A", "-t", "192.0.2.77:80", "-s", "rr")
    done = director.lab.run([director.lab.python, "-m", "lvstui", "--netns", director.netns, "--save", "-"])
    assert "192.0.2.77" in done.ok()
    assert "192.0.2.77" not in director.lab.run(["ipvsadm", "-S", "-n"]).ok()


BARE = ("unshare", "--mount", "sh", "-ec", 'mount -t tmpfs none /proc; exec "$@"', "sh")
TABLE = (
    *(["--list"], ["--list", "--format", "json"], ["--save", "-"], ["--save", "@friday"], ["--diff", "-"]),
    *(["--restore", "-", "--yes", "--allow-outage"], ["--restore", "-", "--dry-run"], ["--resume"], ["--rollback"]),
    *(["--do", "weight 10.0.0.1:80 5"], ["--do", "reload"], ["--do", "sync check"], ["--list", "--ask-keepalived"]),
    ["--watch"],
)
MONITORING = (["--check"], ["--metrics"])
NO_TABLE = (["--convert", "-", "-"], ["--where"], ["--snapshots"], ["--print-config"], ["--demo", "--list"])


def test_without_proc_each_verb_says_so_in_one_line_or_continues(director: Director) -> None:
    """As in a chroot into which /proc is not mounted. The console of the demo needs none."""
    director.ipvsadm("-R", stdin="-A -t 192.0.2.10:80 -s wrr\n-a -t 192.0.2.10:80 -r 10.0.0.1:80 -g -w 3\n")
    done = director.run(
        [
            *(*BARE, director.lab.python, "-m", "tests.lab.no_proc"),
            *(json.dumps([*TABLE, *MONITORING, *NO_TABLE]), json.dumps([[], ["--demo"]])),
        ],
    )
    found = json.loads(done.ok())
    reason = "lvstui: IPVS: /proc is not mounted here, and without it nobody can tell whether ip_vs is loaded\n"
    for words, code, out, err in found[: len(TABLE)]:
        assert (code, out, err) == (3, "", f"{reason}        mount -t proc proc /proc\n"), words
    for words, code, out, err in found[len(TABLE) :][: len(MONITORING)]:
        assert code == 3 and "Traceback" not in err, (words, code, out, err)
        assert out.startswith("LVSTUI UNKNOWN - IPVS: /proc is not mounted") or out.endswith("lvstui_up 0\n"), out
    for words, code, out, err in found[len(TABLE) + len(MONITORING) : -2]:
        assert code == 0 and out and "defect" not in err and err.count("\n") <= 1, (words, code, out, err)
    (_, alone, said, _), (_, demo, drawn, _) = found[-2:]
    assert alone == 3 and reason.strip() in said.replace("\r", ""), said
    assert demo == 0 and "192.168.80" in drawn and "Traceback" not in drawn, drawn
    assert len(director.rules()) == 2
