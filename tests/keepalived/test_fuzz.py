"""Whatever is in a keepalived.conf, it is read or refused with a reason."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.director.plan import plan
from lvstui.formats import json, toml
from lvstui.formats.contents import contents_of
from lvstui.keepalived.conf import read_config
from lvstui.keepalived.conf.keywords import CHECKER, CHECKERS
from tests.lab.keepalived_random import random_configuration
from tests.memory import MemoryDirector

KEYWORDS = [
    *CHECKER,
    *CHECKERS,
    *(CHECKER["virtual_server"].inside or ()),
    *((CHECKER["virtual_server"].inside or {})["real_server"].inside or ()),
    *("lvs_timeouts", "lvs_sync_daemon", "nftables_ipvs", "notification_email"),
]
WORDS = st.sampled_from(
    [
        *KEYWORDS,
        *("192.0.2.1", "192.0.2.1-9", "192.0.2.0/29", "2001:db8::1", "2001:db8::1-ffff", "fwmark", "group", "G", "80"),
        *("0", "-1", "5x", "4294967296", "TCP", "DR", "TUN", "NAT", "type", "gue", "port", "wrr", "sh", "true", "off"),
        *("{", "}", "{", "}", '"', "#", "!", "\\", "\\\n", "$A", "${A}", "$A=", "$A=$B \\", "$B=x", "@x", "@^x", "~"),
        *("~SEQ(A, 1, 3)", "~SEQx(A,5)", "~LST({A, B}, {1, 2}, 3)", "include", "include *", "includea x", "\r", "\t"),
    ]
)
LINES = st.lists(st.lists(WORDS | st.text(max_size=6), max_size=7).map(" ".join), max_size=25).map("\n".join)


@cache
def _folder() -> Path:
    return Path(mkdtemp(prefix="lvstui-conf-"))


def read(data: bytes) -> None:
    """Reads it; what comes out must be rules that every other part of lvstui can live with."""
    path = _folder() / "keepalived.conf"
    path.write_bytes(data)
    with suppress(BadInput):
        found = read_config(path, "x")
        text = "".join(toml.write(contents_of(found.rules)))
        assert toml.read(text, "f")[0].rules == found.rules.rules
        assert json.read("".join(json.write(contents_of(found.rules))), "f")[0].rules == found.rules.rules
        memory = MemoryDirector(RuleSet())
        assert all(outcome.error is None for outcome in memory.send(plan(RuleSet(), RuleSet(found.rules.rules))))
        assert memory.rules.rules == found.rules.rules
        assert all(remark.text.isprintable() for remark in found.remarks)


@given(LINES | st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    read(text.encode("utf-8", "surrogatepass"))


@given(st.integers(0, 1_000_000), st.data())
def test_damaged_configurations_are_read_without_an_error(seed: int, data: st.DataObject) -> None:
    text = random_configuration(seed)
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(text)))
        length = data.draw(st.integers(0, 40))
        text = text[:at] + data.draw(WORDS | st.text(max_size=4)) + text[at + length :]
    read(text.encode("utf-8", "surrogatepass"))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=3000))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    read(data)
