"""The program's own log, for whoever looks for a fault: `--log FILE` or LVSTUI_LOG=FILE. It is not the audit log, which
says what was done to the table.

It goes through the standard library's logging, which is loaded only when somebody asks for a log: without one a call of
`note` or `failure` costs a comparison. It holds no contents of files, so no password gets into it.
"""

from __future__ import annotations

from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import logging

_logger: logging.Logger | None = None
_path = ""


def to(logger: logging.Logger, path: str) -> None:
    """Writes the log with this logger from now on, which writes into the file `path`."""
    global _logger, _path
    _logger, _path = logger, path


def on() -> bool:
    """Whether there is a log."""
    return _logger is not None


def note(text: str, *args: Any) -> None:
    """Writes a line, as `logging.info` takes it."""
    if _logger is not None:
        _logger.info(text, *args)


def failure(text: str, *args: Any) -> None:
    """Writes a line with the trace of the exception that is being handled."""
    if _logger is not None:
        _logger.exception(text, *args)


def hint() -> str:
    """Where the trace of a defect stands, or how to get one: for the end of a message."""
    return f"its trace is in {_path}" if _logger is not None else "LVSTUI_LOG=FILE writes its trace"
