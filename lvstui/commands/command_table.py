"""The one table of commands, for the console's `:`, its palette and help, and `--do`."""

from __future__ import annotations

from lvstui.commands import argument_kinds
from lvstui.commands.argument_kinds import ArgumentKind
from lvstui.director.model import PERSISTENCE_DEFAULT
from lvstui.director.option_words import FORWARDS
from lvstui.values import Any, NamedTuple


class Arg(NamedTuple):
    """An argument. One with a `word` follows that word, anywhere after the command; the others come in their order.
    `bare`: one of these words is its value. `unsaid`: the value of its word alone, None when it needs one. `rest`: it
    takes the rest of the line as it is."""

    name: str
    kind: ArgumentKind
    word: str = ""
    optional: bool = False
    bare: tuple[str, ...] = ()
    unsaid: Any = None
    rest: bool = False

    @property
    def usage(self) -> str:
        """`SERVER`, `[weight N]`, `[masq|route|tunnel]`."""
        if self.bare:
            text = "|".join(self.bare)
        else:
            shown = f"[{self.kind.shown}]" if self.unsaid is not None else self.kind.shown
            text = f"{self.word} {shown}" if self.word else shown
        return f"[{text}]" if self.optional else text


class Command(NamedTuple):
    """A command. `words`: how it begins, the first is shown. `here`: it changes or saves the table or makes a probe,
    and can be given to --do; others work only in the console. `writes`: it changes the table."""

    id: str
    words: tuple[str, ...]
    help: str
    args: tuple[Arg, ...] = ()
    here: bool = False
    writes: bool = False

    @property
    def usage(self) -> str:
        """`weight [SERVICE] [SERVER] WEIGHT`"""
        return " ".join((self.words[0], *(arg.usage for arg in self.args)))

    @property
    def brief(self) -> str:
        """`weight WEIGHT`: only its required arguments."""
        return " ".join((self.words[0], *(arg.usage for arg in self.args if not arg.optional)))


def _option(name: str, kind: ArgumentKind, word: str = "", unsaid: Any = None) -> Arg:
    return Arg(name, kind, word or name, optional=True, unsaid=unsaid)


_SERVICE = Arg("service", argument_kinds.SERVICE, optional=True)
_SERVER = Arg("server", argument_kinds.SERVER, optional=True)

_SERVICE_OPTIONS = (
    _option("persistence", argument_kinds.PERSIST, "persist", PERSISTENCE_DEFAULT),
    _option("netmask", argument_kinds.NAME, "mask"),
    _option("flags", argument_kinds.FLAGS),
    _option("engine", argument_kinds.NAME),
    Arg("one-packet", argument_kinds.NAME, optional=True, bare=("one-packet",)),
)
_SERVER_OPTIONS = (
    Arg("forward", argument_kinds.NAME, optional=True, bare=tuple(FORWARDS)),
    _option("weight", argument_kinds.WEIGHT),
    _option("upper", argument_kinds.CONNECTIONS),
    _option("lower", argument_kinds.CONNECTIONS),
    _option("tunnel", argument_kinds.TUNNEL, "type"),
    _option("tunnel-port", argument_kinds.PORT),
    _option("checksum", argument_kinds.CHECKSUM),
)
_WAIT = _option("wait", argument_kinds.SECONDS)
_REASON = _option("reason", argument_kinds.TEXT)


def _changes(name: str, words: str, about: str, *args: Arg) -> Command:
    return Command(name, tuple(words.split(" | ")), about, args, here=True, writes=True)


def _tries(name: str, words: str, about: str, *args: Arg) -> Command:
    return Command(name, tuple(words.split(" | ")), about, args, here=True)


def _looks(name: str, words: str, about: str, *args: Arg) -> Command:
    return Command(name, tuple(words.split(" | ")), about, args)


