"""The problem of a server or a service, since when and why, what clients notice, and what to do: the same sentences on
every page. What is not known is said to be unknown; nothing is guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.keepalived_state import PARTED
from lvstui.director.model import Server, ServiceKey, address_text, server_text
from lvstui.director.serving import ServiceHealth, refused
from lvstui.director.state import ServerReading
from lvstui.values import NamedTuple
from lvstui.views.audit_index import OUT, ZERO, ServerChange
from lvstui.views.checks import check_report
from lvstui.views.draining import left
from lvstui.views.number import count
from lvstui.views.place import Place, find
from lvstui.views.rule_words import service_name
from lvstui.views.server_fields import Members, ServerCells
from lvstui.views.serving import state_word, toned
from lvstui.views.sight import Sight
from lvstui.views.since import Since, server_since, service_since
from lvstui.views.times import moment
from lvstui.views.vrrp import coarse_above


class ServerStory(NamedTuple):
    """One server: its state in a word and the word's tone, since when, why, and what to do; its reading, and whether it
    is in the table."""

    place: Place
    name: str
    word: str
    tone: str
    since: Since
    why: str
    do: str
    reading: ServerReading
    there: bool
    cells: ServerCells


def server(sight: Sight, place: Place) -> ServerStory | None:
    """The sentences about one server; None if neither the table nor keepalived has it."""
    members = _members(sight, place.service)
    number = find(members.pool, place.server)
    return _telling(sight, members, number) if number is not None else None


def servers(sight: Sight, key: ServiceKey) -> Iterator[ServerStory]:
    """The same of each server of a service, in the order of their addresses."""
    members = _members(sight, key)
    return (_telling(sight, members, number) for number in range(len(members.pool)))


def _members(sight: Sight, key: ServiceKey) -> Members:
    return Members(sight.state, key, sight.history, sight.around, False, whole=True)


def _telling(sight: Sight, members: Members, number: int) -> ServerStory:
    cells = ServerCells(members, number)
    place, word = cells.place, cells.word
    since = server_since(sight.time_sources, place, not cells.out, cells.server.weight, word)
    name = cells.called() or server_text(place.server)
    tone = toned(word)
    return ServerStory(
        place,
        name,
        word,
        tone,
        since,
        _why(sight, cells, since),
        _do(cells, name, sight.around.drained.get(place), bool(_deletion(sight.events.last(place), sight.state.taken))),
        cells.reading,
        not cells.out,
        cells,
    )


def _why(sight: Sight, cells: ServerCells, since: Since) -> str:
    """Why a server is not up, "" when it is."""
    word, reading = cells.word, cells.reading
    place = cells.place
    check = cells.of.check(reading)
    now = sight.state.taken
    if word == "full":
        whole = reading.active + reading.inactive
        lower = cells.server.lower or (cells.server.upper or 0) * 3 // 4
        return f"{whole} of {cells.server.upper} connections; it takes new ones again below {lower}"
    if word in ("drained", "draining", "drained?"):
        return _drained(sight, place, check, now)
    if word.startswith("down?"):
        return "packets go to it and none come back: it is silent"
    if word in ("up", "new"):
        return check if check and check not in ("up", "not checked") else ""
    seen = sight.events.last(place)
    by = _hand(seen, now) if word == "removed" else _deletion(seen, now) if word == "out?" else ""
    return f"{check or 'not in the table; reason not known'}{by}"


def _drained(sight: Sight, place: Place, check: str, now: float) -> str:
    drain, last = sight.drains.get(place), sight.events.last(place)
    record = last.record if last is not None and last.became == ZERO else None
    reason = (record.reason if record is not None else "") or (drain[2] if drain is not None else "")
    reason_text = f': "{reason}"' if reason else ""
    if drain is not None:
        who = f" by {record.who.name}" if record is not None and record.who.name else ""
        return f"drained{who} with lvstui at {moment(drain[1], now)}{reason_text}"
    if record is not None and record.who.name:
        return f"weight 0 set by {record.who.name} with lvstui{reason_text}"
    return check if check and check not in ("up", "not checked") else "weight 0; no drain with lvstui is known here"


def _deletion(seen: ServerChange | None, now: float) -> str:
    """Who deleted it last with lvstui: it is the likeliest reason where keepalived's check may be one too."""
    if seen is None or seen.became != OUT or not seen.record.who.name:
        return ""
    reason = f': "{seen.record.reason}"' if seen.record.reason else ""
    return f"; deleted by {seen.record.who.name} with lvstui at {moment(seen.record.epoch, now)}{reason}"


