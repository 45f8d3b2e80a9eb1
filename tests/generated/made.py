"""Every file that is made from the code, with its text as it should be."""

from __future__ import annotations

from pathlib import Path

from lvstui.verbs.completion import FILES
from tests.generated import completions, man, schema, tables
from tests.remote import closure

ROOT = Path(__file__).parents[2]


def made() -> dict[Path, str]:
    """By path."""
    page, settings = ROOT / "docs/lvstui.1", ROOT / "docs/configuration.md"
    doctor, figures = ROOT / "docs/doctor.md", ROOT / "docs/figures.md"
    return {
        page: man.page((ROOT / "docs/lvstui.1.in").read_text(encoding="utf-8")),
        ROOT / "docs/snapshot.schema.json": schema.text(),
        settings: tables.filled(settings.read_text(encoding="utf-8")),
        doctor: tables.filled(doctor.read_text(encoding="utf-8")),
        figures: tables.filled(figures.read_text(encoding="utf-8")),
        ROOT / "lvstui/remote/carried.py": closure.text(),
        **{ROOT / "completions" / FILES[shell]: text for shell, text in completions.scripts().items()},
    }
