"""@1, @name and @boot: names for snapshots, and the files they stand for."""

from __future__ import annotations

import os

from lvstui import places
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.remarks import Remark
from lvstui.places import TablePaths
from lvstui.values import NamedTuple

BOOT = "@boot"


class File(NamedTuple):
    """A file to read or write: its path; its kind where the name does not give it (otherwise ""); and a remark to show
    first."""

    path: str
    kind: str = ""
    remarks: tuple[Remark, ...] = ()


class Distribution(NamedTuple):
    """The rule file of a distribution, and the file with the line that enables it (None: it is always loaded)."""

    rules: str
    switch: str | None
    line: str
    name: str


DISTRIBUTIONS = (
    Distribution("/etc/ipvsadm.rules", "/etc/default/ipvsadm", "AUTO=", "Debian's ipvsadm"),
    Distribution("/etc/sysconfig/ipvsadm", None, "", "Red Hat's ipvsadm"),
)
"""Debian: ipvsadm's init script reads AUTO. Red Hat: ipvsadm.service restores the file when it is enabled."""


def to_read(text: str, paths: TablePaths) -> File:
    """The file to read for a name; any other text is a file name itself. Raises BadInput where there is none."""
    if not text.startswith("@"):
        return File(text)
    if text != BOOT:
        from lvstui.store.snapshots import Store

        return File(str(Store(paths.snapshots).address(text)))
    rules = places.boot_rules()
    if os.path.exists(rules):
        return File(str(rules))
    for known in DISTRIBUTIONS:
        if os.path.exists(known.rules):
            return distributed(known.rules)
    others = " nor ".join(distribution.rules for distribution in DISTRIBUTIONS)
    raise BadInput(BOOT, f"there is neither {rules} nor {others}", "lvstui --save @boot makes the first")


def distributed(path: str) -> File:
    """A file to read, with a remark where it is a distribution's rule file."""
    for distribution in DISTRIBUTIONS:
        if distribution.rules == path:
            return File(path, "ipvsadm", (Remark(path, 0, _loads(distribution)),))
    return File(path)


def to_write(text: str, paths: TablePaths) -> str:
    """The file to write for a name. Raises BadInput, NotDone."""
    if not text.startswith("@"):
        return text
    if text == BOOT:
        if paths.simulated and not os.environ.get("LVSTUI_BOOT"):
            raise NotDone(BOOT, "these are the demo's rules, and no machine should start with them")
        rules = places.boot_rules()
        rules.parent.mkdir(parents=True, exist_ok=True)
        return str(rules)
    from lvstui.store.snapshots import Store

    store = Store(paths.snapshots)
    path = store.named(text[1:])
    store.make_room()
    return str(path)


def _loads(system: Distribution) -> str:
    """Whether the machine loads a system's file at boot, as far as that is known."""
    if system.switch is None:
        return f"{system.name} loads it at the start when its service is enabled"
    try:
        with open(system.switch, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return f"{system.switch} cannot be read, so {system.name} does not load it at the start"
    value = next((line.partition("=")[2].strip("\"' ") for line in lines if line.strip().startswith(system.line)), "")
    if value == "true":
        return f"{system.name} loads it at the start ({system.line}true in {system.switch})"
    return f"{system.name} does not load it at the start: {system.switch} says {system.line}{value or '(nothing)'}"
