"""Executes one parsed line on the table, with the checks of ipvsadm.c (process_options, parse_options)."""

from __future__ import annotations

from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPIP,
    IPV4,
    IPV6,
    PERSISTENCE_DEFAULT,
    PERSISTENCE_MAX,
    SCTP,
    TCP,
    TUNNEL_NAMES,
    UDP,
    WEIGHT_MAX,
    Forward,
    Server,
    ServerKey,
    Service,
    ServiceKey,
    SyncDaemon,
    Timeouts,
    Tunnel,
    address_packed,
    address_text,
    family_of,
    server_text,
)
from lvstui.director.remarks import ReaderPosition, nearest, shown
from lvstui.formats.ipvsadm import option_values
from lvstui.formats.ipvsadm.options import OptionLine, spelled
from lvstui.formats.ipvsadm.table import SlotTable
from lvstui.plain import plain

_SELECTORS = {"tcp-service": TCP, "udp-service": UDP, "sctp-service": SCTP, "fwmark-service": 0}
_SELECT = {*_SELECTORS, "ipv6"}
_SERVICE = {*_SELECT, "scheduler", "persistent", "netmask", "pe", "sched-flags", "ops"}
_FORWARDS = {"gatewaying": Forward.ROUTE, "ipip": Forward.TUNNEL, "masquerading": Forward.MASQ}
_CHECKSUMS = {f"tun-{name}": number for number, name in enumerate(CHECKSUM_NAMES)}
_TUNNEL = {"tun-type", "tun-port", *_CHECKSUMS}
_SERVER = {*_SELECT, "real-server", *_FORWARDS, "weight", "u-threshold", "l-threshold", *_TUNNEL}
_DAEMON = {"mcast-interface", "syncid", "sync-maxlen", "mcast-group", "mcast-port", "mcast-ttl"}
_TAKES = {
    "add-service": _SERVICE,
    "edit-service": _SERVICE,
    "delete-service": _SELECT,
    "clear": set[str](),
    "add-server": _SERVER,
    "edit-server": _SERVER,
    "delete-server": {*_SELECT, "real-server"},
    "zero": _SELECT,
    "set": set[str](),
    "start-daemon": _DAEMON,
    "stop-daemon": {"syncid"},
}


def run(line: OptionLine, table: SlotTable, place: ReaderPosition) -> None:
    """Runs one line on the table. Raises BadInput when it cannot be understood."""
    command, options, rest = line
    if command in ("save", "list"):
        place.warn(f"{spelled(command)} only prints: the line has no effect")
        return
    if command not in _TAKES:
        raise place.bad(f"{spelled(command)} cannot be used in a file")
    rest = _old_words(command, options, rest, place)
    for name in options:
        if name != command and name not in _TAKES[command]:
            raise place.bad(f"{spelled(name)} does not go with {spelled(command)}")
    if rest and command != "set":
        raise place.bad(f"unexpected word {shown(rest[0])}", "comments need lines of their own")
    match command:
        case "add-service":
            table.add_service(_service(options, place), place)
        case "edit-service":
            table.edit_service(_service(options, place), place)
        case "delete-service":
            table.delete_service(_key(options, place), place)
        case "clear":
            table.clear(place)
        case "add-server":
            key = _key(options, place)
            table.add_server(key, _server(options, key, place), place)
        case "edit-server":
            key = _key(options, place)
            table.edit_server(key, _server(options, key, place), place)
        case "delete-server":
            key = _key(options, place)
            table.delete_server(key, _server_key(options, key, place)[0], place)
        case "zero":
            place.warn("-Z zeroes counters, which are not rules: the line has no effect")
        case "set":
            table.set_timeouts(_timeouts(rest, place), place)
        case "start-daemon":
            table.start_daemon(_daemon(options, place), place)
        case _:
            table.stop_daemon(_role(options["stop-daemon"], place), place)


def _old_words(command: str, options: dict[str, str | None], rest: list[str], place: ReaderPosition) -> list[str]:
    """Corrects lines that old versions saved and no version loads: ` ops` for -o, ` pe sip` for --pe sip (1.26)."""
    if "(null)" in rest:
        raise place.bad("'(null)' stands where a forwarding method was", "write -g, -i or -m in its place")
    if command not in ("add-service", "edit-service"):
        return rest
    rest = list(rest)
    if "ops" in rest and "ops" not in options:
        rest.remove("ops")
        options["ops"] = None
        place.warn("ops understood as -o (as ipvsadm 1.26 saves it)")
    if "pe" in rest[:-1] and "pe" not in options:
        at = rest.index("pe")
        options["pe"] = rest[at + 1]
        place.warn(f"pe {rest[at + 1]} understood as --pe {rest[at + 1]} (as ipvsadm 1.26 saves it)")
        del rest[at : at + 2]
    return rest


