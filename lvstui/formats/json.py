"""Snapshots as JSON: the same data as TOML, for programs.

One service or server per line, so that a large file stays greppable and is written at the speed of the C encoder.
"""

from __future__ import annotations

import json
from _collections_abc import Iterable, Iterator

from lvstui.director.digits import too_long
from lvstui.director.errors import BadInput
from lvstui.director.model import IPIP, RuleSet, Service, address_text
from lvstui.director.remembered import Written, placed
from lvstui.formats.contents import Contents, Header
from lvstui.formats.document import (
    FORWARD_TEXTS,
    header_table,
    server_table,
    service_table,
    sync_table,
    timeouts_table,
)
from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvstui.director.model import Rule


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks."""
    # The text after address and port is the same for thousands of servers.
    written = Written(_after)
    around: dict[tuple[object, ...], tuple[str, str]] = {}
    blocks = (
        (_service(service, around), [f'{{"address": "{text}' for text in texts])
        for service, texts in contents.blocks.lines(written)
    )
    yield from lay_out(head_table(contents), blocks)


def read(text: str, file: str = "text") -> tuple[RuleSet, Header]:
    """Parses a JSON snapshot. Raises BadInput."""
    from lvstui.formats.rule_tables import rules_from_document  # whoever writes need not have it

    try:
        data = json.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        if why := too_long(error):
            raise BadInput(file, f"cannot be read: {why}") from None
        raise BadInput(file, f"is not JSON: {error}") from None
    return rules_from_document(data, file)


def head_table(contents: Contents) -> dict[str, Any]:
    """The part before the services."""
    head: dict[str, Any] = {"snapshot": header_table(contents.header)}
    if contents.timeouts is not None:
        head["timeouts"] = timeouts_table(contents.timeouts)
    if contents.sync is not None:
        head["sync"] = [sync_table(daemon) for daemon in contents.sync]
    return head


def encoded(value: Any) -> str:
    """A value as JSON in printable ASCII: terminal controls are escaped, so nothing is lost."""
    return json.dumps(value).replace("\x7f", "\\u007f")


def _service(service: Service, around: dict[tuple[object, ...], tuple[str, str]]) -> str:
    """A service without its servers. Thousands of them are alike but for address and port."""
    key = service.key
    if key.fwmark:
        return encoded(service_table(service))
    alike = (key.family, key.protocol, service[1:])
    encoded_parts = around.get(alike)
    if encoded_parts is None:
        table = service_table(service)
        head = f'{{"protocol": {encoded(table.pop("protocol"))}, "address": "'
        del table["address"], table["port"]
        encoded_parts = around[alike] = head, encoded(table)[1:]
    head, tail = encoded_parts
    return f'{head}{address_text(key.address)}", "port": {key.port}, {tail}'


def _after(port: int, rule: Rule) -> str:
    """What stands after the address of a server, with its brace; the same text as that of its table."""
    forward, weight, upper, lower, tunnel = rule
    if upper or lower or tunnel != IPIP:
        table = server_table(placed(rule, port))
        return f'", {encoded({name: table[name] for name in list(table)[1:]})[1:]}'
    return f'", "port": {port}, "forward": {FORWARD_TEXTS[forward]}, "weight": {weight}}}'


def lay_out(head: dict[str, Any], blocks: Iterable[tuple[str, Iterable[str]]]) -> Iterator[str]:
    """The text of a document, a line for each rule; `blocks` are services with their servers, each as JSON."""
    yield "{\n" + "".join(f'"{key}": {encoded(value)},\n' for key, value in head.items()) + '"service": ['
    comma = "\n"
    for service, servers in blocks:
        lines = ",\n  ".join(servers)
        tail = f', "server": [\n  {lines}]}}' if lines else "}"
        yield comma + service[:-1] + tail
        comma = ",\n"
    yield "\n]\n}\n"
