"""View 5: the findings, one with its evidence, the badge that counts them, n that leads there, and m that mutes."""

from __future__ import annotations

from lvstui.config.settings import Chosen
from lvstui.director.facts import Facts
from lvstui.director.model import Forward, Server, Service, server_key, service_key
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State, total
from tests.console.stage import DEFAULTS, opened
from tests.console.test_goldens import Still

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


async def test_m_mutes_a_finding_for_this_console_and_again_it_speaks() -> None:
    async with opened(Still(site(**OFF))) as stage:
        await stage.press("5", "m")
        assert "muted until you leave" in stage.bottom
        assert "finding" not in stage.screen().splitlines()[0] and "1 muted here" in stage.screen()


async def test_a_silenced_finding_is_not_counted_and_an_unknown_one_is_complained_of() -> None:
    silence = {
        "forwarding-off net.ipv4.ip_forward": Chosen(("routed elsewhere",)),
        "forwading-off": Chosen(("x",), "config.toml line 3"),
    }
    async with opened(Still(site(**OFF)), settings=DEFAULTS._replace(silence=silence)) as stage:
        assert "finding" not in stage.screen().splitlines()[0]
        assert "forwarding-off?" in stage.bottom
        await stage.press("5")
        assert "1 silenced" in stage.screen()
