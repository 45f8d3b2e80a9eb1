"""The quick parser of plain command lines accepts what argparse accepts, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.argparser import arguments_parser
from lvstui.arguments import parse, taken
from lvstui.config.options import OPTIONS
from lvstui.flags import GROUPS

FLAGS = [argument.flag for arguments in GROUPS.values() for argument in arguments]
SWITCHES = [option.switch for option in OPTIONS if option.flag]
WORDS = ["-", "", "a", "json", "metrics", "fish", "2", "-5", "--", "-h", "--help", "braille", "x y", "--nothing", " -x"]
ODD = [
    "--save=a",
    "--save=",
    "--check=x",
    "--convert=a",
    "--diff=a",
    "--list=1",
    "--interval=-3",
    "--yes=",
    "--no-list",
]
LINES = st.lists(
    st.one_of(
        st.sampled_from(FLAGS + SWITCHES), st.sampled_from([s.replace("--", "--no-", 1) for s in SWITCHES]),
        st.sampled_from(WORDS), st.sampled_from(ODD),
    ),
    max_size=6,
)  # fmt: skip


@given(LINES)
def test_both_parsers_agree(argv: list[str]) -> None:
    plain = taken(argv)
    if plain is not None:
        assert vars(plain) == vars(arguments_parser().parse_args(argv))


def test_usual_command_lines_need_no_argparse() -> None:
    for line in (
        "--list",
        "--list --format json",
        "--save -",
        "--save web.toml --format=toml",
        "--restore @1 --yes --allow-outage",
        "--restore - --dry-run --merge",
        "--diff a.toml b.toml",
        "--convert a.toml b.rules",
        "--check",
        "--check drift last-live --format json",
        "--netns blue --watch --interval 0.5",
        "--demo --no-mouse --graphs blocks --ask-keepalived",
        "--demo nat",
        "--install-unit",
        "--version",
        "",
    ):
        assert taken(line.split()) is not None, line


def test_help_and_errors_are_left_to_argparse() -> None:
    for line in (
        "--help",
        "-h",
        "--lisst",
        "--save",
        "--format yaml --list",
        "--interval x",
        "--convert a",
        "web.toml",
    ):
        assert taken(line.split()) is None, line


@pytest.mark.parametrize(
    "words", ["lvs1 lvs2 --sudo", "--sudo lvs1 lvs2", "lvs1 --sudo lvs2", "--interval 2 lvs1 lvs2"]
)
def test_hosts_may_be_before_or_after_an_option(words: str) -> None:
    arguments = parse(words.split())
    assert arguments is not None and (arguments.verb, arguments.on, arguments.pair) == ("", "lvs1", "lvs2")
