"""The lab itself: before anything is shown with it, that it is what it claims to be."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab import needs, uml
from tests.lab.cluster import OPTIONS, Cluster
from tests.lab.director import Director
from tests.lab.session import REPOSITORY, LabError, LabMissing, LabTimeout, Session
from tests.lab.terminal import Terminal
from tests.lab.tmux import Tmux
from tests.lab.waiting import wait_until

TUNNELS = ("tunl0", "gre0", "gretap0", "erspan0", "sit0", "ip6tnl0", "ip6gre0")
"""What the kernel puts into every network namespace once some test has needed a module for tunnels."""
SCHEDULERS = ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf"]


def test_a_command_answers_with_code_and_both_outputs(lab: Session) -> None:
    result = lab.run(["sh", "-c", "cat; echo err >&2; exit 3"], stdin="in\n")
    assert (result.code, result.stdout, result.stderr) == (3, "in\n", "err\n")
    with pytest.raises(LabError, match="exit 3"):
        result.ok()


def test_commands_run_as_root_in_the_checkout_with_the_tests_own_python(lab: Session) -> None:
    assert lab.run(["id", "-u"]).ok() == "0\n"
    assert lab.run(["pwd"]).ok().strip() == str(REPOSITORY)
    said = lab.run(["python", "-c", "import sys, lvstui; print(sys.prefix); print(lvstui.__file__)"]).ok()
    prefix, package = said.splitlines()
    assert Path(prefix) == Path(lab.python).parent.parent
    assert Path(package).is_relative_to(REPOSITORY)


def test_python_has_its_memory_mapped_at_once_without_a_trace_of_it(lab: Session) -> None:
    code = "import os; print('LD_PRELOAD' in os.environ, '/lvstui-lab.so' in open('/proc/self/maps').read())"
    for user in ([], ["setpriv", "--reuid=65534", "--clear-groups"]):
        ran = lab.run([*user, lab.python, "-I", "-S", "-c", code])
        assert (ran.stdout, ran.stderr) == (f"False {lab.preload is not None}\n", "")


THREADS = """
import ctypes, mmap, threading, time
libc = ctypes.CDLL(None)
libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
SIZE = 1 << 19
newest = [libc.sbrk(SIZE)]
ready, done = threading.Event(), threading.Event()

def write():
    ready.set()
    while not done.is_set():
        libc.memset(newest[0], 1, SIZE)

thread = threading.Thread(target=write)
thread.start()
ready.wait()
for _ in range(100):
    newest[0] = libc.sbrk(SIZE)
    time.sleep(0.001)  # so that the thread gets there
    mmap.mmap(-1, 65536, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
done.set()
thread.join()
print("done")
"""
"""A thread writes to the heap while another one has it grow and has memory mapped."""


def test_the_heap_of_a_python_with_threads_is_left_alone(lab: Session) -> None:
    ran = lab.run([lab.python, "-I", "-S", "-c", THREADS])
    assert (ran.code, ran.stdout) == (0, "done\n"), ran


CLOCK = """
import ctypes, threading, time
libc = ctypes.CDLL(None)
class Time(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]

def kernels():
    found = Time()
    assert not libc.syscall(228, time.CLOCK_MONOTONIC, ctypes.byref(found))
    return found.seconds * 10**9 + found.nanoseconds

off = []
def look():
    last = 0
    for _ in range(3000):
        before, told, after = kernels(), time.monotonic_ns(), kernels()
        off.append(max(before - told, told - after, last - told))
        last = told

look()
thread = threading.Thread(target=look)
thread.start()
thread.join()
print(len(off), max(off) < 3 * 10**5)
"""
"""How far the time that Python tells is from the kernel's at that moment, in each of two threads."""


def test_python_tells_the_kernels_time_and_never_goes_back(uml_here: None, lab: Session) -> None:
    ran = lab.run([lab.python, "-I", "-S", "-c", CLOCK])
    assert (ran.code, ran.stdout) == (0, "6000 True\n"), ran


def test_a_missing_command_and_one_that_takes_too_long(lab: Session) -> None:
    assert lab.run(["no-such-command"]).code == 127
    job = lab.spawn(["sh", "-c", "echo so far; exec sleep 3600"])
    wait_until(lambda: "so far" in job.stdout(), "it has said something")
    with pytest.raises(LabTimeout, match=r"(?s)killed after 0\.3 s.*so far"):
        job.wait(0.3)
    wait_until(lambda: job.poll() == -signal.SIGKILL, "it is killed")


def test_a_job_runs_beside_the_test_and_can_be_stopped(lab: Session) -> None:
    job = lab.spawn(["sh", "-c", "sleep 60 & wait"])
    assert job.poll() is None
    job.stop()
    assert job.poll() == -signal.SIGTERM


def test_files_can_be_copied_both_ways(lab: Session) -> None:
    (lab.files / "there").write_text("from the host", encoding="utf-8")
    assert lab.run(["cp", "-v", f"{lab.inside}/there", f"{lab.inside}/back"]).code == 0
    assert (lab.files / "back").read_text(encoding="utf-8") == "from the host"


def test_nothing_written_in_the_lab_reaches_the_host(lab: Session) -> None:
    for folder in ("/etc", "/var/lib", "/tmp"):
        lab.run(["touch", f"{folder}/written-in-the-lab"]).ok()
        assert not Path(f"{folder}/written-in-the-lab").exists()


def test_the_files_of_the_hosts_own_lvstui_are_not_in_the_lab(lab: Session) -> None:
    """It would be found, and it is root's: an ordinary user's guest may not even remove it."""
    booted = next(line.split()[1] for line in lab.run(["cat", "/proc/stat"]).ok().splitlines() if line[:6] == "btime ")
    for folder in ("/var/lib/lvstui", "/etc/lvstui"):
        # Other tests may have used this kernel before, and their lvstui keeps things too.
        assert lab.run(["find", folder, "!", "-newermt", f"@{booted}"]).stdout == ""
        lab.run(["mkdir", "-p", f"{folder}/made-here"]).ok()
        lab.run(["rmdir", f"{folder}/made-here"]).ok()


def test_a_guest_that_does_not_boot_says_why(uml_here: None) -> None:
    with pytest.raises(LabError, match=r"(?s)ended unexpectedly.*no-such-module"):
        uml.boot(modules=["no-such-module"])


def test_a_machine_without_the_tools_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "SEARCH", "/nowhere")
    with pytest.raises(LabMissing, match=r"apt-get install .*iproute2 kmod user-mode-linux"):
        uml.boot()


