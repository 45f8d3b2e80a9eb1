"""The differ: its output makes a terminal show the frame, and it writes no more than that."""

from __future__ import annotations

import random

import pyte
import pytest
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from lvstui.console.terminal.differ import Shadow
from lvstui.console.terminal.textual_private import StripPiece
from lvstui.console.terminal.xterm256 import in_256

WIDTH, HEIGHT = 40, 6
COLORS = ColorSystem.TRUECOLOR
STYLES = [
    Style(),
    Style(color="red", bgcolor="black"),
    Style(color="#c8ccd0", bgcolor="#14171a"),
    Style(color="#c8ccd0", bgcolor="#14171a", bold=True),
    Style(color="#14171a", bgcolor="#8fb8d6", reverse=True),
    Style(bold=True, underline=True),
]


def draw(shadow: Shadow, *pieces: StripPiece) -> str:
    return shadow.draw(pieces, COLORS)


def text(x: int, y: int, words: str, style: Style | None = None) -> StripPiece:
    return StripPiece(x, y, Strip([Segment(words, style or Style())]))


def fresh() -> Shadow:
    shadow = Shadow()
    shadow.resize(WIDTH, HEIGHT)
    return shadow


def whole(words: str = "") -> list[StripPiece]:
    return [text(0, y, words.ljust(WIDTH)) for y in range(HEIGHT)]


def test_the_same_frame_again_writes_nothing() -> None:
    shadow = fresh()
    assert draw(shadow, *whole("a"))
    assert draw(shadow, *whole("a")) == ""


def test_one_changed_character_is_all_that_is_written() -> None:
    shadow = fresh()
    draw(shadow, *whole("weight 3"))
    assert draw(shadow, text(0, 2, "weight 4")) == "\x1b[3;8H4"


def test_near_changes_are_joined_and_the_cursor_jumps_to_far_ones() -> None:
    shadow = fresh()
    draw(shadow, *whole("1 2 3" + " " * 20 + "4"))
    assert draw(shadow, text(0, 0, "5 6 7" + " " * 20 + "8")) == "\x1b[1H5 6 7\x1b[20C8"


def test_only_the_changed_part_of_a_style_is_sent() -> None:
    shadow = fresh()
    draw(shadow, *whole())
    back = "#101010"
    out = draw(
        shadow,
        StripPiece(
            0,
            0,
            Strip(
                [Segment("a", Style(color="#ff0000", bgcolor=back)), Segment("b", Style(color="#00ff00", bgcolor=back))]
            ),
        ),
    )
    assert out == "\x1b[1H\x1b[38;2;255;0;0;48;2;16;16;16ma\x1b[38;2;0;255;0mb\x1b[m"


def test_what_another_program_wrote_is_painted_over() -> None:
    shadow = fresh()
    draw(shadow, *whole("a"))
    shadow.forget()
    assert draw(shadow, *whole("a")) != ""


def test_after_a_change_of_size_everything_is_painted() -> None:
    shadow = fresh()
    draw(shadow, *whole("a"))
    shadow.resize(WIDTH, HEIGHT)
    assert draw(shadow, *whole("a")) == ""
    shadow.resize(WIDTH + 1, HEIGHT)
    assert draw(shadow, *whole("a")) != ""


def test_cells_outside_the_screen_are_not_written() -> None:
    shadow = fresh()
    draw(shadow, *whole())
    assert draw(shadow, text(0, HEIGHT, "x"), text(WIDTH - 2, 0, "abcd")) == f"\x1b[1;{WIDTH - 1}Hab"


def test_random_frames_are_shown_correctly() -> None:
    """Against an emulator: after each update the terminal shows exactly the frame, wide characters and all."""
    dice = random.Random(1)
    alphabet = ["a", "b", " ", " ", "7", "é", "–", "世", "界", "━"]
    for _ in range(30):
        shadow = fresh()
        terminal = pyte.Screen(WIDTH, HEIGHT)
        stream = pyte.Stream(terminal)
        truth = pyte.Screen(WIDTH, HEIGHT)
        truth_stream = pyte.Stream(truth)
        for step in range(12):
            pieces = []
            for y in range(HEIGHT) if step == 0 else dice.sample(range(HEIGHT), dice.randint(1, HEIGHT)):
                segments, left = [], WIDTH
                while left > 0:
                    words = "".join(dice.choice(alphabet) for _ in range(dice.randint(1, 9)))
                    strip = Strip([Segment(words, dice.choice(STYLES))])
                    strip = strip.crop(0, left)
                    segments += list(strip)
                    left -= strip.cell_length
                pieces.append(StripPiece(0, y, Strip(segments)))
            stream.feed(draw(shadow, *pieces))
            for _, y, strip in pieces:
                line = "".join(
                    f"\x1b[0;{Strip.render_ansi(style or Style(), COLORS) or '0'}m{words}" for words, style, _ in strip
                )
                truth_stream.feed(f"\x1b[{y + 1}H{line}\x1b[0m")
            assert _shown(terminal) == _shown(truth)


def _shown(screen: pyte.Screen) -> list[list[object]]:
    return [
        [(c.data, c.fg, c.bg, c.bold, c.underscore, c.reverse) for c in (screen.buffer[y][x] for x in range(WIDTH))]
        for y in range(HEIGHT)
    ]


@pytest.mark.parametrize(
    ("color", "number"),
    [("#2e3440", 237), ("#5f5f5f", 59), ("#ff0000", 196), ("#000000", 16), ("#ffffff", 231), ("#303030", 236)],
)
def test_the_nearest_of_256_colours(color: str, number: int) -> None:
    """A dark slate blue is nearer to a grey than to any blue of the cube; what the cube has is taken from it."""
    assert in_256(Color.parse(color)).number == number


def test_the_terminals_own_colours_stay_as_they_are() -> None:
    assert in_256(Color.parse("red")) == Color.parse("red")
    assert in_256(Color.default()).is_default
