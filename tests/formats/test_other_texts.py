"""Texts that are often mistaken for rules, marks as other programs print them, and hints that must not mislead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui import cli
from lvstui.director.dashes import DASHES
from lvstui.director.errors import BadInput
from lvstui.director.marks import mark
from lvstui.director.model import service_key
from lvstui.director.remarks import nearest
from lvstui.director.subject import subject
from lvstui.formats.ipvsadm import read
from lvstui.formats.ipvsadm.options import LONG

OTHER = Path(__file__).parent / "other"


def refused(text: str) -> BadInput:
    with pytest.raises(BadInput) as found:
        read(text, "x.rules")
    return found.value


@pytest.mark.parametrize("dash", DASHES, ids=ascii)
def test_a_typographic_dash(dash: str) -> None:
    error = refused((OTHER / "dash.rules").read_text().replace("\u2013", dash))
    assert f"U+{ord(dash):04X}" in error.why and error.mend in ("write -g", "write --g") and "line 2" in error.what


def test_a_typographic_dash_among_the_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["\u2013list"], ["lvs2", "\u2013list"]):
        assert cli.main(words) == 2
        assert "U+2013" in (told := capsys.readouterr().err) and "write --list" in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ((OTHER / "listing.rules").read_text(), "listing"),
        ("TCP  192.0.2.10:80 rr\n", "listing"),
        ("  -> 10.0.0.5:80   Route   1      0          0\n", "listing"),
        ("ipvsadm v1.31 2019/12/24 (compiled with popt and IPVS v1.2.1)\nUsage:\n  ipvsadm -A|E -t|u|f\n", "usage"),
        ("Usage:\n", "usage"),
        ("usage: lvstui [--list]\n", "usage"),
        ("lb1  MASTER  2 virtual services\n", "--list"),
    ],
)
def test_other_texts_are_recognised(text: str, words: str) -> None:
    error = refused(text)
    assert words in error.why and error.mend and "did you mean" not in error.mend


def test_output_of_lvstui_is_recognised(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["--demo", "--list"]) == 0
    listed = tmp_path / "x.rules"
    listed.write_text(capsys.readouterr().out)
    assert cli.main(["--convert", str(listed), "-"]) == 2
    assert "lvstui --save FILE saves" in capsys.readouterr().err


@given(st.sampled_from(sorted(LONG)) | st.text(st.sampled_from("acdeloprst-"), max_size=12))
def test_a_hint_is_never_the_word_itself_and_never_a_command_that_removes(word: str) -> None:
    for text in (word, word[:-1], f"{word}s"):
        hint = nearest(text, LONG)
        assert hint != f"did you mean {text}?"
        assert not any(part in hint for part in ("delete", "clear", "zero", "stop"))


@pytest.mark.parametrize(
    ("text", "number"),
    [("257", 257), ("0x101", 257), ("0X101", 257), ("0x101/0xffffffff", 257), ("0xffffffff", 2**32 - 1)],
)
def test_marks_as_iptables_prints_them(text: str, number: int) -> None:
    assert mark(text) == number
    assert subject(f"fwmark {text}") == service_key(fwmark=number)
    rules, remarks = read(f"-A -f {text} -s rr\n-a -f {text} -r 10.0.0.1:0 -m\n", "x")
    assert list(rules.rules) == [service_key(fwmark=number)]
    assert [remark.line for remark in remarks if "hexadecimal" in remark.text] == (
        [1, 2] if "x" in text.lower() else []
    )


@pytest.mark.parametrize(
    "text", ["0", "0x0", "0x1ffffffff", "0x", "0xzz", "0x101/0xff", "x101", "4294967296", "1" * 5000]
)
def test_invalid_marks_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        mark(text)
    assert refused(f"-A -f {text} -s rr\n").why