def _hand(seen: ServerChange | None, now: float) -> str:
    if seen is None or seen.became != OUT:
        return ""
    who = seen.record.who.name
    return f" at {moment(seen.record.epoch, now)}{f' by {who}' if who else ''}"


def _do(cells: ServerCells, name: str, remembered: int | None, deleted: bool) -> str:
    """What repairs it, from here or with one command; "" if nothing certainly does. `deleted`: somebody deleted it with
    lvstui last."""
    word, place = cells.word, cells.place
    if word == "down":
        if "not up yet" in cells.of.check(cells.reading):
            return f"nothing yet: keepalived puts {name} in after its first good check; P tries its port"
        host = cells.called() or address_text(place.server.address)
        what = f"port {place.server.port}" if place.server.port else "its service"
        if PARTED in cells.of.check(cells.reading):
            return f"start {what} on {host}, and add the missing service of its group; keepalived then puts it back"
        return f"start {what} on {host}; keepalived then puts it back by itself"
    if word in ("drained", "draining"):
        remains = left(place.service, cells.reading)
        waits = f"; {count(remains.active, 'active connection')} left" if remains.active else ""
        return f"x undrains it{f': weight {remembered} again' if remembered else ''}{waits}"
    if word == "removed":
        return "a adds it again; C says what keepalived will make of it"
    if word == "out?" and deleted:
        return "a adds it again; K in view 4 asks keepalived whether its check is good"
    if word in ("out?", "drained?"):
        return "K in view 4 asks keepalived which it is; P tries its port"
    if word == "full":
        return "e raises its limit; a adds another server"
    return "P tries its port from here" if word.startswith("down?") else ""


class CheckWords(NamedTuple):
    """keepalived's opinion of a server: words, their tone, and their source."""

    words: str
    tone: str = ""
    how: str = ""


def check(sight: Sight, place: Place) -> CheckWords:
    """The state of a server's check, and its last answer."""
    keeping, state = sight.state.keeping, sight.state
    if keeping is None or keeping.effective is None:
        return CheckWords("not known: no keepalived whose configuration can be read checks it")
    kinds = keeping.effective.checked.get((place.service, place.server), ())
    configured = any(
        place.server in words
        for words in (
            getattr(keeping.effective.rules.rules.get(place.service), "servers", ()),
            [server.key for server in keeping.effective.waiting.get(place.service, ())],
        )
    )
    if not configured:
        return CheckWords("none: keepalived's configuration does not have this server")
    if not kinds:
        return CheckWords("none configured: keepalived takes it to be up")
    names = ", ".join(dict.fromkeys(kinds))
    report = check_report(sight.state, place.service, place.server, sight.around.past)
    if report is None:
        silent = keeping.silent or "keepalived was not asked; K in view 4 asks it"
        return CheckWords(f"{names}; its last answer is not known ({silent})")
    how = f"keepalived's dump, under {coarse_above(state.taken - (keeping.reported_at or state.taken))} old"
    failed = [checker.kind for checker in report.checkers if not checker.up]
    if report.checkers and not any(checker.run for checker in report.checkers):
        return CheckWords(f"{names}: not run yet", "", how)
    return (
        CheckWords(f"{', '.join(dict.fromkeys(failed))} fails", "down", how)
        if failed
        else CheckWords(f"{names} passes", "up", how)
    )


