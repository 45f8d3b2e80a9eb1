"""docs/snapshot.schema.json: the shape of snapshots, of the reader's own tables of keys and names.

What a schema cannot say, the reader still checks: that a lower threshold is not above the upper one, that an IPv6
service's netmask is a number, that nothing is given twice, that a flag is one of the scheduler's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from lvstui.director.model import WEIGHT_MAX, SyncDaemon, Timeouts, flag_names
from lvstui.formats import rule_tables
from lvstui.formats.contents import FORMAT

_WORD = 2**32 - 1
_NAME = {"type": "string", "pattern": r"^\S+$", "maxLength": 15}
_PORT = {"type": "integer", "minimum": 0, "maximum": 65535}
_ADDRESS = {"type": "string", "pattern": "^[0-9A-Fa-f.:]{2,45}$"}
_FLAGS = sorted({name for scheduler in ("rr", "sh", "mh") for name in flag_names(scheduler)})


def text() -> str:
    return json.dumps(schema(), indent=2) + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12."""
    service = _table(
        rule_tables._SERVICE,
        {
            "protocol": _choice(rule_tables._PROTOCOLS, 65535),
            "address": _ADDRESS,
            "port": _PORT,
            "fwmark": _number(1, _WORD),
            "family": {"enum": list(rule_tables._FAMILIES)},
            "scheduler": {**_NAME, "default": "wlc"},
            "flags": {"type": "array", "items": {"enum": _FLAGS}},
            "persistence": {**_number(0, _WORD), "description": "seconds; 0 is a time of 0, left out is none"},
            "netmask": {"anyOf": [_ADDRESS, _number(0, _WORD)]},
            "engine": {"type": "string", "pattern": r"^\S*$", "maxLength": 15},
            "one_packet": {"type": "boolean", "default": False},
            "server": {"type": "array", "items": {"$ref": "#/$defs/server"}},
        },
    )
    named = {"not": {"anyOf": [{"required": ["fwmark"]}, {"required": ["family"]}]}}
    service["oneOf"] = [
        {"required": ["fwmark"], "not": {"anyOf": [{"required": [key]} for key in ("protocol", "address", "port")]}},
        {"required": ["protocol", "address", "port"], **named},
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"lvstui snapshot, format {FORMAT}",
        **_table(
            rule_tables._TOP,
            {
                "snapshot": {"$ref": "#/$defs/snapshot"},
                "timeouts": _table(Timeouts._fields, dict.fromkeys(Timeouts._fields, _number(0, WEIGHT_MAX))),
                "sync": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/sync"}},
                "service": {"type": "array", "items": {"$ref": "#/$defs/service"}},
            },
            ["snapshot"],
        ),
        "$defs": {
            "snapshot": _table(
                rule_tables._HEADER,
                {
                    "format": _number(1, FORMAT),
                    "host": {"type": "string", "maxLength": 255},
                    "taken": {"type": "string", "description": "a moment of TOML, or RFC 3339 in JSON"},
                    "kernel": {"type": "string", "maxLength": 255},
                },
                ["format"],
            ),
            "sync": _table(
                SyncDaemon._fields,
                {
                    "role": {"enum": ["master", "backup"]},
                    "interface": _NAME,
                    "id": _number(0, 255),
                    "max_length": _number(0, 65535),
                    "group": {"type": "string", "pattern": "^[0-9A-Fa-f.:]*$", "maxLength": 45},
                    "port": _PORT,
                    "ttl": _number(0, 255),
                },
                ["role", "interface"],
            ),
            "service": service,
            "server": _table(
                rule_tables._SERVER,
                {
                    "address": _ADDRESS,
                    "port": _PORT,
                    "forward": {**_choice(rule_tables._FORWARDS, 7), "default": "route"},
                    "weight": {**_number(0, WEIGHT_MAX), "default": 1},
                    "upper": {**_number(0, _WORD), "default": 0},
                    "lower": {**_number(0, _WORD), "default": 0},
                    "tunnel": _table(
                        rule_tables._TUNNEL,
                        {
                            "type": {**_choice(rule_tables._TUNNELS, 255), "default": "ipip"},
                            "port": _PORT,
                            "checksum": {**_choice(rule_tables._CHECKSUMS, 65535), "default": "nocsum"},
                        },
                    ),
                },
                ["address", "port"],
            ),
        },
    }


def _table(keys: Iterable[str], values: dict[str, Any], required: Iterable[str] = ()) -> dict[str, Any]:
    """A table with exactly these keys: KeyError where the schema lacks one that the reader knows."""
    keys = tuple(keys)
    if set(values) != set(keys):
        raise KeyError(f"{set(values) ^ set(keys)}")
    table: dict[str, Any] = {"type": "object", "additionalProperties": False}
    if required:
        table["required"] = list(required)
    return table | {"properties": {key: values[key] for key in keys}}


def _number(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _choice(names: Iterable[str], highest: int) -> dict[str, Any]:
    return {"anyOf": [{"enum": list(names)}, _number(0, highest)]}
