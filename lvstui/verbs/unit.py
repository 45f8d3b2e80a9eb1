"""--install-unit: installs systemd units: the one that restores the rules when the machine starts, and those that write
metrics for node_exporter.

The first runs once, before keepalived, so that keepalived adds its rules to a restored table and is not overwritten,
and after the network devices exist, because a sync daemon needs its interface.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import lvstui
from lvstui import opening, trust
from lvstui.director.errors import NotDone
from lvstui.store.whole import write_whole
from lvstui.verbs.verb import Ask, Verb

_UNIT = """\
# Written by lvstui --install-unit.
[Unit]
Description=IPVS rules from {rules}
Documentation=man:lvstui(1)
ConditionPathExists={rules}
After=systemd-modules-load.service systemd-sysctl.service network-pre.target systemd-networkd.service networking.service
Before=keepalived.service
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={program} --restore {rules} --merge --yes
StandardOutput=journal

[Install]
WantedBy=multi-user.target
"""


_METRICS = """\
# Written by lvstui --install-unit metrics.
[Unit]
Description=IPVS metrics for node_exporter
Documentation=man:lvstui(1)
After=network.target

[Service]
Type=oneshot
# Where the table cannot be read the file says so, and the journal says why.
ExecStart=-{program} --metrics {file}
StandardError=journal
TimeoutStartSec=30
CapabilityBoundingSet=CAP_NET_ADMIN CAP_NET_RAW CAP_SYS_PTRACE CAP_DAC_READ_SEARCH
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ReadWritePaths=-{folder}
RestrictAddressFamilies=AF_NETLINK AF_UNIX AF_INET AF_INET6 AF_PACKET
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
"""
_TIMER = """\
# Written by lvstui --install-unit metrics.
[Unit]
Description=IPVS metrics for node_exporter, twice a minute

[Timer]
OnBootSec=30
OnUnitActiveSec=30
AccuracySec=5

[Install]
WantedBy=timers.target
"""


_HIDDEN = ("/home", "/root", "/run/user")
"""The folders that ProtectHome= hides from a unit (systemd.exec(5))."""


def metrics(targets: tuple[Path, Path], file: Path, yes: bool, ask: Ask) -> Verb:
    """Writes the service and the timer that keep the metrics, and prints the next steps; it enables nothing."""
    for target, wanted in zip(targets, measuring(_program(*_HIDDEN), file), strict=True):
        yield from _written(target, wanted, yes, ask)
    yield f"systemctl enable --now {targets[1].name}   after systemctl daemon-reload\n"
    if not os.path.isdir(file.parent):
        yield f"mkdir -p {file.parent}   node_exporter reads it: --collector.textfile.directory\n"
    return 0


def text(rules: Path) -> str:
    """The text of the unit. It merges: it adds to a table that something else has already filled, and removes
    nothing."""
    return restoring(_program(), rules)


def restoring(program: str, rules: Path) -> str:
    """The same for a program given by its words."""
    return _UNIT.format(rules=_quoted(str(rules)), program=program)


def measuring(program: str, file: Path) -> tuple[str, str]:
    """The service and the timer that keep the metrics in a file."""
    quoted, folder = _quoted(str(file)), _quoted(str(file.parent))
    return _METRICS.format(program=program, file=quoted, folder=folder), _TIMER


def run(target: Path, rules: Path, yes: bool, ask: Ask) -> Verb:
    """Writes the unit to `target` and prints the next steps; it enables nothing. Raises NotDone when it cannot be
    written, or when another unit is there and the operator wants to keep it."""
    yield from _written(target, text(rules), yes, ask)
    yield "lvstui --save @boot           saves the rules that the machine is to start with\n"
    yield f"systemctl enable {target.name}   makes it start with them; after systemctl daemon-reload\n"
    if not os.path.exists(rules):
        yield f"the unit does nothing until {rules} exists\n"
    return 0


def _written(target: Path, wanted: str, yes: bool, ask: Ask) -> Generator[str, None, None]:
    """Writes a unit, unless it already exists."""
    try:
        there = target.read_text(encoding="utf-8") if target.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(str(target), f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if there == wanted:
        yield f"{target} already exists\n"
    else:
        if there is not None and not yes and not ask(f"{target} exists and differs; replace it?"):
            raise NotDone("--install-unit", "not confirmed; nothing was changed")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotDone(str(target.parent), f"cannot be made: {error.strerror or error}", "run as root") from None
        write_whole(target, [wanted], mode=0o644)
        yield f"wrote {target}\n"


def _program(*hidden: str) -> str:
    """The command with which systemd starts lvstui: an absolute path, or a Python and what it runs. Raises NotDone
    where an ordinary user could change or replace any of it, because root would run that at each boot. `hidden`:
    folders that the unit does not see."""
    own = Path(sys.argv[0]).resolve()
    package = str(Path(lvstui.__file__).resolve().parent)
    if own.suffix == ".pyz" and own.is_file():
        words, more = [sys.executable, "-I", str(own)], []
    elif own.name == "lvstui" and own.is_file():
        words, more = [str(own)], [sys.executable, package]
    elif installed := shutil.which("lvstui"):
        words, more = [installed], [*_interpreter(installed)]
    else:
        words, more = [sys.executable, "-I", "-m", "lvstui"], [package]
    for path in (*words, *more):
        if path.startswith("/") and (why := _unfit(path, hidden)):
            mend = "install lvstui where only root can write (README, On a director), and run that one's --install-unit"
            raise NotDone("--install-unit", why, mend)
    return " ".join(map(_quoted, words))


def _interpreter(script: str) -> Sequence[str]:
    """The interpreter in the first line of a script."""
    try:
        first = opening.read(script, 256).split(b"\n")[0]
    except OSError:
        return ()
    return [os.fsdecode(word) for word in first[2:].split()[:1]] if first.startswith(b"#!") else ()


def _unfit(path: str, hidden: Sequence[str]) -> str:
    """Why a unit must not run this file, "" where it may."""
    if any(Path(path).is_relative_to(folder) for folder in hidden):
        return f"the unit would not see {path}: home folders are hidden from it"
    try:
        flaw = trust.flaw(path, lasting=True)
    except OSError as error:
        return f"{path} cannot be inspected: {error.strerror}"
    return f"systemd would run {path} as root, and {flaw}" if flaw else ""


def _quoted(word: str) -> str:
    """A word quoted for a line of a unit: a percent sign is doubled, blanks and quotes are escaped
    (systemd.syntax(7))."""
    return word.replace("%", "%%").replace("\\", "\\\\").replace(" ", "\\x20").replace('"', '\\"')
