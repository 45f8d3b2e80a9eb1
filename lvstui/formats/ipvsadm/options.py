"""Parses the words of a line into ipvsadm's options, as popt does (ipvsadm.c, the option table of 1.31): clustered
short options, values attached or separate, long options with a space or `=`. It knows only which option takes a value,
not what it means."""

from __future__ import annotations

from lvstui.director.dashes import DASHES
from lvstui.director.remarks import ReaderPosition, nearest, shown
from lvstui.values import NamedTuple

COMMANDS = {
    "A": "add-service",
    "E": "edit-service",
    "D": "delete-service",
    "C": "clear",
    "R": "restore",
    "S": "save",
    "a": "add-server",
    "e": "edit-server",
    "d": "delete-server",
    "L": "list",
    "l": "list",
    "Z": "zero",
    "h": "help",
    "v": "version",
}
_SHORT = {
    **COMMANDS,
    "t": "tcp-service",
    "u": "udp-service",
    "f": "fwmark-service",
    "s": "scheduler",
    "p": "persistent",
    "M": "netmask",
    "r": "real-server",
    "g": "gatewaying",
    "i": "ipip",
    "m": "masquerading",
    "w": "weight",
    "x": "u-threshold",
    "y": "l-threshold",
    "b": "sched-flags",
    "o": "ops",
    "6": "ipv6",
    "n": "numeric",
    "c": "connection",
    "X": "exact",
}
_FLAGS = {
    *COMMANDS.values(),
    *("set", "gatewaying", "ipip", "masquerading", "ops", "ipv6", "numeric", "connection", "exact"),
    *("timeout", "daemon", "stats", "rate", "thresholds", "persistent-conn", "tun-info", "nosort", "sort"),
    *("tun-nocsum", "tun-csum", "tun-remcsum"),
}
_VALUED = {
    *("tcp-service", "udp-service", "sctp-service", "fwmark-service", "scheduler", "netmask", "real-server"),
    *("weight", "u-threshold", "l-threshold", "sched-flags", "pe", "tun-type", "tun-port"),
    *("start-daemon", "stop-daemon", "mcast-interface", "syncid", "sync-maxlen"),
    *("mcast-group", "mcast-port", "mcast-ttl"),
}
_OPTIONAL = "persistent"
LONG = _FLAGS | _VALUED | {_OPTIONAL}
ALL_COMMANDS = {*COMMANDS.values(), "set", "start-daemon", "stop-daemon"}


class OptionLine(NamedTuple):
    """A parsed line: its command, its options in order (including the command; value None for none), and the words that
    belong to no option."""

    command: str
    options: dict[str, str | None]
    rest: list[str]


def parse(words: list[str], place: ReaderPosition) -> OptionLine:
    """Parses the words of one line. Raises BadInput on an unknown option, a missing value, two commands or none."""
    if words[0][0] != "-" or words[0] == "->":
        _refuse_other_texts(words, place)
    split = _options(words, place)
    options: dict[str, str | None] = {}
    for name, value in split.named:
        if name in options:
            raise place.bad(f"{spelled(name)} is given twice", "name each option once")
        options[name] = value
    commands = [name for name in options if name in ALL_COMMANDS]
    if not commands:
        first = words[0]
        raise place.bad(f"{shown(first)} is not a command of ipvsadm", _command_near(first))
    if len(commands) > 1:
        raise place.bad(f"{spelled(commands[0])} and {spelled(commands[1])} are two commands", "one command a line")
    if next(iter(options)) != commands[0]:
        place.warn(f"{spelled(commands[0])} does not stand first, as ipvsadm wants it; read as if it did")
    return OptionLine(commands[0], options, split.rest)


