"""Which columns are dropped in a narrow window, and which never are."""

from __future__ import annotations

import pytest

from lvstui.console.widgets.column_layout import fit
from lvstui.views import audit, snapshots, vrrp
from lvstui.views.chooser import TABLES
from lvstui.views.column import Column
from lvstui.views.dropping import DROPS
from lvstui.views.look import Look

SETS = {f"{table} {one.name}": one.columns for table, (_, sets) in TABLES.items() for one in sets}
ALL = SETS | {"vrrp": vrrp.COLUMNS, "audit": audit.COLUMNS, "snapshots": snapshots.LIST, "snapshot": snapshots.INSIDE}
NEVER = {"name", "called", "state", "live", "weight", "active"}


def keys(columns: tuple[Column, ...], width: int) -> list[str]:
    return [column.key for column in fit(columns, width, Look()).columns]


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_table_has_an_order_and_each_of_its_words_names_a_column(name: str) -> None:
    known = {column.key for column in ALL[name]}
    order = DROPS[name].split()
    assert set(order) < known and len(set(order)) == len(order)
    assert [column.key for column in sorted(ALL[name], key=lambda one: -one.drop) if column.drop] == order


@pytest.mark.parametrize("name", sorted(SETS))
def test_name_state_live_or_weight_and_active_are_never_dropped(name: str) -> None:
    """Drift and names among the columns: at 80 cells the state was gone while a drift was anywhere."""
    for width in (80, 100, 160, 220):
        shown = keys(SETS[name], width)
        wanted = NEVER if not name.startswith(("services", "hosts")) else NEVER - {"weight"}
        assert wanted.intersection(column.key for column in SETS[name]) <= set(shown), width
        assert "state" in shown and "active" in shown


@pytest.mark.parametrize("name", sorted(one for one in SETS if "state" in {column.key for column in SETS[one]}))
def test_a_state_is_never_cut(name: str) -> None:
    """At 40 columns it was one letter."""
    whole = next(column.width for column in SETS[name] if column.key == "state")
    for width in range(34, 100):
        layout = fit(SETS[name], width, Look())
        assert dict(zip((one.key for one in layout.columns), layout.widths, strict=True))["state"] >= whole, width
        assert 4 + sum(layout.widths) + len(layout.gap) * (len(layout.widths) - 1) <= width, (width, layout.columns)
        if width >= 40 and not name.startswith("every"):
            assert {"state", "active"} <= {one.key for one in layout.columns}, width


def test_a_mostly_empty_column_never_replaces_a_full_one() -> None:
    columns = SETS["services state"]
    for width in range(80, 221):
        without = keys(tuple(column for column in columns if column.key != "drift"), width)
        full = [key for key in ("name", "state", "live", "active", "cps", "in", "inactive") if key in without]
        assert [key for key in keys(columns, width) if key in full] == [key for key in without if key in full], width


def test_room_left_by_a_wide_column_goes_to_one_that_fits() -> None:
    columns = tuple(
        Column(key, key, width, drop=drop) for key, width, drop in (("name", 20, 0), ("a", 30, 1), ("b", 5, 2))
    )
    assert keys(columns, 40) == ["name", "b"]
    assert keys(columns, 61) == ["name", "a", "b"]
    assert keys(columns, 55) == ["name", "a"]


def test_the_reason_of_a_host_is_whole_before_less_important_columns_are_shown() -> None:
    for width in range(100, 240):
        layout = fit(SETS["hosts state"], width, Look())
        wide = dict(zip((column.key for column in layout.columns), layout.widths, strict=True))
        assert wide["why"] >= len("disk swap, CHG 4711 in admin") or "inactive" not in wide, width
