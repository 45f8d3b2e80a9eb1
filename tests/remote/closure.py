"""What the reader imports, from its text: each module of ours that can be reached from it, those that stand inside
functions too, but for those that change something. No interpreter and no import is needed for that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS = ("lvstui.remote.older_python", "lvstui.remote.reader")
WRITERS = frozenset(("lvstui.kernel.ipvs.writer", "lvstui.keepalived.control", "lvstui.probing"))
"""They change the table, tell keepalived something, or send into the network. They stand inside functions that a reader
never calls, and are not sent."""
OPTIONAL = frozenset(("dbus_fast",))
"""From outside, and missing is no harm: keepalived's dumps tell the same."""


def path_of(module: str) -> Path | None:
    base = ROOT / module.replace(".", "/")
    return next((path for path in (base / "__init__.py", base.with_suffix(".py")) if path.exists()), None)


def imported(path: Path) -> Iterator[tuple[str, bool]]:
    """The modules that a file names, and whether it needs them to be loaded itself."""
    yield from _within(ast.parse(path.read_text(encoding="utf-8")).body, True)


def _within(nodes: list[ast.stmt], loads: bool) -> Iterator[tuple[str, bool]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((one.name, loads) for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, loads
            yield from ((f"{node.module}.{one.name}", loads) for one in node.names)
        elif isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from _within(node.orelse, loads)
        else:
            deeper = loads and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for name in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, name, [])
                parts = [part for one in inner for part in (one.body if not isinstance(one, ast.stmt) else [one])]
                yield from _within(parts, deeper)


def closure() -> dict[str, Path]:
    """The reader and what it can reach, by module."""
    found: dict[str, Path] = {}
    todo = [*STARTS]
    while todo:
        name = todo.pop()
        path = path_of(name)
        if name in found or name in WRITERS or path is None:
            continue
        found[name] = path
        todo += [name.rpartition(".")[0]] if "." in name else []
        todo += [one for one, _ in imported(path) if one.split(".")[0] == "lvstui"]
    return dict(sorted(found.items()))


def text() -> str:
    """lvstui/remote/carried.py as it should be."""
    names = "".join(f'    "{path.relative_to(ROOT)}",\n' for path in sorted(closure().values()))
    return (
        '"""The files that are sent to a director elsewhere: the reader and all that it imports, made by `make docs`\n'
        'from the code. What changes a table, or tells keepalived anything, is none of them."""\n\n'
        f"from __future__ import annotations\n\nCARRIED = (\n{names})\n"
    )
