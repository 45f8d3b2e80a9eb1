"""Configurations for tests: text -> what it means."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.configured import Configured
from lvstui.keepalived.conf import read_config

SERVICE = """
virtual_server 192.0.2.1 80 {
    lvs_sched wrr
    lvs_method DR
    protocol TCP
    real_server 10.0.0.1 80 { weight 3 }
}
"""


def meant(folder: Path, text: str | bytes, **files: str) -> Configured:
    """Writes the text and other files (`a__conf` is a.conf), and reads it."""
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(content)
    main = folder / "keepalived.conf"
    main.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_config(main, "lvs1")


def told(found: Configured) -> list[tuple[str, int, str]]:
    """The remarks with the files' bare names."""
    return [(Path(remark.file).name, remark.line, remark.text) for remark in found.remarks]
