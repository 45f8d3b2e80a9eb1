"""README.md as the package index shows it: there every link must be absolute. The address is that of [project.urls]."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"(!?\[[^\]]*\]\()(?!\w+:|#)([^)\s]+)\)")
"""A link or a picture that leads to a file of the project."""


def absolute(text: str, home: str) -> str:
    """The text, with each link to a file of the project leading to it at the forge."""

    def one(match: re.Match[str]) -> str:
        kind = "raw" if match[1].startswith("!") else "blob"
        return f"{match[1]}{home}/{kind}/HEAD/{match[2].removesuffix('/')})"

    return _LINK.sub(one, text)


class ReadmeHook(MetadataHookInterface):
    """Called by hatchling for each wheel and sdist."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Sets the readme."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        home = metadata["urls"]["Homepage"]
        metadata["readme"] = {"content-type": "text/markdown", "text": absolute(text, home)}
