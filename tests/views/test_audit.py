"""Which records of the audit log are one row."""

from __future__ import annotations

from lvstui.director.change import AddServer, DeleteServer
from lvstui.director.model import Server, ServiceKey, server_key, service_key
from lvstui.director.observed import KEEPER, NOT_KEPT
from lvstui.director.record import SEEN, Record, Who
from lvstui.views.audit import AuditView, batch
from lvstui.views.audit_record import heading
from lvstui.views.look import Look

HOST = server_key("10.0.0.1", 80)
WEB, TLS, ADMIN = (service_key(6, "192.0.2.1", port) for port in (80, 443, 8080))
NOON = 1_800_000_000.0


def removed(at: float, service: ServiceKey, source: str = KEEPER) -> Record:
    change = DeleteServer(service, HOST)
    return Record(NOON + at, Who(), "lb1", "", source, "removed", "ipvsadm -d", SEEN, change=change)


def rows(*records: Record) -> list[int]:
    """The sizes of the groups behind the rows; `records` are the latest first."""
    view = AuditView(records, Look(), NOON)
    return [len(batch(records, view.key(row))) for row in range(len(view))]


def test_a_host_that_keepalived_removes_from_one_service_after_the_other_is_one_row() -> None:
    group = removed(7, ADMIN), removed(2, TLS), removed(0, WEB)
    assert rows(*group) == [3]
    assert heading(group, NOON).endswith(":07  seen in the table") and ":00 to " in heading(group, NOON)
    assert " to " not in heading(group[:1], NOON)


def test_what_is_further_apart_or_done_by_hand_or_in_between_stays_a_row_of_its_own() -> None:
    assert rows(removed(11, TLS), removed(0, WEB)) == [1, 1]
    assert rows(removed(2, TLS, NOT_KEPT), removed(0, WEB, NOT_KEPT)) == [1, 1]
    back = removed(1, WEB)._replace(change=AddServer(WEB, Server(HOST, weight=1)))
    assert rows(removed(2, WEB), back, removed(0, WEB)) == [1, 1, 1]


def test_the_cursor_stays_on_a_row_that_a_later_record_joins() -> None:
    first, second, other = removed(0, WEB), removed(3, TLS), removed(-60, ADMIN)
    before = AuditView((first, other), Look(), NOON)
    after = AuditView((second, first, other), Look(), NOON, before)
    assert before.place(first) == after.place(first) == after.place(second) == 0
    assert after.place(other) == 1 and after.place(removed(5, WEB)) is None
