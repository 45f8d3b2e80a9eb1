"""Encodes a State into the payload of a tape's frame, and back: rules as JSON, numbers as columns of differences, all
of it compressed.

A frame has the difference from the one before: services with other rules, changed fields of the State, and the growth
of the numbers of each row. Rates are not stored, because they are differences of the counters.
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Service, ServiceKey
from lvstui.director.state import NO_POOLS, NO_SERVICES, State
from lvstui.director.sweeps import Sweep, other_rules, other_services, swept
from lvstui.store.frame_rules import entry, entry_of, key_list, key_of
from lvstui.store.json_values import fitted, plain
from lvstui.store.packing import GAUGES, Unpacked, columns, packed, summed
from lvstui.store.pictures import (
    NOTHING,
    SERVER,
    SERVICE,
    Picture,
    rearranged,
    rules,
    server_numbers,
    service_numbers,
    with_rules,
)
from lvstui.store.stored_names import stored_field

_AGAIN = 64
"""A complete frame comes after this many frames, so a seek reads at most that many."""
_LARGEST = 2**27
"""The most bytes of rules and fields unpacked from one frame. The numbers are limited by the rows in the rules."""
_PASSING: Mapping[str, Any] = {
    "services": NO_SERVICES,
    "pools": NO_POOLS,
    "at": 0.0,
    "taken": 0.0,
    "swept": None,
    "read_only": "",
    "keeping": None,
}
"""The fields of a State that are stored in another way, or not at all."""
_STATED = frozenset(State._fields) - _PASSING.keys()
_KEEPING = 2**22
"""The most bytes of keepalived's configuration that are sent; a larger one is left out."""
_WHY = 200
"""The most letters of an error that come from what was read."""
_ROWS = 2**18
"""The most services and servers accepted."""


class Encoder:
    """Turns successive States into frames. `keeping`: include keepalived's configuration and check results.
    `unrecorded`: the fields of a State that have values of a kind that a tape does not know, with the reason; frames
    are without them."""

    def __init__(self, keeping: bool = False) -> None:
        self._before: Sweep | None = None
        self._services: Sequence[Service] = ()
        self._touched: set[ServiceKey] = set()
        self._picture = NOTHING
        self._fields: dict[str, Any] = {}
        self._since = _AGAIN
        self._keeping = _KeepalivedFields() if keeping else None
        self.unrecorded: dict[str, str] = {}

    @property
    def lacking(self) -> str:
        """What the frames are without, and why; "" for nothing."""
        return ", ".join(f"{name} ({why})" for name, why in self.unrecorded.items())

    def encode(self, state: State, among: Iterable[ServiceKey] | None = None) -> tuple[bool, bytes]:
        """Encodes the next frame: whether it is complete, and its payload. `among`: the services whose real servers
        were read, where it was not a sweep; the others are unchanged."""
        now, self._since = swept(state), self._since + 1
        whole = self._before is None or self._since > _AGAIN
        if whole:
            self._since, self._picture, self._fields = 1, NOTHING, {}
        before = self._picture
        known = before.rules
        changed = set(state.services.keys) if whole else self._changed(now, among)
        if changed:
            known = with_rules(known, changed, state)
        picture = Picture(state._replace(**_PASSING), known, service_numbers(state), server_numbers(state, known.keys))
        fields: dict[str, Any] = {}
        for name in State._fields:
            if name in _STATED:
                try:
                    fields[name] = plain(getattr(picture.state, name))
                except TypeError as error:
                    self.unrecorded[name] = str(error)
        if self._keeping is not None:
            try:
                fields |= self._keeping.fields(state.keeping)
            except TypeError as error:
                self.unrecorded["keeping"] = str(error)
                fields[_MEANS] = False
        head: dict[str, Any] = {
            "at": round(state.at, 4),  # each digit more is half a byte of a tick in which nothing moves
            "state": {name: value for name, value in fields.items() if self._fields.get(name, self) != value},
        }
        if changed:
            keys = [key for key in sorted(changed) if key in known.place]
            head["rules"] = [entry(known, known.place[key]) for key in keys]
            head["gone"] = [key_list(key) for key in sorted(changed) if key not in known.place]
        moved = before if before.rules is known else rearranged(before, known)
        payload = packed(head, columns(picture.services, moved.services, SERVICE),
                          columns(picture.servers, moved.servers, SERVER, GAUGES))  # fmt: skip
        if among is None:
            self._before, self._touched = now, set()
        else:
            self._touched |= changed
        self._services, self._picture, self._fields = now.services, picture, fields
        return whole, payload

    def _changed(self, now: Sweep, among: Iterable[ServiceKey] | None) -> set[ServiceKey]:
        """The services that may have other rules than in the last frame."""
        if self._before is None:
            return set(now.state.services.keys)
        if among is None:
            return other_rules(self._before, now) | self._touched
        known = self._picture.rules
        changed = other_services(self._services, now.services)
        for key in among:
            pool, i = now.state.pools.get(key), known.place.get(key)
            if pool is not None and i is not None and tuple(pool.servers()) != known.pools[i]:
                changed.add(key)
        return changed


