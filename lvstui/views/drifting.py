"""Drift in words: in a row, in the masthead, and as a page that says what each event will do to each difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.model import ServerKey, ServiceKey, server_text, service_text
from lvstui.values import TYPE_CHECKING
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames

if TYPE_CHECKING:
    from lvstui.director.drift.all import Drifts
    from lvstui.director.drift.drift import Drift


_SHORT = {"service": "rule"}


def service_words(drifts: Drifts | None, key: ServiceKey) -> str:
    """The drift of a service and its servers: `weight`, `2 removed`, for several kinds `3 changes`; "" for none."""
    kinds = [_SHORT.get(drift.kind, drift.kind) for drift in drifts.of(key)] if drifts is not None else []
    if len(set(kinds)) > 1:
        return f"{len(kinds)} changes"
    return f"{len(kinds)} {kinds[0]}" if len(kinds) > 1 else "".join(kinds)


def server_words(drifts: Drifts | None, key: ServiceKey, server: ServerKey) -> str:
    """The drift of a real server, shown beside its row: `weight not 3`."""
    return ", ".join(drift.brief for drift in drifts.of(key, server)) if drifts is not None else ""


def rule_words(drifts: Drifts | None, key: ServiceKey) -> str:
    """The drift of a service's own rule: `scheduler rr by hand, configured wlc`."""
    return "; ".join(drift.words for drift in drifts.of(key) if drift.server is None) if drifts is not None else ""


def drifting(drifts: Drifts | None) -> bool:
    """Whether there is any drift to show."""
    return drifts is not None and bool(drifts.by_service)


def named(drift: Drift) -> str:
    """`tcp 192.0.2.1:80 10.0.0.5:80`; "" for drift of the whole table."""
    service = service_text(drift.service) if drift.service is not None else ""
    return f"{service} {server_text(drift.server)}" if drift.server is not None else service


def fates(drift: Drift) -> tuple[tuple[str, str], ...]:
    """What each event (by its name) will do to the drift."""
    check = "next check" if drift.server is not None else "checks"
    return tuple(zip(("reload", "restart", check, "failover"), drift.fates, strict=True))


def lines(drifts: Sequence[Drift], names: OperatorNames = NO_NAMES) -> Iterator[list[tuple[str, str]]]:
    """Each drift and what events will do to it, by service; pieces with the roles of their colours. The operator's
    names stand before the addresses."""
    service: ServiceKey | None = None
    for drift in drifts:
        if drift.service is not None and drift.service != service:
            service = drift.service
            yield [(_called(names.service(service), service_text(service)), "title")]
        server = drift.server
        name = f"{_called(names.server(server), server_text(server))}  " if server is not None else ""
        yield [(f"  {name}", ""), (drift.words, "alert")]
        yield from fate_lines(drift)


def _called(name: str, text: str) -> str:
    return f"{name}  {text}" if name else text


def fate_lines(drift: Drift) -> Iterator[list[tuple[str, str]]]:
    """What events will do to a drift; events with the same result share a line."""
    ends: dict[str, list[str]] = {}
    for event, end in fates(drift):
        ends.setdefault(end, []).append(event)
    for end, events in ends.items():
        yield [("    ", ""), (f"{', '.join(events)}: ", "dim"), (end, "")]


def fate_words(drift: Drift) -> str:
    """The same as a text: `reload: stays  restart, next check: is reverted`."""
    return "  ".join("".join(text for text, _ in line).strip() for line in fate_lines(drift))


def title(drifts: Sequence[Drift], config: str) -> str:
    """The heading of the page."""
    return f"drift: {count(len(drifts), 'difference')} from what keepalived means ({config})"
