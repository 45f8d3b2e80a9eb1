"""Converts values of the director to JSON data and back, by the names of their kinds and fields.

Default values are left out. An unknown field is ignored, and a missing one has its default, so a tape survives small
changes of its content.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lvstui.director.checks.check_report import CheckedServer, CheckedService, Checker
from lvstui.director.checks.connecting import Connect
from lvstui.director.configured import Configured, ConfiguredSync
from lvstui.director.facts import Facts, Flowing, Interface, Sample, Way
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import (
    Entry,
    RuleSet,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
)
from lvstui.director.remarks import Remark
from lvstui.director.state import Load, Rates, Vrrp
from lvstui.director.vrrp.adverts import Advert
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.director.vrrp.instances import HmacKey, Instance, Receiving, Tracked, Transitions, VirtualAddress
from lvstui.store.fitting import field_of, fields
from lvstui.store.sound import sound
from lvstui.store.stored_names import field_of_stored, stored_field, stored_kind

_KINDS: Mapping[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(Advert, Instance, Load, Rates, Receiving, InstanceStatus, SyncDaemon, Timeouts, Tracked, Transitions),
        *(VirtualAddress, Vrrp, Facts, Flowing, Interface, Sample, ServerKey, ServiceKey, Way),
        *(KeepalivedState, Configured, ConfiguredSync, CheckedService, CheckedServer, Checker, Connect, Remark),
        *(RuleSet, Entry, Service, Server, Tunnel, HmacKey),
    )
}
_STORED = {stored_kind(name): kind for name, kind in _KINDS.items()}
_RULES = (ServiceKey, ServerKey, Service, Server, Tunnel)
_KIND = "="


def plain(value: Any) -> Any:
    """A value as strings, numbers, lists and tables. Raises TypeError for an unknown kind."""
    if value is None or isinstance(value, (str, bool, float)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        return {_KIND: "bytes", "hex": value.hex()}
    if isinstance(value, frozenset):
        return {_KIND: "set", "of": sorted(map(plain, value), key=str)}
    if isinstance(value, Mapping):
        return {_KIND: "map", "of": [[plain(key), plain(part)] for key, part in value.items()]}
    if hasattr(value, "_fields"):
        name = type(value).__name__
        if name not in _KINDS:
            raise TypeError(f"{name} cannot be kept")
        defaults = value._field_defaults
        fields = {
            stored_field(name, field): plain(part)
            for field, part in zip(value._fields, value, strict=True)
            if field not in defaults or defaults[field] != part
        }
        return {_KIND: stored_kind(name), **fields}
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    raise TypeError(f"{type(value).__name__} cannot be kept")


def typed(value: Any) -> Any:
    """Restores the value: lists become tuples, and each field is checked (fitting.py). Raises KeyError, TypeError or
    ValueError for data that is not ours."""
    if isinstance(value, list):
        return tuple(map(typed, value))
    if not isinstance(value, dict):
        return value
    name = value.get(_KIND)
    if name == "bytes":
        return bytes.fromhex(value["hex"])
    if name == "set":
        return frozenset(map(typed, value["of"]))
    if name == "map":
        return {typed(key): typed(part) for key, part in value["of"]}
    kind = _STORED[str(name)]
    fits = fields(kind, _KINDS)
    named = {field_of_stored(kind.__name__, stored): part for stored, part in value.items()}
    made_value = kind(**{field: fits[field](typed(part)) for field, part in named.items() if field in fits})
    if kind in _RULES:
        sound(made_value, texts=False)
    if kind is InstanceStatus and len(made_value.present) != len(made_value.instance.carried):
        raise ValueError("an instance has more addresses, or fewer, than are known to be there or not")
    return made_value


def made(kind: Any, values: Sequence[Any]) -> Any:
    """Makes a value of a kind from its field values, in order. Raises TypeError or ValueError where they do not fit."""
    fits = fields(kind, _KINDS)
    if len(values) > len(fits):
        raise ValueError(f"{kind.__name__} has too many parts")
    return kind(*[fit(value) for fit, value in zip(fits.values(), values, strict=False)])


def fitted(kind: Any, field: str, value: Any) -> Any:
    """Restores one field of a kind from `plain` data. Raises KeyError, TypeError or ValueError where it does not
    fit."""
    return field_of(kind, field, _KINDS)(typed(value))
