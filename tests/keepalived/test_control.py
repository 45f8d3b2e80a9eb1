"""A running keepalived's own test of its configuration, and its systemd unit. tests/lab/test_reload.py tries the real
one."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from lvstui.director.daemon import Complaint, Daemon, KeepalivedOrder
from lvstui.director.errors import NotDone
from lvstui.keepalived import control
from lvstui.keepalived.daemon_options import read_options
from lvstui.keepalived.process import Parent, words_of
from lvstui.keepalived.signalling import send

FILE = "/etc/keepalived/keepalived.conf"
DAEMON = Daemon(7, FILE, "kill -HUP 7", "kill -TERM 7", "keepalived -D")

# As 2.2.7 said it of one file, which its processes read one after the other.
SAID = f"""\
(Line 3) Unknown keyword 'bogus'
({FILE}: Line 17) Unknown keyword 'protocl'
({FILE}: Line 21) connect_timeout abc invalid - ignoring
Virtual server [192.0.2.1]:none:80: no protocol set - defaulting to UDP
({FILE}: Line 3) Unknown keyword 'bogus'
({FILE}: Line 9) (VI_1) Priority not valid! must be between 1 & 255. Using default 100
"""


def test_complaints_by_file_and_line_each_once() -> None:
    assert [str(one) for one in control.complaints_of(SAID, FILE)] == [
        f"{FILE} line 3: Unknown keyword '...'",
        f"{FILE} line 17: Unknown keyword 'protocl'",
        f"{FILE} line 21: connect_timeout ... invalid - ignoring",
        "Virtual server [192.0.2.1]:none:80: no protocol set - defaulting to UDP",
        f"{FILE} line 9: (VI_1) Priority not valid! must be between 1 & 255. Using default 100",
    ]


def test_a_complaint_without_colours_and_passwords() -> None:
    said = "(Line 4) \x1b[31mauth_pass 'secret x' is too long\n(Line 5) Unmatched quote: '\"secret'\n"
    assert control.complaints_of(said, FILE) == (
        Complaint("?[... '...", FILE, 4),
        Complaint("Unmatched quote: '...'", FILE, 5),
    )


@pytest.mark.parametrize(
    ("status", "said", "refused", "complaints"),
    [
        (0, "", False, 0),
        (0, "(Line 3) something is deprecated\n", False, 1),
        (6, "SECURITY VIOLATION - check scripts are being executed but script_security not enabled.\n", False, 1),
        (5, SAID, True, 5),
        (4, "(a.conf: Line 11) WARNING - interface nosuch for ip address 192.0.2.1/24 doesn't exist\n", True, 1),
        (0, f"Config files missing '{FILE}'.\n", True, 1),
    ],
)
def test_errors_and_warnings_are_distinguished(status: int, said: str, refused: bool, complaints: int) -> None:
    answer = control.judged(DAEMON, status, said)
    assert (answer.refused, len(answer.complaints)) == (refused, complaints)


def test_a_test_that_did_not_run_has_no_result() -> None:
    with pytest.raises(NotDone, match="exit status 1: Unknown option"):
        control.judged(DAEMON, 1, "Unknown option --config-test\n")


@pytest.mark.parametrize(
    ("cgroups", "unit"),
    [
        ("0::/system.slice/keepalived.service\n", "keepalived.service"),
        ("0::/system.slice/system-keepalived.slice/keepalived@a.service\n", "keepalived@a.service"),
        ("4:memory:/x.service\n1:name=systemd:/system.slice/keepalived.service\n0::/\n", "keepalived.service"),
        ("0::/user.slice/user-0.slice/session-3.scope\n", ""),
        ("0::/system.slice/docker-0123.scope\n", ""),
        ("0::/system.slice/podman.service/libpod-payload-0123\n", ""),
        ("0::/system.slice/--force.service\n", ""),
        ("", ""),
        ("rubbish\n", ""),
    ],
)
def test_the_systemd_unit_of_keepalived(cgroups: str, unit: str) -> None:
    assert control.unit_of(cgroups) == unit


@pytest.mark.parametrize(
    ("words", "addresses", "table"),
    [
        ("-D", False, False),
        ("-nlVD", True, False),
        ("--dont-release-ipvs -f /etc/V.conf", False, True),
        ("-fV.conf", False, False),
        ("-VI", True, True),
        ("--dont-release-v --dont-release-i", True, True),
        ("-f V -i I -S I", False, False),
        ("-nV --of-a-later-version -I", True, False),
    ],
)
def test_what_a_stopped_keepalived_leaves_in_the_table(words: str, addresses: bool, table: bool) -> None:
    found = read_options(["keepalived", *words.split()]).alone
    assert ("V" in found, "I" in found) == (addresses, table)


@pytest.mark.usefixtures("alone")
def test_another_process_gets_no_order(tmp_path: Path) -> None:
    program = tmp_path / "keepalived_not"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            until = time.monotonic() + 60
            while not words_of(process.pid) and time.monotonic() < until:
                time.sleep(0.01)
            with pytest.raises(NotDone, match="is not keepalived but keepalived_not"):
                send(process.pid, "STOP")
            with pytest.raises(NotDone, match="is not keepalived"):
                control.order(Parent(process.pid, Path(f"/proc/{process.pid}/root{FILE}")), KeepalivedOrder.RELOAD)
            assert process.poll() is None
        finally:
            process.kill()


@pytest.mark.usefixtures("alone")
def test_another_program_of_that_name_gets_no_order_and_is_not_run(tmp_path: Path) -> None:
    program = tmp_path / "keepalived"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            until = time.monotonic() + 60
            while not words_of(process.pid) and time.monotonic() < until:
                time.sleep(0.01)
            with pytest.raises(NotDone, match="is not keepalived: only its name is"):
                send(process.pid, "DATA")
            assert process.poll() is None
        finally:
            process.kill()


def test_a_keepalived_that_has_ended_gets_no_order() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    with pytest.raises(NotDone):
        send(process.pid, "STOP")
