"""The lab for the tests of this folder: booted once for all of them, a fresh director for each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab import cluster as seed
from tests.lab import needs, uml
from tests.lab.choose import open_lab
from tests.lab.cluster import Cluster
from tests.lab.director import Director
from tests.lab.session import LabMissing, Session
from tests.lab.terminal import Terminal

_numbers = itertools.count(1)
_HERE = Path(__file__).parent
_LATE = ("test_hostile.py", "test_screenshots.py", "verbs/test_do.py", "operations/test_restore.py")
"""Files that take long and would come late: one worker would be at them when all else is done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The lab's tests come first, for they take the longest; then the long ones that would be the last to begin."""
    late = {_HERE.parent / name for name in _LATE}
    items.sort(key=lambda item: 0 if _HERE in item.path.parents else 1 if item.path in late else 2)


@contextmanager
def needing_a_lab() -> Iterator[None]:
    """A developer's machine may have no lab; the CI machine must have one."""
    try:
        yield
    except LabMissing as why:
        reason = f"no lab: {why}"
        if os.environ.get("CI") == "true":
            raise pytest.fail.Exception(reason, pytrace=False) from None
        raise pytest.skip.Exception(reason) from None


@pytest.fixture(scope="session")
def lab() -> Iterator[Session]:
    """A real kernel with IPVS. What a test changes outside its director's namespace it has to put back."""
    with needing_a_lab():
        session = open_lab()
    with session:
        yield session


@pytest.fixture(scope="session")
def uml_here() -> None:
    """For a test that needs User Mode Linux itself, not just a lab."""
    packages = needs.missing(uml.PROGRAMS)
    with needing_a_lab():
        if packages:
            raise LabMissing(needs.advice(packages))


@pytest.fixture(scope="session")
def lab_without_ipvs(uml_here: None) -> Iterator[Session]:
    """A kernel that has ip_vs as a module, not loaded. A test that loads it has to `modprobe -r` it."""
    with uml.boot(modules=()) as session:
        yield session


@pytest.fixture
def director(lab: Session) -> Iterator[Director]:
    """A network namespace of its own with an empty IPVS table."""
    fresh = Director.make(lab, f"director{next(_numbers)}")
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def _cluster(lab: Session) -> Iterator[Cluster]:
    with needing_a_lab():
        built = seed.start(lab)
    yield built
    if lab.alive:
        built.close()


@pytest.fixture
def cluster(_cluster: Cluster) -> Cluster:
    """The seed's cluster in health: lvs1 is master, both web servers serve."""
    _cluster.heal()
    return _cluster


@pytest.fixture
def terminal(lab: Session) -> Iterator[Callable[..., Terminal]]:
    """Open terminals in the lab, `terminal(director.argv(["top"]), size=(80, 24))`; they are closed at the end."""
    opened: list[Terminal] = []

    def open_one(argv: list[str], **options: Any) -> Terminal:
        opened.append(Terminal(lab, argv, **options))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
