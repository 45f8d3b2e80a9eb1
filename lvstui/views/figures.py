"""The meaning of each figure on the screen: the one table for `!`, `:explain` and docs/figures.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from lvstui.values import NamedTuple
from lvstui.views.column import Column
from lvstui.views.sheet import sentence


class Figure(NamedTuple):
    """`source`: the kernel's attribute, the file or another place from which it is read. `but`: its limits."""

    meaning: str
    source: str
    unit: str = ""
    but: str = ""


_STATS = "IPVS_{0}_ATTR_STATS64, IPVS_STATS_ATTR_{1}"
_LAG = "the kernel moves it every 2 s"
_ROUTED = "0, shown as –, where replies bypass the director (Route, Tunnel); only ICMP errors are counted there"
_OURS = "lvstui (computed)"
_SAMPLE = "/proc/net/ip_vs_conn_sync, a sample"
_LOG = "the audit log"


def _rate(what: str, attribute: str, unit: str, but: str = "") -> Figure:
    caveat = f"over 4 s or more; ~ is the kernel's slow average{f'; {but}' if but else ''}"
    return Figure(what, f"difference of {_STATS.format('*', attribute)}", unit, caveat)


def _total(what: str, attribute: str, unit: str, but: str = _LAG) -> Figure:
    return Figure(f"{what} since the rule was made or zeroed", _STATS.format("*", attribute), unit, but)


