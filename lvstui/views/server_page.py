"""The page of one real server: its state and since when, why, the result of its check, its weight and limits, its other
services, what happened to it, and half an hour of its load. The same is shown beside a table if there is room. On a
small screen these are left out, in this order: the second graph, the other services beyond two, the graph, what
happened."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.hosts import HostKey
from lvstui.director.model import Server, ServiceKey, server_text
from lvstui.director.probe import result_text
from lvstui.director.serving import refused
from lvstui.values import NamedTuple
from lvstui.views import audit_index, sheet, story
from lvstui.views.drifting import server_words
from lvstui.views.graph import EventMark, Graph, of_load
from lvstui.views.head import Line, Piece
from lvstui.views.number import NOTHING, UNKNOWN, count, short
from lvstui.views.place import Place
from lvstui.views.rule_words import forward, service_name
from lvstui.views.serving import live, sign, state_word, toned
from lvstui.views.sight import Sight
from lvstui.views.story import ServerStory
from lvstui.views.times import moment

_SMALL = 256
"""The most services that are searched for the same host if nobody has added hosts up."""
_OTHERS = 42
"""The cells of such a row besides the two names of its service."""
_LOW, _HIGH = 3, 6
"""The rows of a graph on a small screen, and on a large one."""


def lines(sight: Sight, place: Place, width: int, height: int, way: str = "") -> list[Line]:
    """The page, as many lines as fit. `way`: the path in front of its title."""
    telling = story.server(sight, place)
    if telling is None:
        return [sheet.title(f"{way}{_name(sight, place)}", [("  is gone", "down")], server_text(place.server), width)]
    fixed = [_title(sight, telling, way, width), *_sentences(sight, telling, width)]
    fixed += _numbers(sight, telling, width)
    also, records = _also(sight, place, width), _records(sight, place, width)
    drawn = _graphs(sight, telling) if sight.graphs else []
    room = _rooms(height - len(fixed), len(also), len(records), bool(drawn))
    page = list(fixed)
    if room.also:
        page += _with_others(also, room.also, width)
    page += sheet.graphs(drawn, width, room.graph, sight.blocks)
    past = 1 + max(1, room.past)
    if room.graph and len(drawn) > 1 and width < sheet.BESIDE and height - len(page) - past >= _LOW + 2:
        page += sheet.graphs(drawn[1:], width, min(_HIGH, height - len(page) - past - 2), sight.blocks)
    if room.past:
        right = "6 shows all" if len(records) > room.past else ""
        page += [sheet.section("Last changes", right, width), *records[: room.past]]
    elif not records:
        page += [sheet.section("Last changes", "", width), (Piece(f"   {sight.events.none}", "dim"),)]
    return sheet.clipped(page[:height], width)


class _Rooms(NamedTuple):
    """Lines for the other services, rows of the graph, and lines for what happened, each without its titles."""

    also: int
    graph: int
    past: int


def _rooms(left: int, also: int, past: int, graph: bool) -> _Rooms:
    """Divides so many lines among the parts: what is left out last is given its lines first."""
    audit_index = min(2, past) if past and left > 2 else 0
    left -= audit_index + 1 if audit_index else 0
    others = min(2, also) if left > min(2, also) else 0
    left -= others + 1 if others else 0
    rows = min(_LOW, left - 2) if graph and left >= 4 else 0
    left -= rows + 2 if rows else 0
    others, left = _grown(others, also, left)
    rows, left = _grown(rows, _HIGH, left)
    audit_index, left = _grown(audit_index, min(10, past), left)
    return _Rooms(others, rows, audit_index)


def _grown(now: int, most: int, left: int) -> tuple[int, int]:
    """Gives a part that is shown as many of the remaining lines as it still wants."""
    more = max(0, min(left, most - now)) if now else 0
    return now + more, left - more


def _name(sight: Sight, place: Place) -> str:
    return sight.around.names.server(place.server) or server_text(place.server)


def _title(sight: Sight, telling: ServerStory, way: str, width: int) -> Line:
    now = sight.state.taken
    word = telling.word.upper() if telling.word == "down" else telling.word
    state = [
        ("  ", ""),
        (word, telling.tone),
        (f" {telling.since.text(now)}", telling.tone if telling.tone != "up" else ""),
    ]
    return sheet.title(f"{way}{telling.name}", state, server_text(telling.place.server), width)


def _sentences(sight: Sight, telling: ServerStory, width: int) -> list[Line]:
    place, now = telling.place, sight.state.taken
    sentences = sheet.labelled("why", telling.why, width, telling.tone if telling.tone in ("down", "alert") else "")
    sentences += sheet.labelled("known", telling.since.source_text(), width, "dim", 1)
    check = story.check(sight, place)
    how = f" ({check.how})" if check.how else ""
    sentences += sheet.labelled("check", f"{check.words}{how}", width, check.tone if check.tone == "down" else "", 2)
    sentences += sheet.labelled("so", _so(sight, place, telling), width)
    tried = sight.last_probes.get(place)
    if tried is not None:
        sentences += sheet.labelled(
            "tried", f"{moment(tried.epoch, now)} from here: {result_text(tried.result)}", width
        )
    sentences += sheet.labelled("do", telling.do, width, "key")
    drift = server_words(sight.around.drifts, place.service, place.server)
    sentences += sheet.labelled("drift", f"{drift}; C says what will become of it" if drift else "", width, "title", 1)
    note = sight.around.names.note(place.server)
    sentences += sheet.labelled("note", f'"{note}"' if note else "", width, "alert")
    return sentences


def _so(sight: Sight, place: Place, telling: ServerStory) -> str:
    """What its service has left."""
    served = sight.tally.of(place.service) if sight.tally is not None else None
    name = sight.around.names.service(place.service) or service_name(place.service)
    if served is None or telling.tone in ("up", ""):
        return ""
    if served.fails:
        return f"{name} has no server left: {refused(place.service, story.persistent(sight, place.service))}"
    return f"{name} runs on {live(served)} servers" if served.configured else f"{name} runs on {served.live} servers"


def _numbers(sight: Sight, telling: ServerStory, width: int) -> list[Line]:
    """Weight, connections and limits, two values a line."""
    cells, reading, place = telling.cells, telling.reading, telling.place
    configured = _configured(sight, place)
    remembered = sight.around.drained.get(place)
    weight = f"now {cells.server.weight if telling.there else NOTHING}"
    weight += f", configured {configured.weight}" if configured is not None else ""
    weight += f", {remembered} before the drain" if remembered and not reading.server.weight else ""
    facts = [("weight", weight), ("limits", _limits(cells.server, sight))]
    was = ""
    if telling.since.epoch is not None:
        before = sight.around.past.before(place, telling.since.epoch - sight.state.taken + sight.state.at)
        was = f", was {short(before)} before" if before is not None and not reading.active else ""
    rate = cells.rates[0] if telling.there else NOTHING
    facts += [("active", f"{short(reading.active)}{was}, inactive {short(reading.inactive)}"), ("conn/s", rate)]
    facts += [("forward", forward(cells.server)), ("persist", f"{cells.persistent()} clients bound to it")]
    half = max(30, (width - 2) // 2)
    numbers = []
    for number in range(0, len(facts), 2):
        (label, text), (other, words) = facts[number : number + 2]
        first = (Piece(f" {label:<{sheet.LABEL - 1}}", "dim"), Piece(text))
        second = (Piece(f"{other:<{sheet.LABEL}}", "dim"), Piece(words))
        numbers += sheet.columns([first], [second], half - 2)
    return numbers


def _limits(server: Server, sight: Sight) -> str:
    if "thresholds" in sight.state.unknown:
        return UNKNOWN
    if not server.upper and not server.lower:
        return "none"
    return f"full at {server.upper or 'no'}, again below {server.lower or (server.upper or 0) * 3 // 4}"


def _configured(sight: Sight, place: Place) -> Server | None:
    """A server as keepalived's configuration has it."""
    keeping = sight.state.keeping
    if keeping is None or keeping.effective is None:
        return None
    entry = keeping.effective.rules.rules.get(place.service)
    if entry is not None and place.server in entry.servers:
        return entry.servers[place.server]
    return next(
        (server for server in keeping.effective.waiting.get(place.service, ()) if server.key == place.server), None
    )


