"""Numbers of more digits than Python accepts (4,300): in keepalived's dumps and complaints, in commands and in forms.
Each ends in a value or in one line of ours, never in Python's error."""

from __future__ import annotations

import re

import pytest

from lvstui.commands.parse import parse
from lvstui.commands.weights import weight_from
from lvstui.console.pages import form_fields
from lvstui.console.pages.form_fields import EntryError
from lvstui.director.errors import BadInput, NotDone
from lvstui.director.model import Server, Service
from lvstui.keepalived.control import complaints_of
from lvstui.keepalived.dump import checkers, instances, statistics
from tests.console.stage import ONE, WEB
from tests.keepalived.test_dump import CHECK, DATA, JSON

LONG = "9" * 5000
_NUMBER = re.compile(r"\d+")


@pytest.mark.parametrize("text", [DATA, CHECK], ids=["data", "check"])
def test_in_a_dump(text: str) -> None:
    """In the place of each number of it, one at a time: the other lines count."""
    read = checkers.watched if text is CHECK else instances.instances
    whole = len(read(text))
    for found in _NUMBER.finditer(text):
        assert whole - 1 <= len(read(text[: found.start()] + LONG + text[found.end() :])) <= whole


def test_in_keepalived_json() -> None:
    """Infinities too. A ValueError is what its reader may raise: the file is then read once more, or done without."""
    for number in (LONG, "1e999", f'"{LONG}"'):
        for found in re.finditer(r"(?<=: )\d+(?=[,\s}])", JSON):
            try:
                statistics.instances(JSON[: found.start()] + number + JSON[found.end() :])
            except ValueError:
                continue


def test_in_a_complaint() -> None:
    (one,) = complaints_of(f"(/etc/keepalived/keepalived.conf: Line {LONG}) Unknown keyword 'protocl'\n", "x")
    assert one.line == 0 and "protocl" in one.words


@pytest.mark.parametrize(
    "text",
    [
        f"weight 10.0.0.5:80 {LONG}",
        f"add server tcp 192.0.2.10:80 10.0.0.5-{LONG}:80 masq",
        f"add server tcp 192.0.2.10:80 10.0.0.5-7:{LONG} masq",
        "add server tcp 192.0.2.10:80 10.0.0.5-7:² masq",
        f"add server tcp 192.0.2.10:80 10.0.0.5:{LONG} masq",
        f"add service tcp 192.0.2.10:{LONG} rr",
        f"add service fwmark {LONG} rr",
        f"add service tcp 192.0.2.10:80 rr persist {LONG}",
        f"timeouts {LONG} 0 0",
        f"drain 10.0.0.5:80 in {LONG}s",
    ],
)
def test_in_a_command(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse(text)
    said = f"{refused.value} {refused.value.mend}"
    assert "Exceeds" not in said and "invalid literal" not in said and "set_int_max_str_digits" not in said


def test_with_many_zeros_before_it() -> None:
    (values,) = [parse(f"add service tcp 192.0.2.10:80 rr persist {'0' * 30}5").values]
    assert values["persistence"] == 5


@pytest.mark.parametrize("field", ["address", "port", "fwmark", "persistence", "netmask", "weight", "upper", "lower"])
def test_in_a_form(field: str) -> None:
    service = form_fields.service_values(Service(WEB, "rr"))
    server = form_fields.server_values(Server(ONE))
    for form, read in ((service, form_fields.service_from), (server, form_fields.server_from)):
        if field in form:
            with pytest.raises(EntryError) as refused:
                read(form | {field: LONG})
            assert len(str(refused.value)) < 300 and "Exceeds" not in str(refused.value)


def test_as_a_weight() -> None:
    for text in (LONG, f"+{LONG}", f"{LONG}%"):
        with pytest.raises(NotDone) as refused:
            weight_from(text, 3)
        assert len(str(refused.value)) < 300
