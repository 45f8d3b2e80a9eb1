"""Where a client goes, as an operation: what is said, what is left out, and what runs in the background."""

from __future__ import annotations

import pytest

from lvstui.director.connections import Connection, ConnectionSample
from lvstui.director.model import Server as Rule
from lvstui.director.model import Service, server_key, service_key
from lvstui.director.model import address_packed as packed
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.operations import client as operation
from lvstui.operations.steps import LookUp, ShowLine
from lvstui.views.operator_names import NO_NAMES
from tests.console.probes import Tried

CLIENT, ONE = packed("203.0.113.7"), server_key("10.0.0.11", 80)
ZERO = Counters(), Rates()


def state(services: int) -> State:
    keys = [service_key(6, "192.0.2.100", 80 + n) for n in range(services)]
    rows = ServiceRows([ServiceReading(Service(key, "rr"), *ZERO) for key in keys])
    pool = PoolRows(0.0, [ServerReading(Rule(ONE, weight=1), 0, 0, 0, *ZERO)])
    return State(0.0, 0.0, "lvs1", services=rows, pools=dict.fromkeys(keys, pool))


def row(port: int = 80, virtual: str = "192.0.2.100") -> Connection:
    return Connection(6, CLIENT, 40000 + port, packed(virtual), port, ONE, "ESTABLISHED", 60, False)


class Table(Tried):
    def __init__(self, *rows: Connection, whole: bool = True) -> None:
        super().__init__()
        self.rows, self.whole = rows, whole

    def connections(self, *asked: object) -> ConnectionSample:
        return ConnectionSample(self.rows, len(self.rows), 0, self.whole, 0.0, 0.1)


def told(table: Table, services: int, counts: dict[str, int] | None = None) -> list[ShowLine]:
    """What is shown; `counts`: how often each part was looked up beside the screen."""
    asking = operation.where(CLIENT, None, state(services), {}, NO_NAMES, table)
    shown: list[ShowLine] = []
    answer: object = None
    while True:
        try:
            step = asking.send(answer)
        except StopIteration:
            return shown
        if isinstance(step, LookUp):
            if counts is not None:
                counts["beside"] = 1
            answer = step.call()
            if counts is not None:
                counts["beside"] = 0
        else:
            assert isinstance(step, ShowLine)
            shown.append(step)
            answer = True


def test_omitted_services_are_mentioned() -> None:
    shown = told(Table(row(179)), 100)
    assert "60 more services are not shown: :client 203.0.113.7 SERVICE" in [one.text for one in shown]
    assert shown[-1].foot == "1 connection; the next one is known in 40 of 40 services, 60 not shown"
    assert not any("not shown" in one.text for one in told(Table(), 40))


def test_a_partly_read_count_is_not_shown_as_zero() -> None:
    assert told(Table(), 1)[-1].foot == "0 connections; the next one is known in 1 of 1 service"
    foot = told(Table(whole=False), 1)[-1].foot
    assert foot == "0 connections in what was read; the next one is known in 1 of 1 service"


def test_connections_of_no_known_service_are_mentioned() -> None:
    texts = [one.text for one in told(Table(row(), row(virtual="192.0.2.9")), 1)]
    assert any(text.startswith("1 more connection has no known service") for text in texts), texts


def test_rows_are_matched_with_services_once_and_beside_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"beside": 0, "places": 0, "way": 0}
    for name in ("places", "way"):
        real = getattr(operation, name)

        def counted(*args: object, name: str = name, real: object = real) -> object:
            assert counts["beside"], f"{name} runs on the event loop"
            counts[name] += 1
            return real(*args)  # type: ignore[operator]

        monkeypatch.setattr(operation, name, counted)
    told(Table(row()), 40, counts)
    assert (counts["places"], counts["way"]) == (1, 40)
