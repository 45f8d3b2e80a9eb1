"""Nothing is written outside the run's own folder; how thoroughly properties are tried: usually, in CI, in a soak."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import isolation

# Before anything of lvstui is imported, because that may read the environment.
_RUN = isolation.begin()

# The time of an example says more about the machine than about the program.
settings.register_profile("usual", deadline=None)
settings.register_profile(
    "soak", deadline=None, max_examples=1000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
# Every run of CI tries the same few examples: it judges a change, and does not search for old faults.
settings.register_profile(
    "ci",
    deadline=None,
    max_examples=25,
    derandomize=True,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "usual")


@pytest.fixture(autouse=True)
def _locks_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restore that one test leaves unfinished must not stop another test: its notice is for everybody."""
    monkeypatch.setenv("LVSTUI_RUN", str(tmp_path_factory.mktemp("run")))


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def pytest_configure(config: pytest.Config) -> None:
    """The tests' own folders are short: the path of a socket may have 107 letters."""
    if _RUN is not None and config.option.basetemp is None:
        config.option.basetemp = str(_RUN.folder / "t")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """The last test: nothing was written outside."""
    if _RUN is None:
        return
    found = _RUN.outside()
    if found:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\n\nWritten outside the tests' own folder:", *found, sep="\n  ")
    if session.exitstatus == pytest.ExitCode.TESTS_FAILED:
        print(f"\nWhat the tests wrote is kept in {_RUN.folder}")
    else:
        shutil.rmtree(_RUN.folder, ignore_errors=session.exitstatus != pytest.ExitCode.OK)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what a test counted, whichever worker ran it."""
    for report in (*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")):
        for name, value in report.user_properties:
            if name == "told":
                terminalreporter.write_line(f"{report.nodeid}: {value}")
