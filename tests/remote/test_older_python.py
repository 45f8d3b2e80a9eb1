"""What stands in for what Python 3.9 lacks does the same as what later Pythons have."""

from __future__ import annotations

import itertools
import os
import select
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.remote import older_python

COLUMNS = st.lists(st.lists(st.integers(), max_size=4), max_size=4)


def rows(pairs: Iterable[object]) -> tuple[list[object], bool]:
    """The rows, and whether a column was shorter than the others."""
    found = []
    try:
        for row in pairs:
            found.append(row)
    except ValueError:
        return found, True
    return found, False


@given(COLUMNS, st.booleans(), st.booleans())
def test_columns_are_joined_as_by_zip(columns: list[list[int]], strict: bool, sized: bool) -> None:
    def given_as() -> list[Iterable[int]]:
        return list(columns) if sized else [iter(column) for column in columns]

    assert rows(older_python.strict_zip(*given_as(), strict=strict)) == rows(zip(*given_as(), strict=strict))


@given(st.lists(st.integers()))
def test_neighbours_are_those_of_pairwise(values: list[int]) -> None:
    assert list(older_python.pairs(iter(values))) == list(itertools.pairwise(values))


@pytest.mark.parametrize(
    ("make", "read", "write"),
    [
        (os.eventfd, os.eventfd_read, os.eventfd_write),
        (older_python.eventfd, older_python.eventfd_read, older_python.eventfd_write),
    ],
    ids=["kernel", "older"],
)
def test_a_file_wakes_who_waits_for_it(make: object, read: object, write: object) -> None:
    assert callable(make) and callable(read) and callable(write)
    before = len(os.listdir("/proc/self/fd"))
    file = make(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
    try:
        assert len(os.listdir("/proc/self/fd")) == before + 1 and not os.get_inheritable(file)
        with pytest.raises(BlockingIOError):
            read(file)
        write(file, 1)
        write(file, 2)
        assert select.select([file], [], [], 0)[0] == [file]
        assert read(file) == 3
        assert select.select([file], [], [], 0)[0] == []
    finally:
        os.close(file)


def test_the_names_and_flags_are_those_of_a_later_python() -> None:
    for place, name, value in older_python.LACKING:
        there = getattr(place, name)
        assert callable(there) if callable(value) else there == value, name


def test_a_later_python_is_left_as_it_is() -> None:
    before = zip, itertools.pairwise, os.eventfd
    older_python.complete()
    assert before == (zip, itertools.pairwise, os.eventfd)