COLUMNS: Mapping[str, Figure] = {
    "name": Figure(
        "what the row is: a service by protocol, address and port or by its firewall mark, a server by address and"
        " port, a host by its address",
        "IPVS_*_ATTR_ADDR, _PORT, _FWMARK",
    ),
    "called": Figure("what you call it", "config.toml, [names]"),
    "note": Figure("your note about it", "config.toml, [notes]"),
    "state": Figure(
        "the worst state: up, DOWN, down, out, full, skew, drained; of a service how many of its servers are so",
        _OURS,
        but="only keepalived knows its check results: K asks it",
    ),
    "live": Figure(
        "servers that take new connections / that should", _OURS, "servers", "?: no keepalived reports how many"
    ),
    "check": Figure(
        "the result of keepalived's check", "D-Bus or a dump of keepalived", but="as old as the last answer"
    ),
    "drift": Figure("what differs from what keepalived programmed", "what keepalived loaded, and the table"),
    "scheduler": Figure("how a server is chosen", "IPVS_SVC_ATTR_SCHED_NAME"),
    "options": Figure(
        "persistence, mask, engine, one-packet, flags", "IPVS_SVC_ATTR_FLAGS, _TIMEOUT, _NETMASK, _PE_NAME"
    ),
    "weight": Figure(
        "its part of new connections; of several servers the sum",
        "IPVS_DEST_ATTR_WEIGHT",
        but="rr and lc only check whether it is 0; at 0, bound clients still come",
    ),
    "skew": Figure("load imbalance against the weights", _OURS, "% of active", "not for schedulers that hash"),
    "active": Figure(
        "connections that are open or opening",
        "IPVS_DEST_ATTR_ACTIVE_CONNS",
        "connections",
        "SYN_RECV counts as active; UDP never does",
    ),
    "inactive": Figure(
        "connections that are closing, and all of UDP",
        "IPVS_DEST_ATTR_INACT_CONNS",
        "connections",
        "they hold a place against the upper limit: with Route FIN_WAIT stays 120 s",
    ),
    "persistent": Figure(
        "clients that persistence binds to it", "IPVS_DEST_ATTR_PERSIST_CONNS", "templates", "only root can read it"
    ),
    "cps": _rate("new connections", "CONNS", "per second"),
    "in": _rate("bytes towards the servers", "INBYTES", "bytes per second"),
    "out": _rate("bytes back to the clients", "OUTBYTES", "bytes per second", _ROUTED),
    "in_pps": _rate("packets towards the servers", "INPKTS", "packets per second"),
    "out_pps": _rate("packets back to the clients", "OUTPKTS", "packets per second", _ROUTED),
    "conns": _total("connections", "CONNS", "connections", f"{_LAG}; connections from a sync daemon are not counted"),
    "in_packets": _total("packets towards the servers", "INPKTS", "packets"),
    "out_packets": _total("packets back to the clients", "OUTPKTS", "packets", _ROUTED),
    "in_bytes": _total("bytes towards the servers", "INBYTES", "bytes"),
    "out_bytes": _total("bytes back to the clients", "OUTBYTES", "bytes", _ROUTED),
    "since": Figure(
        "since when it is in this state",
        "the audit log, else this console",
        "local time",
        "<02:30: before this console began at 02:30",
    ),
    "trend": Figure("active connections of the last three minutes", _OURS, but="since this console began"),
    "cps_trend": Figure("new connections a second of the last three minutes", _OURS, but="since this console began"),
    "persistence": Figure("how long a client stays with its server", "IPVS_SVC_ATTR_TIMEOUT", "seconds"),
    "limited": Figure("servers that have an upper limit", "IPVS_DEST_ATTR_U_THRESH", "servers"),
    "full": Figure("servers at their upper limit: they get nothing new", _OURS, "servers"),
    "upper": Figure(
        "connections at which a server gets no more", "IPVS_DEST_ATTR_U_THRESH", "connections", "active and inact count"
    ),
    "lower": Figure(
        "connections below which it gets some again", "IPVS_DEST_ATTR_L_THRESH", "connections", "0: 75 % of upper"
    ),
    "used": Figure("connections as part of the upper limit", _OURS, "%"),
    "forward": Figure("how packets reach it", "IPVS_DEST_ATTR_FWD_METHOD, _TUN_TYPE, _TUN_PORT"),
    "share": Figure("its share of the active connections; the line is its share of the weight", _OURS),
    "services": Figure("services that have it", _OURS, "services"),
    "rules": Figure("its real servers: more than services where it has several ports in one", _OURS, "rules"),
    "service": Figure("the virtual service it is in", "IPVS_SVC_ATTR_ADDR, _PORT, _FWMARK"),
    "port": Figure("the port it serves on", "IPVS_DEST_ATTR_PORT"),
    "vrrp name": Figure("the VRRP instance, or a sync daemon", "keepalived, IPVS_CMD_GET_DAEMON"),
    "hosts why": Figure(
        "why the worst of its servers takes no new connections", _OURS, but="inside a host every reason"
    ),
    "vrrp state": Figure(
        "MASTER, BACKUP or FAULT", "the addresses here, D-Bus, a dump, adverts", but="addresses have the last word"
    ),
    "vrrp since": Figure("how long it has been so", "keepalived, else the audit log"),
    "vrrp interface": Figure("the interface it uses for VRRP", "keepalived"),
    "vrrp vrid": Figure("the number of the virtual router", "keepalived"),
    "vrrp priority": Figure("configured, and as tracking makes it", "keepalived"),
    "vrrp addresses": Figure("its virtual addresses", "keepalived, and the interfaces for which are here"),
    "vrrp master": Figure("whose adverts are heard", "a raw socket", but="only root can hear them"),
    "vrrp finding": Figure("what is wrong with it", _OURS),
    "doctor severity": Figure("critical: users feel it; warning: they will; notice: a doubt", "the doctor"),
    "doctor since": Figure("when it was first seen", "this console", but="before: already so at the first look"),
    "doctor where": Figure("what it is about", "the doctor"),
    "doctor what": Figure("what is wrong, in a sentence", "the doctor; docs/doctor.md has each"),
    "pair where": Figure("what was compared, and of which service or instance", "both directors"),
    "pair what": Figure("which attribute of it", "both directors", but="those that should differ are not shown: Tab"),
    "pair this": Figure("what this director has", "this director"),
    "pair other": Figure(
        "what the other has", "the other director", but="as old as its last answer; not known is never equal"
    ),
    "audit when": Figure("when it was done or seen", _LOG, "local time"),
    "audit kind": Figure("done with lvstui, probably by keepalived, by someone else, or by VRRP", _LOG),
    "audit who": Figure("the person, else the program that probably did it", _LOG, but="keepalived?: it may have"),
    "audit what": Figure("what was done, and the reason given", _LOG),
    "audit result": Figure("refused, unknown or rolled back; nothing where it was done", _LOG),
    "audit source": Figure("console or verb", _LOG),
    "audit command": Figure("the ipvsadm command it equals", _LOG),
    "snapshots name": Figure("the file", "the folder of snapshots"),
    "snapshots kind": Figure("saved by you, taken before a restore, or an example", "its place and name"),
    "snapshots taken": Figure("when it was taken", "the file", "local time"),
    "snapshots size": Figure("how large the file is", "the file", "bytes"),
    "snapshots folder": Figure("where it is", "the file"),
    "snapshot name": Figure("the rule in the snapshot", "the file"),
    "snapshot rule": Figure("how it was", "the file"),
    "snapshot weight": Figure("the weight it had", "the file"),
    "snapshot restore": Figure("what a restore would do to it now", "the file and the table"),
    "snapshot command": Figure("the ipvsadm command for that", _OURS),
    "connections name": Figure("what the rows have in common", _SAMPLE),
    "connections service": Figure(
        "the service of the rows", _OURS, but="the kernel does not report which firewall mark a connection matched"
    ),
    "connections count": Figure("rows of the sample", _SAMPLE, "rows", "not of the table: share is"),
    "connections share": Figure(
        "share of the connections in the sample", _SAMPLE, "%", "right to about 1 % at 10,000 rows"
    ),
    "connections about": Figure(
        "its share of all rows", f"{_SAMPLE}, and the kernel's counters", "rows", "an estimate"
    ),
    "connections open": Figure("ESTABLISHED", _SAMPLE, "rows"),
    "connections half": Figure(
        "SYN_RECV: not answered yet", _SAMPLE, "rows", "many: the server does not answer, or a flood"
    ),
    "connections closing": Figure("all other states", _SAMPLE, "rows"),
    "connections clients": Figure(
        "different addresses of clients", _SAMPLE, "addresses", "in the sample; there are more"
    ),
    "connections places": Figure("different real servers", _SAMPLE, "servers"),
    "connections left": Figure(
        "until the row expires, the longest of them", _SAMPLE, "min:s", "each packet restarts it"
    ),
    "connections synced": Figure("rows received from a sync daemon", _SAMPLE, "rows"),
    "connections active": Figure(
        "of all, not of the sample", "IPVS_DEST_ATTR_ACTIVE_CONNS", "connections", "as of the read"
    ),
    "connections inactive": Figure(
        "of all, not of the sample", "IPVS_DEST_ATTR_INACT_CONNS", "connections", "as of the read"
    ),
    "connections persistent": Figure(
        "of all, not of the sample", "IPVS_DEST_ATTR_PERSIST_CONNS", "templates", "as of the read"
    ),
    "connections means": Figure("what the state means", _OURS),
    "connections client": Figure("the client; of a template its address as persistence masks it", _SAMPLE),
    "connections server": Figure("the real server it goes to", _SAMPLE),
    "connections state": Figure(
        "of a template ASSURED, NONE or ended", _SAMPLE, but="ended: the kernel no longer uses it"
    ),
    "connections origin": Figure("made here, or received from a sync daemon", _SAMPLE),
    "connections data": Figure("the persistence engine, and how it identifies a client", "/proc/net/ip_vs_conn"),
}
"""By column; if the column means something else in one table, with that table's name in front."""

