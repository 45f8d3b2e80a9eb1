"""View 5: the findings, one with its evidence, the badge that counts them, n that leads there, and m that mutes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from lvstui.config import Settings
from lvstui.config.settings import WordsEntry
from lvstui.director.facts import Facts
from lvstui.director.model import Forward, RuleSet, Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, total
from lvstui.formats import ipvsadm
from lvstui.views.findings import FindingKey, FindingView
from tests import screenshots
from tests.console.stage import DEFAULTS, Stage, opened
from tests.console.test_goldens import Still
from tests.memory import MemoryDirector

WEB = service_key(6, "192.0.2.1", 80)


def site(**facts: int) -> State:
    """One service with NAT and two servers; `ip_forward` and others as they are named."""
    servers = [Server(server_key(f"10.0.0.{n}", 80), Forward.MASQ, weight=1) for n in (1, 2)]
    rows = PoolRows(0.0, [ServerReading(server, 1, 0, 0, Counters(), Rates()) for server in servers])
    numbers = {"net.ipv4.ip_forward": 1, "net.ipv6.conf.all.forwarding": 1, **facts}
    readings = [ServiceReading(Service(WEB, "wrr"), Counters(), Rates())]
    known = Facts(1.0, numbers, local=frozenset({WEB.address}), addresses={WEB.address: "eth0"})
    return State(0.0, 0.0, "lvs1", ServiceRows(readings), {WEB: rows}, 0.0, total([rows.load]), owner="", facts=known)


OFF = {"net.ipv4.ip_forward": 0}


async def test_a_healthy_director_has_an_empty_view_and_no_badge() -> None:
    async with opened(Still(site())) as stage:
        assert "finding" not in stage.screen().splitlines()[0]
        await stage.press("5")
        assert "no findings:" in stage.screen() and "checks passed" in stage.screen()


async def test_a_finding_is_counted_shown_and_opened_and_n_leads_to_it() -> None:
    async with opened(Still(site(**OFF)), size=(100, 30)) as stage:
        lines = stage.screen().splitlines()
        assert "1 finding" in lines[0] and "5 doctor 1" in lines[2]
        await stage.press("n")
        assert stage.app.tables.where.view == "doctor"
        assert "1 critical," in stage.screen() and "net.ipv4.ip_forward" in stage.screen()
        await stage.press("enter")
        for words in ("seen", "net.ipv4.ip_forward 0", "risk", "time out", "sysctl -w net.ipv4.ip_forward=1"):
            assert words in stage.screen(), words
        await stage.press("escape")
        assert stage.app.look.inside is None


async def test_on_a_wide_screen_a_findings_subject_is_shown_beside_it_and_events_below(
    tmp_path: Path,
) -> None:
    clock = screenshots.Clock()
    with screenshots.fixed(clock):
        world, names = screenshots.opened_world("incident", tmp_path, clock)
        async with opened(world, size=(220, 60), folder=tmp_path, settings=Settings(names=names)) as stage:
            await screenshots.passes(stage, clock, 10.0)
            await stage.press("5")
            for words in ("[no-live]", "admin  DOWN since", "Active connections, 30 min", "Last changes", "Events"):
                assert words in stage.screen(), words
            assert re.search(r"<\d\d:\d\d", stage.screen()), "since before the console was started"
            for _ in range(4):
                await stage.press("down")
            await stage.shows("203.0.113.22:443", "api2  full", "The same host elsewhere")


async def test_a_finding_uses_the_whole_width_and_is_not_cut() -> None:
    """Letters of its longest line: beside the table, and on its page, where a line stays readable."""
    beside, page = ("5",), ("5", "enter")
    for size, keys, letters in (
        ((80, 24), page, 68),
        ((100, 30), page, 88),
        ((220, 60), page, 100),
        ((160, 48), beside, 58),
        ((220, 60), beside, 85),
    ):
        async with opened(Still(site(**OFF)), size=size) as stage:
            await stage.press(*keys)
            await stage.shows("[forwarding-off]")
            key = FindingKey("forwarding-off", "net.ipv4.ip_forward")
            view = FindingView(stage.app.displayed.diagnosis, key, letters + 12)
            lines = [view.row(number).cells[1] for number in range(len(view))]
            assert min(letters, 81) - 15 < max(map(len, lines)) <= letters  # its longest sentence has 81
            assert all(line in stage.screen() for line in lines), stage.screen()


async def test_a_finding_is_wrapped_again_when_the_terminal_becomes_narrow() -> None:
    async with opened(Still(site(**OFF)), size=(220, 60)) as stage:
        await stage.press("5", "enter")
        await stage.pilot.resize_terminal(80, 24)
        view = FindingView(stage.app.displayed.diagnosis, FindingKey("forwarding-off", "net.ipv4.ip_forward"), 80)
        await stage.until(lambda: all(view.row(number).cells[1] in stage.screen() for number in range(len(view))))


async def test_m_mutes_a_finding_for_this_console_and_a_second_m_shows_it_again() -> None:
    async with opened(Still(site(**OFF))) as stage:
        await stage.press("5", "m")
        assert "muted until you leave" in stage.bottom
        assert "finding" not in stage.screen().splitlines()[0] and "1 muted here" in stage.screen()


async def test_a_silenced_finding_is_not_counted_and_an_unknown_id_is_reported() -> None:
    silence = {
        "forwarding-off net.ipv4.ip_forward": WordsEntry(("routed elsewhere",)),
        "forwading-off": WordsEntry(("x",), "config.toml line 3"),
    }
    async with opened(Still(site(**OFF)), settings=DEFAULTS._replace(silence=silence)) as stage:
        assert "finding" not in stage.screen().splitlines()[0]
        assert "forwarding-off?" in stage.bottom
        await stage.press("5")
        assert "1 silenced" in stage.screen()


async def test_enter_on_a_finding_leads_to_its_subject() -> None:
    director = MemoryDirector(ipvsadm.read(BLIND)[0])
    async with opened(director) as stage:
        await stage.press("5", "enter")
        assert "Enter opens tcp 192.0.2.1:80; there s, then wrr" in stage.screen()
        await stage.press("enter")
        assert (stage.app.view, stage.app.look.inside) == ("services", WEB)
        await stage.press("ctrl+o")
        assert stage.app.view == "doctor" and "rr ignores its weights" in stage.screen()
    async with opened(Still(site(**OFF))) as stage:
        await stage.press("5", "enter", "enter")
        assert stage.app.view == "doctor" and "this finding is about no service" in stage.bottom


HEALTHY = (
    "-A -t 192.0.2.1:80 -s wrr\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -g -w 3\n-a -t 192.0.2.1:80 -r 10.0.0.2:80 -g -w 3\n"
)
BLIND = HEALTHY.replace("wrr", "rr").replace("2:80 -g -w 3", "2:80 -g -w 9")
NIGHT: tuple[tuple[str, str, str, Sequence[str]], ...] = (
    # what somebody did, the finding, what its page says of keys, and the keys from there on
    (HEALTHY.replace("-w 3", "-w 0"), "all-drained", "w sets a weight", ("enter", "w", "3", "enter", "y")),
    (BLIND, "blind-scheduler", "s, then wrr", ("enter", "s", "w", "r", "r", "enter", "y")),
    (
        HEALTHY + "-a -t 192.0.2.1:80 -r 10.0.0.3:8080 -m -w 3\n",
        "unlike-ports",
        "d deletes this one",
        ("enter", "down", "down", "d", "y"),
    ),
    (
        HEALTHY.replace("wrr", "sh").replace("2:80 -g -w 3", "2:80 -g -w 0"),
        "hash-refuses",
        "w sets a weight",
        ("enter", "down", "w", "3", "enter", "y"),
    ),
    (
        HEALTHY.replace("-r 10.0.0.2:80 -g -w 3", "-r 10.0.0.2:80 -g -w 0"),
        "last-live",
        "x takes a drain back",
        ("enter", "down", "x", "3", "enter", "y"),
    ),
)


async def test_a_night_on_call_with_the_doctor_alone() -> None:
    """Five faults, one after the other, at 80x24: each is mended by what its finding says, within ten keys from the
    first look at the console."""
    director = MemoryDirector(ipvsadm.read(HEALTHY)[0])
    async with opened(director) as stage:
        for text, finding, says, keys in NIGHT:
            director.replace(routed(text))
            await stage.app.director.fresh()
            await stage.press("1")
            await stage.until(lambda finding=finding: finding in found(stage))  # type: ignore[misc]
            looked = ("5", "enter", *keys)
            assert len(looked) <= 10, finding
            await stage.press("5", "enter")
            await stage.shows(f"[{finding}]")
            assert says in " ".join(stage.screen().split()), stage.screen()
            await stage.press(*keys)
            await stage.until(lambda finding=finding: finding not in found(stage))  # type: ignore[misc]


def routed(text: str) -> RuleSet:
    """Rules with direct routing throughout: ipvsadm's own text has no port that is unlike its service's there."""
    rules = ipvsadm.read(text)[0]
    return rules._replace(
        rules={
            key: entry._replace(servers={at: one._replace(forward=Forward.ROUTE) for at, one in entry.servers.items()})
            for key, entry in rules.rules.items()
        }
    )


def found(stage: Stage) -> set[str]:
    diagnosis = stage.app.displayed.diagnosis
    return {one.id for one in diagnosis.findings} if diagnosis is not None else set()
