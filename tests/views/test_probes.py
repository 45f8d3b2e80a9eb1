"""Results of probes, in words."""

from __future__ import annotations

from lvstui.director.model import UDP, address_packed, server_key, service_key
from lvstui.director.probe import ArpAnswer, ArpAnswers, ProbeResult, knocks
from lvstui.views.operator_names import OperatorNames
from lvstui.views.probes import answered, knocked, tally, title

WEB, ONE, TWO = service_key(6, "192.0.2.1", 80), server_key("10.0.0.1", 80), server_key("10.0.0.2", 80)
OPEN, SHUT = (
    ProbeResult(one, 0.0004 * n, "refused" * (n - 1)) for n, one in enumerate(knocks([(WEB, ONE), (WEB, TWO)]), 1)
)
UNFIT = ProbeResult(knocks([(service_key(UDP, "192.0.2.1", 53), server_key("10.0.0.3", 53))])[0])


def test_a_line_has_target_and_result() -> None:
    names = OperatorNames({ONE: "web1", WEB: "shop"})
    assert knocked(OPEN, names) == ("shop  web1  10.0.0.1:80  open, 0.4 ms", "up")
    assert knocked(SHUT) == ("tcp 192.0.2.1:80  10.0.0.2:80  refused, after 0.8 ms", "down")
    assert knocked(UNFIT)[1] == "dim"


def test_a_page_is_called_by_the_name_of_what_is_probed() -> None:
    names = OperatorNames({ONE: "web1", WEB: "shop"})
    assert title([OPEN.target], names) == "probe: web1 of shop, from here"
    assert title([SHUT.target], names) == "probe: 10.0.0.2:80 of shop, from here"
    assert title([OPEN.target, SHUT.target], names) == "probe: 2 real servers, from here"


def test_the_summary_counts_results() -> None:
    assert tally([OPEN], 2) == "1 of 2 tried"
    assert tally([OPEN, SHUT], 2) == "1 of 2 open"
    assert tally([OPEN, OPEN], 2) == "2 of 2 open, the slowest 10.0.0.1:80, 0.4 ms"
    named = tally([OPEN, OPEN], 2, OperatorNames({ONE: "web1"}))
    assert named == "2 of 2 open, the slowest web1, 0.4 ms"
    assert tally([OPEN, UNFIT], 2) == "1 of 1 open, 1 not tried"
    assert tally([UNFIT], 1) == "1 not tried"


def test_each_holder_has_a_line_and_the_first_says_what_it_means() -> None:
    virtual, web = address_packed("192.0.2.1"), address_packed("10.0.0.1")
    asked = ArpAnswers(virtual, "eth1", True, 1.0, (ArpAnswer("02:00:00:00:00:02", "", (web,)),))
    lines = answered(asked, {web: "10.0.0.1"})
    assert lines[0] == ("192.0.2.1   held here; asked on eth1 for 1 s", "title")
    assert lines[1] == ("  02:00:00:00:00:02   real server 10.0.0.1", "")
    assert lines[2][1] == "down" and "arp_ignore=1" in lines[2][0]
    names = OperatorNames({web: "web1"})
    named = [text for text, _ in answered(asked, {web: "10.0.0.1"}, names)]
    assert named[1] == "  02:00:00:00:00:02   real server web1  10.0.0.1" and "real server web1 answers" in named[2]
    assert [role for _, role in answered(asked._replace(answers=()), {})] == ["title", ""]