HEAD: Mapping[str, Figure] = {
    "services": Figure("virtual services", "IPVS_CMD_GET_SERVICE", "services"),
    "live": Figure("servers that take new connections / that should", _OURS, "servers", "the sum of the column live"),
    "active": Figure(
        "all services together", "IPVS_DEST_ATTR_ACTIVE_CONNS", "connections", "as of the last sweep, 2 s"
    ),
    "inact": Figure("all services together", "IPVS_DEST_ATTR_INACT_CONNS", "connections", "as of the last sweep, 2 s"),
    "conn/s": Figure("of this network namespace", "/proc/net/ip_vs_stats", "per second", "the kernel's slow average"),
    "in": Figure("of this network namespace", "/proc/net/ip_vs_stats", "bytes per second", "the kernel's slow average"),
    "out": Figure("of this network namespace", "/proc/net/ip_vs_stats", "bytes per second", _ROUTED),
    "holds": Figure("virtual addresses on an interface here", "rtnetlink"),
    "table by": Figure(
        "who programs the table by itself", "the processes of this machine", but="hand: no program does"
    ),
    "MASTER": Figure(
        "this director holds its virtual addresses; BACKUP: another does; PARTIAL: some", "rtnetlink, keepalived"
    ),
    "STALE": Figure("reads fail or hang: the screen is old", "this console", "since then"),
    "DOWN": Figure("services without a live server", _OURS, "services"),
    "degraded": Figure("services with some servers down, out or full", _OURS, "services", "a drain is not counted"),
    "split brain": Figure("another director also says it is MASTER, and continues", "adverts"),
    "restore unfinished": Figure("a restore was cut off: :recover", "the journal"),
    "VRRP STALE": Figure("no source reports the state of VRRP any more", "D-Bus, dumps, adverts"),
    "VRRP": Figure("what view 4 finds wrong, in brief", "view 4"),
    "sync": Figure("the sync daemons that run, or what is wrong with them", "IPVS_CMD_GET_DAEMON"),
    "finding": Figure("what the doctor finds that no other badge counts", "view 5", "findings"),
    "drift": Figure("places where the table differs from what keepalived programmed", "C tells", "places"),
    "READ-ONLY": Figure("every change is refused", "--read-only, or no privilege"),
    "PAUSED": Figure("the screen is frozen; lvstui still reads the director", "p"),
    "SENDING": Figure("changes are being sent, and nothing is read meanwhile", "this console"),
}
"""The figures of the masthead, by the word that is shown there."""


