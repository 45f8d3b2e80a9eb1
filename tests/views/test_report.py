"""A recording as a page: its contents, and that none of them can become markup."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.errors import BadInput
from lvstui.director.model import Server
from lvstui.director.record import DONE, REFUSED, Record, Who
from lvstui.director.state import State, Vrrp
from lvstui.store.replay import Replay
from lvstui.verbs import report as verb
from lvstui.views.operator_names import OperatorNames
from lvstui.views.report import reported
from lvstui.views.report_page import page
from lvstui.views.report_parts import Report
from tests.demo.worlds import LOOK, VIP, WEB1, WEB2, Director, quiet
from tests.hostile import ATTACKS, harm
from tests.store.test_tape import recorded

NAMES = OperatorNames({VIP: "shop", WEB1: "web1"})
KIM = Who(login="kim")
DRAIN = EditServer(VIP, Server(WEB2, weight=0))


def incident() -> list[State]:
    """Two minutes: web1 goes after forty seconds and comes back after eighty; the role moves; web2 is drained."""
    director, found = quiet(), []
    changes: dict[int, Change] = {20: DeleteServer(VIP, WEB1), 30: DRAIN, 40: AddServer(VIP, Server(WEB1, weight=3))}
    for step in range(60):
        director.clock.now += 2.0
        if step in changes:
            director.world.send([changes[step]])
        state = director.world.read(LOOK)
        found.append(state._replace(vrrp=Vrrp("MASTER" if step < 50 else "BACKUP", (), True)))
    return found


STATES = incident()
DRAINED = STATES[30].taken - 0.5


def own(**other: Any) -> Record:
    record = Record(DRAINED, KIM, "", "", "console", "drain web2", "ipvsadm -e -w 0", DONE, "", "CHG 4711", DRAIN)
    return record._replace(**other)


def test_events_are_in_order_with_commands_and_persons() -> None:
    told = reported(STATES, [own()], NAMES)
    events = told.events
    assert [(one.sign, one.kind, one.who) for one in events if one.kind != "service"] == [
        ("-", "keepalived", "keepalived?"),
        ("*", "lvstui", "kim"),
        ("+", "keepalived", "keepalived?"),
        ("V", "vrrp", "keepalived"),
    ], "the drain is told by whoever did it, and not once more as seen"
    assert events[0].commands == ("ipvsadm -d -t 192.168.80.200:80 -r 192.168.80.102:80",)
    drain = next(one for one in events if one.who == "kim")
    assert (drain.what, drain.reason) == ("drain web2 (shop)", "CHG 4711") and drain.commands == ("ipvsadm -e -w 0",)
    assert [one.epoch for one in told.events] == sorted(one.epoch for one in told.events)
    words = [one.what for one in events if one.kind == "service"]
    assert words == ["shop: no server is left that takes new connections", "shop: serves again"]


def test_the_report_begins_with_what_matters_and_uses_the_operators_names() -> None:
    told = reported(STATES, [own()], NAMES)
    (outage,) = told.outages
    assert (outage.name, outage.begins, outage.ends) == ("shop", STATES[30].taken, STATES[40].taken)
    assert told.events[0].what == "web1: 192.168.80.102:80 removed from tcp 192.168.80.200:80 (shop)"
    text = page(told)
    short, happened = text.index("<h2>In short</h2>"), text.index("<h2>What happened</h2>")
    begins, ends = (time.strftime("%H:%M:%S", time.localtime(one)) for one in (outage.begins or 0, outage.ends or 0))
    assert f'<b class="down">shop</b> was DOWN from {begins} to {ends} (20 s)' in text[short:happened]
    assert "1 change with lvstui; 2 changes that keepalived probably made; the VRRP role moved once" in text
    assert "A ? behind a name means: probably." in text and "A dotted line marks" in text
    within = reported(STATES[32:38], (), NAMES)
    assert [(one.begins, one.ends) for one in within.outages] == [(None, None)]
    assert "was DOWN when the recording began" in page(within) and "(at least 10 s)" in page(within)
    assert "No service was DOWN." in page(reported(STATES[:10], (), NAMES))


def test_without_a_log_changes_are_still_found() -> None:
    what = [one.what for one in reported(STATES, (), NAMES).events]
    assert "weight 1 -> 0: 192.168.80.103:80 of tcp 192.168.80.200:80 (shop)" in what


def test_a_refused_change_says_so_and_hides_no_event() -> None:
    told = reported(STATES, [own(result=REFUSED, why="no such server")], NAMES)
    refused = next(one for one in told.events if one.who == "kim")
    assert refused.result == "refused: no such server"
    assert any("weight 1 -> 0" in one.what for one in told.events)


def test_changes_to_another_director_or_at_another_time_are_left_out() -> None:
    others = [own(host="lb9"), own(epoch=STATES[0].taken - 100), own(epoch=STATES[-1].taken + 100)]
    assert not [one for one in reported(STATES, others, NAMES).events if one.who == "kim"]


def test_services_to_which_something_happened_have_curves() -> None:
    told = reported(STATES, (), NAMES)
    shop = next(one for one in told.affected if one.curves.name == "shop")
    assert len(shop.curves.active.points) == len(STATES)
    actives = [state.pools[VIP].load.active for state in STATES]
    assert shop.curves.active.peak == max(actives) and shop.curves.active.last == actives[-1]
    web1 = next(one for one in shop.servers if one.name == "web1")
    broken = [at for at, value in web1.active.points if value is None]
    assert broken == [STATES[20].taken], "while it was out of the table nothing is drawn"
    assert len(shop.marks) >= 3


def test_a_long_recording_has_a_limited_number_of_points() -> None:
    long = [one._replace(taken=STATES[0].taken + 2.0 * n) for n, one in enumerate(STATES * 20)]
    for one in reported(long).affected:
        assert len(one.curves.active.points) <= 500


def test_a_time_without_frames_is_named_and_not_drawn() -> None:
    later = [600.0 if n > 30 else 0.0 for n in range(len(STATES))]
    late = [one._replace(at=one.at + by, taken=one.taken + by) for one, by in zip(STATES, later, strict=True)]
    told = reported(late)
    gap = next(one for one in told.events if one.kind == "gap")
    assert gap.what == "nothing was recorded for 10 min" and gap.epoch == STATES[30].taken
    shop = next(one for one in told.affected if "192.168.80.200:80" in one.curves.address)
    assert any(value is None for _, value in shop.curves.active.points)


def test_a_clock_that_was_set_is_not_a_time_without_frames() -> None:
    for by, words in (
        (3600.0, "the clock is 1 h further on: it was set, or the machine stood still"),
        (-3600.0, "the clock was set back by 1 h"),
    ):
        odd = [one._replace(taken=one.taken + (by if n > 30 else 0.0)) for n, one in enumerate(STATES)]
        assert [one.what for one in reported(odd).events if one.kind == "gap"] == [words]
    # After a restart of the machine its monotonic clock begins anew: then only the clock tells.
    new = [one._replace(at=n * 2.0, taken=one.taken + 600.0) if n > 30 else one for n, one in enumerate(STATES)]
    new = [one._replace(at=1e6 + one.at) if n <= 30 else one for n, one in enumerate(new)]
    assert [one.what for one in reported(new).events if one.kind == "gap"] == ["nothing was recorded for 10 min"]


def test_an_unknown_role_is_not_called_none() -> None:
    """A recording begins before keepalived and the interfaces were looked at."""
    blind = [one._replace(vrrp=Vrrp()) for one in STATES[:3]]
    told = reported([*blind, *STATES[3:]])
    assert [role for _, role in told.roles] == ["not known", "MASTER", "BACKUP"] and told.first.role == "not known"
    text = page(told)
    assert "not known" in text and "no role" not in text
    never = page(reported(blind))
    assert "<h2>VRRP role</h2>" not in never and "no role" not in never and "Nothing: no rule changed, and" in never
    without = reported([one._replace(vrrp=Vrrp(keepalived=False)) for one in STATES[:3]])
    assert without.first.role == "" and "no role" in page(without)


def test_changes_to_the_other_director_hide_no_event_of_this_one() -> None:
    """Both of a pair are often changed alike within seconds, and this machine's log has only what it did."""
    what = [one.what for one in reported(STATES, [own(host="lb9")], NAMES).events]
    assert "weight 1 -> 0: 192.168.80.103:80 of tcp 192.168.80.200:80 (shop)" in what


