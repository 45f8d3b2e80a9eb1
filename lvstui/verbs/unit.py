"""--install-unit: the systemd unit that gives the machine its rules when it starts.

It runs once, before keepalived, so that what keepalived programs stands beside it and not under it, and after the
network's devices are there, for a sync daemon needs its interface."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

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


def text(rules: Path) -> str:
    """The unit. It merges: a table that something else has filled already is added to, and nothing is taken away."""
    return _UNIT.format(rules=_quoted(str(rules)), program=_program())


def run(target: Path, rules: Path, yes: bool, ask: Ask) -> Verb:
    """Writes the unit to `target` and says what comes next; it enables nothing. Raises NotDone when it cannot be
    written, or another unit is there and the operator wants to keep it."""
    wanted = text(rules)
    try:
        there = target.read_text(encoding="utf-8") if target.exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(str(target), f"cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if there == wanted:
        yield f"{target} is there already\n"
    else:
        if there is not None and not yes and not ask(f"{target} is there and differs; replace it?"):
            raise NotDone("--install-unit", "not confirmed; nothing was changed")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotDone(str(target.parent), f"cannot be made: {error.strerror or error}", "run as root") from None
        write_whole(target, [wanted], mode=0o644)
        yield f"wrote {target}\n"
    yield "lvstui --save @boot           saves the rules that the machine is to start with\n"
    yield f"systemctl enable {target.name}   makes it start with them; after systemctl daemon-reload\n"
    if not os.path.exists(rules):
        yield f"until {rules} is there the unit does nothing\n"
    return 0


def _program() -> str:
    """How systemd starts us: an absolute path, or two words."""
    own = Path(sys.argv[0]).resolve()
    if own.name == "lvstui" and own.is_file():
        return _quoted(str(own))
    found = shutil.which("lvstui")
    return _quoted(found) if found else f"{_quoted(sys.executable)} -m lvstui"


def _quoted(word: str) -> str:
    """For a line of a unit: a percent sign is doubled, blanks and quotes are escaped (systemd.syntax(7))."""
    return word.replace("%", "%%").replace("\\", "\\\\").replace(" ", "\\x20").replace('"', '\\"')