COMMANDS = (
    _changes(
        "add-service",
        "add service",
        "add a virtual service",
        Arg("key", argument_kinds.NEW_SERVICE),
        Arg("scheduler", argument_kinds.SCHEDULER, optional=True),
        *_SERVICE_OPTIONS,
    ),
    _changes(
        "add-server",
        "add server",
        "add real servers; 10.0.0.11-14:80 is four. Options left out are taken from their siblings",
        _SERVICE,
        Arg("servers", argument_kinds.NEW_SERVERS),
        *_SERVER_OPTIONS,
    ),
    _changes(
        "edit-service",
        "edit service",
        "change the named settings of a virtual service",
        _SERVICE,
        _option("scheduler", argument_kinds.SCHEDULER, "sched"),
        *_SERVICE_OPTIONS,
        Arg(
            "drop",
            argument_kinds.choice("WHAT", "persist", "mask", "flags", "engine", "one-packet"),
            "no",
            optional=True,
        ),
    ),
    _changes(
        "edit-server", "edit server", "change the named settings of real servers", _SERVICE, _SERVER, *_SERVER_OPTIONS
    ),
    _changes("delete-service", "delete service | del service", "delete a virtual service with its servers", _SERVICE),
    _changes("delete-server", "delete server | del server", "delete real servers", _SERVICE, _SERVER),
    _changes(
        "delete",
        "delete | del",
        "delete the service or server named, or the row under the cursor",
        _SERVICE,
        Arg("target", argument_kinds.TARGET, optional=True),
    ),
    _changes(
        "weight",
        "weight",
        "set weights: 5, +1, -1, 50% (half) or +50%",
        _SERVICE,
        _SERVER,
        Arg("weight", argument_kinds.WEIGHT),
    ),
    _changes(
        "scheduler",
        "sched | scheduler",
        "change the scheduler of a service",
        _SERVICE,
        Arg("scheduler", argument_kinds.SCHEDULER),
    ),
    _changes(
        "drain",
        "drain",
        "weight 0, remembering the old one; wait until the connections are gone",
        _SERVICE,
        _SERVER,
        _WAIT,
        _REASON,
    ),
    _changes(
        "undrain",
        "undrain",
        "restore the weight from before the drain, or set another",
        _SERVICE,
        _SERVER,
        _option("weight", argument_kinds.WEIGHT),
    ),
    _changes("ramp-stop", "ramp stop", "stop the weight ramps that are running")._replace(here=False),
    _changes(
        "ramp",
        "ramp",
        "change weights in equal steps over a time",
        _SERVICE,
        _SERVER,
        Arg("weight", argument_kinds.WEIGHT),
        Arg("time", argument_kinds.SECONDS),
    ),
    _changes(
        "replace-host",
        "replace host",
        "replace a host: add the new one everywhere, drain the old one, wait (5m), delete it",
        Arg("old", argument_kinds.OLD_HOST),
        Arg("new", argument_kinds.NEW_HOST),
        _WAIT,
        _REASON,
    ),
    _changes("zero-all", "zero all", "zero all counters"),
    _changes("zero", "zero", "zero the counters of a service", _SERVICE),
    _changes(
        "timeouts",
        "timeouts",
        "set the idle timeouts of tcp, tcp after FIN, and udp; 0 leaves one as it is",
        *(Arg(name, argument_kinds.TIMEOUT) for name in ("tcp", "tcp-fin", "udp")),
    ),
    _changes(
        "sync-start",
        "sync start",
        "start a connection synchronisation daemon",
        Arg("role", argument_kinds.ROLE),
        Arg("interface", argument_kinds.NAME),
        _option("id", argument_kinds.number("0-255", 0, 255)),
        _option("maxlen", argument_kinds.number("BYTES", 1, 65507)),
        _option("group", argument_kinds.NAME),
        _option("port", argument_kinds.PORT),
        _option("ttl", argument_kinds.number("N", 1, 255)),
    ),
    _changes("sync-stop", "sync stop", "stop sync daemons", Arg("role", argument_kinds.ROLE, optional=True)),
    _tries(
        "probe",
        "probe",
        "probe the ports of real servers from here, as keepalived's checks would",
        Arg("target", argument_kinds.TARGET, optional=True),
    ),
    _tries(
        "who",
        "who | arp",
        "ask the network who answers for a virtual address",
        Arg("address", argument_kinds.ADDRESS, optional=True),
    ),
    _tries("sync-check", "sync check", "count connections by origin: does a backup hold the master's?"),
    _changes(
        "clone",
        "clone",
        "copy a service and its real servers to another address or mark",
        _SERVICE,
        Arg("key", argument_kinds.NEW_SERVICE, "as"),
    ),
    Command(
        "save", ("save", "w"), "save the table to a file", (Arg("file", argument_kinds.FILE, optional=True),), here=True
    ),
    _changes(
        "restore",
        "restore",
        "make the table equal a file, by the smallest set of changes",
        Arg("file", argument_kinds.FILE, optional=True),
    ),
    _changes("reload", "reload", "test keepalived's configuration, reload it, and show what still differs"),
    _changes(
        "failover",
        "failover",
        "hand this director's VRRP instances to its peer: stops keepalived here",
        _REASON,
    ),
    Command(
        "conf",
        ("conf",),
        "show the keepalived.conf lines that make a service last as it is now",
        (_SERVICE, _option("file", argument_kinds.FILE, "to")),
        here=True,
    ),
    _changes("undo", "undo", "undo the last change made here")._replace(here=False),
    _changes("redo", "redo", "redo the last undone change")._replace(here=False),
    _looks("netns", "netns", "go to the director in another network namespace", Arg("name", argument_kinds.NAME)),
    _looks(
        "pair",
        "pair",
        "compare with another director in view 8; without HOST, stop comparing",
        Arg("name", argument_kinds.DIRECTOR, optional=True),
    ),
    _looks(
        "read-only",
        "read-only | readonly",
        "refuse every change, or allow changes again",
        Arg("switch", argument_kinds.SWITCH, optional=True),
    ),
    _looks("interval", "interval", "seconds between two reads", Arg("time", argument_kinds.SECONDS)),
    _looks("theme", "theme", "choose a theme", Arg("name", argument_kinds.NAME, optional=True)),
    _looks("forget", "forget", "forget the view, order, theme, filters, columns and commands of earlier sessions"),
    _looks(
        "filter",
        "filter",
        "show only the rows that match",
        Arg("text", argument_kinds.FILTER, optional=True, rest=True),
    ),
    _looks("view", "view", "open a view, by number or name", Arg("name", argument_kinds.NAME)),
    _looks(
        "servers",
        "servers",
        "show the real servers of all services in one table, to sort and filter",
        Arg("text", argument_kinds.FILTER, optional=True, rest=True),
    ),
    _looks(
        "sort",
        "sort",
        "sort by a column; the same column again reverses the order",
        Arg("column", argument_kinds.COLUMN, optional=True),
    ),
    _looks(
        "columns",
        "columns",
        "choose the columns of this table, on the screen or by name",
        Arg("columns", argument_kinds.COLUMNS, optional=True, rest=True),
    ),
    _looks(
        "goto",
        "goto | go",
        "go to a service, a real server, a host or, in a recording, a time",
        Arg("target", argument_kinds.PLACE),
    ),
    _looks("records", "records", "show the row's records in the audit log"),
    _looks(
        "client",
        "client",
        "show where a client goes, and why: connections, persistence, hash of sh, mh and dh",
        Arg("address", argument_kinds.CLIENT),
        _SERVICE,
    ),
    _looks(
        "explain",
        "explain",
        "explain a figure: a column, a word of the masthead; without a name, all on the screen",
        Arg("word", argument_kinds.WORD, optional=True),
    ),
    _looks(
        "record",
        "record",
        "record all that is read, or stop recording",
        Arg("file", argument_kinds.FILE, optional=True),
    ),
    _tries("drift", "drift", "show what differs from keepalived's own table, and what will become of it"),
    _looks("pause", "pause", "pause or resume the screen"),
    _looks("copy", "copy", "copy the row's ipvsadm commands"),
    _looks("tour", "tour", "take a tour of the console, in six steps"),
    _looks("help", "help", "show what keys and commands do"),
    _looks("quit", "quit | q", "leave"),
)

BY_ID = {command.id: command for command in COMMANDS}
