"""The moving picture of README, made from the simulated director: `python -m tests.film` writes docs/film.svg again.

It is one SVG without scripts: every row of every frame stands in it once, and a style sheet shows it while its frame
lasts.
Who asked their browser for less motion, or has a viewer without animation, sees the first frame.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Iterator, Sequence
from html import escape, unescape
from pathlib import Path
from typing import NamedTuple

from lvstui.config import Settings
from tests import screenshots
from tests.console.stage import opened

FILE = screenshots.FOLDER.parent / "film.svg"
SIZE = (100, 30)
_BEFORE = 60.0
"""Seconds for which the world has run at the first frame: as in the picture `incident`."""
_CELL, LINE, _BASE, _FONT, _EDGE, _BAR = 8.4, 17.0, 13.0, 14, 8, 26
"""A cell and a line of ours, where letters stand on it, their size, the edge around the screen, the line below it."""
_THEIRS = 12.2, 24.4
"""A cell of Textual's pictures."""
_BACK = "#14171a"
"""The background of the theme `dark`."""


class Step(NamedTuple):
    """What is pressed, and how long it is looked at then (seconds of the film). `said`: what stands below the screen.
    `words`: what must be on the screen. `passes`: seconds that pass in the world before it is looked at."""

    said: str
    keys: tuple[str, ...]
    words: str
    shown: float
    passes: float = 0.0


def _typed(text: str) -> tuple[str, ...]:
    names = {" ": "space", ":": "colon", ".": "full_stop", "-": "minus"}
    return tuple(names.get(letter, letter) for letter in text)


STEPS = (
    Step("web3 is down, and somebody drained web2 and forgot it: why, and what to do", (), "undrain web2", 5.0),
    Step("Enter   opens the service", ("enter",), "services > shop-tls", 2.5),
    Step("x       on web2 takes the drain back", ("up", "x"), "to weight", 2.0),
    Step("Enter   every change shows its ipvsadm command and asks first", ("enter",), "y/N", 3.5),
    Step("y       done", ("y",), "done: undrain", 3.0, 12.0),
    Step("x       drains web1, with a reason for the log", ("up", "x", *_typed("new kernel")), "new kernel", 2.5),
    Step("Enter   what it costs: nobody is cut off", ("enter",), "y/N", 3.5),
    Step("y       its connections end by themselves, new ones go elsewhere", ("y",), "draining", 2.0, 2.0),
    Step("        a while later", (), "drain", 2.0, 30.0),
    Step("u       undoes the last change", ("u",), "y/N", 2.5),
    Step("y       web1 is back", ("y",), "done: undo drain", 2.5, 6.0),
    Step("Esc     back to all services", ("escape",), "7 services", 1.5),
    Step(
        ":       another host in the place of web3, in every service",
        ("colon", *_typed("replace host web3 10.0.1.14")),
        "replace host",
        2.5,
    ),
    Step("Enter   its ports were probed; the whole plan, before anything is sent", ("enter",), "2 commands", 5.0),
    Step("y       done in one step; u would undo it in one", ("y",), "done: replace host", 4.0, 8.0),
)


class Frame(NamedTuple):
    """One frame: what stands on each line of the screen, as SVG whose origin is the line's corner; the caption; and how
    long it is shown."""

    lines: tuple[str, ...]
    said: str
    seconds: float


