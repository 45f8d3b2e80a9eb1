"""As much of JSON Schema as docs/snapshot.schema.json is written in: a whole library for one test would be too much."""

from __future__ import annotations

import re
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
_KNOWN = {
    *(
        "$schema",
        "title",
        "description",
        "default",
        "$defs",
        "$ref",
        "type",
        "enum",
        "anyOf",
        "oneOf",
        "not",
        "required",
    ),
    *("properties", "additionalProperties", "items", "maxItems", "minimum", "maximum", "pattern", "maxLength"),
}


def valid(value: Any, schema: dict[str, Any], root: dict[str, Any] | None = None) -> bool:
    """Whether a value fits a schema. Raises ValueError for a keyword that is not known here."""
    root = root if root is not None else schema
    if unknown := schema.keys() - _KNOWN:
        raise ValueError(f"unknown keywords: {unknown}")
    if "$ref" in schema:
        return valid(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "type" in schema and (
        not isinstance(value, _TYPES[schema["type"]]) or (isinstance(value, bool) != (schema["type"] == "boolean"))
    ):
        return False
    if "enum" in schema and (value not in schema["enum"] or isinstance(value, bool)):
        return False
    if "anyOf" in schema and not any(valid(value, one, root) for one in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(valid(value, one, root) for one in schema["oneOf"]) != 1:
        return False
    if "not" in schema and valid(value, schema["not"], root):
        return False
    match value:
        case dict():
            properties = schema.get("properties", {})
            return (
                all(key in value for key in schema.get("required", ()))
                and (schema.get("additionalProperties", True) or value.keys() <= properties.keys())
                and all(valid(value[key], one, root) for key, one in properties.items() if key in value)
            )
        case list():
            items = schema.get("items", {})
            return len(value) <= schema.get("maxItems", len(value)) and all(valid(item, items, root) for item in value)
        case str():
            fits = re.search(schema.get("pattern", ""), value, re.ASCII) is not None
            return fits and len(value) <= schema.get("maxLength", len(value))
        case int():
            return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))
        case _:
            return True
