"""--diff of two directors: what would be missing, unreachable or different if one took over from the other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from lvstui.director.errors import LvsError
from lvstui.director.pair.authentication import Alike
from lvstui.director.pair.clocked import Clocked, skew
from lvstui.director.pair.compare import Compared, compared
from lvstui.director.pair.passwords import alike
from lvstui.director.pair.point import OTHER, THIS, Point, Side
from lvstui.director.pair.takeover import DirectorNames, Takeover, takeover
from lvstui.director.remarks import Remark
from lvstui.director.source import Source
from lvstui.values import Any, NamedTuple
from lvstui.verbs.verb import Verb

FORMATS = ("text", "json")
_PATIENCE = 20.0
"""The most seconds to wait for the VRRP state and keepalived's configuration. A slow link takes long, and what is not
known then is printed as unknown."""
UNREACHED = 3
"""The exit code where one of the two could not be reached."""

OpenDirector = Callable[[], Source]
"""Opens a director. Raises LvsError."""


class _Held(Clocked):
    """A source that stays open after it was examined, because passwords are compared after that."""

    def close(self) -> None:
        pass

    def end(self) -> None:
        super().close()


class _Looked(NamedTuple):
    """A director after a read: its State and the source that read it, or why it was not reached."""

    side: Side | None = None
    source: _Held | None = None
    error: LvsError | None = None


def run(directors: Sequence[tuple[str, OpenDirector]], kind: str, ask: bool = False) -> Verb:
    """Compares two directors, each with a name. Returns 0 when they are equal, 1 when something differs, 3 when one was
    not reached. `ask`: ask each keepalived for its check results."""
    names = DirectorNames(*(name for name, _ in directors))
    looks = _both([opened for _, opened in directors], ask)
    try:
        return (yield from _compare_looks(names, looks, kind))
    finally:
        _ended(looks)


def _compare_looks(names: DirectorNames, looks: Sequence[_Looked], kind: str) -> Verb:
    this, other = looks
    failed = [
        (name, looked.error) for name, looked in zip(names, (this, other), strict=True) if looked.error is not None
    ]
    for name, error in failed:
        yield Remark(name, 0, f"not reached: {error.why}{f'; {error.mend}' if error.mend else ''}")
    if failed or this.side is None or other.side is None or this.source is None or other.source is None:
        return UNREACHED
    passwords: Alike = {}
    try:
        passwords = alike(this.side.state, other.side.state, (this.source, other.source), passwords)
    except LvsError as error:
        yield Remark("auth_pass", 0, f"not compared: {error.sentence}")
    apart = skew(this.source.offset, other.source.offset)
    comparison = compared(this.side, other.side, apart, alike=passwords)
    sentences = takeover(comparison, names, (this.side.state.vrrp.role, other.side.state.vrrp.role))
    yield from _json(comparison, names, sentences) if kind == "json" else _text(comparison, names, sentences)
    return 0 if sentences.equal else 1


def _both(opened: Iterable[OpenDirector], ask: bool) -> list[_Looked]:
    """Reads all of them at the same time, each in its own thread. An unexpected exception is raised."""
    results: list[_Looked | BaseException] = []
    threads = []
    for place, source in enumerate(opened):
        results.append(_Looked())
        threads.append(threading.Thread(target=_into, args=(results, place, source, ask), daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    looks = [look for look in results if isinstance(look, _Looked)]
    for error in results:
        if isinstance(error, BaseException):
            _ended(looks)
            raise error
    return looks


def _ended(looks: Sequence[_Looked]) -> None:
    for looked in looks:
        if looked.source is not None:
            looked.source.end()


def _into(looks: list[_Looked | BaseException], place: int, opened: OpenDirector, ask: bool) -> None:
    from lvstui.verbs.examining import examined

    source: _Held | None = None
    try:
        source = _Held(opened(), time.time)
        looked = examined(source, {}, ask, patience=_PATIENCE)
        looks[place] = _Looked(Side(looked.state, looked.tally), source)
    except LvsError as error:
        looks[place] = _Looked(None, source, error)
    except BaseException as error:  # raised again by whoever waits
        if source is not None:
            source.end()
        looks[place] = error


def _text(comparison: Compared, names: DirectorNames, outcome: Takeover) -> Iterator[str]:
    """Prints the verdict, then a table: what, where, and both values; at the end what is not known."""
    yield f"{outcome.text}\n"
    rows = [_row(point) for point in comparison.differences]
    if rows:
        head = ("", "", names.this, names.other)
        widths = [max(len(row[column]) for row in (head, *rows)) for column in range(3)]
        for row in (head, *rows):
            cells = [text.ljust(width) for text, width in zip(row[:3], widths, strict=True)]
            yield f"  {'  '.join(cells)}  {row[3]}".rstrip() + "\n"
    for point in comparison.unknown:
        where, what, *_ = _row(point)
        yield f"not known: {what} of {where} ({names.this}: {point.this}, {names.other}: {point.other})\n"


def _row(point: Point) -> tuple[str, str, str, str]:
    where = f"{point.about} in {point.of}" if point.of else point.about
    return where, point.what, point.this, point.other


def _json(comparison: Compared, names: DirectorNames, outcome: Takeover) -> Iterator[str]:
    from lvstui.formats.json import encoded

    document = {
        "pair": [names.this, names.other],
        "takeover": outcome.text,
        "equal": outcome.equal,
        "differences": [_point(point, names) for point in comparison.differences],
        "unknown": [_point(point, names) for point in comparison.unknown],
    }
    yield f"{encoded(document)}\n"


def _point(point: Point, names: DirectorNames) -> dict[str, Any]:
    lacks = {THIS: names.this, OTHER: names.other}.get(point.lacks)
    return {
        "kind": point.kind,
        "about": point.about,
        **({"of": point.of} if point.of else {}),
        "what": point.what,
        "standing": point.standing,
        "values": [point.this, point.other],
        **({"lacks": lacks} if lacks else {}),
    }
