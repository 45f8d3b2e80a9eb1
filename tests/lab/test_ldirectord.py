"""Who programs the table, told of the real ldirectord of Debian."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.director import Director
from tests.lab.session import LabMissing, Session
from tests.lab.unpacked import BUILD, unpack
from tests.lab.waiting import wait_until

ROOT = "/run/ldirectord"
CONFIGURATION = """
checkinterval = 1
virtual=192.0.2.1:80
    real=10.0.0.1:80 masq
    checktype=on
    service=none
    scheduler=wrr
    protocol=tcp
"""


@pytest.fixture
def program(lab: Session) -> Iterator[str]:
    """The script in the guest, root's there; and where its modules are."""
    root = BUILD / "ldirectord"
    if not root.is_dir():
        if shutil.which("perl") is None:
            pytest.skip("ldirectord is a script of perl's: apt-get install perl")
        new = BUILD / "ldirectord.new"
        shutil.rmtree(new, ignore_errors=True)
        try:
            unpack("ldirectord", "ldirectord", new)
        except LabMissing as why:  # the network may be out of reach
            pytest.skip(str(why))
        new.rename(root)
    lab.run(["cp", "-r", str(root), ROOT]).ok()
    yield f"{ROOT}/usr/sbin/ldirectord"
    lab.run(["rm", "-r", ROOT])


def modules(root: Path) -> str:
    """The folders in which its perl finds what was unpacked."""
    found = [root / "usr/share/perl5", *root.glob("usr/lib/*/perl5/*"), *root.glob("usr/share/perl/*")]
    return ":".join(f"{ROOT}/{folder.relative_to(root)}" for folder in found)


def test_the_real_ldirectord_is_named_as_the_program_that_writes_the_table(lab: Session, program: str) -> None:
    director = Director.make(lab, "ldirectored")
    director.run(["tee", "/run/ldirectord.cf"], stdin=CONFIGURATION).ok()

    def owner() -> str:
        table = json.loads(director.patient("--list", "--format", "json").ok())["director"]
        assert table["notes"] == []
        return str(table["owner"])

    assert owner() == "nobody"
    paths = {"PERL5LIB": modules(BUILD / "ldirectord")}
    job = director.spawn([program, "-d", "/run/ldirectord.cf", "start"], env=paths)
    try:
        wait_until(
            lambda: any(line.startswith("-A -t 192.0.2.1:80") for line in director.rules()),
            "it programs the table",
            story=lambda: job.stdout() + job.stderr(),
        )
        assert owner() == "ldirectord"
    finally:
        job.stop()
        director.close()