class _KeepalivedFields:
    """keepalived's configuration and check results as fields of a frame. Its parts are large and rarely change, so each
    is converted once while it is the same object."""

    def __init__(self) -> None:
        self._plain: dict[str, tuple[object, Any]] = {}

    def fields(self, keeping: KeepalivedState | None) -> dict[str, Any]:
        fields = {_MEANS: keeping is not None}
        if keeping is None:
            return fields
        for name, value in zip(KeepalivedState._fields, keeping, strict=True):
            if value != KeepalivedState._field_defaults.get(name, self):
                fields[_part_name(name)] = self._part(name, value)
        if None in fields.values():
            return {_MEANS: False}
        return fields

    def _part(self, name: str, value: Any) -> Any:
        """None where it is too large."""
        known = self._plain.get(name)
        if known is None or known[0] is not value:
            part = plain(value)
            fits = not isinstance(value, (tuple, Mapping)) or len(json.dumps(part)) <= _KEEPING
            known = self._plain[name] = value, part if fits else None
        return known[1]


_MEANS = stored_field("State", "keeping")


def _part_name(field: str) -> str:
    """The name in a frame of a field of the KeepalivedState."""
    return f"{_MEANS}.{stored_field('KeepalivedState', field)}"


def decode(payload: bytes, before: Picture | None, taken: float, largest: int = _LARGEST) -> Picture:
    """Decodes a frame; `before` is None for a complete one. `largest`: the most bytes of rules and fields unpacked.
    Raises ValueError where the payload is not what an Encoder writes. Whatever it contains, the result has the types
    and ranges of its kinds (fitting.py), and no text with terminal controls."""
    try:
        unpacked = Unpacked(payload, largest)
        head = unpacked.head
        was = before or NOTHING
        known = was.rules
        if "rules" in head:
            entries = dict(zip(known.keys, zip(known.services, known.pools, strict=True), strict=True))
            for key in _consumed(head["gone"]):
                del entries[key_of(key)]
            for service, pool in map(entry_of, _consumed(head["rules"])):
                entries[service.key] = service, pool
            known = rules(entries)
            if len(known.keys) + sum(map(len, known.pools)) > _ROWS:
                raise ValueError("it has too many rows")
        unpacked.expect(len(known.keys), sum(map(len, known.pools)))
        moved = was if was.rules is known else rearranged(was, known)
        said = dict(head["state"])
        fields = {name: fitted(State, name, value) for name, value in said.items() if name in _STATED}
        keeping = (
            _keepalived_state(was.state.keeping, said) if was.state.keeping is not None or _MEANS in said else None
        )
        state = was.state._replace(
            at=fitted(State, "at", head["at"]), taken=fitted(State, "taken", taken), keeping=keeping, **fields
        )
        return Picture(
            state,
            known,
            array("Q", summed(unpacked.take(unpacked.services), moved.services, SERVICE)),
            array("Q", summed(unpacked.last(unpacked.servers), moved.servers, SERVER, GAUGES)),
        )
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, zlib.error, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {str(error)[:_WHY]}") from None  # a KeyError names the key, whole


def _consumed(rows: list[Any]) -> Iterator[Any]:
    """The rows in order, each forgotten at once: what they were read from takes several times their own room."""
    rows.reverse()
    while rows:
        yield rows.pop()


def _keepalived_state(before: KeepalivedState | None, said: Mapping[str, Any]) -> KeepalivedState | None:
    """keepalived's configuration and check results, updated with the changed parts; the same object where none
    changed."""
    if said.get(_MEANS, before is not None) is not True:
        return None
    parts = {
        name: fitted(KeepalivedState, name, said[stored])
        for name in KeepalivedState._fields
        if (stored := _part_name(name)) in said
    }
    if before is None:
        return KeepalivedState(**parts)
    return before._replace(**parts) if parts else before
