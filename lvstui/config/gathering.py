"""Reads settings files and flags into Settings. The readers are loaded only when there is a file."""

from __future__ import annotations

import os
from _collections_abc import Iterable, Mapping

from lvstui.config.options import OPTIONS
from lvstui.config.settings import Settings
from lvstui.director.errors import BadInput
from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

OptionOrigins = Mapping[tuple[str, ...], str]
"""Where settings came from: `/etc/lvstui/config.toml line 3`, `--interval`. By path: ("interval",), ("keys", "drain"),
("names", "10.0.0.11:80"). Defaults are not included."""


def gather(
    files: Iterable[str | Path], flags: Mapping[str, Any], explicit: str | None = None
) -> tuple[Settings, OptionOrigins]:
    """The settings of `files`, where later files override earlier ones, and of `flags` (name -> value, None where not
    given), which override all. An `explicit` file replaces the others; raises BadInput when it cannot be read. Missing
    files are ignored."""
    values: dict[str, Any] = {}
    origins: dict[tuple[str, ...], str] = {}
    complaints: tuple[str, ...] = ()
    if contents := _contents((explicit,) if explicit else files, explicit is not None):
        from lvstui.config.settings_files import Reader

        reader = Reader()
        for path, content in contents:
            if isinstance(content, str):
                reader.complaints.append(f"{path}: {content}")
            else:
                reader.file(str(path), content)
        values, origins, complaints = reader.values, reader.origins, tuple(reader.complaints)
    for option in OPTIONS:
        if flags.get(option.name) is not None:
            values[option.name], origins[option.name,] = flags[option.name], option.switch
    return Settings(**values, complaints=complaints), origins


def _contents(files: Iterable[str | Path], explicit: bool) -> list[tuple[str | Path, bytes | str]]:
    """What the files hold, or why they cannot be read."""
    contents: list[tuple[str | Path, bytes | str]] = []
    for path in files:
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            if explicit:
                raise BadInput(f"--config {path}", error.strerror or str(error)) from None
            # A folder that we may not enter (another user's HOME, kept by sudo or setpriv) has no file for us.
            hidden = isinstance(error, PermissionError) and not os.access(os.path.dirname(path), os.X_OK)
            if not hidden and not isinstance(error, FileNotFoundError | NotADirectoryError):
                contents.append((path, f"cannot be read: {error.strerror or error}"))
        else:
            if data.strip():
                contents.append((path, data))
    return contents