def column(table: str, key: str) -> Figure | None:
    """The figure of a column of a table, None where there is none."""
    return COLUMNS.get(f"{table} {key}") or COLUMNS.get(key)


def tables() -> dict[str, list[Column]]:
    """The columns of every table, by its name."""
    from lvstui.views import (
        audit,
        connection_fields,
        every_server,
        findings,
        host,
        host_fields,
        pair,
        server_fields,
        service_fields,
        snapshots,
        vrrp,
    )

    sampled = [
        *(column for columns in connection_fields.COLUMNS.values() for column in columns),
        *connection_fields.ONES,
    ]
    by_table: dict[str, Sequence[Column]] = {
        "services": [field.column for field in service_fields.FIELDS.values()],
        "servers": [field.column for field in server_fields.FIELDS.values()],
        "hosts": [field.column for field in host_fields.FIELDS.values()],
        "host": [field.column for field in host.FIELDS.values()],
        "every": [field.column for field in every_server.FIELDS.values()],
        "connections": sampled,
        "vrrp": vrrp.COLUMNS,
        "doctor": findings.COLUMNS,
        "audit": audit.COLUMNS,
        "pair": pair.COLUMNS,
        "snapshots": snapshots.LIST,
        "snapshot": snapshots.INSIDE,
    }
    return {name: list(columns) for name, columns in by_table.items()}


def titles() -> dict[str, list[str]]:
    """What each column is called on the screen, by its key in COLUMNS."""
    called: dict[str, dict[str, None]] = {}
    for table, columns in tables().items():
        for column in columns:
            key = f"{table} {column.key}" if f"{table} {column.key}" in COLUMNS else column.key
            called.setdefault(key, {})[column.title] = None
    return {key: list(names) for key, names in called.items()}


def table_of(view: str, inside: bool) -> str:
    """The table that a view shows, by its name in COLUMNS."""
    return "snapshot" if view == "snapshots" and inside else view


def lines(title: str, value: str, figure: Figure, width: int) -> Iterator[tuple[str, str]]:
    """A figure as lines with their roles."""
    yield f" {title}{f'   {value}' if value.strip() else ''}", "title"
    unit = f" ({figure.unit})" if figure.unit else ""
    for text, role in ((f"{figure.meaning}{unit}", ""), (f"from {figure.source}", "dim"), (figure.but, "dim")):
        for part in sentence(text, max(20, width - 4)):
            yield f"   {part}", role


def figures_named(word: str, titles: Mapping[str, Sequence[str]]) -> list[tuple[str, Figure]]:
    """The figures that a word names. `titles`: the title of each column, by its key in COLUMNS."""
    wanted = word.strip().lower()
    columns = [
        (f"{(titles.get(key) or [key])[0]}{f'  ({key.split()[0]})' if ' ' in key else ''}", figure)
        for key, figure in COLUMNS.items()
        if wanted in (key, key.split()[-1], *(title.lower() for title in titles.get(key, ())))
    ]
    return columns + [(f"{name}  (masthead)", figure) for name, figure in HEAD.items() if wanted in name.lower()]
