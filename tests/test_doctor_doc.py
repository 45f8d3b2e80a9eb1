"""docs/doctor.md has a paragraph for each finding, and for nothing else; the lab knows the findings that it makes."""

from __future__ import annotations

import re
from pathlib import Path

from lvstui.doctor.registry import IDS
from tests.lab.doctor_faults import FAULTS

DOCUMENT = (Path(__file__).parents[1] / "docs/doctor.md").read_text(encoding="utf-8")


def test_each_finding_has_a_paragraph() -> None:
    paragraphs = re.findall(r"^### (\S+)\n\n\S", DOCUMENT, re.MULTILINE)
    assert sorted(paragraphs) == sorted(IDS)
    assert len(set(IDS)) == len(IDS)


def test_the_lab_makes_only_existing_faults() -> None:
    assert {fault.finding for fault in FAULTS} <= set(IDS)
