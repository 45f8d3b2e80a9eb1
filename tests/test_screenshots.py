"""The pictures of docs/ are what the console draws now."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from tests.sampling import some
from tests.screenshots import FOLDER, PICTURES, picture


@pytest.mark.parametrize("name", some(sorted(PICTURES), 8))
async def test_the_picture_is_up_to_date(name: str) -> None:
    found = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    drawn = await picture(name)
    # Compared line by line as text first: a difference is then read, not guessed at.
    assert words(found) == words(drawn), "if that is meant: make screenshots, and look at them"
    assert found == drawn, "the words are the same, colours or places are not; if that is meant: make screenshots"


def test_no_picture_is_unused() -> None:
    assert {path.stem for path in FOLDER.glob("*.svg")} == set(PICTURES)


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_a_picture_fetches_nothing(name: str) -> None:
    svg = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(svg)
    assert re.findall(r"https?://(?!www\.w3\.org/|www\.textualize\.io)[^\s\"')]+", svg) == []
    assert "@font-face" not in svg


def words(svg: str) -> list[str]:
    """What stands on each line of a picture."""
    lines: dict[str, str] = {}
    for line, text in re.findall(r"<text [^>]*clip-path=\"url\(#[^)]*-(line-\d+)\)\">([^<]*)</text>", svg):
        lines[line] = lines.get(line, "") + text.replace("&#160;", " ").rstrip("\n")
    return list(lines.values())