def _graphs(sight: Sight, telling: ServerStory) -> list[Graph]:
    """Half an hour of active connections, and of new ones."""
    past, place, state = sight.around.past, telling.place, sight.state
    mark = None
    if telling.since.epoch is not None and telling.tone not in ("up", ""):
        mark = EventMark(telling.since.epoch, telling.word, telling.tone)

    def trend(fresh: bool, number: int, seconds: float) -> Sequence[float | None]:
        return past.trend(place, number, fresh, seconds, 2)

    return of_load(trend, telling.reading.active, state.taken, mark)


def _also(sight: Sight, place: Place, width: int) -> list[tuple[str, Line]]:
    """The other services of the host: the word for its state there, and the row."""
    others = []
    address = place.server.address
    for key in _services(sight, place):
        for other in story.servers(sight, key):
            if other.place.server.address != address or other.place == place:
                continue
            served = sight.tally.of(key) if sight.tally is not None else None
            weight = f"{other.reading.server.weight if other.there else NOTHING}"
            service = f"{state_word(served)}, {live(served)}" if served is not None else "up"
            others.append((other, service_name(key), sight.around.names.service(key), weight, service))
    titles = max((len(title) for _, title, *_ in others), default=0)
    called = max((len(name) for _, _, name, *_ in others), default=0)
    called = min(called, max(10, width - titles - _OTHERS))
    titles = min(titles, width - called - _OTHERS)
    return [
        (
            other.word,
            sheet.cells(
                (
                    (f" {sign(other.word) or ' '}", 2, other.tone),
                    (title, titles, ""),
                    (name, called, "name"),
                    (other.word, 9, other.tone),
                    (weight, -5, ""),
                    (short(other.reading.active), -6, ""),
                    (service, 14, toned(service)),
                )
            ),
        )
        for other, title, name, weight, service in others
    ]


