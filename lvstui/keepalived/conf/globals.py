"""The parts of global_defs (global_parser.c) that affect the rules: lvs_timeouts, lvs_sync_daemon, nftables_ipvs; and
those that say how keepalived can be queried: on D-Bus, and through which files it answers a signal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lvstui.director.model import PERSISTENCE_MAX, SyncDaemon, Timeouts, address_text
from lvstui.keepalived.conf.addresses import endpoint
from lvstui.keepalived.conf.keywords import GLOBAL, Keyword, Keywords
from lvstui.keepalived.conf.logical_lines import chosen, read_lines
from lvstui.keepalived.conf.notes import Notes, Where, bad
from lvstui.keepalived.conf.secrets import quoted
from lvstui.keepalived.conf.tokens import unsigned
from lvstui.keepalived.conf.tree import Node, blocks
from lvstui.values import NamedTuple

FIRST_MARK = 1000
"""The first mark of nftables_ipvs, where nftables_ipvs_start_fwmark sets none."""


class Sync(NamedTuple):
    """lvs_sync_daemon: the daemon to run (without its role), and the VRRP instance that it follows, "" for always.
    `numbered`: an id is given; otherwise it is the instance's VRID (vrrp.c, vrrp_complete_init), or 0 without an
    instance."""

    where: Where
    daemon: SyncDaemon
    instance: str
    numbered: bool = False


class Globals(NamedTuple):
    """`first_mark`: the firewall mark of the first group, None where groups do not become marks. `flushes`: keepalived
    empties the whole table when it starts or stops, including what others made."""

    timeouts: Timeouts | None = None
    sync: Sync | None = None
    first_mark: int | None = None
    flushes: bool = False


def globals_of(nodes: Sequence[Node], notes: Notes) -> Globals:
    """The settings in the global_defs blocks."""
    settings = Globals()
    for block in nodes:
        for node in block.inside if block.words[0] == "global_defs" else ():
            name = node.words[0]
            if name == "lvs_timeouts":
                settings = settings._replace(timeouts=_timeouts(node, notes, settings.timeouts))
            elif name == "lvs_sync_daemon":
                settings = settings._replace(sync=_sync(node, notes, settings.sync))
            elif name == "lvs_flush" or (name in ("lvs_flush_on_stop", "lvs_flush_onstop") and len(node.words) == 1):
                settings = settings._replace(flushes=True)
            elif name == "nftables_ipvs" and settings.first_mark is None:
                settings = settings._replace(first_mark=FIRST_MARK)
            elif name == "nftables_ipvs_start_fwmark":
                number, wrong = unsigned(node.words[1] if len(node.words) > 1 else "", 1, 2**32 - 1, lenient=False)
                if number is None:
                    notes.add(node.where, f"nftables_ipvs_start_fwmark {wrong}: ignored")
                elif settings.first_mark is not None:
                    settings = settings._replace(first_mark=number)
    return settings


def _options(node: Node, names: Sequence[str], notes: Notes, first: int = 1) -> Iterator[tuple[str, str]]:
    """Pairs of an option's name and its value, from the word `first` on."""
    words = iter(node.words[first:])
    for word in words:
        if word not in names:
            notes.add(node.where, f"{node.words[0]} has no option {quoted(word)}" + notes.hint(word, names))
            continue
        value = next(words, None)
        if value is None:
            notes.add(node.where, f"{node.words[0]} {word} lacks a value: ignored")
        else:
            yield word, value


def _timeouts(node: Node, notes: Notes, before: Timeouts | None) -> Timeouts | None:
    values = (
        {"tcp": 0, "tcpfin": 0, "udp": 0}
        if before is None
        else dict(zip(("tcp", "tcpfin", "udp"), before, strict=True))
    )
    if len(node.words) < 3:
        notes.add(node.where, "lvs_timeouts needs tcp, tcpfin or udp and seconds: ignored")
        return before
    for name, value in _options(node, tuple(values), notes):
        number, wrong = unsigned(value, 0, PERSISTENCE_MAX, lenient=False)
        if number is None:
            notes.add(node.where, f"lvs_timeouts {name} {quoted(value)} {wrong}: ignored")
        else:
            values[name] = number
    return Timeouts(values["tcp"], values["tcpfin"], values["udp"])


