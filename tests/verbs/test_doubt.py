"""--diff says why it reports no drift where the file of a running keepalived is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.keepalived import process
from lvstui.keepalived.daemon_options import read_options
from lvstui.keepalived.process import KeepalivedProcesses, Parent
from lvstui.verbs.named_files import KEEPALIVED, configuration
from tests.keepalived.conf import SERVICE

WHY = read_options(["keepalived", "--unheard"]).doubt
KNOWN = Parent(7, Path("/etc/keepalived/other.conf"))
UNKNOWN = Parent(8, None, None, f"which file it reads is not known: {WHY}")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            KeepalivedProcesses(True, UNKNOWN, KEEPALIVED),
            "keepalived 8: which file it reads is not known: it was started with",
        ),
        (
            KeepalivedProcesses(True, KNOWN, KEEPALIVED, rivals=(UNKNOWN,)),
            "keepalived 8: which file it reads is not known",
        ),
        (
            KeepalivedProcesses(True, None, KEEPALIVED),
            "the parent process of the keepalived that runs here is in another",
        ),
        (KeepalivedProcesses(None, None, None), "a keepalived may run here, but cannot be inspected: run as root"),
        (KeepalivedProcesses(True, KNOWN, KEEPALIVED), ""),
        (KeepalivedProcesses(True, UNKNOWN, ""), ""),
        (KeepalivedProcesses(False), ""),
    ],
)
def test_why_no_drift_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: KeepalivedProcesses, said: str
) -> None:
    file = tmp_path / "keepalived.conf"
    file.write_text(SERVICE)
    monkeypatch.setattr(process, "look", lambda: found)
    remarks = [str(one) for one in configuration(str(file)).remarks if "not shown are" in one.text]
    assert len(remarks) == bool(said) and all(said in one for one in remarks)


def test_nothing_is_in_doubt_if_the_file_is_the_loaded_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "keepalived.conf"
    file.write_text(SERVICE)
    found = KeepalivedProcesses(True, Parent(9, file), KEEPALIVED, rivals=(UNKNOWN,))
    monkeypatch.setattr(process, "look", lambda: found)
    told = configuration(str(file))
    assert told.parent == Parent(9, file) and not any("not shown are" in one.text for one in told.remarks)
