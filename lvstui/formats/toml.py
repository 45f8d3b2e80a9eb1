"""Snapshots as TOML: the lossless form, which people read, edit and keep in git.

The layout is made here and not by a library, because libraries choose between inline and separate tables by width, and
then one longer weight would move every line of a diff. tomli-w escapes the texts that need it.
"""

from __future__ import annotations

from _collections_abc import Iterator, Mapping

from lvstui.director.digits import too_long
from lvstui.director.errors import BadInput
from lvstui.director.model import PROTOCOL_NAMES, RuleSet, Service, address_text
from lvstui.director.remembered import Written, placed
from lvstui.formats.contents import Contents, Header
from lvstui.formats.document import (
    header_table,
    server_table,
    service_table,
    sync_table,
    timeouts_table,
)
from lvstui.plain import plain
from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvstui.director.model import Rule

_CHUNK = 2048
_DOTS = 256
"""The most dots in a line. The library's memory use grows with the square of a dotted key's parts: 200 kB of them would
take 40 GB."""


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks of whole tables."""
    header = header_table(contents.header)
    lines = ["sync = []\n\n"] if contents.sync == () else []
    lines.append("[snapshot]\n")
    lines += [f"{key} = {value if key == 'taken' else _value(value)}\n" for key, value in header.items()]
    if contents.timeouts is not None:
        lines.append("\n[timeouts]\n" + _lines(timeouts_table(contents.timeouts)))
    lines += ["\n[[sync]]\n" + _lines(sync_table(daemon)) for daemon in contents.sync or ()]
    yield "".join(lines)
    lines = []
    tails: dict[tuple[object, ...], str] = {}
    # The text after address and port is the same for thousands of servers, and of services.
    written = Written(_after)
    head = '\n[[service.server]]\naddress = "'
    for service, texts in contents.blocks.lines(written):
        lines.append(f"\n[[service]]\n{_service(service, tails)}")
        if texts:
            lines.append(f"{head}{head.join(texts)}")
        if len(lines) > _CHUNK:
            yield "".join(lines)
            lines = []
    if lines:
        yield "".join(lines)


def read(text: str, file: str = "text") -> tuple[RuleSet, Header]:
    """Parses a TOML snapshot. Raises BadInput."""
    return _stated(text, _parsed(text, file), file)


def read_beside(text: str, table: str, file: str = "text") -> tuple[RuleSet, Any]:
    """Parses a TOML snapshot with one additional table of this name; returns that table as it is, None where it is
    missing. Raises BadInput."""
    data = _parsed(text, file)
    beside = data.pop(table, None)
    return _stated(text, data, file)[0], beside


def _parsed(text: str, file: str) -> dict[str, Any]:
    import tomllib

    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _DOTS and not line.lstrip().startswith("#"):
            raise BadInput(f"{file} line {number}", f"holds {line.count('.')} dots, and no key or value has so many")
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        if why := too_long(error):
            raise BadInput(file, f"cannot be read: {why}") from None
        raise BadInput(file, f"is not TOML: {error}") from None


def _stated(text: str, data: Any, file: str) -> tuple[RuleSet, Header]:
    from lvstui.formats.rule_tables import Misread, rules_from_document  # whoever writes need not have it

    try:
        return rules_from_document(data, file)
    except Misread as error:
        from lvstui.formats.toml_lines import line_of

        number = line_of(text, error.path, error.key)
        raise (error.on_line(number) if number else error) from None


def _service(service: Service, tails: dict[tuple[object, ...], str]) -> str:
    key = service.key
    if key.fwmark:
        return _lines(service_table(service))
    alike = (key.family, *service[1:])
    tail = tails.get(alike)
    if tail is None:
        tail = tails[alike] = _lines(service_table(service), after=3)
    protocol = _value(PROTOCOL_NAMES.get(key.protocol, key.protocol))
    return f'protocol = {protocol}\naddress = "{address_text(key.address)}"\nport = {key.port}\n{tail}'


def _after(port: int, rule: Rule) -> str:
    """What stands after the address of a server."""
    return f'"\n{_lines(server_table(placed(rule, port)), after=1)}'


def _lines(table: Mapping[str, Any], after: int = 0) -> str:
    """A line for each key after the first `after`."""
    return "".join(f"{key} = {_value(value)}\n" for key, value in list(table.items())[after:])


def _value(value: Any) -> str:
    if isinstance(value, str):
        simple = plain(value) == value and '"' not in value and "\\" not in value
        return f'"{value}"' if simple else _escaped(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {_value(item)}' for key, item in value.items())} }}"
    return str(value)


def _escaped(text: str) -> str:
    """A text in quotes. tomli-w escapes what TOML forbids; other characters outside printable ASCII are escaped here,
    so that the file has no terminal controls. Nothing is lost except lone surrogates, which TOML cannot express."""
    import tomli_w

    return "".join(map(_escape, tomli_w.dumps({"text": text}).removeprefix("text = ").rstrip("\n")))


def _escape(char: str) -> str:
    if char.isascii() and char.isprintable():
        return char
    return f"\\U{0xFFFD if 0xD800 <= ord(char) < 0xE000 else ord(char):08X}"
