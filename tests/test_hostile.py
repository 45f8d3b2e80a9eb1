"""Hostile text in everything that lvstui shows, read back as raw bytes: of a terminal for the console, of pipes for the
verbs. No control sequence comes out but those that are lvstui's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from rich.color import ColorSystem
from rich.segment import Segment
from textual.strip import Strip

from lvstui import places as lvstui_places
from lvstui.console.terminal.differ import Shadow
from lvstui.console.terminal.textual_private import StripPiece
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.formats import toml
from lvstui.store import journal
from lvstui.store.frames import Encoder
from lvstui.store.tape import DIFFERENCE, KEY, TapeWriter
from tests.console.terminal import ROOT, Terminal
from tests.hostile import ATTACKS, OURS, Hostile, harm, judged, texts, texts_in

ALL = "".join(attack for attack in ATTACKS if attack not in ("\n", "\r", "\x00"))
"""Every attack in one text that fits an environment and the name of a file."""
_MORE = settings().max_examples // 100
few = settings(
    max_examples=max(1, _MORE),
    phases=settings().phases if _MORE else (Phase.explicit,),
    suppress_health_check=list(HealthCheck),
)
"""Programs are started for each example: in CI only for the one that holds every attack."""


def coded(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").hex()


def places(folder: Path) -> dict[str, str]:
    return {
        "LVSTUI_STATE": str(folder / "state"),
        "LVSTUI_RUN": str(folder / "run"),
        "LVSTUI_CONFIG": str(folder / "config.toml"),
        "PYTHONUTF8": "1",
    }


def rest(terminal: Terminal) -> bytes:
    """What a console writes until it has ended: before that, what was read may end inside a control sequence."""
    terminal.press("\x03")
    assert terminal.wait() == 0
    return terminal.read(0)


def written(*words: str, environment: Mapping[str, str]) -> tuple[bytes, bytes]:
    """What a program writes to two pipes; it must not fail as a defect."""
    done = subprocess.run(
        [sys.executable, "-m", *words], env=os.environ | environment, cwd=ROOT, capture_output=True, timeout=120
    )
    assert b"Traceback" not in done.stderr and b"unexpected" not in done.stderr, done.stderr
    judged(done.stdout)
    judged(done.stderr)
    return done.stdout, done.stderr


VIEWS = (
    *(
        ("2", "svcs"),
        ("3", "left"),
        ("4", "instance"),
        ("\r", "vrrp >"),
        ("\x1b", "instance"),
        ("5", "severity"),
        ("6", "nothing was changed here"),
    ),
    *(
        ("7", "snapshot"),
        ("1", "virtual service "),
        ("\r", "services >"),
        ("?", "open the row"),
        ("\x1b", "services >"),
    ),
    *(("L", "y copies"), ("y", "clipboard"), ("\x1b", "virtual service   ")),
)
"""Keys, and what stands on the screen when they were obeyed, and not before: a key that comes while another is obeyed
is not taken."""


@pytest.mark.parametrize("kind", ["poor", "rich"])
@few
@given(text=texts)
@example(text=ALL)
def test_every_text_of_a_state_on_the_screen(text: str, kind: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    state = Hostile(text, poor=True).read(Scope())
    assert texts_in(state) > 60  # host, notes, instances, findings, remarks, files...
    environment = places(tmp_path_factory.mktemp("hostile"))
    with Terminal(["-m", "tests.hostile", kind, coded(text)], 120, 40, environment) as terminal:
        output = terminal.until("192.0.2.10:80")
        for key, words in VIEWS:
            terminal.press(key)
            output += terminal.until(words)
        judged(output + rest(terminal))


@few
@given(text=texts)
@example(text=ALL)
def test_every_text_of_a_state_in_the_pipes(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = places(tmp_path_factory.mktemp("hostile"))
    words = ["--list", ",", "--snapshots", ",", "--save", "-", ",", "--list", "--format", "toml"]
    written("tests.hostile", "poor", coded(text), *words, environment=environment)
    words = [*words, ",", "--list", "--format", "ipvsadm", ",", "--diff", "/dev/null"]
    written("tests.hostile", "rich", coded(text), *words, environment=environment)
    words = ["--list", "--format", "json"]
    told = json.loads(written("tests.hostile", "poor", coded(text), *words, environment=environment)[0])
    assert told["director"]["vrrp"]["instances"][0]["name"] == text  # escaped, and none of it lost


@given(text=texts)
@example(text=ALL)
@example(text="網" + "\u0301" * 9)
def test_the_last_step_before_the_terminal(text: str) -> None:
    """A widget that does not clean what it draws: the differ does."""
    strip = Strip([Segment("start|"), Segment(text), Segment("|end")])
    shadow = Shadow()
    shadow.resize(500, 1)
    output = shadow.draw([StripPiece(0, 0, strip)], ColorSystem.TRUECOLOR)
    drawn = OURS.sub("", output)
    assert not harm(drawn, lines=False) and drawn.startswith("start|") and drawn.endswith("|end")


def named(folder: Path, text: str, suffix: str, content: str) -> str:
    """A file whose name is as hostile as the file system lets it be."""
    folder.mkdir(parents=True, exist_ok=True)
    name = text.replace("/", "").replace("\0", "").encode("utf-8", "surrogatepass")[:150]
    path = os.fsdecode(os.path.join(os.fsencode(folder), name + suffix.encode()))
    Path(path).write_bytes(content.encode("utf-8", "surrogatepass"))
    return path


def escaped(text: str) -> str:
    """As TOML writes it, for a file that can be read; TOML has no lone surrogates."""
    return toml._value(text)


def kept(environment: Mapping[str, str]) -> Path:
    """The folder of the table, as the program itself has it."""
    line = "from lvstui import places; print(places.table_paths().folder)"
    done = subprocess.run([sys.executable, "-c", line], env=os.environ | environment, cwd=ROOT, capture_output=True)
    return Path(done.stdout.decode().strip())


RULES = "-A -t 192.0.2.10:80 -s rr\n"


@few
@given(text=texts)
@example(text=ALL)
def test_every_text_of_a_tape(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    environment = places(folder)
    tape = folder / "x.tape"
    writer, encoder = TapeWriter(tape), Encoder(keeping=True)
    state: State = Hostile(text, poor=False).read(Scope())
    for later in range(3):
        whole, payload = encoder.encode(state._replace(at=state.at + later, taken=state.taken + later))
        writer.append(KEY if whole else DIFFERENCE, state.taken + later, payload)
    writer.close()
    written("lvstui", "--replay", str(tape), "--watch", environment=environment)
    report, _ = written("lvstui", "--report", str(tape), "-", environment=environment)
    assert report.rstrip().endswith(b"</html>")
    with Terminal(["-m", "lvstui", "--replay", str(tape)], 120, 40, environment) as terminal:
        output = terminal.until("192.0.2.10:80")
        for key, words in (("4", "instance"), ("1", "virtual service   "), ("S", "save as")):
            terminal.press(key)
            output += terminal.until(words)
        terminal.press("\x1b")
        output += terminal.without("save as")
        judged(output + rest(terminal))


@few
@given(text=texts)
@example(text=ALL)
def test_files_and_their_names(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    environment = places(folder)
    store = kept(environment) / "snapshots"
    good = named(store, text, ".toml", f"[snapshot]\nformat = 1\nhost = {escaped(text)}\n")
    named(store, text, ".raw.toml", f'[snapshot]\nformat = 1\nhost = "{text}"\n')
    named(store, text, ".json", json.dumps({"snapshot": {"format": 1, "host": text}, text: text}))
    rules = named(folder, text, ".rules", f"{RULES}-a -t 192.0.2.10:80 -r {text} -m\n{text}\n")
    conf = named(
        folder,
        text,
        ".conf",
        f"! {text}\nvrrp_instance {text} {{\n  interface {text}\n  virtual_ipaddress {{\n    {text}\n  }}\n}}\n"
        f"virtual_server 192.0.2.10 80 {{\n  lb_algo {text}\n  {text} {text}\n  real_server 10.0.0.1 80 {{\n"
        f'    HTTP_GET {{\n      url {{\n        path "{text}"\n      }}\n    }}\n  }}\n}}\ninclude {text}\n',
    )
    runs = (
        *(("--snapshots",), ("--diff", good), ("--restore", good, "--dry-run"), ("--convert", rules, "-")),
        *(("--diff", conf), ("--convert", conf, "-"), ("--convert", conf, "-", "--format", "json")),
        *(("--list", "--record", rules), ("--diff", f"@{text}"[:60].replace("\0", "")), ("--nothing" + "\x1b[2J",)),
    )
    words = [word for run in runs for word in (",", *run)]
    written("tests.hostile", "rich", coded("rr"), *words, environment=environment)
    words = ["--snapshots", "--format", "json"]
    output, _ = written("tests.hostile", "rich", coded("rr"), *words, environment=environment)
    assert good in [one["path"] for one in json.loads(output)]  # escaped, and none of it lost
    with Terminal(["-m", "tests.hostile", "rich", coded("rr")], 120, 40, environment) as terminal:
        output = terminal.until("192.0.2.10:80")
        for key, line in (("R", "Enter shows"), ("\x1b", "virtual service   "), ("7", "snapshot   ")):
            terminal.press(key)
            output += terminal.until(line)
        judged(output + rest(terminal))


@few
@given(text=texts)
@example(text=ALL)
def test_settings_and_themes(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    for form in (escaped(text), f'"{text}"'):
        folder = tmp_path_factory.mktemp("hostile")
        environment = places(folder)
        named(folder / "themes", text, ".toml", f"[colours]\n{form} = {form}\n")
        tables = "".join(f"[{name}]\n{form} = {form}\n" for name in ("names", "notes", "keys"))
        config = f"theme = {form}\n{form} = {form}\n{tables}"
        Path(environment["LVSTUI_CONFIG"]).write_bytes(config.encode("utf-8", "surrogatepass"))
        words = ["--print-config", ",", "--demo", "--list"]
        written("tests.hostile", "rich", coded("rr"), *words, environment=environment)
        with Terminal(["-m", "lvstui", "--demo"], 120, 40, environment) as terminal:
            output = terminal.until("virtual service   ")
            terminal.press("t")
            output += terminal.until("try on")
            terminal.press("\x1b")
            output += terminal.without("try on")  # the table stands beside the list of themes
            judged(output + rest(terminal))


@few
@given(text=texts)
@example(text=ALL)
def test_a_hostile_paste(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = places(tmp_path_factory.mktemp("hostile"))
    with Terminal(["-m", "lvstui", "--demo"], 120, 40, environment) as terminal:
        output = terminal.until("virtual service   ")
        for key, title, mark in ((":", " :", "zq9"), ("/", "rows)", "zq8")):
            terminal.press(f"{key}a")
            output += terminal.until(f"{title} a")
            os.write(terminal._fd, b"\x1b[200~" + text.encode("utf-8", "surrogatepass") + b"\x1b[201~")
            terminal.press(mark)
            output += terminal.until(mark)
            terminal.press("\x1b")
            output += terminal.without(mark)
        judged(output + rest(terminal))


@few
@given(text=texts)
@example(text=ALL)
def test_the_journal_of_a_restore(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = places(tmp_path_factory.mktemp("hostile"))
    folder = kept(environment)
    folder.mkdir(parents=True, mode=0o700)
    path, bare = folder / "restore.journal", '{"snapshot": {"format": 1}}'
    odd = json.dumps({"snapshot": {"format": 1}, "service": [{"address": "192.0.2.10", text: text}]})
    for boot in (lvstui_places.boot(), "another"):
        for state in (bare, odd):
            lines = f"-A -t {text}:80 -s wlc\n" if state is odd else ""
            journal.begin(path, journal.About(text, text, 1, 1e9, boot), [state], [state], lines)
            words = ["--list", ",", "--rollback", "--dry-run", ",", "--resume", "--dry-run"]
            written("tests.hostile", "rich", coded("rr"), *words, environment=environment)
    journal.begin(path, journal.About(text, text, 1, 1e9, lvstui_places.boot()), [bare], [bare])
    with Terminal(["-m", "tests.hostile", "rich", coded("rr")], 120, 40, environment) as terminal:
        judged(terminal.until("restore") + rest(terminal))