def _key(options: dict[str, str | None], place: ReaderPosition) -> ServiceKey:
    return _selected(options, place)[0]


def _selected(options: dict[str, str | None], place: ReaderPosition) -> tuple[ServiceKey, bool]:
    """The service that a line names, and whether its port is given."""
    chosen = [name for name in options if name in _SELECTORS]
    if len(chosen) != 1:
        why = "two services are named" if chosen else "no service is named"
        raise place.bad(why, "name one with -t, -u, --sctp-service or -f")
    name = chosen[0]
    text = options[name] or ""
    if name == "fwmark-service":
        order = list(options)
        if "ipv6" in options and order.index("ipv6") < order.index(name):
            place.warn("-6 stands before -f, which ipvsadm refuses; read as if it stood behind")
        family = IPV6 if "ipv6" in options else IPV4
        return ServiceKey(option_values.fwmark(text, place), family, 0, b"", 0), True
    if "ipv6" in options:
        raise place.bad("-6 works only with -f", "an address has its own family")
    protocol = _SELECTORS[name]
    address, port = option_values.endpoint(text, protocol, place)
    return ServiceKey(0, family_of(address), protocol, address, port or 0), port is not None


def _service(options: dict[str, str | None], place: ReaderPosition) -> Service:
    key, stated = _selected(options, place)
    persistence = None
    if "persistent" in options:
        text = options["persistent"]
        persistence = PERSISTENCE_DEFAULT
        if text is not None:
            persistence = option_values.number(text, 1, PERSISTENCE_MAX, "persistence", place)
    if not key.fwmark and key.port == 0 and persistence is None:
        if not stated:
            raise place.bad("no port, and no -p", "write the port, or -p for a service on all ports")
        place.warn("port 0 without -p, which ipvsadm refuses; kept as written")
    netmask = None
    if "netmask" in options:
        netmask = option_values.netmask(options["netmask"] or "", key.family, place)
        order = list(options)
        if key.family == IPV6 and any(order.index("netmask") < order.index(n) for n in order if n in _SELECT):
            place.warn("-M stands before the address, where ipvsadm forgets it; read as if it stood behind")
    name = option_values.scheduler(options["scheduler"] or "", place) if "scheduler" in options else "wlc"
    if "ops" in options and key.protocol in (TCP, SCTP):
        place.warn("-o is for udp and fwmark services, and ipvsadm refuses it here; kept as written")
    return Service(
        key,
        name,
        option_values.flags(options["sched-flags"] or "", name, place) if "sched-flags" in options else 0,
        persistence,
        netmask,
        option_values.engine(options["pe"] or "", place) if "pe" in options else "",
        "ops" in options,
    )


def _server_key(options: dict[str, str | None], key: ServiceKey, place: ReaderPosition) -> tuple[ServerKey, bool]:
    """The real server that a line names, and whether its port is given; the default is the service's port."""
    if "real-server" not in options:
        raise place.bad("no real server is named", "name one with -r")
    address, port = option_values.endpoint(options["real-server"] or "", key.protocol, place)
    return ServerKey(family_of(address), address, key.port if port is None else port), port is not None


def _server(options: dict[str, str | None], key: ServiceKey, place: ReaderPosition) -> Server:
    server_key, stated = _server_key(options, key, place)
    chosen = [name for name in options if name in _FORWARDS]
    if len(chosen) > 1:
        raise place.bad(f"{spelled(chosen[0])} and {spelled(chosen[1])} are two forwarding methods", "name one")
    forward = _FORWARDS[chosen[0]] if chosen else Forward.ROUTE
    if server_key.family != key.family and forward != Forward.TUNNEL:
        raise place.bad("service and real server are of two address families", "only -i crosses address families")
    if forward == Forward.MASQ:
        order = list(options)
        if not stated and any(order.index("real-server") < order.index(name) for name in order if name in _SELECTORS):
            place.warn(f"-r stands before the service, where ipvsadm takes port 0; understood as port {key.port}")
    elif not key.fwmark and server_key.port != key.port:
        method = "direct routing" if forward == Forward.ROUTE else "a tunnel"
        place.warn(f"{method} keeps the port: {server_text(server_key)} understood as port {key.port}")
        server_key = server_key._replace(port=key.port)
    weight = 1
    if "weight" in options:
        weight = option_values.number(options["weight"] or "", 0, WEIGHT_MAX, "weight", place)
    upper, lower = _thresholds(options, place)
    return Server(server_key, int(forward), weight, upper, lower, _tunnel(options, forward, place))


