"""Every column and everything in the first lines is explained, each in its own words."""

from __future__ import annotations

import re

from lvstui.director.serving import tallied
from lvstui.director.state import Vrrp
from lvstui.views import figures
from lvstui.views.head import ScreenStatus, badges, head
from tests.console.test_goldens import instances, world


def test_every_column_of_every_table_is_explained_and_nothing_else() -> None:
    used = set()
    for table, columns in figures.tables().items():
        for column in columns:
            assert figures.column(table, column.key) is not None, (table, column.key)
            exact = f"{table} {column.key}"
            used.add(exact if exact in figures.COLUMNS else column.key)
    assert used == set(figures.COLUMNS)


def test_every_figure_has_a_meaning_and_a_source() -> None:
    for key, figure in {**figures.COLUMNS, **figures.HEAD}.items():
        assert figure.meaning and figure.source, key
        assert not figure.meaning.endswith("."), key


def test_everything_in_the_masthead_is_explained() -> None:
    state = world()._replace(vrrp=instances()._replace(stale=True))
    tally = tallied(state)
    standing = ScreenStatus(trouble="x", age=9.0, unfinished=True, findings=3, drift=2, tally=tally)
    found = badges(state, standing, tally)
    assert len(found) >= 7
    for badge in found:
        assert any(name in badge.text or badge.short.endswith(name) for name in figures.HEAD), badge
    for paused, sending in ((True, False), (False, True)):
        rich = state._replace(vrrp=Vrrp("MASTER", ("192.0.2.10",), True), read_only="x", owner="keepalived")
        lines = head(rich, ScreenStatus(paused=paused, sending=sending, tally=tally), 240)
        text = "  ".join("".join(piece.text for piece in line) for line in lines)
        labels = set(re.findall(r"(?:^|  )([a-zA-Z/-]+(?: by)?) ", text + "  "))
        unknown = labels - set(figures.HEAD) - {"lvs", "all"}
        assert not unknown, (unknown, text)


def test_a_figure_is_found_by_key_and_by_title() -> None:
    titles = figures.titles()
    assert [title for title, _ in figures.figures_named("conn/s", titles)][:1] == ["conn/s"]
    assert any("masthead" in title for title, _ in figures.figures_named("stale", titles))
    assert figures.figures_named("nothing at all", titles) == []
