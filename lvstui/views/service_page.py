"""The page of one virtual service: its state and since when, how its load is shared, what its scheduler and its options
do, its rules as ipvsadm and keepalived.conf write them, and what happened to it. The first part of it is also shown
beside a table."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.model import Service, ServiceKey
from lvstui.director.spell import server_line, service_line
from lvstui.views import audit_index, explained, sheet, story
from lvstui.views.drifting import rule_words
from lvstui.views.graph import EventMark, Graph, of_load
from lvstui.views.head import Line, Piece
from lvstui.views.number import NOTHING, short
from lvstui.views.rule_words import options, service_name
from lvstui.views.share import bar, skew, skewed
from lvstui.views.sight import Sight
from lvstui.views.story import ServerStory, ServiceStory

_MANY = 40
"""The most servers that a page lists."""
_ROOMY = 100
"""The width in cells from which a row has room for a time and its age."""
_LOW = 3
"""The rows of a graph on a page."""


def lines(sight: Sight, key: ServiceKey, width: int, conf: str = "", way: str = "") -> list[Line]:
    """The whole page, however long. `conf`: its lines of keepalived.conf, as far as they are known."""
    reading = sight.state.services.find(key)
    tale = story.service(sight, key, _skew(sight, key))
    if reading is None or tale is None:
        return [sheet.title(f"{way}{service_name(key)}", [("  is gone", "down")], "", width)]
    page = [*_head(sight, key, reading.service, tale, width, way), *_settings(sight, key, reading.service, width)]
    telling = [server_story for server_story, _ in zip(story.servers(sight, key), range(_MANY + 1), strict=False)]
    page += [sheet.section("Servers", _balance(sight, key), width), *_pool(sight, telling, width)]
    if sight.graphs:
        page += sheet.graphs(_graphs(sight, key, tale), width, _LOW, sight.blocks)
    records = _records(sight, key, width, 6)
    page += [sheet.section("Last changes", "6 shows all", width)]
    page += records or [(Piece(f"   {sight.events.none}", "dim"),)]
    rules = [
        service_line(reading.service),
        *(server_line(key, told_of.reading.server) for told_of in telling if told_of.there),
    ]
    page += [sheet.section("As ipvsadm takes it", "y copies", width)]
    page += [(Piece(f"   ipvsadm {text}"),) for text in rules[:_MANY]]
    if conf:
        page += [sheet.section("As keepalived.conf takes it", "L writes it to a file", width)]
        page += [(Piece(f"   {text}", "dim" if text.lstrip().startswith("#") else ""),) for text in conf.splitlines()]
    return sheet.clipped(page, width)


def head(sight: Sight, key: ServiceKey, width: int, way: str = "") -> list[Line]:
    """The part above its servers: its title, why it is not well, what clients notice, and what to do."""
    reading = sight.state.services.find(key)
    tale = story.service(sight, key, _skew(sight, key))
    if reading is None or tale is None:
        return []
    return sheet.clipped(_head(sight, key, reading.service, tale, width, way), width)


def below(sight: Sight, key: ServiceKey, width: int, height: int) -> list[Line]:
    """The part below its servers: half an hour of its load, and what happened to it."""
    tale = story.service(sight, key, _skew(sight, key))
    if tale is None or height < 3:
        return []
    drawn = _graphs(sight, key, tale) if sight.graphs else []
    records = _records(sight, key, width, 12)
    drawn_lines = sheet.history(drawn, records, sight.events.none, width, height, sight.blocks)
    left = height - len(drawn_lines)
    reading = sight.state.services.find(key)
    if reading is not None and left > 3:
        drawn_lines += [sheet.section("Settings", "! explains", width), *_settings(sight, key, reading.service, width)]
    return sheet.clipped(drawn_lines[:height], width)


def _head(sight: Sight, key: ServiceKey, service: Service, tale: ServiceStory, width: int, way: str) -> list[Line]:
    now = sight.state.taken
    state = [("  ", ""), (tale.word, tale.tone)]
    if tale.since.epoch is not None or not tale.word.startswith(("up", "skew")):
        state.append((f" {tale.since.text(now)}", tale.tone if tale.tone != "up" else ""))
    rule = f"{service.scheduler} {options(service)}".rstrip()
    name = service_name(key)
    right = rule if tale.name == name else f"{name}  {rule}"
    head = [sheet.title(f"{way}{tale.name}", state, right, width)]
    for number, text in enumerate(tale.why):
        head += sheet.labelled("" if number else "why", text, width, "", 2)
    head += sheet.labelled("so", tale.so, width, "", 1)
    head += sheet.labelled("do", tale.do, width, "key", 2)
    note = sight.around.names.note(key)
    return head + sheet.labelled("note", f'"{note}"' if note else "", width, "alert", 1)


def _settings(sight: Sight, key: ServiceKey, service: Service, width: int) -> list[Line]:
    first, second = explained.scheduler(service.scheduler)
    settings = sheet.labelled("sched", f"{service.scheduler}: {first}", width, "", 2)
    settings += sheet.labelled("", second, width, "dim", 2)
    for name, words in explained.options(service):
        settings += sheet.labelled("option", f"{name}: {words}", width, "", 2)
    drift = rule_words(sight.around.drifts, key)
    settings += sheet.labelled("drift", f"{drift}; C says what will become of it" if drift else "", width, "title", 2)
    return settings + sheet.labelled("from", _written(sight, key), width, "", 2)


def _written(sight: Sight, key: ServiceKey) -> str:
    """The file and line from which keepalived has it, and its quorum."""
    keeping = sight.state.keeping
    running = keeping.effective if keeping is not None else None
    if keeping is None or running is None:
        return ""
    wanted = keeping.on_disk or running
    if key not in running.rules.rules:
        if key in wanted.rules.rules:
            return f"in {keeping.named}, and not loaded yet: a reload or a restart brings it"
        if running.flushes or wanted.flushes:
            return f"not in {keeping.named}: gone when keepalived restarts, for lvs_flush empties the table"
        return f"not in {keeping.named}: keepalived leaves it as it is, at a restart too"
    # The file may have been edited since it was loaded: its lines are those of now.
    file, line = (wanted if key in wanted.rules.rules else running).lines.get(key, (keeping.named, 0))
    quorum = running.quorum.get(key, 1)
    return f"{file}{f', line {line}' if line else ''}; quorum {quorum}"


def _skew(sight: Sight, key: ServiceKey) -> float | None:
    pool = sight.state.servers(key)
    return None if pool is None else skew((flow[1], flow[2]) for flow in pool.flows())


def _balance(sight: Sight, key: ServiceKey) -> str:
    imbalance = _skew(sight, key)
    if imbalance is None:
        return "too few connections to tell how they are shared"
    return f"skew {imbalance * 100:.0f}%: that much of the load is not where the weights put it"


def _pool(sight: Sight, telling: Sequence[ServerStory], width: int) -> list[Line]:
    """A row for each server: its state since when, its weight, and its share of the load against the share due."""
    now = sight.state.taken
    heads = "share of the active; | what is due" if width >= _ROOMY else "share | due"
    rows = [
        sheet.cells(
            (("", 2, ""), ("server", 24, "dim"), ("state", 9, "dim"), ("weight", -6, "dim"), ("active", -7, "dim"),
             (heads, 36 if width >= _ROOMY else 16, "dim"), ("" if width >= _ROOMY else "since", 8, "dim"))
        )
    ]  # fmt: skip
    for server_story in telling[:_MANY]:
        share = ""
        tone = ""
        if server_story.there and server_story.cells.of.load.active:
            both = server_story.cells.of.shares(server_story.reading)
            share = bar(*both, 10)
            tone = (
                "alert"
                if server_story.reading.server.weight and skewed(*both, server_story.cells.of.load.active)
                else ""
            )
        when = server_story.since.text(now) if width >= _ROOMY else server_story.since.cell(now)
        since = when if server_story.tone not in ("up", "") and server_story.since.epoch is not None else ""
        rows.append(
            sheet.cells(
                (
                    ("", 2, ""),
                    (server_story.name, 24, ""),
                    (server_story.word, 9, server_story.tone),
                    (str(server_story.reading.server.weight) if server_story.there else NOTHING, -6, ""),
                    (short(server_story.reading.active), -7, ""),
                    (share, 16, tone),
                    (since, max(0, width - 72), server_story.tone),
                )
            )
        )
    if len(telling) > _MANY:
        rows.append((Piece(f"   only the first {_MANY} are shown", "dim"),))
    return rows


def _graphs(sight: Sight, key: ServiceKey, tale: ServiceStory) -> list[Graph]:
    past, state = sight.around.past, sight.state
    pool = state.servers(key)
    mark = None
    if tale.since.epoch is not None and tale.tone not in ("up", ""):
        mark = EventMark(tale.since.epoch, tale.word, tale.tone)

    def trend(fresh: bool, number: int, seconds: float) -> Sequence[float | None]:
        return past.trend(key, number, fresh, seconds, 2)

    return of_load(trend, pool.load.active if pool is not None else None, state.taken, mark)


def _records(sight: Sight, key: ServiceKey, width: int, most: int) -> list[Line]:
    records, names = sight.events.service(key), sight.around.names
    return audit_index.page_lines(records, names, sight.state.taken, key, most, width)
