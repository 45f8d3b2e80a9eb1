"""Which lab this machine can have: User Mode Linux first, then the host's own kernel. Debian 13's kernel in a virtual
machine is slow, and only for who asks for it."""

from __future__ import annotations

import os

from tests.lab import host, needs, uml
from tests.lab.session import LabMissing, Session

CHOICE = "LVSTUI_LAB"  # "uml" or "host" asks for one of them; if it is not set, the first that works is used


def _debian13() -> Session:
    from tests.bench.vm import boot_debian13

    return boot_debian13()


STARTERS = {"uml": uml.boot, "host": host.start, "debian13": _debian13}
USUAL = ("uml", "host")


def open_lab() -> Session:
    """Start a lab, or raise one LabMissing that says why there is none and what to install."""
    wanted = os.environ.get(CHOICE)
    if wanted is not None and wanted not in STARTERS:
        raise LabMissing(f"{CHOICE}={wanted}: there is only {' and '.join(STARTERS)}")
    packages = needs.missing(("ipvsadm",))
    if packages:
        raise LabMissing(f"no ipvsadm to compare with: {needs.advice(packages)}")
    reasons = []
    for name in (wanted,) if wanted else USUAL:
        try:
            return STARTERS[name]()
        except LabMissing as why:
            reasons.append(str(why))
    raise LabMissing("; ".join(reasons))
