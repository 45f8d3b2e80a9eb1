"""ipvsadm text, as printed by `ipvsadm -S -n` and loaded by `ipvsadm -R`: writing and reading. Writing does not load
the reader, which is several times as large."""

from __future__ import annotations

from _collections_abc import Iterable, Iterator

from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from lvstui.director.model import RuleSet
    from lvstui.director.remarks import Remark
    from lvstui.formats.contents import Contents


def write(contents: Contents) -> Iterator[str]:
    """The text of contents, in chunks of whole lines."""
    from lvstui.formats.ipvsadm import writer

    return writer.write(contents)


def losses(contents: Contents) -> list[str]:
    """What ipvsadm text cannot express of these contents, in words; empty when it can express everything."""
    from lvstui.formats.ipvsadm import writer

    return writer.losses(contents)


def read(text: str, file: str = "text", *, fast: bool = True, resolve: bool = False) -> tuple[RuleSet, list[Remark]]:
    """The rules that a text defines, and remarks on its lines. `fast` False parses every line the full way; `resolve`
    looks up host names, one after another. Raises BadInput for the first line that cannot be understood."""
    from lvstui.formats.ipvsadm import reader

    return reader.read(text, file, fast=fast, resolve=resolve)


def follow(lines: Iterable[str], rules: RuleSet, file: str = "text") -> tuple[RuleSet, list[Remark]]:
    """The rules after these commands on a table, and remarks on commands that have no effect. Raises BadInput for the
    first that cannot be understood."""
    from lvstui.formats.ipvsadm import reader

    return reader.follow(lines, rules, file)
