"""Text from outside is made harmless: control, bidirectional and invisible characters become one character each."""

from __future__ import annotations

import json
import tomllib
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.formats import toml
from lvstui.formats.json import encoded
from lvstui.plain import plain, plain_lines
from tests.hostile import ATTACKS, filled, harm, namespace, texts, texts_in


@pytest.mark.parametrize("attack", [attack for attack in ATTACKS if attack != "\u00a0"], ids=ascii)
def test_each_harmful_character_is_shown(attack: str) -> None:
    assert harm(attack, lines=False)
    shown = plain(f"a{attack}b")
    assert "?" in shown and len(shown) == len(attack) + 2 and not harm(shown, lines=False)


@given(texts | st.text())
def test_no_text_is_harmful_and_none_is_truncated(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text) and not harm(shown, lines=False) and "\n" not in shown
    assert plain(shown) == shown
    assert [a == b for a, b in zip(text, shown, strict=True) if not harm(text, lines=False)].count(False) == sum(
        a != b for a, b in zip(text, shown, strict=True) if not harm(text, lines=False)
    )
    lines = plain_lines(text)
    assert not harm(lines) and lines.count("\n") == text.count("\n") and lines.count("\t") == text.count("\t")


@pytest.mark.parametrize("text", ["web-1", "Kéops", "Tiếng Việt", "網路 服務", "שלום", "हिन्दी", "50 %", "●▲─│", "🙂"])
def test_ordinary_text_is_unchanged(text: str) -> None:
    assert plain(text) == text


def test_any_kind_of_space_becomes_a_space() -> None:
    assert plain("a\u00a0b\u3000c\u2003d") == "a b c d"


@given(texts)
def test_json_and_toml_lose_nothing_and_have_no_control_character(text: str) -> None:
    written = encoded({"text": text, "texts": [text]})
    assert written.isascii() and written.isprintable() and json.loads(written) == {"text": text, "texts": [text]}
    value = toml._value(text)
    whole = "".join("\ufffd" if 0xD800 <= ord(char) < 0xE000 else char for char in text)
    assert tomllib.loads(f"text = {value}") == {"text": whole} and not harm(value, lines=False)


def test_every_text_of_a_value_is_covered_by_the_test() -> None:
    class Inner(NamedTuple):
        word: str
        words: tuple[str, ...]

    class Outer(NamedTuple):
        inner: Inner | None
        table: dict[str, int]
        rest: frozenset[str]

    value = filled(Outer, "x", namespace() | {"Inner": Inner})
    assert value == (("x", ("x",)), {"x": 6}, {"x"}) and texts_in(value) == 4
