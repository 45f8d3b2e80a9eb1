"""ipvsadm's own text: what `ipvsadm -S -n` prints and `ipvsadm -R` loads, written and read. Writing does not load the
reader, which is several times as big."""

from __future__ import annotations

from _collections_abc import Iterator

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
    """What of these contents ipvsadm text does not hold, in words; empty when it holds them all."""
    from lvstui.formats.ipvsadm import writer

    return writer.losses(contents)


def read(text: str, file: str = "text", *, fast: bool = True, resolve: bool = False) -> tuple[RuleSet, list[Remark]]:
    """The rules a text makes, and what is to be said of its lines. `fast` False takes every line the full way;
    `resolve` looks names of hosts up, one after the other. Raises BadInput for the first line that cannot be
    understood."""
    from lvstui.formats.ipvsadm import reader

    return reader.read(text, file, fast=fast, resolve=resolve)
