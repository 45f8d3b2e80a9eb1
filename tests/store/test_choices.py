"""What was chosen on the screen is kept in a file that may be as bad as it likes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.plain import plain
from lvstui.store.choices import FILTERS, NOTHING, Choices, TableChoice, read, with_filter, write

CHOSEN = Choices(
    "hosts", "nord", ("active>20", '"a\\b"', "größe"), {"services inside": TableChoice("traffic", "cps", True, True)}
)


def kept(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "console" / "choices.toml"
    path.parent.mkdir(0o700, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(0o600)
    return path


def test_choices_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "console" / "choices.toml"
    assert read(path) == (NOTHING, "")
    write(path, CHOSEN)
    assert read(path) == (CHOSEN, "")
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700


@given(st.text(min_size=1, max_size=40))
def test_any_filter_comes_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "filters" / "choices.toml"
    write(path, Choices(filters=(text,)))
    assert read(path) == (Choices(filters=(plain(text),)), "")


@pytest.mark.parametrize(
    "text",
    [
        "view = ",
        b"\xff\xfe",
        "view = 7",
        "view = 'a\x1b[2J'",
        "view = ['services']",
        "theme = '../../etc/shadow'",
        "filters = 'up'",
        'filters = ["\\u001b[2J"]',
        "tables = 3",
        "[tables.services]\nsort = true",
        "[tables.services]\nreverse = 'yes'",
        "[tables.services]\ncolour = 'red'",
        "[tables]\n" + "\n".join(f"t{n} = {{}}" for n in range(50)),
        "x = 1",
        "x = " + "[" * 5000,
        "x = " + "9" * 5000,
        "# " + "x" * 70_000,
    ],
)
def test_a_wrong_file_is_one_line_and_the_defaults_apply(tmp_path: Path, text: str | bytes) -> None:
    found, complaint = read(kept(tmp_path, text))
    assert found == NOTHING
    assert complaint.startswith(str(tmp_path)) and ":forget removes" in complaint and plain(complaint) == complaint


@given(st.binary(max_size=200) | st.text(alphabet="=[]\"'\n.{}viewsort tables", max_size=80).map(str.encode))
def test_no_contents_of_the_file_do_harm(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    found, complaint = read(kept(tmp_path_factory.getbasetemp(), raw))
    assert found == NOTHING or not complaint


def test_a_filter_is_saved_once_and_the_oldest_is_dropped() -> None:
    filters: tuple[str, ...] = ()
    for n in (*range(FILTERS + 3), 5):
        filters = with_filter(filters, f"web{n}")
    assert len(filters) == FILTERS and filters[-1] == "web5" and filters.count("web5") == 1 and "web3" in filters
    assert with_filter(filters, "") == filters
