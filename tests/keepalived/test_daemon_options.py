"""The words that a keepalived was started with, read as it reads them (tests/lab/test_options.py asks the real one)."""

from __future__ import annotations

import pytest

from lvstui.keepalived.daemon_options import read_options

FILE = "/etc/ka.conf"
KNOWN = [
    f"-f {FILE}",
    f"-f{FILE}",
    f"-nlDf {FILE}",
    f"-Df{FILE}",
    f"-nDi ID -f {FILE}",
    f"-nDiID -f{FILE}",
    f"--use-file {FILE}",
    f"--use-file={FILE}",
    f"--use={FILE} -n",
    f"--us {FILE}",
    f"-f /etc/first.conf -D -f {FILE}",
    f"some words -nf {FILE} between",
    f"-nf {FILE} -- -f /etc/other.conf",
    f"-g -f {FILE}",
    f"-gf -f {FILE}",
    f"-M -f {FILE}",
    f"--log-file -f {FILE}",
    f"--log-file=-f -f {FILE}",
    f"-p -f -f {FILE}",
    f"-S 3 -u 077 -A tcp:localhost:705 -p /run/f -c /run/i -r /run/r -b /run/b -f {FILE}",
    f"--config-i ID --log-fa=3 -f {FILE}",
]
"""Command lines by which FILE is the configuration; ID is the config-id where it stands in them."""
UNSURE = [
    f"-nZf {FILE}",
    f"--of-a-later-version -f {FILE}",
    f"--log-f x -f {FILE}",
    f"--use-fil{FILE}",
    f"--check=yes -f {FILE}",
    "-nf",
    "-f",
    "--use-file=",
    "--config-id= -n",
]
"""Command lines of which it is not known what they say."""


@pytest.mark.parametrize("words", KNOWN)
def test_known_options_are_read(words: str) -> None:
    found = read_options(["keepalived", *words.split()])
    assert (found.config, found.doubt) == (FILE, "")
    assert found.config_id == ("ID" if "ID" in words else "")


@pytest.mark.parametrize("words", UNSURE)
def test_unknown_options_are_not_guessed(words: str) -> None:
    found = read_options(["keepalived", *words.split()])
    assert (found.config, found.config_id) == ("", "")
    assert "it was started with '-" in found.doubt


def test_without_options_the_defaults_apply() -> None:
    assert read_options(["keepalived", "-nD"])[1:] == ("", "", "")
    assert read_options([]).doubt == "the words it was started with cannot be read"
    assert "''" not in read_options(["keepalived", "-f", ""]).config and read_options(["keepalived", "-f", ""]).doubt
