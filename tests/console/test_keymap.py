"""The operator's key map: how keys are written, what can be mapped, and its effect in the console."""

from __future__ import annotations

import string
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.keys import _character_to_key

from lvstui.config import Settings, WordsEntry
from lvstui.console.app import Console
from lvstui.console.keys.actions import ACTIONS
from lvstui.console.keys.key_names import shown_key, textual_key, written_key
from lvstui.console.keys.keymap import ALWAYS, mapped
from lvstui.console.widgets.grid import Grid
from tests.console.stage import RULES, TWO, WEB, opened
from tests.memory import MemoryDirector


def chosen(**keys: str | tuple[str, ...]) -> Mapping[str, WordsEntry]:
    return {
        name.replace("_", "-"): WordsEntry((words,) if isinstance(words, str) else words, f"c line {line}")
        for line, (name, words) in enumerate(keys.items(), 1)
    }


def keys_of(name: str, chosen: Mapping[str, WordsEntry]) -> tuple[str, ...]:
    return next(action.keys for action in mapped(chosen)[0] if action.id == name)


# --- keys


@pytest.mark.parametrize("character", string.digits + string.ascii_letters + string.punctuation + " äß§€")
def test_every_character_is_named_as_textual_names_it(character: str) -> None:
    name = textual_key(character)
    assert name == _character_to_key(character)
    assert textual_key(written_key(name)) == name
    assert shown_key(name) == ("Space" if character == " " else character)


