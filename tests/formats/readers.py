"""Every reader of files from outside, for the fuzzer: give it any bytes, and it answers with rules that all the rest of
lvstui can live with, or with BadInput that fits a line. A new reader is one more line of READERS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from lvstui.director.errors import BadInput
from lvstui.director.remarks import Remark
from lvstui.director.spell import server_line, service_line
from lvstui.formats import ipvsadm, rule_files
from lvstui.formats.contents import contents_of
from tests.lab.keepalived_random import random_configuration
from tests.rulesets import odd_ruleset, random_ruleset

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


def _read(kind: str, data: bytes) -> None:
    file = _folder() / f"read.{kind}"
    file.write_bytes(data)
    if kind == "keepalived":
        from lvstui.keepalived.conf import read_config

        meant = read_config(file, "lvs1")
        rules, remarks = meant.rules, meant.remarks
    else:
        found = rule_files.read_rules(str(file), kind)
        rules, remarks = found.rules, found.remarks
    _printable(remarks)
    text = "".join(rule_files.render(contents_of(rules), "json"))
    again = rule_files.parse(text, "json").rules
    assert "".join(rule_files.render(contents_of(again), "json")) == text
    for key, (service, servers) in rules.rules.items():
        assert service_line(service).isprintable()
        assert all(server_line(key, server).isprintable() for server in servers.values())
    if kind == "ipvsadm":
        assert ipvsadm.read(data.decode(), fast=False)[0] == rules


def _printable(remarks: Sequence[Remark]) -> None:
    for remark in remarks[:100]:
        assert str(remark).isprintable(), repr(str(remark))


def _reader(kind: str) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        """Reads it, and returns the refusal if it is one."""
        try:
            _read(kind, data)
        except BadInput as error:
            assert str(error).isprintable() and error.mend.isprintable(), repr(str(error))
            assert len(str(error)) < 1000
            return str(error)
        return ""

    return read


def _rendered(kind: str) -> Callable[[int], str]:
    def text(seed: int) -> str:
        rules = random_ruleset(seed) if seed % 2 else odd_ruleset(seed)
        return "".join(rule_files.render(contents_of(rules), kind))

    return text


READERS: dict[str, tuple[Callable[[bytes], str], Callable[[int], str]]] = {
    "ipvsadm": (_reader("ipvsadm"), _rendered("ipvsadm")),
    "toml": (_reader("toml"), _rendered("toml")),
    "json": (_reader("json"), _rendered("json")),
    "keepalived": (_reader("keepalived"), random_configuration),
}
"""Kind -> how any bytes are read, and a valid text by number."""


@cache
def corpus(kind: str) -> tuple[bytes, ...]:
    """Valid files of a kind: the examples, and random ones."""
    texts = [READERS[kind][1](seed) for seed in range(40)]
    suffix = {"ipvsadm": "rules", "toml": "toml"}.get(kind, "none")
    found = sorted(SNAPSHOTS.glob(f"*.{suffix}"))
    return tuple(text.encode() for text in texts) + tuple(path.read_bytes() for path in found)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="lvstui-fuzz-"))
