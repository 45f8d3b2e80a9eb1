"""Who else writes the table, according to the processes in /proc."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from lvstui.keepalived import held
from lvstui.keepalived.process import KeepalivedProcesses, Parent, UntrustedProcess, ends, look

Processes = list[tuple[str, str, str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that is taken for /proc."""
    monkeypatch.setattr(held, "PROC", tmp_path)
    yield tmp_path


def proc(folder: Path, processes: Processes, namespace: str = "ours") -> Path:
    """/proc with processes (number, parent, name) of root's in one network namespace."""
    (folder / "self/ns").mkdir(parents=True)
    (folder / "self/ns/net").write_text("ours")
    (folder / "self/ns/uts").write_text("ours")
    (folder / "other").write_text("")
    for number, parent, name in [("1", "0", "init"), *processes]:
        add(folder, number, parent, name, folder / ("self/ns/net" if namespace == "ours" else "other"))
    return folder


def add(folder: Path, number: str, parent: str, name: str, network: Path, users: str = "0 0 0 0") -> None:
    """One process more; ldirectord is a script of perl's."""
    (folder / number / "ns").mkdir(parents=True)
    (folder / number / "comm").write_text(f"{name}\n")
    (folder / number / "cmdline").write_bytes(f"{name}\0-f\0/etc/{number}.conf\0".encode())
    (folder / number / "status").write_text(status(number, parent, users))
    program = "perl" if name == "ldirectord" else name
    (folder / number / "exe").symlink_to(f"/usr/sbin/{program}")
    (folder / number / "ns/net").hardlink_to(network)
    (folder / number / "ns/uts").hardlink_to(folder / "self/ns/uts")


def status(number: str, parent: str, users: str = "0 0 0 0", inside: str = "") -> str:
    return f"Name:\tany\nPPid:\t{parent}\nUid:\t{users}\nNSpid:\t{number} {inside}\n"


def parent(pid: int) -> Parent:
    return Parent(pid, Path(f"/etc/{pid}.conf"))


@pytest.mark.parametrize(
    ("processes", "found"),
    [
        ([], KeepalivedProcesses(False)),
        ([("10", "1", "bash"), ("11", "1", "keepaliv")], KeepalivedProcesses(False)),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived")], KeepalivedProcesses(True, parent(10))),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived")],
         KeepalivedProcesses(True, parent(10), "keepalived")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived_lvs")],
         KeepalivedProcesses(True, parent(10), "keepalived")),
        ([("10", "1", "ldirectord")], KeepalivedProcesses(False, owner="ldirectord")),
        ([("10", "1", "kube-proxy")], KeepalivedProcesses(False)),
        ([("10", "1", "kube-router")], KeepalivedProcesses(False, owner="kube-router")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "1", "ldirectord")],
         KeepalivedProcesses(True, parent(10), "ldirectord")),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("20", "1", "keepalived"),
          ("21", "20", "keepalived"), ("22", "20", "keepalived")],
         KeepalivedProcesses(True, parent(20), "keepalived", others=(parent(10),))),
        ([("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived"),
          ("20", "1", "keepalived"), ("21", "20", "keepalived"), ("22", "20", "keepalived")],
         KeepalivedProcesses(True, parent(10), "keepalived", others=(parent(20),), rivals=(parent(20),))),
    ],
)  # fmt: skip
def test_who_owns_the_table(processes: Processes, found: KeepalivedProcesses, folder: Path) -> None:
    proc(folder, processes)
    assert look() == found


@pytest.mark.parametrize(("written", "inside"), [("11", ""), ("3", "3")])
def test_a_checker_without_a_parent_is_recognised_by_its_pid_file(written: str, inside: str, folder: Path) -> None:
    """By the number that it has in its own process namespace."""
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived")])
    (folder / "10/root/run").mkdir(parents=True)
    (folder / "10/root/run/checkers.pid").write_text(f"{written}\n")
    (folder / "11/status").write_text(status("11", "10", inside=inside))
    found = look()
    assert (found.owner, found.parent is not None and found.parent.pid) == ("keepalived", 10)


@pytest.mark.parametrize(
    ("option", "children", "owner"),
    [("-C", 1, "keepalived"), ("-nlC", 1, "keepalived"), ("--check", 1, "keepalived"), ("-P", 2, ""), ("-lPn", 2, "")],
)
def test_a_keepalived_that_runs_only_checks_or_only_vrrp(option: str, children: int, owner: str, folder: Path) -> None:
    """-P: its second child is BFD."""
    proc(folder, [("10", "1", "keepalived"), *((str(11 + n), "10", "keepalived") for n in range(children))])
    (folder / "10/cmdline").write_bytes(f"keepalived\0{option}\0".encode())
    assert look().owner == owner