_SYNC_LIMITS = {"id": (0, 255), "maxlen": (1, 65535 - 28), "port": (1, 65535), "ttl": (1, 255)}
_INTERFACE_LONGEST = 15


def _sync(node: Node, notes: Notes, before: Sync | None) -> Sync | None:
    words = node.words
    if before is not None:
        notes.add(node.where, f"lvs_sync_daemon is already on line {before.where.line}: ignored")
        return before
    if len(words) < 2 or len(words[1]) > _INTERFACE_LONGEST:
        notes.add(node.where, "lvs_sync_daemon needs an interface's name: ignored")
        return None
    instance, first, numbered, given = "", 2, False, {"id": 0, "maxlen": 0, "port": 0, "ttl": 0}
    names = ("inst", "group", *_SYNC_LIMITS)
    if len(words) > 2 and words[2] not in names:  # as it was written before version 1.2.20: IF INSTANCE [ID]
        instance, first = words[2], 3
        if len(words) > 3 and words[3] not in names:
            first = 4
            number = _limited(node, "id", words[3], notes)
            given["id"], numbered = number or 0, number is not None
            notes.add(node.where, "lvs_sync_daemon: 'id' belongs before the number")
    if words[-1] == "inst":
        raise bad(node.where, "lvs_sync_daemon inst lacks a name, at which keepalived stops and programs nothing")
    group = ""
    for name, value in _options(node, names, notes, first):
        if name == "inst":
            instance = instance or value
        elif name == "group":
            group = _multicast(node, value, notes)
        else:
            number = _limited(node, name, value, notes)
            given[name] = number or given[name]
            numbered = numbered or (name == "id" and number is not None)
    daemon = SyncDaemon("", words[1], given["id"], given["maxlen"], group, given["port"], given["ttl"])
    return Sync(node.where, daemon, instance, numbered)


def _limited(node: Node, name: str, value: str, notes: Notes) -> int | None:
    number, wrong = unsigned(value, *_SYNC_LIMITS[name], lenient=False)
    if number is None:
        notes.add(node.where, f"lvs_sync_daemon {name} {quoted(value)} {wrong}: ignored")
    return number


def _multicast(node: Node, value: str, notes: Notes) -> str:
    group = endpoint(value, "")
    address = b"" if group is None else group.address
    if (len(address) == 4 and 224 <= address[0] <= 239) or (len(address) == 16 and address[0] == 0xFF):
        return address_text(address)
    notes.add(node.where, f"lvs_sync_daemon group {quoted(value)} is not a multicast address: ignored")
    return ""


_ASKED = ("enable_dbus", "dbus_service_name", "data_use_instance", "state_dump_file")
_KEYWORDS: Keywords = {
    **{name: Keyword(foreign=True) for name in GLOBAL},
    "instance": Keyword(),
    "net_namespace": Keyword(),
    "global_defs": Keyword({**(GLOBAL["global_defs"].inside or {}), **dict.fromkeys(_ASKED, Keyword())}),
}


class ReportFiles(NamedTuple):
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


def read_answers(path: str | Path, config_id: str | None = "") -> ReportFiles:
    """Reads the answers from a configuration file. Raises BadInput where it cannot be read."""
    notes = Notes()  # what is odd in the file is said where it is read for its rules
    with notes.guarded():
        tree = blocks(read_lines(path, chosen(config_id), notes), _KEYWORDS, notes)
    top = {node.words[0]: node.words[1] for node in tree if len(node.words) > 1 and node.words[0] != "global_defs"}
    given = {
        node.words[0]: node.words[1:] for block in tree if block.words[0] == "global_defs" for node in block.inside
    }
    instance = "_".join(top[word] for word in ("net_namespace", "instance") if word in top)
    use = "data_use_instance" in given and (given["data_use_instance"] or ("yes",))[0] in ("yes", "true", "on")
    service, file = ((given.get(word) or ("",))[0] for word in ("dbus_service_name", "state_dump_file"))
    return ReportFiles("enable_dbus" in given, service, file, f".{instance}" if use and instance else "")
