"""Applies the operator's key map to the table of actions: each entry is checked by itself, and a wrong one leaves its
action unchanged."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from lvstui.config import WordsEntry
from lvstui.console.keys.actions import ACTIONS, BY_ID, Action
from lvstui.console.keys.key_names import textual_key, written_key
from lvstui.director.remarks import nearest, shown

ALWAYS = {
    **dict.fromkeys(("up", "down", "j", "k", "g", "G", "home", "end"), "moves the cursor"),
    **dict.fromkeys(("pageup", "pagedown", "ctrl+f", "ctrl+b"), "moves the cursor"),
    **dict.fromkeys(("ctrl+c", "ctrl+q"), "quits"),
    "ctrl+l": "repaints the screen",
}
"""Keys that no key map can change."""


def mapped(
    chosen: Mapping[str, WordsEntry], actions: Sequence[Action] = ACTIONS
) -> tuple[tuple[Action, ...], tuple[str, ...]]:
    """The actions with the chosen keys, and a line for each choice that is wrong."""
    complaints: list[str] = []
    known = {action.id for action in actions}
    wanted: dict[str, tuple[str, ...]] = {}
    for name, choice in chosen.items():
        if name not in known:
            mend = nearest(name, known) or "lvstui --print-config shows all"
            complaints.append(f'{choice.where}: unknown action "{shown(name)[1:-1]}": {mend}')
            continue
        try:
            wanted[name] = _keys(name, choice.words)
        except ValueError as error:
            complaints.append(f"{choice.where}: {error}")
    while clash := _clash([action for action in actions if not action.yields or action.id in wanted], wanted):
        name, other, key = clash
        del wanted[name]
        complaints.append(
            f'{chosen[name].where}: "{written_key(key)}" for {name} is a key of {other} too; give {other} another'
        )
    taken = frozenset(key for keys in wanted.values() for key in keys)
    actions = [_yielding(action, taken) if action.id not in wanted else action for action in actions]
    actions_mapped = tuple(action._replace(keys=wanted.get(action.id, action.keys)) for action in actions)
    return actions_mapped, tuple(complaints)


def _yielding(action: Action, taken: Container[str]) -> Action:
    """An action without the keys that a key map uses for something else, if it yields them."""
    return action._replace(keys=tuple(key for key in action.keys if key not in taken)) if action.yields else action


def _keys(name: str, words: Sequence[str]) -> tuple[str, ...]:
    """The chosen keys. Raises ValueError naming the key that is wrong."""
    keys = []
    for word in words:
        try:
            key = textual_key(word)
        except ValueError as error:
            raise ValueError(f'"{shown(word)[1:-1]}" for {name}: {error}') from None
        if key in ALWAYS and key not in BY_ID[name].keys:
            raise ValueError(f'"{shown(word)[1:-1]}" for {name}: this key always {ALWAYS[key]}')
        keys.append(key)
    return tuple(dict.fromkeys(keys))


def _clash(actions: Sequence[Action], bindings: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str] | None:
    """A conflict: an action that was given a key, another one that has it, and the key."""
    owners: dict[str, str] = {}
    for action in actions:
        if action.id not in bindings:
            owners |= dict.fromkeys(action.keys, action.id)
    for name, keys in bindings.items():
        for key in keys:
            if owners.setdefault(key, name) != name:
                return name, owners[key], key
    return None