def test_a_checker_whose_parent_is_in_another_namespace(folder: Path) -> None:
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived")])
    (folder / "10/ns/net").unlink()
    (folder / "10/ns/net").hardlink_to(folder / "other")
    assert look() == KeepalivedProcesses(True, None, "keepalived")


def test_kube_proxy_in_its_ipvs_mode(folder: Path) -> None:
    proc(folder, [("10", "1", "kube-proxy")])
    (folder / "sys/net/ipv4/conf/kube-ipvs0").mkdir(parents=True)
    assert look() == KeepalivedProcesses(False, owner="kube-proxy")


def test_another_namespace_is_another_table(folder: Path) -> None:
    proc(folder, [("10", "1", "ldirectord")], "theirs")
    assert look() == KeepalivedProcesses(False)


def test_processes_that_end_during_the_inspection(folder: Path) -> None:
    proc(folder, [("10", "1", "ldirectord")])
    (folder / "12").mkdir()
    assert look() == KeepalivedProcesses(False, owner="ldirectord")
    (folder / "10/exe").unlink()
    assert look() == KeepalivedProcesses(False)
    (folder / "self/ns/net").unlink()
    assert look() == KeepalivedProcesses(None, owner=None)


@pytest.mark.parametrize(("name", "running"), [("keepalived", None), ("ldirectord", False), ("bash", False)])
def test_a_process_that_may_not_be_inspected(
    name: str, running: bool | None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proc(folder, [("10", "1", name)])
    known = held.Process.stat

    def stat(process: held.Process, name: str) -> os.stat_result:
        if process.pid == 10:
            raise PermissionError
        return known(process, name)

    monkeypatch.setattr(held.Process, "stat", stat)
    assert look() == KeepalivedProcesses(running, None, "" if name == "bash" else None)


def test_the_config_id_is_unknown_in_another_uts_namespace(folder: Path) -> None:
    """Unless it was given one. A container, say."""
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived_lvs")])
    (folder / "10/ns/uts").unlink()
    (folder / "10/ns/uts").write_text("another")
    found = look().parent
    assert found is not None and (found.config, found.config_id) == (Path("/etc/10.conf"), None)
    (folder / "10/cmdline").write_bytes(b"keepalived\0-i\0left\0")
    found = look().parent
    assert found is not None and found.config_id == "left"


def strange(folder: Path, *processes: tuple[str, str, str, str]) -> None:
    """Processes beside: number, parent, name and users."""
    for number, parent, name, users in processes:
        add(folder, number, parent, name, folder / "self/ns/net", users)


STRANGER = 1000 if os.geteuid() != 1000 else 1001
NOBODY = " ".join(["65534" if os.geteuid() != 65534 else "65533"] * 4)
USER = " ".join([str(STRANGER)] * 4)
"""An ordinary user who is not the one that runs the tests."""


@pytest.mark.parametrize("name", ["keepalived", "ldirectord", "kube-router"])
@pytest.mark.parametrize("users", [USER, f"{STRANGER} 0 0 0", f"0 {STRANGER} 0 0", f"0 0 0 {STRANGER}", NOBODY])
def test_an_ordinary_users_process_is_ignored_and_mentioned_once(name: str, users: str, folder: Path) -> None:
    """With children of the same name, one of which has just the beginning of it."""
    proc(folder, [])
    strange(folder, ("20", "1", name, users), ("21", "20", name, users), ("22", "20", f"{name}_lvs", users))
    found = look()
    assert found == KeepalivedProcesses(False, strangers=(UntrustedProcess(20, int(users.split()[0]), name, 1),))
    assert str(found.strangers[0]) == f"pid 20 of user {users.split()[0]} calls itself {name}: ignored"


def test_the_real_one_is_found_beside_a_stranger_with_more_children_whoever_starts_it(folder: Path) -> None:
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived")])
    strange(folder, ("20", "1", "keepalived", USER), *((str(n), "20", "keepalived", USER) for n in range(21, 30)))
    real = look()
    assert (real.running, real.parent, real.owner) == (True, parent(10), "keepalived")
    (folder / "10/status").write_text(status("10", "20"))
    assert look().parent == parent(10)


def test_a_script_that_keepalived_runs_as_another_user_is_not_mentioned(folder: Path) -> None:
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived"), ("12", "10", "keepalived")])
    strange(folder, ("20", "11", "keepalived", USER), ("30", "1", "keepalived_watch", USER))
    assert look().strangers == ()


def test_a_link_of_that_name_to_a_setuid_program_is_not_keepalived(folder: Path) -> None:
    """`ln -s /usr/bin/sudo keepalived; ./keepalived ./mine`: all of its user ids are root's."""
    proc(folder, [("10", "1", "keepalived"), ("11", "1", "ldirectord"), ("12", "1", "kube-router")])
    for number in ("10", "11", "12"):
        (folder / number / "exe").unlink()
        (folder / number / "exe").symlink_to("/usr/bin/sudo")
    assert look() == KeepalivedProcesses(False)


def test_a_user_unknown_in_our_user_namespace_is_not_trusted(folder: Path) -> None:
    user = NOBODY.split()[0]
    proc(folder, [])
    strange(folder, ("20", "1", "keepalived", NOBODY))
    (folder / "sys/kernel").mkdir(parents=True)
    (folder / "sys/kernel/overflowuid").write_text(f"{user}\n")
    (folder / "self/uid_map").write_text("         0       1000          1\n")
    assert look() == KeepalivedProcesses(None, owner=None)
    (folder / "self/uid_map").write_text("         0          0 4294967295\n")
    assert look().strangers == (UntrustedProcess(20, int(user), "keepalived", 1),)


def test_a_pid_file_that_an_ordinary_user_can_write_tells_nothing(folder: Path) -> None:
    proc(folder, [("10", "1", "keepalived"), ("11", "10", "keepalived")])
    (folder / "10/root/run").mkdir(parents=True)
    file = folder / "10/root/run/checkers.pid"
    file.write_text("11\n")
    assert look().owner == "keepalived"
    file.chmod(0o666)
    assert look().owner == ""
    file.unlink()
    os.mkfifo(file)
    assert look().owner == ""
    file.unlink()
    file.symlink_to(folder / "other")
    assert look().owner == ""


def test_of_two_keepaliveds_the_one_with_checks_programs_the_table(folder: Path) -> None:
    """Started apart, -P and -C: that is no rivalry, whichever came first."""
    proc(folder, [(str(n), str(above), "keepalived") for n, above in ((10, 1), (11, 10), (20, 1), (21, 20))])
    for first, second in (("10", "20"), ("20", "10")):
        (folder / first / "cmdline").write_bytes(f"keepalived\0-P\0-f\0/etc/{first}.conf\0".encode())
        (folder / second / "cmdline").write_bytes(f"keepalived\0-C\0-f\0/etc/{second}.conf\0".encode())
        found = look()
        assert (found.parent, found.owner) == (parent(int(second)), "keepalived")
        assert (found.others, found.rivals) == ((parent(int(first)),), ())


@pytest.mark.parametrize(
    ("mask", "ended"),
    [("4000000800014a03", False), ("0000000000010000", True), (None, False)],
    ids=["takes SIGTERM", "takes SIGCHLD alone", "no signalfd"],
)
def test_an_ending_keepalived_handles_only_the_signals_of_its_children(
    folder: Path, mask: str | None, ended: bool
) -> None:
    """What 2.2.7 has in its fdinfo before and after SIGTERM."""
    proc(folder, [("10", "1", "keepalived")])
    assert not ends(10)  # it may not be looked into
    (folder / "10/fdinfo").mkdir()
    (folder / "10/fdinfo/5").write_text("pos:\t0\nflags:\t02000002\ntfd:        6 events:       19\n")
    if mask is not None:
        (folder / "10/fdinfo/6").write_text(f"pos:\t0\nflags:\t02004002\nmnt_id:\t16\nino:\t1\nsigmask:\t{mask}\n")
    assert ends(10) is ended
    assert ends(11), "it has exited"


def test_hidden_processes_are_not_called_missing(folder: Path) -> None:
    """/proc with hidepid=1, where the first process has no name for us, and with hidepid=2, where it is not there."""
    proc(folder, [("10", "1", "bash")])
    assert look() == KeepalivedProcesses(False)
    (folder / "1/comm").unlink()
    assert look() == KeepalivedProcesses(None, owner=None)
    shutil.rmtree(folder / "1")
    assert look() == KeepalivedProcesses(None, owner=None)


RAW = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  112: 00000000:0070 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 2345 2 0000000000000000 0"""
RAW6 = """\
  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when
  112: 00000000000000000000000000000000:0070 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000"""
TABLE = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C000020A:0050 wrr """


def test_in_a_pid_namespace_of_our_own_others_may_run_unseen(folder: Path) -> None:
    proc(folder, [("10", "1", "ldirectord")])
    (folder / "self/ns/pid").write_text("the container's")
    assert look() == KeepalivedProcesses(False, owner="ldirectord")  # with a network of its own, too
    (folder / "net").mkdir()
    for name, text in (("raw", RAW), ("raw6", RAW6), ("ip_vs", TABLE)):
        (folder / "net" / name).write_text(text)
        assert look() == KeepalivedProcesses(None, owner="ldirectord"), name
        (folder / "net" / name).write_text(text.rpartition("\n")[0])
        assert look() == KeepalivedProcesses(False, owner="ldirectord"), name
    (folder / "sys/net/core").mkdir(parents=True)
    (folder / "sys/net/core/netdev_max_backlog").write_text("1000")
    assert look() == KeepalivedProcesses(None, owner="ldirectord")
    shutil.rmtree(folder / "10")
    assert look() == KeepalivedProcesses(None, owner=None)
