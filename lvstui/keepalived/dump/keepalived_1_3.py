"""Converts keepalived.data of 1.3 to the form of later versions (vrrp/vrrp_print.c).

In 1.3, what an instance tracks is written between its own lines, as whole blocks for interfaces and scripts; later it
is a list of names, and scripts have a section of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lvstui.keepalived.dump.blocks import DumpLine

_TOPOLOGY = "VRRP Topology"
_NIC = "NIC"


def modern(lines: Iterable[DumpLine]) -> Iterator[DumpLine]:
    """The same lines, with a list item in place of each such block. Later forms are returned unchanged."""
    scripts: list[DumpLine] = []
    inside = False
    block: dict[str, str] | None = None
    for line in lines:
        nic = line.section == _NIC and inside
        if block is not None and (line.indent > 1 if "Script" not in block else line.indent <= 1 or _after(line)):
            yield _item(block)
            block = None
        if line.indent <= 1 and not line.name and nic:
            block = {}
        elif block is not None and line.indent > 1:
            key, _, rest = line.name.partition("Interface weight ")
            block.update({"weight": rest} if rest else {key: line.value})
            if line.name == "Status":
                scripts += [DumpLine("VRRP Scripts", 1, "VRRP Script", block.get("Name", ""))]
                scripts += [DumpLine("VRRP Scripts", 3, "Status", line.value)]
        elif block is not None:
            block[line.name] = line.value
        elif inside and line.name == "VRRP Script" and line.section in (_TOPOLOGY, _NIC):
            block = {"Script": "", "Name": line.value}
        else:
            if line.indent <= 1:
                inside = line.name == "VRRP Instance"
            yield line._replace(section=_TOPOLOGY) if nic else line
    if block is not None:
        yield _item(block)
    yield from scripts


def _after(line: DumpLine) -> bool:
    """Whether a line that is not indented less than those of a script belongs to the instance around it again."""
    return line.name.startswith(("Virtual ", "Unicast ", "Tracked ")) or " state transition script" in line.name


def _item(block: dict[str, str]) -> DumpLine:
    return DumpLine(_TOPOLOGY, 5, f"{block.get('Name', '')} weight {block.get('weight', '0')}", "")
