"""Texts that the real `ipvsadm -R` loads: we make the same table of each, refuse what it refuses, or differ for a
reason that stands here."""

from __future__ import annotations

import pytest

from lvstui.director.errors import BadInput
from lvstui.formats import ipvsadm
from tests.formats.ipvsadm_lines import HEAD, NAMES, ONE_SERVICE, REFUSED, REMARKED, SERVERS, SERVICES
from tests.lab.director import Director
from tests.lab.ipvsadm_judge import Verdict, judged, ours
from tests.lab.ipvsadm_more import LINES

TEXTS = tuple(
    dict.fromkeys(
        (
            *ONE_SERVICE,
            *(f"-A -u 192.0.2.1:53 {words}" for words, _ in SERVICES),
            *(line for line, _ in NAMES),
            *(f"{HEAD}-a -t 192.0.2.1:80 {words}" for words, _ in SERVERS),
            *(text for text, _ in REMARKED),
            *(text for text, _ in REFUSED),
            *LINES,
        )
    )
)

_RESTORE = "ipvsadm-restore takes comments out before -R sees them"
_PLAIN = "it refuses or forgets what the line plainly says; we do it, and warn"
_OLD = "what older versions saved, and it does not load itself; we understand it, and warn"
_KEPT = "it refuses what the kernel takes, and what may have been made otherwise; we keep it, and warn"
_KERNEL = "well written; whether there is such a thing is the kernel's to say, when it is restored"
_NAMES = "names are looked up only with --resolve"
_BARE = "we take no bare number for an address or a mask: it is a slip of the pen"
_PRINTS = "it prints, and goes away without a word of the lines that follow"
_ENDS = "it stops short of what stands behind"

DIFFERENT = {
    "  -A\t-t 192.0.2.1:80   -s wrr -p 300 \r": "it loses a last line that ends in a blank, not in a line end",
    "\ufeff-A -t 192.0.2.1:80 -s wrr -p 300": "a BOM is no word; Windows' editors write it",
    "\n\n# a comment\n#\n-A -t 192.0.2.1:80 -s wrr -p 300\n   \n": _RESTORE,
    f"{HEAD}#\n-A -f 2": _RESTORE,
    "#-A -f 1": _RESTORE,
    f"{HEAD}-a -r 10.0.0.5 -t 192.0.2.1:80 -m": _PLAIN,
    "-A -M 64 -t [2001:db8::1]:80 -p": _PLAIN,
    "-A -f 1 -p 60 -M 64 -6": _PLAIN,
    "-A -6 -f 1": _PLAIN,
    "-6Af 1": _PLAIN,
    "-f 1 -A": _PLAIN,
    "-f 1 -6 -A": _PLAIN,
    "-t 192.0.2.1:80 -A": _PLAIN,
    "-A -t [10.0.0.1]:80": _PLAIN,
    "-A -t [10.0.0.1]:80 -p": _PLAIN,
    "-A -f -294967296": _OLD,
    "-A -u 192.0.2.1:53 -s rr ops": _OLD,
    "-A -u 192.0.2.1:53 -s rr -p 60 pe sip ops": _OLD,
    "-A -t 192.0.2.1:80 -s sh -b": _OLD,
    "-A -t 192.0.2.1:80 -s sh -b ": _OLD,
    "-A -t 192.0.2.1:80 -p -M 24": _BARE,
    "-A -t 192.0.2.1:80 -p -M 64": _BARE,
    "-A -t 0:80 -s rr": _BARE,
    "-A -t 192.0.2.1:80 -o": _KEPT,
    "-A --sctp-service 192.0.2.1:80 -o": _KEPT,
    "-A -t 192.0.2.1:0": _KEPT,
    "-A -t 192.0.2.1:80 -s wwlc": _KERNEL,
    "-A -t 192.0.2.1:80 -s abcdefghijklmnopqrst": _KERNEL,
    "-A -t 192.0.2.1:80 -s -p": _KERNEL,
    "-A -t 192.0.2.1:80 --pe foo": _KERNEL,
    "--start-daemon master": _KERNEL,
    **{
        f"{HEAD}-a -t 192.0.2.1:80 -r {real}:80 {method}": _KERNEL
        for real in ("224.0.0.1", "0.0.0.0", "255.255.255.255")
        for method in ("-g", "-m", "-i")
    },
    "-A -t localhost:80 -s rr": _NAMES,
    **{f"{HEAD}-a -t 192.0.2.1:80 -r localhost:80 {method}": _NAMES for method in ("-g", "-m", "-i")},
    "-A -t [2001:db8::1]:80 -p -M 64x": _ENDS,
    "-A -f 1\0": _ENDS,
    "-h": _PRINTS,
    f"{HEAD}-v": _PRINTS,
    f"{HEAD}-h": _PRINTS,
}
"""Text -> why we make something else of it, on purpose."""


@pytest.fixture(scope="module")
def verdicts(lab: object) -> dict[str, Verdict]:
    director = Director.make(lab, "restoring")  # type: ignore[arg-type]
    try:
        return dict(zip(TEXTS, judged(director, TEXTS), strict=True))
    finally:
        director.close()


def test_there_are_enough_lines_to_compare() -> None:
    assert sum(text.count("\n") + 1 for text in TEXTS) > 400
    assert set(DIFFERENT) <= set(TEXTS)


def test_lvstui_reads_the_text_like_ipvsadm(verdicts: dict[str, Verdict]) -> None:
    wrong = []
    for text, theirs in verdicts.items():
        difference = _difference(text, theirs)
        if bool(difference) != (text in DIFFERENT):
            wrong.append(f"{text!r}\n  {difference or 'is alike now: take it out of DIFFERENT'}")
    assert not wrong, "\n" + "\n".join(wrong)


def _difference(text: str, theirs: Verdict) -> str:
    """How the two readers differ, in words; empty when they agree. Where ipvsadm complains and continues (a rule that
    already exists, say), a remark of ours and the same table are agreement."""
    try:
        rules, remarks = ipvsadm.read(text)
    except BadInput as error:
        return "" if theirs.code or theirs.said else f"refused: {error}; ipvsadm: {theirs.rules}"
    if ours(rules) != theirs.table():
        return f"ours {ours(rules)}, ipvsadm's {theirs.table()} ({theirs.said})"
    if (theirs.code or theirs.said) and not remarks:
        return f"ipvsadm says {theirs.said!r}, and we say nothing"
    return ""


def test_the_comparison_finds_a_difference(verdicts: dict[str, Verdict]) -> None:
    theirs = verdicts["-A -f 1"]
    assert _difference("-A -f 1", theirs) == ""
    assert "ours" in _difference("-A -f 2", theirs)
    assert "refused" in _difference("-A -f x", theirs)
    assert "we say nothing" in _difference("-A -f 1", theirs._replace(said="no"))
