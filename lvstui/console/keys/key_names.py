"""Keys as operators spell them (`S`, `?`, `ctrl+s`, `F5`, `space`) and as Textual names them."""

from __future__ import annotations

import re
import unicodedata

from lvstui.plain import plain

_SHORT = {
    "slash": "solidus",
    "backslash": "reverse_solidus",
    "at": "commercial_at",
    "minus": "hyphen_minus",
    "plus": "plus_sign",
    "underscore": "low_line",
}
"""Textual's names for characters that Unicode names differently (textual.keys.KEY_NAME_REPLACEMENTS)."""

_NAMED = {
    **{name: name for name in ("tab", "enter", "escape", "space", "backspace", "delete", "insert")},
    **{name: name for name in ("home", "end", "pageup", "pagedown", "up", "down", "left", "right")},
    **{f"f{number}": f"f{number}" for number in range(1, 25)},
    "esc": "escape",
    "return": "enter",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "pgdn": "pagedown",
}
_SENT_AS = {"i": "Tab", "m": "Enter", "h": "Backspace", "j": "Enter"}
"""Letters that a terminal sends, with ctrl, as another key."""

_MODIFIERS = frozenset(("ctrl", "alt", "shift"))
_NO_KEY = "no such key; keys are written like x, S, ?, space, ctrl+s, f5 or pageup"
_NOT_TOLD = "a terminal cannot distinguish it from {}"
_TITLES = {"escape": "Esc", "delete": "Del", "insert": "Ins", "pageup": "PgUp", "pagedown": "PgDn"}


def textual_key(text: str) -> str:
    """An operator's key -> Textual's name. Raises ValueError, with the reason, when no terminal has such a key."""
    *words, key = re.split(r"(?<=.)\+(?=.)", text.strip() or text)
    modifiers = sorted({word.lower() for word in words})
    if not _MODIFIERS.issuperset(modifiers):
        raise ValueError(_NO_KEY)
    name = _character(key, modifiers) if len(key) == 1 else _NAMED.get(key.lower(), "")
    if not name:
        raise ValueError(_NO_KEY)
    return "+".join((*modifiers, name))


def _character(key: str, modifiers: list[str]) -> str:
    if plain(key) != key:
        return ""
    if "shift" in modifiers:
        raise ValueError(f'write it as the character it types: "{key.upper()}"')
    if modifiers and not key.isascii():
        raise ValueError(_NOT_TOLD.format("the key alone"))
    if "ctrl" not in modifiers:
        return _name(key)
    key = key.lower()
    if not key.isalpha() or key in _SENT_AS:
        raise ValueError(_NOT_TOLD.format(_SENT_AS.get(key, "the key alone")))
    return key


def _name(character: str) -> str:
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return next((short for short, long in _SHORT.items() if long == name), name)


def shown_key(key: str) -> str:
    """Textual's name -> as it is shown to a reader: `?`, `^S`, `Esc`, `F5`."""
    *modifiers, last = key.split("+")
    shown = _TITLES.get(last) or _char(last) or last.capitalize()
    if modifiers == ["ctrl"] and len(shown) == 1:
        return f"^{shown.upper()}"
    return "+".join((*(modifier.capitalize() for modifier in modifiers), shown))


def written_key(key: str) -> str:
    """Textual's name -> as it is written in a file: `?`, `ctrl+s`, `f5`."""
    *modifiers, last = key.split("+")
    return "+".join((*modifiers, _char(last) or last))


def _char(name: str) -> str:
    """The character with this name of Textual's, "" for a key that is not a character."""
    if len(name) == 1:
        return name
    if name in _NAMED:
        return ""
    try:
        return _ASCII.get(name) or unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return ""


_ASCII = {_name(chr(code)): chr(code) for code in range(32, 127)}
