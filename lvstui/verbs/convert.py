"""--convert: converts a rule file to another kind. Needs no kernel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lvstui import formats
from lvstui.director.errors import BadInput
from lvstui.director.remarks import Remark
from lvstui.formats import rule_files
from lvstui.formats.contents import contents_of
from lvstui.formats.rule_files import RuleFile
from lvstui.store.whole import write_whole
from lvstui.verbs.named_files import KEEPALIVED, read_any
from lvstui.verbs.verb import Verb

REAL_SERVER = "realserver"
KINDS = (*formats.KINDS, KEEPALIVED, REAL_SERVER)
"""The kinds that can be written: rule files, keepalived.conf, and the script for the real servers of direct routing."""

_TOLD = 10
"""The number of losses reported one by one."""


def run(path: str, target: str, kind: str = "", *, resolve: bool = False) -> Verb:
    """Converts `path` into `target`. `kind` overrides the kind in the target's name; `-` is standard output; `resolve`
    looks names up. Remarks on what the target's kind cannot express. Raises BadInput, NotDone."""
    kind = kind or rule_files.kind_of(target)
    read = read_any(path, resolve=resolve)
    yield from read.remarks
    text, lost = _rendered(read, kind, target)
    for loss in lost[:_TOLD]:
        yield Remark(target, 0, loss)
    if len(lost) > _TOLD:
        yield Remark(target, 0, f"nor {len(lost) - _TOLD} other things")
    if target == "-":
        yield from text
    else:
        write_whole(Path(target), text)
    return 0


def _rendered(read: RuleFile, kind: str, target: str) -> tuple[Iterable[str], Sequence[str]]:
    """The rules as text of a kind, and what the kind cannot express, in words."""
    if kind == KEEPALIVED:
        from lvstui.keepalived.writing import conf

        text, lost = conf.write(read.rules)
        return [text], [f"keepalived.conf does not hold {loss}" for loss in lost]
    if kind == REAL_SERVER:
        from lvstui.keepalived.writing import realserver

        text, lost = realserver.write(read.rules, Path(target).name if target != "-" else "realserver.sh")
        if not any(service.address for service in read.rules.rules):
            raise BadInput(target, "these rules have no virtual address that is reached by direct routing")
        return [text], [f"the script leaves out {loss}" for loss in lost]
    rendered: Iterator[str] = rule_files.render(contents_of(read.rules, read.header), kind)
    if kind != "ipvsadm":
        return rendered, ()
    from lvstui.formats.ipvsadm import losses

    return rendered, [f"ipvsadm text does not hold {loss}; TOML does" for loss in losses(contents_of(read.rules))]
