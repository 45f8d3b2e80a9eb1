"""--convert: one rule file into another kind. Needs no kernel."""

from __future__ import annotations

from pathlib import Path

from lvstui.director.errors import BadInput
from lvstui.director.remarks import Remark
from lvstui.formats import files
from lvstui.formats.contents import contents_of
from lvstui.store.whole import write_whole
from lvstui.verbs.reading import KEEPALIVED, read_any
from lvstui.verbs.verb import Verb

_TOLD = 10


def run(path: str, target: str, kind: str = "") -> Verb:
    """Converts `path` into `target`; `kind` overrides what the target's name says, and `-` is standard output.
    Remarks on what the target's kind cannot hold. Raises BadInput, NotDone."""
    kind = kind or files.kind_of(target)
    if kind == KEEPALIVED:
        raise BadInput(target, "keepalived.conf is read and not written", "name it .toml, .json or .rules")
    read = read_any(path)
    yield from read.remarks
    if kind == "ipvsadm":
        from lvstui.formats.ipvsadm import losses

        lost = losses(contents_of(read.rules))
        for text in lost[:_TOLD]:
            yield Remark(target, 0, f"ipvsadm text does not hold {text}; TOML does")
        if len(lost) > _TOLD:
            yield Remark(target, 0, f"nor {len(lost) - _TOLD} other things")
    rendered = files.render(contents_of(read.rules, read.header), kind)
    if target == "-":
        yield from rendered
    else:
        write_whole(Path(target), rendered)
    return 0
