"""The log of lvstui itself, for finding bugs: `--log FILE` or LVSTUI_LOG=FILE. It is not the audit log, which records
what was done to the table.

It uses the standard library's logging, which is loaded only when a log is asked for: without one, a call of `note` or
`failure` costs one comparison. It never contains the contents of files, so no password gets into it.
"""

from __future__ import annotations

from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

_logger: logging.Logger | None = None
_path = ""


def to(logger: logging.Logger, path: str) -> None:
    """Starts logging with this logger, which writes to the file `path`."""
    global _logger, _path
    _logger, _path = logger, path


def on() -> bool:
    """Whether there is a log."""
    return _logger is not None


def note(text: str, *args: Any) -> None:
    """Writes a line; the arguments are those of `logging.info`."""
    if _logger is not None:
        _logger.info(text, *args)


def failure(text: str, *args: Any) -> None:
    """Writes a line with the trace of the exception that is being handled."""
    if _logger is not None:
        _logger.exception(text, *args)


def hint() -> str:
    """Where to find the trace of a bug, or how to get one, for the end of a message."""
    return f"its trace is in {_path}" if _logger is not None else "LVSTUI_LOG=FILE writes its trace"
