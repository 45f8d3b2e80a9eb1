"""Findings on availability: services without a live server, with one left, completely drained, or full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.change import EditServer
from lvstui.director.model import Server, ServiceKey, server_text, service_text
from lvstui.director.serving import ServiceHealth, refused
from lvstui.director.spell import spell
from lvstui.doctor.case import Case
from lvstui.doctor.finding import CRITICAL, NOTICE, WARNING, Evidence, Finding, of_service

_TABLE = "IPVS table"


def no_live(case: Case) -> Iterator[Finding]:
    """Services that have servers but none that takes new connections, except those that are completely drained."""
    for key, served in _odd(case):
        if served.fails and served.drained < served.total:
            text = f"no server takes new connections: {_why(served)}"
            do = ("start what is down; keepalived adds it again",) if served.down or served.out else _room(served)
            here, seen = "P probes its servers", (*_counts(served), *_refusals(case))
            yield of_service("no-live", CRITICAL, key, text, seen, refused(key), do, here, counted=True)


def all_drained(case: Case) -> Iterator[Finding]:
    """Services whose servers all have weight 0."""
    for key, served in _odd(case):
        if served.fails and served.drained == served.total:
            text = f"all {served.total} servers have weight 0" if served.total > 1 else "its only server has weight 0"
            do = tuple(_edited(key, server._replace(weight=1)) for server in _servers(case, key)[:2])
            here = "x takes a drain back, w sets a weight"
            seen = (*_counts(served), Evidence("weights", "all 0", _TABLE), *_refusals(case))
            yield of_service("all-drained", CRITICAL, key, text, seen, refused(key), do, here, counted=True)


def last_live(case: Case) -> Iterator[Finding]:
    """Services with one live server left, or as few as the settings say."""
    for key, served in _odd(case):
        if 1 <= served.live <= case.limits.last_live and served.total > served.live:
            left = "one" if served.live == 1 else str(served.live)
            text = f"{left} of {served.total} servers {'is' if served.live == 1 else 'are'} left: {_why(served)}"
            risk = "the next failure takes the service down" if served.live == 1 else "few servers carry all of it"
            severity = WARNING if served.degraded else NOTICE  # a drain is intended
            here = "x takes a drain back" if served.drained else ""
            yield of_service("last-live", severity, key, text, _counts(served), risk, here=here, counted=True)


def degraded(case: Case) -> Iterator[Finding]:
    """Services that serve with fewer servers than they should, not counting drained ones."""
    for key, served in _odd(case):
        if (
            served.degraded
            and served.live > case.limits.last_live
            and served.full < served.total - served.live - served.drained
        ):
            gone = served.total - served.live - served.drained
            text = f"{gone} of {served.total} servers {'is' if gone == 1 else 'are'} out: {_why(served)}"
            risk = "the others carry its share"
            yield of_service("degraded", WARNING, key, text, _counts(served), risk, counted=True)


def sorry(case: Case) -> Iterator[Finding]:
    """Services where only the sorry server answers."""
    for key, served in _odd(case):
        if served.sorry:
            text = "the sorry server answers: its quorum is lost"
            risk = "clients see the sorry page"
            yield of_service("sorry", CRITICAL, key, text, _counts(served), risk)


def full(case: Case) -> Iterator[Finding]:
    """Servers that have as many connections as their upper threshold."""
    for key, served in _odd(case):
        for server in served.ill[len(served.ill) - served.full :] if served.full else ():
            pool = case.pool(key)
            row = next((row for row in pool or () if row.server.key == server), None)
            if row is None or not row.server.upper:
                continue
            now, most = row.active + row.inactive, row.server.upper
            low = row.server.lower or most * 3 // 4
            seen = (
                Evidence("active + inactive", f"{row.active} + {row.inactive} = {now}", _TABLE),
                Evidence("upper threshold", str(most), _TABLE),
            )
            text = f"is full in {service_text(key)}: {now} of {most} connections; open again below {low}"
            risk = "new connections go to the others" if served.live else refused(key)
            do = (_edited(key, row.server._replace(upper=2 * most, lower=2 * low)),)
            yield Finding(
                "full", WARNING, server_text(server), text, seen, risk, do, "e edits its thresholds", None, key, True
            )


def _odd(case: Case) -> Iterator[tuple[ServiceKey, ServiceHealth]]:
    return iter(case.tally.odd.items())


def _why(served: ServiceHealth) -> str:
    words = [
        f"{number} {word}"
        for number, word in (
            (served.down, "down by a check"),
            (served.out, "out of the table"),
            (served.removed, "removed by hand"),
            (served.full, "full"),
            (served.drained, "drained"),
        )
        if number
    ]
    return ", ".join(words) or "none is in the table"


def _counts(served: ServiceHealth) -> tuple[Evidence, ...]:
    of = served.configured if served.configured is not None else served.total
    return (
        Evidence("live", f"{served.live} of {of}", _TABLE),
        Evidence("not live", _why(served), "table and keepalived"),
    )


def _refusals(case: Case) -> Iterator[Evidence]:
    """That clients are refused here now; no counter of a service tells it."""
    if grown := case.facts.grown("Icmp OutDestUnreachs"):
        yield Evidence(
            "Icmp OutDestUnreachs, of all services", f"+{grown} in {case.facts.span:.0f} s", "/proc/net/snmp"
        )


def _servers(case: Case, key: ServiceKey) -> Sequence[Server]:
    pool = case.pool(key)
    return pool.servers() if pool is not None else ()


def _edited(key: ServiceKey, server: Server) -> str:
    return f"ipvsadm {spell(EditServer(key, server))}"


def _room(served: ServiceHealth) -> tuple[str, ...]:
    return ("raise the upper thresholds, or shorten the FIN timeout: ipvsadm --set 0 30 0",) if served.full else ()
