"""Settings: files and flags, which of them wins, and the messages for wrong ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui import cli, live, places, sources
from lvstui.config import Settings, WordsEntry
from lvstui.config.gathering import OptionOrigins, gather
from lvstui.config.key_lines import lines_of
from lvstui.config.option_kinds import whole
from lvstui.config.options import OPTIONS, TABLES
from lvstui.config.sample import sample
from lvstui.director.errors import BadInput
from lvstui.director.model import server_key, service_key
from tests.console.stage import opened
from tests.verbs.fake import Fake

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "config.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def read(*paths: Path, **flags: object) -> tuple[Settings, OptionOrigins]:
    return gather(paths, flags)


def test_every_setting_is_in_the_table_and_has_a_valid_default() -> None:
    told = {option.name for option in OPTIONS} | {table.name for table in TABLES}
    assert set(Settings._fields) - told == {"netns", "complaints"}
    for option in OPTIONS:
        assert option.kind.take(option.default) == option.default
        assert type(option.kind.take(option.default)) is type(option.default)


def test_without_files_and_flags_the_defaults_apply(tmp_path: Path) -> None:
    assert read(tmp_path / "none.toml", tmp_path / "none/none.toml") == (Settings(), {})
    assert read(Path(os.devnull)) == (Settings(), {})


def test_a_later_file_has_priority_and_flags_have_the_highest(write: Write) -> None:
    machine = write('interval = 2\ntheme = "dark"\nmouse = true\n', "machine.toml")
    own = write('theme = "light"\nmouse = false\n', "own.toml")
    settings, origins = read(machine, own, interval=5.0, ascii=None, theme=None)
    assert settings == Settings(interval=5.0, theme="light", mouse=False)
    assert origins == {("interval",): "--interval", ("theme",): f"{own} line 1", ("mouse",): f"{own} line 2"}


def test_tables_of_several_files_are_merged(write: Write) -> None:
    machine = write('[names]\n"10.0.0.11" = "web1"\n"10.0.0.12" = "web2"\n[keys]\ndrain = "x"\n', "machine.toml")
    own = write('[names]\n"10.0.0.12" = "zwei"\n"10.0.0.12:81" = "admin"\n[keys]\ndrain = ["D", "f5"]\n', "own.toml")
    settings, origins = read(machine, own)
    assert settings.complaints == ()
    one, two = (server_key(address, 81).address for address in ("10.0.0.11", "10.0.0.12"))
    assert settings.names == {one: "web1", two: "zwei", server_key("10.0.0.12", 81): "admin"}
    assert settings.keys == {"drain": WordsEntry(("D", "f5"), f"{own} line 5")}
    assert origins["names", "10.0.0.11"] == f"{machine} line 2"
    assert origins["names", "10.0.0.12:81"] == f"{own} line 3"


def test_notes_are_for_services_too(write: Write) -> None:
    settings, _ = read(write('notes."tcp 192.0.2.1:443" = "shop"\nnotes."fwmark 7 ipv6" = "dns"\n'))
    assert settings.complaints == ()
    assert settings.notes == {service_key(6, "192.0.2.1", 443): "shop", service_key(fwmark=7, family=6): "dns"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("\nintervall = 2\n", 'line 2: unknown key "intervall": did you mean interval?'),
        ("[key]\ndrain = 'x'\n", 'line 1: unknown table "key": did you mean keys?'),
        ("[servers]\n'10.0.0.1' = 'web1'\n", 'line 1: unknown table "servers": did you mean names?'),
        (
            "[hosts]\n'10.0.0.1' = 'web1'\n",
            'line 2: "10.0.0.1" must be { sudo = true } or { sudo = false } (what you call a server stands in [names]),'
            ' and is "web1"',
        ),
        ("[hosts.lvs2]\nsudo = 'yes'\n", 'line 1: "lvs2" must be { sudo = true }'),
        ("qqqqq = 1\n", 'line 1: unknown key "qqqqq"; lvstui --print-config shows all'),
        ('"a\\nb" = 1\n', 'line 1: unknown key "a\\nb"; lvstui --print-config shows all'),
        ("interval = 0\n", "line 1: interval must be a number from 0.1 to 3600, and is 0"),
        ("interval = nan\n", "line 1: interval must be a number from 0.1 to 3600, and is nan"),
        ("interval = true\n", "line 1: interval must be a number from 0.1 to 3600, and is true"),
        ('interval = "2"\n', 'line 1: interval must be a number from 0.1 to 3600, and is "2"'),
        ("theme = 3\n", "line 1: theme must be a word in quotes, and is 3"),
        ('theme = "a\\u001b[31m"\n', 'line 1: theme must be a word in quotes, and is "a\\x1b[31m"'),
        ("mouse = 1\n", "line 1: mouse must be true or false, and is 1"),
        ("[mouse]\n", "line 1: mouse must be true or false, and is a table"),
        ('read_only = "yes"\n', 'line 1: read_only must be true or false, and is "yes"; taken as true'),
        ('names = "web1"\n', "line 1: names must be a table: [names], and its entries below"),
        ("[keys]\n\ndrain = 5\n", 'line 3: "drain" must be a key in quotes, or a list of keys, and is 5'),
        (
            '[names]\n"web1" = "10.0.0.11"\n',
            'line 2: "web1" in [names] must be an address, an address with a port, or a service: ',
        ),
        (
            '[names]\n"10.0.0.11" = 5\n',
            'line 2: "10.0.0.11" must be a text in quotes, cut at 60 characters, and is 5',
        ),
        ('[notes]\n"10.0.0.11" = ""\n', 'line 2: "10.0.0.11" must be a text in quotes, cut at 60 characters, and'),
    ],
)
def test_a_wrong_key_is_named_and_the_others_apply(text: str, complaint: str, write: Write) -> None:
    path = write("ascii = true\n" + text)
    settings, _ = read(path)
    (said,) = settings.complaints
    place, _, number = complaint.partition("line ")[2].partition(":")
    assert said.startswith(f"{path} line {int(place) + 1}:{number}")
    assert said.isprintable()
    assert settings.ascii


def test_read_only_applies_even_if_its_value_is_wrong(write: Write) -> None:
    assert read(write('read_only = "yes"\n'))[0].read_only
    (complaint,) = read(path := write("theme = \n  read_only = true # always\n"))[0].complaints
    assert read(path)[0].read_only
    assert complaint.endswith("nothing in this file counts but read_only")
    assert not read(write("theme = \nread_only = false\n"))[0].read_only


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"ascii = true\ntheme = \n", "line 2: this is not TOML: invalid value"),
        (b"a = 1\na = 2\n", "line 2: this is not TOML: cannot overwrite a value"),
        (b"ascii = true\n\nx = [1,\n2\n\n", "line 4: this is not TOML: unclosed array"),
        (b"ascii = true\n# caf\xe9\n", "line 2: this is not UTF-8 text"),
        (b"x = " + b"[" * 5000, "line 1: this is n"),
    ],
)
def test_a_file_that_is_not_toml_is_one_line_with_its_line_number(raw: bytes, complaint: str, write: Write) -> None:
    path = write(raw)
    settings, origins = read(path)
    assert settings == Settings(complaints=settings.complaints) and not origins
    (said,) = settings.complaints
    assert said.startswith(f"{path} {complaint}") and "\n" not in said


def test_a_byte_order_mark_and_other_line_ends_do_no_harm(write: Write) -> None:
    assert read(write("\ufeffascii = true\r\nmouse = true\r\n"))[0] == Settings(ascii=True, mouse=True)


def test_an_unreadable_file_is_reported(tmp_path: Path) -> None:
    assert read(tmp_path)[0].complaints == (f"{tmp_path}: cannot be read: Is a directory",)


def test_a_requested_file_must_exist(tmp_path: Path, write: Write) -> None:
    path = write("ascii = true\n")
    assert gather([path], {}, str(write("mouse = true\n", "other.toml")))[0] == Settings(mouse=True)
    for missing in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(BadInput, match=f"--config {missing}"):
            gather([path], {}, str(missing))


def test_whole_numbers() -> None:
    kind = whole(1, 9)
    assert (kind.take(3), kind.word and kind.word("3")) == (3, 3)
    for value in (0, 10, 1.0, True, "3", None):
        with pytest.raises(ValueError):
            kind.take(value)


def test_line_numbers_are_known_for_all_of_toml() -> None:
    text = '''\
# a comment
a = 1
"b c".d = """
x = 1
[t]
"""
e = [ # here
  1,
]
[t]
f = { g = 1 }
[t.u]  # a table
h = "\u2028"
i = 2
[[v]]
j = 1
'''
    assert lines_of(text) == {
        ("a",): 2,
        ("b c", "d"): 3,
        ("e",): 7,
        ("t",): 10,
        ("t", "f", "g"): 11,
        ("t", "u"): 12,
        ("t", "u", "h"): 13,
        ("t", "u", "i"): 14,
        ("v",): 15,
        ("v", "j"): 16,
    }


@given(st.one_of(st.binary(max_size=80), st.text("[]\"'=\n.# ak{},1true\\").map(str.encode)))
def test_no_settings_file_stops_the_program(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(raw)
    for complaint in read(path)[0].complaints:
        assert complaint.startswith(str(path)) and "\n" not in complaint


# --- the command line


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Fake:
    director = Fake("-A -t 192.0.2.1:80 -s wrr\n")
    monkeypatch.setattr(live, "open_source", lambda *, load_module=False: director)
    return director


def test_a_verb_warns_about_a_broken_file_and_continues(
    fake: Fake, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("intervall = 2\n")
    monkeypatch.setenv("LVSTUI_CONFIG", str(path))
    assert cli.main(["--save", "-"]) == 0
    out, err = capsys.readouterr()
    assert out == "-A -t 192.0.2.1:80 -s wrr\n"
    assert err == f'lvstui: {path} line 1: unknown key "intervall": did you mean interval?\n'


def test_read_only_in_a_file_applies_to_verbs_and_says_why(
    fake: Fake, write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write("read_only = true\n")
    monkeypatch.setenv("LVSTUI_CONFIG", str(path))
    rules = write("-A -t 192.0.2.9:80 -s rr\n", "f.rules")
    wanted = ["--restore", str(rules), "--yes", "--allow-outage"]
    assert cli.main(wanted) == 1
    assert f"{path} line 1" in capsys.readouterr().err
    assert cli.main([*wanted, "--no-read-only"]) == 0


def test_a_missing_config_file_is_a_bad_argument(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--where", "--config", str(tmp_path / "none")]) == 2
    assert "none: No such file" in capsys.readouterr().err


def test_which_settings_files_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine = "/etc/lvstui/config.toml"
    monkeypatch.setenv("LVSTUI_CONFIG", "")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert places.configs() == (machine, f"{tmp_path}/lvstui/config.toml")
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert places.configs() == (machine, f"{tmp_path}/.config/lvstui/config.toml")
    # sudo may leave another's HOME to root.
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert tmp_path not in Path(places.configs()[1]).parents
    monkeypatch.setenv("LVSTUI_CONFIG", "/x.toml")
    assert places.configs() == ("/x.toml",)


async def test_the_console_opens_with_a_broken_file_and_says_so(write: Write) -> None:
    path = write("ascii = true\nintervall = 2\nmouse = 3\n")
    settings, _ = read(path)
    async with opened(size=(200, 30), settings=settings) as stage:
        assert f'{path} line 2: unknown key "intervall": did you mean interval?' in stage.bottom.replace("  ", " ")
        assert "mouse must be true or false, and is 3" in stage.bottom
        assert "192.0.2.1:80" in stage.screen()


def test_a_director_elsewhere_is_read_with_sudo_if_the_settings_say_so(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[hosts.lvs2]\nsudo = true\n[hosts."admin@lvs3"]\nsudo = false\n')
    settings, origins = gather([file], {})
    assert settings.hosts == {"lvs2": {"sudo": True}, "admin@lvs3": {"sudo": False}} and not settings.complaints
    assert origins["hosts", "lvs2"] == f"{file} line 1"
    text = "".join(sample(settings, origins, [str(file)], {}))
    assert "lvs2 = { sudo = true }  # set by" in text
    file.write_text(text)
    assert gather([file], {})[0].hosts == settings.hosts
    arguments = SimpleNamespace(settings=settings, sudo=False)
    roots = [sources.as_root(arguments, host) for host in ("lvs2", "ops@lvs2", "admin@lvs3", "lvs4")]
    assert roots == [True, True, False, False]


def test_a_note_that_is_too_long_is_cut_and_not_left_out(write: Write) -> None:
    settings, _ = read(write('[notes]\n"10.0.0.11" = "' + "ask the DC team " * 8 + '"\n'))
    (note,) = settings.notes.values()
    assert 50 < len(note) <= 60 and note.startswith("ask the DC team ask") and note.endswith("~")
    assert not settings.complaints
