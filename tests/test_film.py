"""The moving picture of README: it has the frames that tests/film.py makes, and begins with the screen of the picture
`incident`."""

from __future__ import annotations

import re
from html import escape, unescape
from xml.etree import ElementTree

from tests import film, screenshots
from tests.test_screenshots import words

SVG = film.FILE.read_text(encoding="utf-8")


def test_the_film_has_every_step_of_the_script_and_is_small() -> None:
    ElementTree.fromstring(SVG)
    (steps,) = re.findall(r"<desc>(.*?)</desc>", SVG)
    assert steps == " | ".join(escape(step.said) for step in film.STEPS), "make film, and look at it"
    for step in film.STEPS:
        assert f">{escape(step.said)}</text>" in SVG
        assert escape(step.words.split()[-1]) in SVG
    assert film.FILE.stat().st_size < 300_000


def test_each_part_is_shown_only_during_its_frames() -> None:
    shown = {
        name: dict(_turns(rules)) for name, rules in re.findall(r"@keyframes (f\d+)\{((?:[^{}]*\{[^}]*\})*)\}", SVG)
    }
    used = re.findall(r'<g class="(f\d+)">', SVG)
    assert sorted(used) == sorted(shown) and len(used) > len(film.STEPS)
    whole = sum(step.shown for step in film.STEPS)
    starts = {round(100 * sum(step.shown for step in film.STEPS[:n]) / whole, 2) for n in range(len(film.STEPS))}
    for turns in shown.values():
        assert set(turns) <= starts and 0.0 in turns
        assert set(turns.values()) == {"visible", "hidden"}


def test_the_film_begins_with_the_screen_of_the_first_picture() -> None:
    """So it is as old as that one, which another test draws again."""
    picture = words((screenshots.FOLDER / "incident.svg").read_text(encoding="utf-8"))
    at_first = {
        name for name, rules in re.findall(r"@keyframes (f\d+)\{0\.00%\{visibility:(\w+)", SVG) if rules == "visible"
    }
    lines: dict[int, list[tuple[float, str]]] = {}
    for name, part in re.findall(r'^<g(?: class="(f\d+)")?>(.*)$', SVG, re.M):
        if not name or name in at_first:
            for number, line in re.findall(r'translate\(0 ([\d.]+)\)">(.*?)</g>', part):
                texts = re.findall(r'x="([\d.]+)"[^>]*>([^<]*)</text>', line)
                lines[round(float(number) / film.LINE)] = [(float(x), unescape(text)) for x, text in texts]
    first = [_dense("".join(text for _, text in sorted(lines.get(n, [])))) for n in range(film.SIZE[1])]
    assert first == [_dense(unescape(line)) for line in picture], "make film, and look at it"


def test_the_film_fetches_nothing_and_stops_for_people_who_want_no_motion() -> None:
    assert re.findall(r"https?://(?!www\.w3\.org/)", SVG) == [] and "<script" not in SVG and "@font-face" not in SVG
    assert "@media (prefers-reduced-motion:reduce){g{animation:none!important}}" in SVG


def _dense(line: str) -> str:
    """A line without its blanks, which the two write in different ways."""
    return "".join(line.split())


def _turns(rules: str) -> list[tuple[float, str]]:
    return [(float(at), what) for at, what in re.findall(r"([\d.]+)%\{visibility:(\w+)\}", rules)]
