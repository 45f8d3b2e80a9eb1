"""The names of kinds and fields in recordings, in the journal, and in the answers of a director elsewhere.

Files and programs of other versions know the names of the first version, so these stay when the code renames something.
What is not listed is stored under its own name.
"""

from __future__ import annotations

from collections.abc import Mapping

_KINDS: Mapping[str, str] = {
    "CheckedServer": "Checked",
    "CheckedService": "Watched",
    "Configured": "Meant",
    "ConfiguredSync": "MeantSync",
    "InstanceStatus": "Standing",
    "KeepalivedState": "Keeping",
}
"""The stored name of a kind."""
_FIELDS: Mapping[tuple[str, str], str] = {
    ("About", "table_before"): "kept",
    ("KeepalivedState", "on_disk"): "meant",
    ("KeepalivedState", "reported_at"): "told",
    ("KeepalivedState", "checks"): "watched",
    ("KeepalivedState", "read_at"): "looked",
    ("Vrrp", "reported_at"): "told",
}
"""The stored name of a field, by kind and field."""
_OF_STORED = {(kind, stored): field for (kind, field), stored in _FIELDS.items()}


def stored_kind(kind: str) -> str:
    """The name under which a kind is stored."""
    return _KINDS.get(kind, kind)


def stored_field(kind: str, field: str) -> str:
    """The name under which a field of a kind is stored."""
    return _FIELDS.get((kind, field), field)


def field_of_stored(kind: str, stored: str) -> str:
    """The field that is stored under a name; the name itself for any other, which may be no field."""
    return _OF_STORED.get((kind, stored), stored)