def _services(sight: Sight, place: Place) -> Sequence[ServiceKey]:
    """The services that have the host, as far as they are known without searching a large table."""
    state = sight.state
    if sight.hosts is not None:
        host = sight.hosts.by_key.get(HostKey(place.server.family, place.server.address))
        known = dict.fromkeys(sight.hosts.keys[number] for number in host.places) if host is not None else {}
        gone = sight.tally.odd.items() if sight.tally is not None else ()
        known |= {
            key: None for key, served in gone if any(name.address == place.server.address for name in served.gone)
        }
        return sorted(known)
    return state.services.keys if len(state.services) <= _SMALL else ()


def _with_others(also: Sequence[tuple[str, Line]], shown: int, width: int) -> list[Line]:
    """The title, so many rows, and the number of the others."""
    words = [word for word, _ in also]
    down = sum(word == "down" for word in words)
    rows = [row for _, row in also[:shown]]
    if shown < len(also) and rows:
        rows[-1] = (Piece(f"   and {len(also) - shown + 1} more; view 2 shows all", "dim"),)
    what = f"{count(len(also), 'other rule')}{f', {down} down' if down else ''}"
    return [sheet.section("The same host elsewhere: state, weight, active", what, width), *rows]


def _records(sight: Sight, place: Place, width: int) -> list[Line]:
    records, names = sight.events.server(place), sight.around.names
    return audit_index.page_lines(records, names, sight.state.taken, place, 12, width)
