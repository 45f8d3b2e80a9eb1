"""The tables of several directors as one: a column of hosts before each row, and rows that are the same told once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.verbs.fleet import DirectorAnswer, ranges

_HEAD = "virtual service"
_NAME = 46
"""Characters of the column with the names of services and servers, where they are not longer."""
_ARROW = "  -> "

_Rows = dict[tuple[str, str], dict[str, list[str]]]
"""By the name of the service and of the server ("" for the service itself): each line, and whose it is."""


def merged(answers: Sequence[DirectorAnswer]) -> Iterator[str]:
    """What each says of itself, then all rows, services in the order in which they are met, their servers below."""
    heads: tuple[str, ...] = ()
    order: dict[str, dict[str, None]] = {}
    rows: _Rows = {}
    for answer in answers:
        lines = answer.text.splitlines()
        start = next((n for n, line in enumerate(lines) if line.startswith(_HEAD)), len(lines))
        for line in lines[:start]:
            yield f"{answer.host}: {line}\n"
        heads = heads or tuple(lines[start : start + 2])
        service = ""
        for line in lines[start + 2 :]:
            server = line.startswith(_ARROW)
            service = service if server else _name(line)
            part = _name(line) if server else ""
            order.setdefault(service, {})[part] = None
            rows.setdefault((service, part), {}).setdefault(line, []).append(answer.host)
    records = [
        (ranges(hosts), line)
        for service, parts in order.items()
        for part in parts
        for line, hosts in rows[service, part].items()
    ]
    width = max((len(hosts) for hosts, _ in records), default=0)
    for name, head in zip(("host", ""), heads, strict=False):
        yield f"{name:<{max(width, 4)}}  {head}\n"
    for hosts, line in records:
        yield f"{hosts:<{max(width, 4)}}  {line}\n"


def _name(line: str) -> str:
    """What a row is of: its first column, which ends at a space."""
    end = line.find(" ", _NAME)
    return (line[:end] if end >= 0 else line).strip()
