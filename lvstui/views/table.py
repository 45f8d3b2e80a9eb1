"""The whole table as aligned plain text for --list: all that `ipvsadm -Ln` shows, and more."""

from __future__ import annotations

from _collections_abc import Iterator

from lvstui.director.model import Server, ServerKey
from lvstui.director.remembered import Memo, Written
from lvstui.director.state import State, listed_of
from lvstui.plain import plain as cleaned
from lvstui.values import TYPE_CHECKING
from lvstui.views.number import UNKNOWN, count
from lvstui.views.rule_words import forward, options, service_name

if TYPE_CHECKING:
    from lvstui.director.model import Rule

_ANY = ServerKey(4, bytes(4), 0)
_CHUNK = 2048
"""Lines in a piece of text: so many that writing it costs nothing compared to making it."""


def plain(state: State) -> Iterator[str]:
    """Text in pieces of whole lines: a head, then each service with its real servers below it."""
    role = f"  {state.vrrp.role}" if state.vrrp.role else ""
    yield f"{cleaned(state.host)}{cleaned(role)}  {count(len(state.services), 'virtual service')}\n"
    for note in (*state.notes, *(_poor(state))):
        yield f"note: {cleaned(note)}\n"
    yield f"{'virtual service':<46} {'sched':<6} {'options':<20}".rstrip() + "\n"
    yield f"  {'-> real server':<44} {'forward':<9} {'weight':>10} {'active':>8} {'inact':>8} {'limits':>15}\n"
    limits_known = "thresholds" not in state.unknown
    family_unknown = "family" in state.unknown
    flags = UNKNOWN if "flags" in state.unknown else ""
    tails: dict[tuple[object, ...], str] = {}
    written = Written(lambda port, rule: (f":{port}", *_rule(rule, limits_known)), brackets=True)
    numbers = Memo("{:>9}".format)
    lines: list[str] = []
    for service, rows in zip(state.services.services(), listed_of(state, written), strict=True):
        key, alike = service.key, service[1:]
        tail = tails.get((key.family, alike))
        if tail is None:
            tail = f" {cleaned(service.scheduler):<6} {options(service)}{flags}".rstrip() + "\n"
            tails[key.family, alike] = tail
        lines.append(f"{service_name(key, family_unknown):<46}{tail}")
        if rows is None:
            lines.append(f"  -> {UNKNOWN}\n")
        else:
            # Fifty thousand go through here, so nothing is called that need not be.
            lines += [
                f"  -> {address + port:<41}{words}{numbers[active]}{numbers[inactive]}{limits}"
                for address, (port, words, limits), active, inactive in rows
            ]
        if len(lines) >= _CHUNK:
            yield "".join(lines)
            lines = []
    yield "".join(lines)


def _rule(rule: Rule, limits_known: bool) -> tuple[str, str]:
    """The text before and after the connections of a real server with such a rule."""
    server = Server(_ANY, *rule)
    limits = f"{server.upper or 0}/{server.lower or 0}" if server.upper or server.lower else ""
    if not limits_known:
        limits = UNKNOWN
    return f" {forward(server):<9} {server.weight:>10}", f" {limits:>15}\n" if limits else "\n"


def _poor(state: State) -> Iterator[str]:
    if state.unknown:
        yield f"{state.read_only}; not available from /proc: {', '.join(sorted(state.unknown))}"
