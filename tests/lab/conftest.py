"""The lab for the tests of this folder: booted once for all of them, a fresh director for each."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest

from tests.lab import cluster as seed
from tests.lab.choose import open_lab
from tests.lab.cluster import Cluster
from tests.lab.director import Director
from tests.lab.session import LabMissing, Session
from tests.lab.terminal import Terminal

_numbers = itertools.count(1)


def _without(reason: LabMissing) -> NoReturn:
    """A developer's machine may lack the lab; the one that judges a change may not."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"no lab: {reason}", pytrace=False)
    pytest.skip(f"no lab: {reason}")


@pytest.fixture(scope="session")
def lab() -> Iterator[Session]:
    """A real kernel with IPVS. What a test changes outside its director's namespace it has to put back."""
    try:
        session = open_lab()
    except LabMissing as reason:
        _without(reason)
    with session:
        yield session


@pytest.fixture
def director(lab: Session) -> Iterator[Director]:
    """A network namespace of its own with an empty IPVS table."""
    fresh = Director.make(lab, f"director{next(_numbers)}")
    yield fresh
    fresh.close()


@pytest.fixture(scope="session")
def _cluster(lab: Session) -> Iterator[Cluster]:
    try:
        built = seed.start(lab)
    except LabMissing as reason:
        _without(reason)
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
