"""Makes a running keepalived test its configuration, reload it, or stop.

Where keepalived is the main process of a systemd unit, systemd is asked to do it: Restart= would undo a stop that
systemd does not know of, and a reload shows in the unit's log. Otherwise keepalived gets the signal (signalling.py).
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path

from lvstui.director.daemon import Complaint, Daemon, KeepalivedOrder, OrderAnswer
from lvstui.director.errors import NotDone
from lvstui.keepalived.binary import Binary, Unfit
from lvstui.keepalived.complaints import without_passwords
from lvstui.keepalived.conf.secrets import SecretFilter
from lvstui.keepalived.daemon_options import read_options
from lvstui.keepalived.held import Process
from lvstui.keepalived.process import Parent, words_of
from lvstui.keepalived.signalling import send
from lvstui.plain import plain

PATIENCE = 30.0
"""Seconds that a test, systemd or a stop may take."""
_MOST = 200
"""The most complaints kept."""
_HIDDEN = "this complaint is hidden: a word of it is also a password in this configuration"
_SECURITY = 6
"""The exit status of a test whose only complaint is scripts without enable_script_security (lib/scheduler.h)."""
_ERRORS = (4, 5)


def order(parent: Parent, wanted: KeepalivedOrder) -> OrderAnswer:
    """Carries out an order on the keepalived with this parent process. Raises NotDone."""
    daemon = describe(parent)
    said = ""
    match wanted:
        case KeepalivedOrder.TEST:
            return test(daemon, _passwords(parent))
        case KeepalivedOrder.RELOAD:
            said = _tell(daemon, "RELOAD", "reload")
        case KeepalivedOrder.STOP:
            said = _tell(daemon, "STOP", "stop")
            _wait_for_end(daemon.pid)
    return OrderAnswer(daemon, remark=said)


def describe(parent: Parent) -> Daemon:
    """Describes it before it gets an order. Raises NotDone where it may not be inspected."""
    pid = parent.pid
    words = words_of(pid)
    if not words:
        raise NotDone("keepalived", f"process {pid} is gone")
    unit = _unit(pid)
    options = read_options(words).alone
    return Daemon(
        pid,
        _named(parent),
        f"systemctl reload {unit}" if unit else f"kill -HUP {pid}",
        f"systemctl stop {unit}" if unit else f"kill -TERM {pid}",
        f"systemctl start {unit}" if unit else plain(shlex.join(words)),
        unit,
        "V" in options,
        "I" in options,
    )


def _named(parent: Parent) -> str:
    """The name that keepalived itself uses for its configuration file."""
    if parent.config is None:
        return "its configuration"
    name = str(parent.config).removeprefix(f"/proc/{parent.pid}/root").removeprefix(f"/proc/{parent.pid}/cwd/")
    return plain(name)


def _passwords(parent: Parent) -> set[str]:
    """The passwords in its configuration, which no complaint may repeat."""
    from lvstui.keepalived.conf.programmed import passwords

    return passwords(parent.config, parent.config_id) if parent.config is not None else set()


def test(daemon: Daemon, passwords: Collection[str] = ()) -> OrderAnswer:
    """Runs keepalived's own test of its present configuration: the running binary, with the words it was started with,
    in its own namespaces and root. It writes its complaints to standard error (lib/parser.c)."""
    try:
        with ExitStack() as stack:
            process = stack.enter_context(Process(daemon.pid))
            done = Binary(process, stack).run([*process.words()[1:], "--config-test"], PATIENCE)
    except Unfit as why:
        mend = f"without a test: {daemon.reload}"
        raise NotDone("keepalived", f"its configuration cannot be tested: {why}", mend) from None
    except (FileNotFoundError, ProcessLookupError):
        raise NotDone("keepalived", f"process {daemon.pid} is gone") from None
    except OSError as error:
        raise NotDone("keepalived", f"cannot be tested: {error.strerror}", "run as root") from None
    return judged(daemon, done.returncode, done.stderr, passwords)


def judged(daemon: Daemon, status: int, said: str, passwords: Collection[str] = ()) -> OrderAnswer:
    """The meaning of a test's exit status and complaints, none of which repeats one of these passwords. The status
    separates errors from warnings, but not by line; 2.2.7 reports a missing configuration with status 0."""
    complaints = complaints_of(said, daemon.config)
    missing = any(not complaint.line and complaint.words.startswith(_MISSING) for complaint in complaints)
    concealed = SecretFilter(passwords)
    complaints = tuple(
        complaint._replace(words=_HIDDEN) if concealed.words(complaint.words) else complaint for complaint in complaints
    )
    if status not in (0, _SECURITY, *_ERRORS):
        last = complaints[-1].words if complaints else "it says nothing"
        raise NotDone("keepalived", f"its configuration cannot be tested: exit status {status}: {last}")
    return OrderAnswer(daemon, complaints, status in _ERRORS or missing)


_MISSING = ("Config files missing", "Unable to find configuration file", "Unable to read configuration file")
_COMPLAINT = re.compile(r"\((?:(?P<file>.+): )?Line (?P<line>\d{1,9})\) (?P<words>.*)")


def complaints_of(said: str, config: str) -> tuple[Complaint, ...]:
    """Each complaint once, in order: every process of keepalived reads the file again. Where there is only one file it
    may not be named. Passwords are removed."""
    complaints: dict[Complaint, None] = {}
    after = 0  # a line that may be only a password, because its keyword is alone on the line above
    for line in said.splitlines():
        text = plain(line).strip()
        if not text:
            continue
        match = _COMPLAINT.fullmatch(text)
        if match is None:
            complaints[Complaint(without_passwords(text))] = None
        else:
            words, number = match["words"], int(match["line"])
            if re.match(r"Unknown keyword '(auth_|pass)\w*'$", words):
                after = number + 1
            elif number == after:
                words = re.sub(r"'.*'", "'...'", words)
            complaints[Complaint(without_passwords(words), match["file"] or config, number)] = None
    return tuple(complaints)[:_MOST]


def _tell(daemon: Daemon, signal: str, verb: str) -> str:
    """A remark on how the order was sent."""
    if not daemon.unit:
        return send(daemon.pid, signal)
    done = _systemctl(verb, daemon.unit)
    if done.returncode:
        said = plain(done.stderr.strip().splitlines()[-1]) if done.stderr.strip() else f"exit status {done.returncode}"
        raise NotDone(f"systemctl {verb} {daemon.unit}", said, f"systemctl status {daemon.unit}")
    return ""


def _wait_for_end(pid: int) -> None:
    until = time.monotonic() + PATIENCE
    while _alive(pid):
        if time.monotonic() > until:
            raise NotDone("keepalived", f"got the signal to stop, but process {pid} still runs after {PATIENCE:g} s")
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether it still runs; a process that has exited and not been reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def _unit(pid: int) -> str:
    """The systemd unit whose main process this is, "" for none."""
    if not Path("/run/systemd/system").is_dir() or shutil.which("systemctl") is None:
        return ""
    try:
        name = unit_of(Path(f"/proc/{pid}/cgroup").read_text())
    except OSError:
        return ""
    if not name:
        return ""
    # Another service may have started it; stopping that service would stop more than keepalived.
    done = _systemctl("show", "--property=MainPID", "--value", name)
    return name if done.stdout.strip() == str(pid) else ""


def unit_of(cgroups: str) -> str:
    """The service of a process, from its /proc/PID/cgroup: `0::/system.slice/keepalived.service`; in the older
    hierarchies systemd's own, `1:name=systemd:/...`."""
    for line in cgroups.splitlines():
        _, names, path = [*line.split(":", 2), "", ""][:3]
        last = path.rpartition("/")[2]
        if names in ("", "name=systemd") and re.fullmatch(r"[\w:.\\@-]+\.service", last) and last[0] != "-":
            return last
    return ""


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["systemctl", "--no-ask-password", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        why = getattr(error, "strerror", None) or error
        raise NotDone("systemctl", f"does not answer: {why}") from None