def test_roles_and_differences_at_the_end() -> None:
    told = reported(STATES, (), NAMES)
    assert [role for _, role in told.roles] == ["MASTER", "BACKUP"] and told.roles[1][0] == STATES[50].taken
    assert "ipvsadm -e -t 192.168.80.200:80 -r 192.168.80.103:80 -g -w 0" in [one.command for one in told.differences]
    same = reported([STATES[0], STATES[0]._replace(taken=STATES[0].taken + 2)])
    assert not same.differences and not same.events and not same.affected
    assert "Nothing: no rule changed" in page(same) and "are those at the beginning" in page(same)
    with pytest.raises(ValueError, match="nothing in it"):
        reported([])


class Tags(HTMLParser):
    """The tags and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.values: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.values += [value or "" for _, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def test_the_page_is_one_file_that_loads_nothing_and_runs_nothing() -> None:
    text = page(reported(STATES, [own()], NAMES, "told by the log"))
    tags = Tags(text)
    assert "default-src 'none'" in text and not re.search(r"https?:|url\(|@import|//", text)
    assert not {tag for tag, _ in tags.tags} & {"script", "link", "img", "iframe", "object", "form", "a"}
    assert not [name for _, names in tags.tags for name in names if name.startswith("on") or name in ("src", "href")]
    assert "prefers-color-scheme: dark" in text
    for words in ("What happened", "drain web2", "CHG 4711", "kim", "shop", "VRRP role", "Beginning and end"):
        assert words in tags.text, words
    assert time.strftime("%H:%M:%S", time.localtime(DRAINED)) in tags.text
    assert sum(tag == "svg" for tag, _ in tags.tags) > 4


def replaced(value: Any, text: str) -> Any:
    """A value with this text in the place of each text in it."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(replaced(one, text) for one in value))
    return type(value)(replaced(one, text) for one in value) if isinstance(value, tuple | list) else value