def test_a_kernel_can_boot_without_ipvs_and_ipvsadm_loads_it(lab_without_ipvs: Session) -> None:
    loaded = ["test", "-e", "/proc/net/ip_vs"]
    assert lab_without_ipvs.run(loaded).code == 1
    lab_without_ipvs.run(["ipvsadm", "-Ln"]).ok()
    assert lab_without_ipvs.run(loaded).code == 0
    lab_without_ipvs.run(["modprobe", "-r", "ip_vs"]).ok()
    assert lab_without_ipvs.run(loaded).code == 1


def test_ipvs_answers(director: Director) -> None:
    assert "IP Virtual Server version 1.2.1" in director.ipvsadm("-Ln")
    assert director.rules() == []


def test_every_scheduler_and_the_sip_engine_load(director: Director) -> None:
    wanted = [f"-A -t 192.0.2.1:{port} -s {name}" for port, name in enumerate(SCHEDULERS, start=1)]
    wanted.append("-A -u 192.0.2.1:5060 -s rr -p 60 --pe sip")
    director.ipvsadm("-R", stdin="\n".join(wanted) + "\n")
    assert sorted(director.rules()) == sorted(wanted)


def test_two_directors_have_separate_tables(lab: Session, director: Director) -> None:
    other = Director.make(lab, "other")
    try:
        director.ipvsadm("-A", "-t", "192.0.2.1:80", "-s", "rr")
        assert director.rules() == ["-A -t 192.0.2.1:80 -s rr"]
        assert other.rules() == []
    finally:
        other.close()


def test_requests_alternate_between_the_web_servers(cluster: Cluster) -> None:
    answers = cluster.curl(6)
    assert answers in (["web1", "web2"] * 3, ["web2", "web1"] * 3)


def test_when_web1_fails_only_web2_answers(cluster: Cluster) -> None:
    cluster.stop_web("web1")
    cluster.wait_pool("lvs1", {"web2"})
    assert cluster.curl(3) == ["web2"] * 3
    cluster.start_web("web1")
    cluster.wait_pool("lvs1", {"web1", "web2"})


def test_when_keepalived_stops_on_lvs1_lvs2_serves(cluster: Cluster) -> None:
    cluster.stop_keepalived("lvs1")
    cluster.wait_master("lvs2")
    assert set(cluster.curl(4)) == {"web1", "web2"}
    assert cluster.rules("lvs1") == []


def test_a_machine_of_the_cluster_has_its_own_name_and_folders(cluster: Cluster) -> None:
    name, pid, *devices = (
        cluster.run("lvs1", ["sh", "-c", "hostname; ls /run/keepalived.pid /sys/class/net"]).ok().split()
    )
    assert (name, pid, devices[0]) == ("lvs1", "/run/keepalived.pid", "/sys/class/net:")
    assert [device for device in devices[1:] if device not in TUNNELS] == ["eth1", "lo"]
    files = set(cluster.run("lvs1", ["ls", "/etc/keepalived"]).ok().split())
    assert files - {Path(OPTIONS).name} == {"keepalived.conf"}
    assert (Path(OPTIONS).name in files) == Path(OPTIONS).exists()


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_a_terminal_in_the_lab(director: Director, terminal: Callable[..., Terminal], size: tuple[int, int]) -> None:
    director.ipvsadm("-A", "-t", "192.0.2.7:80", "-s", "rr")
    shown = terminal(director.argv(["sh", "-c", "stty size; ipvsadm -Ln; read key; exit 5"]), size=size)
    screen = shown.wait_for("192.0.2.7:80")
    assert screen.splitlines()[0] == f"{size[1]} {size[0]}"
    assert shown.exit_code() is None
    shown.send("a", "Enter")
    assert shown.wait_exit() == 5


def test_a_terminal_on_the_host() -> None:
    with Tmux(["sh", "-c", 'read line; echo "<$line>"; read key; kill -9 $$'], size=(80, 24)) as shown:
        shown.type("Enter;")
        shown.send("Enter")
        assert shown.wait_for("<Enter;>")
        shown.resize(100, 30)
        shown.send("Enter")
        assert shown.wait_exit() == 128 + 9
