"""The design of the console was drawn for one incident before it was built; `mockups/` has those screens. The same
incident is a world of the demo, and tests/console/goldens has the screens as they are drawn now. Every cell with a fact
must be the same on both, but for the places below, where the screens differ on purpose."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

MOCKUPS = Path(__file__).parent / "mockups"
GOLDENS = Path(__file__).parents[1] / "console/goldens"


def screens(name: str) -> tuple[str, str]:
    """A screen as it was designed, and as it is."""
    return tuple((folder / f"{start}{name}.txt").read_text(encoding="utf-8") for folder, start in
                 ((MOCKUPS, ""), (GOLDENS, "incident-")))  # type: ignore[return-value]  # fmt: skip


class Otherwise(NamedTuple):
    """What a screen was to say, what it says, and why."""

    screen: str
    designed: str
    drawn: str
    why: str


DIFFERENT = (
    Otherwise("services-80x24", "lb2 BACKUP", "", "a backup sends no adverts: nothing tells that lb2 is one"),
    Otherwise("services-80x24", "3 findings", "1 finding",
              "what another badge counts is not counted again; who answers for an address is known after a probe only"),
    Otherwise("services-80x24", "web3 failed TCP_CHECK: connection refused", "web3: down by TCP_CHECK",
              "keepalived's dump says which check fails, and not why"),
    Otherwise("services-80x24", "web4 was drained at 00:12:40 by kim", "web4: weight 0 set by kim with lvstui",
              "it was drained elsewhere: its weight from before is not remembered here; the row has the time"),
    Otherwise("services-80x24", "–/10", "", "a server out of the table has its configured weight alone, dimmed"),
    Otherwise("services-80x24", "9 of 16 shown; the 7 below are up", "8 of 16 shown, 8 below",
              "what is below may be up by now and down a moment later: n leads to it"),
    Otherwise("services-100x30", "MASTER since 24 Nov 22:13", "MASTER   1 service",
              "view 4 says since when, and how it is known"),
    Otherwise("inside-80x24", "quorum 1 is met", "",
              "graph and last changes take the room; where there is more, the settings are explained in words"),
    Otherwise("hosts-80x24", "800/800 in api-tls", "limit of 800 in ap~",
              "connections change with every read, a limit does not"),
    Otherwise("hosts-80x24", "answers VIP's ARP", "", "it is known after a probe only"),
    Otherwise("server-80x24", "connection refused (keepalived log, 02:41:07)", "TCP_CHECK fails (keepalived's dump",
              "lvstui does not read the log of keepalived"),
    Otherwise("server-80x24", "tried  02:44:10 by kim", "", "a probe of another console is not kept"),
    Otherwise("vrrp-80x24", "both instances", "MASTER of VI_1", "a world has one instance"),
    Otherwise("vrrp-80x24", "lb2 sent priority 0 (stopped on purpose)", "none higher is heard; the peer is silent",
              "why the role moved two days ago is not in any advert that this console heard"),
    Otherwise("audit-100x30", "DOWN: no server left that takes connections", "",
              "the log holds changes, not their consequences"),
    Otherwise("audit-100x30", "full in api-tls", "", "that a server is full changes no rule"),
    Otherwise("audit-100x30", "root       cdn1    weight 9 -> 1 in img", "someone else  weight 9 -> 1",
              "the kernel does not tell who ran ipvsadm"),
)  # fmt: skip


@pytest.mark.parametrize("one", DIFFERENT, ids=lambda one: f"{one.screen}: {one.designed}")
def test_screens_and_mockups_differ_only_as_listed(one: Otherwise) -> None:
    designed, drawn = screens(one.screen)
    assert one.designed in designed and one.designed not in drawn
    assert one.drawn in drawn and (one.drawn not in designed or not one.drawn)
    assert one.why


SERVICE = re.compile(
    r"^[▌ ]([^\w]) (TCP \S+|UDP \S+|FWM \d+) +(\S+) +"
    r"(DOWN|\d+ down|\d+ full|skew \d+%|up) +(<?\d\d:\d\d)? +(\d+/\d+)", re.M)  # fmt: skip
HOST = re.compile(r"^[▌ ]([^\w]) (\w+) +(\S+) +(down|\d+ full|\d+ drained|up) +(<?\d\d:\d\d)? +(\d+/\d+)", re.M)
SERVER = re.compile(r"([▼=]) (203\.0\.113\.\d+:\d+) +(web\d) +(down|drained) +(\d\d:\d\d)")
UNTIMED = {"api-tls", "img", "api2"}
"""Rows of which the design knew since when: that a server is full, or a pool skewed, no log says."""


@pytest.mark.parametrize("size", ["80x24", "100x30", "160x48", "220x60"])
def test_every_service_says_the_same_in_the_same_order(size: str) -> None:
    designed, drawn = (SERVICE.findall(screen) for screen in screens(f"services-{size}"))
    assert len(drawn) >= min(8, len(designed))
    for told, found in zip(designed, drawn, strict=False):
        sign, service, name, state, since, live = told
        if name == "img":
            state = "skew 27%"  # its load is simulated
        if state == "up" or name == "dns-tcp":
            break  # those that are well stand in the order of their addresses in both, but UDP after TCP here
        since = found[4] if name in UNTIMED else since
        assert found == (sign, service, name, state, since, live)
    assert {(one[1], *one[3:]) for one in drawn if one[3] == "up"} <= {
        (one[1], *one[3:]) for one in SERVICE.findall(screens("services-220x60")[0])
    }


def test_every_host_says_the_same() -> None:
    designed, drawn = screens("hosts-80x24")
    told = {name: (sign, state, since, live) for sign, name, _, state, since, live in HOST.findall(designed)}
    rows = re.sub(r"(?m)^(.{3})(203\S+) +(\w+)", r"\1\3 \2", drawn)  # the address stands before the name here
    found = {name: (sign, state, since, live) for sign, name, _, state, since, live in HOST.findall(rows)}
    assert len(found) == 8 and list(found)[:4] == list(told)[:4] == ["web3", "api2", "web4", "cdn1"]
    both = [name for name in found if name in told]
    assert len(both) >= 6
    for name in both:
        assert (*found[name][:2], found[name][3]) == (*told[name][:2], told[name][3])
        assert found[name][2] == told[name][2] or name in UNTIMED


@pytest.mark.parametrize("name", ["services-80x24", "services-100x30", "services-160x48", "services-220x60"])
def test_the_servers_of_the_worst_service_say_the_same(name: str) -> None:
    designed, drawn = screens(name)
    of_admin = [{row for row in SERVER.findall(one) if row[1].endswith(":8443")} for one in (designed, drawn)]
    assert of_admin[0] == of_admin[1] == {
        ("▼", "203.0.113.13:8443", "web3", "down", "02:41"), ("=", "203.0.113.14:8443", "web4", "drained", "00:12"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("services-80x24", ("1 service DOWN", "3 degraded", "2 drift", "16 services", "35/40 live", "1 services 4",
                            "2 hosts 2", "admin  DOWN since 02:41:07 (5 min)",
                            'clients get "connection refused" at once',
                            "undrain web4 (", "), or start port 8443 on web3")),
        ("services-100x30", ("35/40 servers live", "disk swap, CHG 4711")),
        ("inside-80x24", ("services > ", "since 02:41:07 (5 min)", "Active connections, 30 min", "Last changes")),
        ("server-80x24", ("services > admin > web3  DOWN since 02:41:07 (5 min)", "203.0.113.13:8443",
                          "start port 8443 on web3; keepalived", "configured 10", "02:41:07")),
        ("hosts-80x24", ("web3  down in 3 ", "since 02:41:07 (5 min)", "203.0.113.13")),
        ("vrrp-80x24", ("lb1 is MASTER of ", "since 24 Nov 22:13", "(2 d 4 h)", "chk_uplink", "(150 -> 90)", "VI_1")),
        ("audit-100x30", ("02:41:07", "01:58:12", "00:12:40", '"disk swap, CHG 4711"', "before-cdn3.toml",
                          "BACKUP -> MASTER")),
    ],
)  # fmt: skip
def test_these_words_are_in_both(name: str, words: tuple[str, ...]) -> None:
    designed, drawn = screens(name)
    for one in words:
        assert one in designed and one in drawn, one
