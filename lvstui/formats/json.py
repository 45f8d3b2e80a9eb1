"""Snapshots as JSON: the same data as TOML, for programs.

One service or server per line, so that a large file stays greppable and is written at the speed of the C encoder.
"""

from __future__ import annotations

import json
from _collections_abc import Iterable, Iterator
from _socket import inet_ntoa

from lvstui.director.digits import too_long
from lvstui.director.errors import BadInput
from lvstui.director.model import IPIP, IPV4, RuleSet, Server, ServerKey, address_text
from lvstui.director.remembered import Remembered
from lvstui.formats.contents import Contents, Header
from lvstui.formats.document import (
    FORWARD_TEXTS,
    Table,
    header_table,
    server_table,
    service_table,
    sync_table,
    timeouts_table,
)
from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvstui.director.state import Listed, Rule

_ANY = ServerKey(IPV4, bytes(4), 0)


def write(contents: Contents) -> Iterator[str]:
    """The text in chunks."""
    # The text after address and port is the same for thousands of servers.
    rules = Remembered(_rule)
    blocks = ((service_table(block.service), _servers(block.rows, rules)) for block in contents.blocks)
    yield from lay_out(head_table(contents), blocks)


def read(text: str, file: str = "text") -> tuple[RuleSet, Header]:
    """Parses a JSON snapshot. Raises BadInput."""
    from lvstui.formats.reading import rules_from_document  # whoever writes need not have it

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


def _servers(rows: Iterable[Listed], rules: Remembered[Rule, str]) -> list[str]:
    """Real servers as JSON, the same text as that of their tables."""
    return [
        f'{{"address": "{inet_ntoa(address) if family == IPV4 else address_text(address)}", "port": {port}{rules[rule]}'
        for (family, address, port), rule, _, _ in rows
    ]


def _rule(rule: Rule) -> str:
    """The text after address and port, with its brace."""
    forward, weight, upper, lower, tunnel = rule
    if upper or lower or tunnel != IPIP:
        table = server_table(Server(_ANY, *rule))
        return f", {encoded({name: table[name] for name in list(table)[2:]})[1:]}"
    return f', "forward": {FORWARD_TEXTS[forward]}, "weight": {weight}}}'


def lay_out(head: dict[str, Any], blocks: Iterable[tuple[Table, Iterable[str]]]) -> Iterator[str]:
    """The text of a document, a line for each rule; `blocks` are services as tables, with their servers as JSON."""
    encode = encoded
    yield "{\n" + "".join(f'"{key}": {encode(value)},\n' for key, value in head.items()) + '"service": ['
    comma = "\n"
    for service, servers in blocks:
        lines = ",\n  ".join(servers)
        tail = f', "server": [\n  {lines}]}}' if lines else "}"
        yield comma + encode(service)[:-1] + tail
        comma = ",\n"
    yield "\n]\n}\n"