@pytest.mark.parametrize(
    ("text", "name", "shown", "written"),
    [
        ("ctrl+s", "ctrl+s", "^S", "ctrl+s"),
        ("Ctrl+S", "ctrl+s", "^S", "ctrl+s"),
        ("F5", "f5", "F5", "f5"),
        ("shift+Tab", "shift+tab", "Shift+Tab", "shift+tab"),
        ("shift+ctrl+up", "ctrl+shift+up", "Ctrl+Shift+Up", "ctrl+shift+up"),
        ("alt++", "alt+plus", "Alt++", "alt++"),
        ("PgUp", "pageup", "PgUp", "pageup"),
        ("Esc", "escape", "Esc", "escape"),
        ("space", "space", "Space", "space"),
        (" ", "space", "Space", "space"),
        (" x ", "x", "x", "x"),
        ("del", "delete", "Del", "delete"),
        ("return", "enter", "Enter", "enter"),
    ],
)
def test_keys_as_operators_write_them(text: str, name: str, shown: str, written: str) -> None:
    assert (textual_key(text), shown_key(name), written_key(name)) == (name, shown, written)
    assert textual_key(written) == name


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no such key"),
        ("xx", "no such key"),
        ("hyper+x", "no such key"),
        ("ctrl+", "no such key"),
        ("\t", "no such key"),
        ("f25", "no such key"),
        ("shift+x", 'the character it types: "X"'),
        ("ctrl+i", "from Tab"),
        ("ctrl+m", "from Enter"),
        ("ctrl+1", "from the key alone"),
        ("ctrl+ü", "from the key alone"),
    ],
)
def test_keys_that_no_terminal_has(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        textual_key(text)


def test_the_keys_of_the_table_can_all_be_written_in_a_file() -> None:
    for key in (key for action in ACTIONS for key in action.keys):
        assert textual_key(written_key(key)) == key


def test_keys_that_are_not_actions_are_known_to_the_map() -> None:
    """Those of the grid and the app: a key that is added there belongs into keymap.ALWAYS."""
    bindings = [binding for cls in (Grid, Console) for binding in cls.BINDINGS if isinstance(binding, Binding)]
    bound = {key for binding in bindings if "do(" not in binding.action for key in binding.key.split(",")}
    assert bound and bound <= set(ALWAYS)


# --- the map


def test_an_action_gets_the_chosen_keys_and_loses_its_own() -> None:
    actions, complaints = mapped(chosen(drain=("D", "ctrl+d", "D"), pause=()))
    assert complaints == ()
    assert {action.id: action.keys for action in actions} == {
        **{action.id: action.keys for action in ACTIONS},
        "drain": ("D", "ctrl+d"),
        "pause": (),
    }


def test_two_actions_may_change_places() -> None:
    actions, complaints = mapped(chosen(drain="d", delete="x"))
    assert complaints == ()
    assert [action.keys for action in actions if action.id in ("delete", "drain")] == [("x",), ("d",)]


@pytest.mark.parametrize(
    ("keys", "complaint"),
    [
        ({"drian": "x"}, 'c line 1: unknown action "drian": did you mean drain?'),
        ({"qqqqqq": "x"}, 'c line 1: unknown action "qqqqqq": lvstui --print-config shows all'),
        ({"drain": "ctrl+!"}, 'c line 1: "ctrl+!" for drain: a terminal cannot distinguish it from the key alone'),
        ({"drain": "d"}, 'c line 1: "d" for drain is a key of delete too; give delete another'),
        ({"pause": "?"}, 'c line 1: "?" for pause is a key of help too; give help another'),
        ({"pause": "F9", "sort": "f9"}, 'c line 2: "f9" for sort is a key of pause too; give pause another'),
        ({"drain": "j"}, 'c line 1: "j" for drain: this key always moves the cursor'),
        ({"drain": "ctrl+c"}, 'c line 1: "ctrl+c" for drain: this key always quits'),
        ({"drain": "\x1b[2J"}, 'c line 1: "\\x1b[2J" for drain: no such key'),
    ],
)
def test_an_impossible_key_is_reported_and_leaves_the_action_unchanged(keys: dict[str, str], complaint: str) -> None:
    wanted = chosen(**keys)
    actions, (said,) = mapped(wanted)
    assert said.startswith(complaint)
    if len(keys) == 1:
        assert actions == ACTIONS


def test_a_swap_with_one_wrong_half_changes_nothing() -> None:
    actions, complaints = mapped(chosen(drain="d", delete="nonsense"))
    assert actions == ACTIONS
    assert [complaint.partition(":")[0] for complaint in complaints] == ["c line 2", "c line 1"]


def test_quit_keeps_ctrl_c() -> None:
    assert keys_of("quit", chosen(quit=("Q", "ctrl+c"))) == ("Q", "ctrl+c")


# --- the console


async def test_the_console_listens_to_the_map_and_shows_it() -> None:
    director = MemoryDirector(RULES)
    keys = chosen(drain=("D", "ctrl+d"), help="F2", heavier="f7", lighter="f8", view_hosts="H")
    async with opened(director, size=(160, 48), settings=Settings(keys=keys)) as stage:
        await stage.press("enter", "down")
        assert " D drain" in stage.screen() and " F2 help" in stage.screen() and " H hosts" in stage.screen()
        await stage.press("x")
        assert not stage.app.prompt.asking
        await stage.press("ctrl+d", "enter")
        assert "apply? y/N" in stage.bottom
        await stage.press("y")
        await stage.until(lambda: director.rules.rules[WEB].servers[TWO].weight == 0)
        await stage.press("f7", "f7", "f7", "f8")
        assert "-w 2" in stage.bottom
        await stage.press("n", "f2")
        help_ = " ".join(stage.screen().split())
        assert "D ^D drain" in help_ and "F7 weight up" in help_


async def test_a_broken_map_gives_a_clear_line_and_the_console_opens() -> None:
    async with opened(settings=Settings(keys=chosen(drian="x"))) as stage:
        assert 'c line 1: unknown action "drian": did you mean drain?' in stage.bottom
        assert "192.0.2.1:80" in stage.screen()


async def test_without_keys_for_help_and_quit_the_footer_omits_them() -> None:
    async with opened(settings=Settings(keys=chosen(help=(), quit=()))) as stage:
        assert "help" not in stage.screen() and "quit" not in stage.screen()
        await stage.press("ctrl+c")
        await stage.until(lambda: stage.app.return_code == 0)


_WORDS = st.sampled_from(
    ["x", "d", "D", "f5", "F5", "?", "ctrl+s", "ctrl+i", "j", "ctrl+c", "1", "space", "", "nonsense"]
)


@given(st.dictionaries(st.sampled_from([*(action.id for action in ACTIONS), "none"]), st.lists(_WORDS, max_size=3)))
def test_with_any_key_map_every_key_has_one_action(wanted: dict[str, list[str]]) -> None:
    actions, complaints = mapped({name: WordsEntry(tuple(words), name) for name, words in wanted.items()})
    keys = [key for action in actions for key in action.keys]
    assert len(keys) == len(set(keys))
    assert [action.id for action in actions] == [action.id for action in ACTIONS]
    wrong = {complaint.partition(":")[0] for complaint in complaints}
    for action, default in zip(actions, ACTIONS, strict=True):
        chosen = action.id in wanted and action.id not in wrong
        assert action.keys == (tuple(dict.fromkeys(map(textual_key, wanted[action.id]))) if chosen else default.keys)
