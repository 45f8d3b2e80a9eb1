"""The grammar of commands: what is understood, and the errors for what is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lvstui.commands import other_words
from lvstui.commands.command_table import COMMANDS
from lvstui.commands.parse import find, parse
from lvstui.commands.quoted_words import split
from lvstui.commands.targets import Endpoints, NamedTarget
from lvstui.director.errors import BadInput
from lvstui.director.model import address_packed, server_key, service_key

WEB = service_key(6, "192.0.2.10", 80)
FIVE = NamedTarget("10.0.0.5:80", server_key("10.0.0.5", 80))


@pytest.mark.parametrize(
    ("text", "id", "values"),
    [
        (
            "add service tcp 192.0.2.10:80 wrr persist 300",
            "add-service",
            {"key": WEB, "scheduler": "wrr", "persistence": 300},
        ),
        (
            "add service fwmark 7 ipv6 persist sh flags sh-port",
            "add-service",
            {
                "key": service_key(fwmark=7, family=6),
                "scheduler": "sh",
                "persistence": 360,
                "flags": ("sh-port",),
            },
        ),
        (
            "add server tcp 192.0.2.10:80 10.0.0.5:80 masq weight 3",
            "add-server",
            {
                "service": NamedTarget("tcp 192.0.2.10:80", WEB),
                "servers": Endpoints((address_packed("10.0.0.5"),), 80),
                "forward": "masq",
                "weight": "3",
            },
        ),
        ("weight 10.0.0.5:80 50%", "weight", {"server": FIVE, "weight": "50%"}),
        ("weight +1", "weight", {"weight": "+1"}),
        (":WEIGHT shop 10.0.0.5:80 5", "weight", {"service": NamedTarget("shop"), "server": FIVE, "weight": "5"}),
        ("sched wlc", "scheduler", {"scheduler": "wlc"}),
        ("drain 10.0.0.5:80", "drain", {"server": FIVE}),
        (
            'drain host 10.0.0.5 wait 60s reason "new disk"',
            "drain",
            {"server": NamedTarget("10.0.0.5", address_packed("10.0.0.5"), True), "wait": 60.0, "reason": "new disk"},
        ),
        ("drain web1 wait 2m", "drain", {"server": NamedTarget("web1"), "wait": 120.0}),
        ("undrain 10.0.0.5:80 weight 4", "undrain", {"server": FIVE, "weight": "4"}),
        ("ramp 10 60s", "ramp", {"weight": "10", "time": 60.0}),
        ("ramp stop", "ramp-stop", {}),
        ("zero", "zero", {}),
        ("zero all", "zero-all", {}),
        ("timeouts 900 120 300", "timeouts", {"tcp": 900, "tcp-fin": 120, "udp": 300}),
        ("sync start master eth0 id 51", "sync-start", {"role": "master", "interface": "eth0", "id": 51}),
        ("sync stop", "sync-stop", {}),
        ("save x.toml", "save", {"file": "x.toml"}),
        ("restore 'my table.toml'", "restore", {"file": "my table.toml"}),
        ("netns lvs1", "netns", {"name": "lvs1"}),
        (
            "clone tcp 192.0.2.10:80 as tcp 192.0.2.11:80",
            "clone",
            {"service": NamedTarget("tcp 192.0.2.10:80", WEB), "key": service_key(6, "192.0.2.11", 80)},
        ),
        ("undo", "undo", {}),
        ("read-only off", "read-only", {"switch": "off"}),
        ("interval 2s", "interval", {"time": 2.0}),
        ("theme dark", "theme", {"name": "dark"}),
        ("filter !active>100 down", "filter", {"text": "!active>100 down"}),
        ("filter", "filter", {}),
        ("view 2", "view", {"name": "2"}),
        ("record x.tape", "record", {"file": "x.tape"}),
        ("q", "quit", {}),
    ],
)
def test_valid_commands(text: str, id: str, values: dict[str, Any]) -> None:  # noqa: A002
    asked = parse(text)
    assert asked.command.id == id
    assert dict(asked.values) == values


@pytest.mark.parametrize(
    ("text", "why", "mend"),
    [
        ("", "is empty", ""),
        ("weigth 5", "not a command", "did you mean weight?"),
        ("add servce x", "'servce' is not understood", "did you mean add service?"),
        ("sync", "what?", "sync start, sync stop"),
        ("weight 10.0.0.5:80 abc", "'abc' is not a weight", "5, +1, -1, 50% (half) or +50%"),
        ("weight", "WEIGHT is missing", "weight [SERVICE] [SERVER] WEIGHT"),
        ("sched", "SCHEDULER is missing", "wlc"),
        ("drain 10.0.0.5:80 wait", "a value is missing after wait", "a time"),
        ("drain 10.0.0.5:80 wait soon", "'soon' is not a time", "60s"),
        ("drain 10.0.0.5:80 wait 1s wait 2s", "given twice", "drain"),
        ("drain a b c", "'c' is not understood", "drain"),
        ("failover planned", "'planned' is not understood", "say reason before it"),
        ('drain 10.0.0.5:80 reason "new', "is not closed", ""),
        ("drain 10.0.0", "neither an address nor a name", "real server"),
        ("sync start mster eth0", "did you mean master?", ""),
        ("timeouts 900 120", "SECONDS is missing", "timeouts"),
        ("timeouts 900 120 99999999", "the nearest is 2678400", ""),
        ("add server 10.0.0.11-9:80", "does not end a range", ""),
        ("add server 10.0.0.1-999", "does not end a range", ""),
        ("add server 10.0.0.1:80,10.0.0.2:81", "one port for all", ""),
        ("add service 10.0.0", "neither an address", ""),
        ("add service tcp 192.0.2.1:80 rr mashk 1", "not understood", "did you mean mask?"),
    ],
)
def test_an_unknown_word_is_named_with_the_nearest_one(text: str, why: str, mend: str) -> None:
    with pytest.raises(BadInput) as found:
        parse(text)
    said = f"{found.value}; {found.value.mend}"
    assert why in said and mend in said


def test_a_range_is_its_addresses() -> None:
    servers = parse("add server 10.0.0.11-14:80").values["servers"]
    assert servers == Endpoints(tuple(address_packed(f"10.0.0.{n}") for n in (11, 12, 13, 14)), 80)
    servers = parse("add server 2001:db8::1,2001:db8::2").values["servers"]
    assert servers == Endpoints((address_packed("2001:db8::1"), address_packed("2001:db8::2")), None)


@given(st.text(max_size=60) | st.lists(st.sampled_from([w for c in COMMANDS for w in c.usage.split()])).map(" ".join))
def test_any_text_is_a_command_or_bad_input(text: str) -> None:
    try:
        asked = parse(text)
    except BadInput as error:
        assert error.why
    else:
        assert asked.command in COMMANDS


def test_every_command_has_its_own_name_and_words() -> None:
    ids = [command.id for command in COMMANDS]
    words = [spelled for command in COMMANDS for spelled in command.words]
    assert len(set(ids)) == len(ids) and len(set(words)) == len(words)


@pytest.mark.parametrize("dash", "‐‑‒–—―−－")
def test_a_typographic_dash_counts_as_a_hyphen_if_it_can_be_nothing_else(dash: str) -> None:
    values = parse(f"add server tcp 192.0.2.10:80 10.0.0.11{dash}13:80 masq").values
    assert [address[-1] for address in values["servers"].addresses] == [11, 12, 13]
    assert parse(f"weight 10.0.0.5:80 {dash}1").values["weight"] == "-1"
    assert parse(f"add service tcp 192.0.2.10:80 sh flags sh{dash}port").values["flags"] == ("sh-port",)
    assert parse(f"drain shop{dash}a").values["server"].text == f"shop{dash}a"  # a configured name may have it


@pytest.mark.parametrize(
    ("line", "why", "mend"),
    [
        ("ipvsadm -L -n", "is a word of ipvsadm", "weight SERVICE SERVER 10"),
        ("-e -t 192.0.2.1:80 -r 10.0.0.1:80 -w 5", "is a word of ipvsadm", "drain SERVER"),
        ("xyzzy", "is not a command", "such as weight, drain"),
        ("list", "is not a command", "1 shows the services"),
        ("stop", "is not a command", "drain stops new connections"),
        ("wq", "is not a command", "q quits; nothing is left to write"),
        ("12", "is not a command", "goto goes to a row"),
        ("!ls", "is not a command", "^Z suspends"),
        ("/web", "is not a command", "/ filters the table"),
        ("e", "is not a command", "a key works without the colon"),
        ("flush", "is not a command", "no command empties the table"),
    ],
)
def test_what_is_no_command_is_answered_with_usual_ones_in_one_line(line: str, why: str, mend: str) -> None:
    """All fifty of them filled the screen."""
    with pytest.raises(BadInput) as error:
        parse(line)
    assert error.value.why.startswith(why) and mend in error.value.mend and len(error.value.mend) < 90


def test_no_word_of_another_program_is_a_command_here_and_none_has_two_answers() -> None:
    words = [word for words in other_words._SAYS.values() for word in words]
    assert len(words) == len(set(words)) and not {word for word in words if find(split(word))[0]}
    lines = [f" {word!r} is not a command; {says}" for says, words in other_words._SAYS.items() for word in words]
    assert [line for line in lines if len(line) > 79] == [], "one line at 80 cells"