class ServiceStory(NamedTuple):
    """A service: its name, state in a word with its tone, since when; why, line by line, what clients notice, and what
    to do."""

    name: str
    word: str
    tone: str
    since: Since
    why: Sequence[str]
    so: str
    do: str


def _there(sight: Sight, key: ServiceKey) -> Sequence[Server]:
    pool = sight.state.servers(key)
    return pool.servers() if pool is not None else ()


def service(sight: Sight, key: ServiceKey, skew: float | None = None) -> ServiceStory | None:
    """The sentences about a service; None if it is not in the table."""
    if sight.state.services.find(key) is None:
        return None
    served = sight.tally.of(key) if sight.tally is not None else None
    name = sight.around.names.service(key) or service_name(key)
    if served is None:
        word = f"skew {skew * 100:.0f}%" if skew is not None and skew > 0.15 else "up"
        # A skew comes and goes: a line for it would move all that stands below.
        return ServiceStory(name, word, toned(word), service_since(sight.time_sources, key, None, ()), (), "", "")
    word = state_word(served, skew)
    ill = [telling for telling in servers(sight, key) if telling.tone not in ("up", "")]
    ill.sort(key=lambda telling: _RANKS.get(telling.tone, 3))
    why = [f"{telling.name}: {telling.why or telling.word}" for telling in ill[:3]]
    if len(ill) > 3:
        why.append(f"and {count(len(ill) - 3, 'more server')}")
    return ServiceStory(
        name,
        word,
        toned(word),
        service_since(sight.time_sources, key, served, _there(sight, key)),
        why,
        _so(sight, key, served),
        _mend(ill, served),
    )


_RANKS = {"down": 0, "alert": 1, "full": 1, "drained": 2}


def _so(sight: Sight, key: ServiceKey, served: ServiceHealth) -> str:
    """What clients notice."""
    if served.sorry and served.fails:
        return "the sorry server answers"
    if served.fails:
        return refused(key, persistent(sight, key))
    hashed = _hashed(sight, key, served)
    if hashed:
        return "the clients whose hash leads to a server of weight 0, or a full one, are refused; the others are served"
    if served.degraded:
        others = "server carries" if served.live == 1 else f"{served.live} servers carry"
        sure = "no client is refused: " if hashed is False else ""
        return f"{sure}the other {others} it all"
    return ""


def persistent(sight: Sight, key: ServiceKey) -> bool:
    """Whether the kernel may still send clients that it remembers to servers of weight 0."""
    reading = sight.state.services.find(key)
    remembers = reading is not None and reading.service.persistence is not None
    return remembers and any(not server.weight for server in _there(sight, key))


def _hashed(sight: Sight, key: ServiceKey, served: ServiceHealth) -> bool | None:
    """Whether the scheduler refuses clients although there are live servers: sh without its fallback and dh use no
    other server than the one that the hash selects (ip_vs_sh.c, ip_vs_dh.c). None if that is not known."""
    reading = sight.state.services.find(key)
    scheduler = reading.service.scheduler if reading is not None else ""
    if scheduler not in ("sh", "dh") or not (served.full or any(not server.weight for server in _there(sight, key))):
        return False
    if scheduler == "sh" and "flags" in sight.state.unknown:
        return None
    return scheduler == "dh" or not (reading is not None and reading.service.flags & 1)


def _mend(ill: Sequence[ServerStory], served: ServiceHealth) -> str:
    """What to do first. If nobody serves, or one server carries everything, what can be done from here comes before
    what cannot."""
    drained = next((telling for telling in ill if telling.word in ("drained", "draining")), None)
    broken = next((telling for telling in ill if telling.word not in ("drained", "draining") and telling.do), None)
    words = []
    if drained is not None and (served.fails or (served.degraded and served.live == 1)):
        words.append(f"undrain {drained.name} (x on it)")
    if broken is not None:
        words.append(broken.do.partition("; ")[0] if words else broken.do)
    return ", or ".join(words)