FULL: Report = reported(STATES, [own(result=REFUSED, why="why")], NAMES, "told")._replace(left_out=["3 services"])
SHAPE = Tags(page(replaced(FULL, "x"))).tags
MARKUP = ("<script>alert(1)</script>", '"><script>', "' onload='x", "</title></style><!--", "]]>", "&lt;b&gt;", "&#60;")
pieces = st.sampled_from((*MARKUP, *ATTACKS)) | st.characters()


def harmless(text: str) -> None:
    made = page(replaced(FULL, text))
    assert not harm(made), harm(made)[:3]
    assert made.encode()  # no lone surrogate is left
    assert Tags(made).tags == SHAPE, "nothing of a text became markup"


@pytest.mark.parametrize("text", [*MARKUP, *ATTACKS])
def test_no_text_becomes_markup(text: str) -> None:
    harmless(text)


@given(st.lists(pieces, min_size=1, max_size=6).map("".join))
def test_no_random_text_becomes_markup(text: str) -> None:
    harmless(text)


def _run(*words: Any) -> tuple[str, int]:
    made = verb.run(*words)
    said = ""
    while True:
        try:
            said += str(next(made))
        except StopIteration as end:
            return said, end.value


def test_the_verb_writes_the_page_of_a_tape(tmp_path: Path) -> None:
    recorded(tmp_path / "x.tape", Director(), 40)
    target = tmp_path / "r.html"
    said, code = _run(Replay(tmp_path / "x.tape"), str(target), NAMES)
    assert code == 0 and said.startswith(f"{target}: ") and target.stat().st_mode & 0o777 == 0o600
    text = target.read_text()
    assert "the audit log of this machine does not go back that far" in text and "</html>" in text
    assert _run(Replay(tmp_path / "x.tape"), "-", NAMES)[0] == text


def test_the_verb_says_how_the_persons_are_known(tmp_path: Path) -> None:
    read = recorded(tmp_path / "x.tape", Director(), 40)
    log = [own(epoch=read[10].taken)]
    text, _ = _run(Replay(tmp_path / "x.tape"), "-", NAMES, lambda: log)
    assert "are from the audit log of this machine" in text and "kim" in text
    text, _ = _run(Replay(tmp_path / "x.tape"), "-", NAMES, lambda: [own(epoch=read[10].taken, host="lb9")])
    assert f"Who changed what is not known: the audit log of this machine tells nothing of {read[0].host}." in text
    (tmp_path / "y").write_text("no tape")
    with pytest.raises(BadInput):
        Replay(tmp_path / "y")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[str]]:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium here: apt-get install chromium")
    folder = tmp_path_factory.mktemp("browser")
    yield (found, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder}")


def test_a_browser_draws_it_light_and_dark_and_runs_nothing(browser: Sequence[str], tmp_path: Path) -> None:
    evil = reported(STATES, [own(title="<script>document.title='owned'</script>", reason='"><img src=x>')], NAMES)
    file = tmp_path / "r.html"
    file.write_text(page(evil))
    shots = []
    for scheme in (0, 1):  # dark, light
        shot = tmp_path / f"{scheme}.png"
        words = (f"--blink-settings=preferredColorScheme={scheme}", "--window-size=1000,1600", f"--screenshot={shot}")
        subprocess.run([*browser, *words, file.as_uri()], check=True, capture_output=True, timeout=120)
        shots.append(shot.read_bytes())
    assert shots[0] != shots[1] and min(map(len, shots)) > 10_000
    dom = subprocess.run(
        [*browser, "--dump-dom", file.as_uri()], check=True, capture_output=True, text=True, timeout=120
    ).stdout
    assert "owned" not in re.findall(r"<title>(.*?)</title>", dom)[0]
    assert "&lt;script&gt;" in dom and "<script" not in dom and "<img" not in dom and dom.count("<svg") > 4
