"""How a keepalived can be queried according to its configuration: on D-Bus, and through which files it answers a
signal."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lvstui.keepalived.conf.keywords import GLOBAL, Keyword, Keywords
from lvstui.keepalived.conf.logical_lines import read_lines
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.programmed import chosen
from lvstui.keepalived.conf.tree import blocks

_ASKED = ("enable_dbus", "dbus_service_name", "data_use_instance", "state_dump_file")
_KEYWORDS: Keywords = {
    **{name: Keyword(foreign=True) for name in GLOBAL},
    "instance": Keyword(),
    "net_namespace": Keyword(),
    "global_defs": Keyword({**(GLOBAL["global_defs"].inside or {}), **dict.fromkeys(_ASKED, Keyword())}),
}


class Answers(NamedTuple):
    """`dbus`: it is on D-Bus as `service` ("" for the usual name). `file`: state_dump_file (2.3.3 and later), "" for
    keepalived.data in the temporary folder. `suffix`: what data_use_instance adds to the names of those files."""

    dbus: bool = False
    service: str = ""
    file: str = ""
    suffix: str = ""

    def data(self, kind: str = "") -> str:
        """The path, or the name in the temporary folder, of the file that one process writes ("" for VRRP, "_check"),
        composed as in core/global_data.c (open_dump_file)."""
        folder, slash, name = self.file.rpartition("/")
        stem, dot, ending = (name or "keepalived.data").rpartition(".")
        if not dot:
            stem, ending = ending, ""
        written = f"{stem}{kind}{self.suffix}{dot}{ending}"
        return f"{folder}/{written}" if slash and self.file.startswith("/") else written


def read_answers(path: str | Path, config_id: str | None = "") -> Answers:
    """Reads the answers from a configuration file. Raises BadInput where it cannot be read."""
    notes = Notes()  # what is odd in the file is said where it is read for its rules
    with notes.guarded():
        tree = blocks(read_lines(path, chosen(config_id), notes), _KEYWORDS, notes)
    top = {node.words[0]: node.words[1] for node in tree if len(node.words) > 1 and node.words[0] != "global_defs"}
    given = {
        node.words[0]: node.words[1:] for block in tree if block.words[0] == "global_defs" for node in block.inside
    }
    named = "_".join(top[word] for word in ("net_namespace", "instance") if word in top)
    use = "data_use_instance" in given and (given["data_use_instance"] or ("yes",))[0] in ("yes", "true", "on")
    service, file = ((given.get(word) or ("",))[0] for word in ("dbus_service_name", "state_dump_file"))
    return Answers("enable_dbus" in given, service, file, f".{named}" if use and named else "")