def _thresholds(options: dict[str, str | None], place: ReaderPosition) -> tuple[int | None, int | None]:
    """Upper and lower threshold; both None when neither is given, 0 for one that is missing when the other is given."""
    if "u-threshold" not in options and "l-threshold" not in options:
        return None, None
    upper = option_values.number(options.get("u-threshold") or "0", 0, WEIGHT_MAX, "upper threshold", place)
    lower = option_values.number(options.get("l-threshold") or "0", 0, WEIGHT_MAX, "lower threshold", place)
    if lower > upper:
        raise place.bad(f"lower threshold {lower} is above the upper one, {upper}", "-y is at most -x")
    return upper, lower


def _tunnel(options: dict[str, str | None], forward: int, place: ReaderPosition) -> Tunnel:
    given = [name for name in options if name in _TUNNEL]
    if not given:
        return IPIP
    if forward != Forward.TUNNEL:
        raise place.bad(f"{spelled(given[0])} works only with -i")
    name = options.get("tun-type") or "ipip"
    if name not in TUNNEL_NAMES:
        raise place.bad(f"{shown(name)} is not a type of tunnel", nearest(name, TUNNEL_NAMES) or "ipip, gue or gre")
    checksums = [option for option in given if option in _CHECKSUMS]
    if len(checksums) > 1:
        raise place.bad(f"{spelled(checksums[0])} and {spelled(checksums[1])} exclude each other")
    unfit = {"ipip": {"tun-port", *_CHECKSUMS}, "gue": set[str](), "gre": {"tun-port", "tun-remcsum"}}[name]
    for option in given:
        if option in unfit:
            raise place.bad(f"{spelled(option)} does not go with --tun-type {name}")
    if name == "gue" and "tun-port" not in options:
        raise place.bad("--tun-type gue needs --tun-port")
    port = (
        option_values.number(options["tun-port"] or "", 1, 65535, "tunnel port", place) if "tun-port" in options else 0
    )
    return Tunnel(TUNNEL_NAMES.index(name), port, _CHECKSUMS[checksums[0]] if checksums else 0)


def _timeouts(rest: list[str], place: ReaderPosition) -> Timeouts:
    if len(rest) != 3:
        raise place.bad("--set needs three numbers", "--set TCP TCPFIN UDP, in seconds")
    names = ("tcp timeout", "tcp_fin timeout", "udp timeout")
    return Timeouts(*(option_values.number(w, 0, PERSISTENCE_MAX, n, place) for w, n in zip(rest, names, strict=True)))


def _role(text: str | None, place: ReaderPosition) -> str:
    if text not in ("master", "backup"):
        raise place.bad(f"{shown(text)} is not a role of a sync daemon", "master or backup")
    return text


def _daemon(options: dict[str, str | None], place: ReaderPosition) -> SyncDaemon:
    role = _role(options["start-daemon"], place)

    def number(name: str, low: int, high: int) -> int:
        return option_values.number(options[name] or "", low, high, spelled(name), place) if name in options else 0

    interface = options.get("mcast-interface")
    if interface is None:
        place.warn("no --mcast-interface: understood as eth0, as ipvsadm does")
        interface = "eth0"
    if not 1 <= len(interface) <= 15 or plain(interface) != interface:
        raise place.bad(f"{shown(interface)} is not the name of an interface", "1 to 15 characters")
    group = options.get("mcast-group") or ""
    if group:
        try:
            group = address_text(address_packed(group))
        except ValueError:
            raise place.bad(f"--mcast-group {shown(group)} is not an address") from None
    return SyncDaemon(
        role,
        interface,
        number("syncid", 0, 255),
        number("sync-maxlen", 1, 65507),
        group,
        number("mcast-port", 1, 65535),
        number("mcast-ttl", 1, 255),
    )