class Drawn:
    """Turns pictures of the screen into lines, and gives each style a short name that all frames share."""

    def __init__(self) -> None:
        self._styles: dict[str, str] = {}

    @property
    def sheet(self) -> str:
        return "".join(f".{name}{{{rule}}}" for rule, name in self._styles.items())

    def lines(self, svg: str) -> Iterator[str]:
        """The lines of a picture that Textual made."""
        rules = dict(re.findall(r"\.terminal-\d+-(r\d+) \{ (.*?) \}", svg))
        found: list[list[str]] = [[] for _ in range(SIZE[1])]
        for fill, x, y, width in re.findall(r'<rect fill="(#\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg):
            left, cells = round(float(x) / _THEIRS[0]), round(float(width) / _THEIRS[0])
            shape = f'<path fill="{fill}" d="M{left * _CELL:g} 0h{cells * _CELL:g}v{LINE:g}h-{cells * _CELL:g}z"/>'
            if fill != _BACK:
                found[int(float(y) // _THEIRS[1])].append(shape)
        pieces = re.findall(r'class="terminal-\d+-(r\d+)" x="([\d.]+)" y="[\d.]+" textLength="[\d.]+"'
                            r' clip-path="url\(#terminal-\d+-line-(\d+)\)">([^<]*)<', svg)  # fmt: skip
        for style, x, line, text in pieces:
            blank = text.replace("&#160;", " ").rstrip("\n ")
            at = float(x) / _THEIRS[0] + len(blank) - len(blank.lstrip())
            words = blank.strip()
            if words:
                long = len(unescape(words)) * _CELL
                found[int(line)].append(
                    f'<text class="{self._named(rules[style])}" x="{at * _CELL:g}" y="{_BASE:g}"'
                    f' textLength="{long:g}">{words}</text>'
                )
        for pieces_of_line in found:
            yield "".join(pieces_of_line)

    def _named(self, rule: str) -> str:
        return self._styles.setdefault(rule.strip().rstrip(";"), f"s{len(self._styles)}")


async def frames(drawn: Drawn) -> list[Frame]:
    """Every frame of the film. The world, its clock and the wall clock are fixed."""
    clock = screenshots.Clock()
    found: list[Frame] = []
    with screenshots.fixed(clock), tempfile.TemporaryDirectory() as folder:
        source, names = screenshots.opened_world("site", Path(folder), clock)
        settings = Settings(names=names)
        async with opened(source, size=SIZE, theme="dark", folder=Path(folder), settings=settings) as stage:
            stage.app.prompt._fade = lambda said: None  # type: ignore[method-assign]  # however long this takes
            await screenshots.passes(stage, clock, _BEFORE)
            for step in STEPS:
                await stage.press(*step.keys)
                if step.passes:
                    await screenshots.passes(stage, clock, step.passes)
                await stage.until(lambda: not stage.app.sampler.reading.under_way)
                await stage.settle()
                await stage.shows(step.words)
                found.append(Frame(tuple(drawn.lines(stage.app.export_screenshot(title=""))), step.said, step.shown))
    return found


def film(shown: Sequence[Frame], sheet: str) -> str:
    """The frames as one SVG."""
    whole = sum(frame.seconds for frame in shown)
    width, height = SIZE[0] * _CELL + 2 * _EDGE, SIZE[1] * LINE + 2 * _EDGE + _BAR
    groups: dict[tuple[int, ...], list[str]] = {}
    for number in range(SIZE[1] + 1):
        rows: dict[str, list[int]] = {}
        for place, frame in enumerate(shown):
            line = frame.lines[number] if number < SIZE[1] else _caption(frame.said)
            rows.setdefault(line, []).append(place)
        for line, places in rows.items():
            if line:
                groups.setdefault(tuple(places), []).append(f'<g transform="translate(0 {number * LINE:g})">{line}</g>')
    starts = [sum(frame.seconds for frame in shown[:place]) for place in range(len(shown) + 1)]
    parts, moves = [], []
    for number, (when, lines) in enumerate(groups.items()):
        always = len(when) == len(shown)
        name = "" if always else f' class="f{number}"'
        parts.append(f"<g{name}>{''.join(lines)}</g>")
        if not always:
            moves.append(_shown(f"f{number}", frozenset(when), starts, whole))
    return _PAGE.format(
        width=f"{width:g}", height=f"{height:g}", back=_BACK, edge=_EDGE, font=_FONT, sheet=sheet, moves="".join(moves),
        size=_FONT, parts="\n".join(parts), steps=" | ".join(escape(frame.said) for frame in shown),
        bar=f"{SIZE[1] * LINE + _EDGE + 4:g}",
    )  # fmt: skip


_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" xml:space="preserve">
<title>lvstui: undrain, drain, undo, replace</title>
<desc>{steps}</desc>
<style>text{{font:{size}px "DejaVu Sans Mono","Liberation Mono",monospace;white-space:pre}}
.c{{fill:#fff;font-weight:bold}}
{sheet}
{moves}
@media (prefers-reduced-motion:reduce){{g{{animation:none!important}}}}</style>
<rect width="100%" height="100%" rx="8" fill="{back}"/>
<path fill="#2d4a66" d="M0 {bar}h{width}v40h-{width}z"/>
<g transform="translate({edge} {edge})">
{parts}
</g>
</svg>
"""


def _caption(said: str) -> str:
    return f'<text class="c" x="0" y="{_BASE + 8:g}">{escape(said)}</text>'


def _shown(name: str, places: frozenset[int], starts: Sequence[float], whole: float) -> str:
    """The rules that show a group in these frames alone. Without animation it is there if the first frame has it."""
    turns = []
    for place in range(len(starts) - 1):
        now, before = place in places, place - 1 in places
        if place == 0 or now is not before:
            turns.append(f"{starts[place] / whole:.2%}{{visibility:{'visible' if now else 'hidden'}}}")
    first = "" if 0 in places else "visibility:hidden;"
    return f".{name}{{{first}animation:{name} {whole:g}s step-end infinite}}@keyframes {name}{{{''.join(turns)}}}\n"


def main() -> None:
    drawn = Drawn()
    shown = asyncio.run(frames(drawn))
    FILE.write_text(film(shown, drawn.sheet), encoding="utf-8")
    print(f"made docs/{FILE.name}: {len(shown)} frames, {FILE.stat().st_size // 1000} KB")


if __name__ == "__main__":
    main()