def _refuse_other_texts(words: list[str], place: ReaderPosition) -> None:
    """Raises BadInput for a text that is not rules but is often mistaken for them."""
    first, *rest = words
    if words[:3] == ["IP", "Virtual", "Server"] or first == "Prot" or (first in ("TCP", "UDP", "SCTP", "FWM") and rest):
        raise place.bad(
            "this is a listing (ipvsadm -L), which does not hold all of a rule", "ipvsadm -S -n > FILE saves"
        )
    if first == "->":
        raise place.bad("this is a line of a listing (ipvsadm -L, lvstui --list)", "ipvsadm -S -n > FILE saves")
    if first.lower() == "usage:" or (first[:1] == "v" and first[1:2].isdecimal() and "compiled" in " ".join(rest)):
        raise place.bad("this is a usage text, not rules: the command that wrote it failed", "run it again, and look")
    if rest[-2:] in (["virtual", "service"], ["virtual", "services"]) or words[:2] == ["virtual", "service"]:
        raise place.bad("this is the output of lvstui --list, which is not a rule file", "lvstui --save FILE saves")


def spelled(name: str) -> str:
    """An option as a person writes it: `-s` where it has a short form, `--pe` where not."""
    for short, long in _SHORT.items():
        if long == name:
            return f"-{short}"
    return f"--{name}"


class _SplitOptions(NamedTuple):
    named: list[tuple[str, str | None]]
    rest: list[str]


def _options(words: list[str], place: ReaderPosition) -> _SplitOptions:
    options = _SplitOptions([], [])
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word[0] in DASHES:
            plain = "--" if word[0] == "\u2014" else "-"
            raise place.bad(
                f"{shown(word)} begins with U+{ord(word[0]):04X}, a typographic dash; options start with hyphens",
                f"write {plain}{word.lstrip(DASHES)}",
            )
        if word == "--":  # the end of the options
            options.rest.extend(words[position:])
            break
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name == "xxx-service":
                raise place.bad(
                    "--xxx-service stands where ipvsadm knew no name for the protocol", "TOML keeps its number"
                )
            if name not in LONG:
                raise place.bad(f"unknown option {shown(word)}", nearest(f"--{name}", (f"--{n}" for n in LONG)))
            position += _take(options, name, value if equals else None, words[position : position + 1], place)
        elif word.startswith("-") and len(word) > 1:
            position += _cluster(options, word[1:], words[position : position + 1], place)
        else:
            options.rest.append(word)
    return options


def _cluster(options: _SplitOptions, letters: str, following: list[str], place: ReaderPosition) -> int:
    """Parses clusters like `-Ans`; the first option with a value takes the rest of its word."""
    for at, letter in enumerate(letters):
        name = _SHORT.get(letter)
        if name is None:
            raise place.bad(f"unknown option {shown('-' + letter)} in {shown('-' + letters)}", "see ipvsadm(8)")
        if name in _FLAGS:
            options.named.append((name, None))
            continue
        attached = letters[at + 1 :].removeprefix("=")
        return _take(options, name, attached or None, following, place)
    return 0


def _take(options: _SplitOptions, name: str, attached: str | None, following: list[str], place: ReaderPosition) -> int:
    """Adds one option with its value, and returns how many of the following words it used."""
    if name in _FLAGS:
        if attached is not None:
            raise place.bad(f"{spelled(name)} takes no value, and has {shown(attached)}")
        options.named.append((name, None))
        return 0
    if attached is not None:
        options.named.append((name, attached))
        return 0
    if name == _OPTIONAL:
        given = bool(following) and not following[0].startswith("-")
        options.named.append((name, following[0] if given else None))
        return int(given)
    if following:
        options.named.append((name, following[0]))
        return 1
    if name == "sched-flags":
        # `ipvsadm -S` prints an empty -b for sh and mh with nothing but flag-3 (ipvsadm.c, print_service_entry).
        options.named.append((name, ""))
        return 0
    raise place.bad(f"{spelled(name)} needs a value")


def _command_near(word: str) -> str:
    near = nearest(word.lstrip("-"), sorted(ALL_COMMANDS))
    return near or "a line starts with -A, -a, or another command of ipvsadm(8); comments with #"
