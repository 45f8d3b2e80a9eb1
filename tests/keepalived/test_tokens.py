"""Lines, words and numbers as keepalived reads them."""

from __future__ import annotations

import pytest

from lvstui.keepalived.conf.addresses import address_range, addresses
from lvstui.keepalived.conf.logical_lines import repeated
from lvstui.keepalived.conf.tokens import split_brace, split_words, unsigned, without_comment


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("  weight 3  # five", "weight 3"),
        ("auth_pass s3cr3t!x", "auth_pass s3cr3t"),
        ('auth_pass "a#b" # c', 'auth_pass "a#b"'),
        ("a\\#b # c", "a#b"),
        ("$A=x # more \\", "$A=x\\"),
        ("x '#'", "x '"),
        ("!", ""),
    ],
)
def test_comments(line: str, left: str) -> None:
    assert without_comment(line) == (left, False)


def test_an_open_quote_is_reported() -> None:
    assert without_comment('a "b # c') == ('a "b # c', True)
    assert split_words('a "b c" d"e f"g "h') == (("a", "b c", "d", "e f", "g"), True)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("a { b }", ("a", "{ b }")),
        ("{ b }", ("{", "b }")),
        ("} }", ("}", "}")),
        ('a "{" b', ('a "{" b', "")),
        ('a "{ b', ('a "{ b', "")),
    ],
)
def test_braces(line: str, parts: tuple[str, str]) -> None:
    assert split_brace(line) == parts


@pytest.mark.parametrize(
    ("word", "lenient", "strict"),
    [
        ("5", 5, 5),
        ("5x", 5, None),
        ("abc", 0, None),
        ("", 0, 0),
        (" 7", 7, 7),
        ("+7", 7, 7),
        ("-1", None, None),
        ("101", None, None),
        ("99999999999999999999999999999999999", None, None),
        ("0x10", 0, None),
    ],
)
def test_numbers(word: str, lenient: int | None, strict: int | None) -> None:
    assert unsigned(word, 0, 100)[0] == lenient
    assert unsigned(word, 0, 100, lenient=False)[0] == strict


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("~SEQ(n, 3) x", ["1", "2", "3"]),
        ("~SEQ(n, 0) x", ["1", "0"]),
        ("~SEQ(n, -2) x", ["-1", "-2"]),
        ("~SEQ(n,5,3) x", ["5", "4", "3"]),
        ("~SEQ(n, 1, 5, 14) x", ["1", "6", "11"]),
        ("~SEQx(n, 9, 11) x", ["9", "a", "b"]),
        ("~SEQ(n, 010, 0xa) x", ["8", "9", "10"]),
    ],
)
def test_sequences(line: str, values: list[str]) -> None:
    found = repeated(line, lambda text: text)
    assert found is not None
    assert [dict(row)["n"] for row in found.values] == values
    assert (found.times, found.text) == (len(values), "x")


@pytest.mark.parametrize(
    "line",
    ["~SEQ(n, 1, 0, 5) x", "~SEQ(n, 5, 1, 1) x", "~SEQ() x", "~SEQ(n 3) x", "~SEQx(n, -3) x", "~SEQ(n, 1", "~LST(n) x"],
)
def test_invalid_sequences_are_refused(line: str) -> None:
    assert repeated(line, lambda text: text) is None


def test_ranges() -> None:
    def of(*words: str) -> list[str]:
        found, _ = address_range(words)
        return [] if found is None else [address.hex() for address in addresses(found)]

    assert of("10.0.0.254-255", "80") == ["0a0000fe", "0a0000ff"]
    assert of("10.0.0.4/31") == ["0a000004", "0a000005"]
    assert of("10.0.0.5/31") == []
    assert of("10.0.0.255-10.0.1.0") == ["0a0000ff", "0a000100"]
    assert len(of("2001:db8::fffe-2001:db8::1:1")) == 4
    assert of("10.0.0.1-10.0.0.0") == []
    assert of("10.0.0.1", "99999") == []
