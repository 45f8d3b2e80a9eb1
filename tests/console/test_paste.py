"""A paste is text, whatever is in it: no key, and nothing that a terminal would obey."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from lvstui.console.terminal.paste import END, START, Decoder
from tests.hostile import ATTACKS, harm, texts


def decoded(data: bytes, cuts: list[int]) -> str:
    """What comes of bytes that arrive in pieces."""
    decoder, at = Decoder(), 0
    parts = []
    for cut in [*sorted(cut % (len(data) + 1) for cut in cuts), len(data)]:
        parts.append(decoder.decode(data[at:cut]))
        at = cut
    return "".join(parts) + decoder.decode(b"", final=True)


@given(text=texts, cuts=st.lists(st.integers(0, 10**4), max_size=8))
@example(text="".join(ATTACKS), cuts=[])
@example(text="\x1b[31mdy\x1b[3~", cuts=[9, 12])
def test_a_paste_is_text_and_not_keys(text: str, cuts: list[int]) -> None:
    data = f"j{START}a".encode() + text.replace(END, "").encode("utf-8", "surrogatepass") + f"b{END}k\x1b[A".encode()
    found = decoded(data, cuts)
    before, _, rest = found.partition(START)
    inside, _, after = rest.rpartition(END)
    assert (before, after) == ("j", "k\x1b[A")
    assert inside[0] + inside[-1] == "ab" and not harm(inside)


@given(data=st.binary(max_size=40), cuts=st.lists(st.integers(0, 100), max_size=4))
def test_keys_are_unchanged_and_no_bytes_raise_an_error(data: bytes, cuts: list[int]) -> None:
    assert decoded(data, cuts) == data.decode("utf-8", "replace") or START.encode() in data


def test_a_key_is_not_held_back() -> None:
    decoder = Decoder()
    pieces = (b"\x1b", b"[200", b"~\x1b[2J", b"\x1b[20", b"1~d", b"\x1b")
    assert [decoder.decode(piece) for piece in pieces] == ["\x1b", "[200", "~?[2J", "", f"{END}d", "\x1b"]
