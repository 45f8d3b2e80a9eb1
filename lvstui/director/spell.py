"""Rules and Changes as ipvsadm commands, for formats, the prompt and the audit log.

Lines are byte for byte what `ipvsadm -S -n` 1.31 prints (ipvsadm.c, print_service_entry), except where that loses or
breaks the rule. There they are what `ipvsadm -R` loads: thresholds as `-x N -y N`, fwmarks of 2^31 and more unsigned,
and flag-3 of sh and mh.
"""

from __future__ import annotations

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    Flush,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import (
    CHECKSUM_NAMES,
    IPV6,
    SCTP,
    TCP,
    UDP,
    Forward,
    Server,
    Service,
    ServiceKey,
    SyncDaemon,
    endpoint_text,
    flag_names,
    netmask_text,
)

_OPTIONS = {TCP: "-t", UDP: "-u", SCTP: "--sctp-service"}
_FORWARD = ("-m", "-g", "-i", "-g", "(null)", "(null)", "(null)", "(null)")
_BARE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./-_")
"""Characters that mean nothing to a shell."""


def word(text: str) -> str:
    """A text from outside as one word of a shell: as it is where nothing in it means anything to one, else quoted. An
    empty text stays empty."""
    return text if _BARE.issuperset(text) else "'" + text.replace("'", "'\"'\"'") + "'"


def selector(key: ServiceKey) -> str:
    """The options that name a service: `-t 192.0.2.1:80`, `-f 7 -6`."""
    if key.fwmark or not key.address:
        return f"-f {key.fwmark}" + (" -6" if key.family == IPV6 else "")
    return f"{_OPTIONS.get(key.protocol, '--xxx-service')} {endpoint_text(key.address, key.port)}"


def flag_words(scheduler: str, flags: int) -> str:
    """Scheduler flags as -b takes them: `sh-fallback,sh-port`, `flag-1,flag-3`, "" for none."""
    return ",".join(name for bit, name in enumerate(flag_names(scheduler)) if flags >> bit & 1)


def service_words(service: Service) -> str:
    """A service's options after its selector: `-s wrr -p 360 -M 255.255.255.0`."""
    text = f"-s {word(service.scheduler)}"
    if service.persistence is not None:
        text += f" -p {service.persistence}"
        if service.netmask is not None:
            text += f" -M {netmask_text(service.netmask, service.key.family)}"
    if service.engine:
        text += f" --pe {word(service.engine)}"
    if service.one_packet:
        text += " -o"
    if service.flags:
        text += f" -b {flag_words(service.scheduler, service.flags)}"
    return text


def server_words(server: Server) -> str:
    """A server's options after its service's selector: `-r 10.0.0.5:80 -g -w 3`."""
    text = f"-r {endpoint_text(server.key.address, server.key.port)} {_FORWARD[server.forward]} -w {server.weight}"
    if server.forward == Forward.TUNNEL:
        kind, port, checksum = server.tunnel
        if kind == 0:
            text += " --tun-type ipip"
        elif kind == 1:
            text += f" --tun-type gue --tun-port {port} --tun-{_checksum(checksum)}"
        elif kind == 2:
            text += f" --tun-type gre --tun-{_checksum(checksum & 1)}"
    if server.upper or server.lower:
        text += f" -x {server.upper or 0} -y {server.lower or 0}"
    return text


def service_line(service: Service) -> str:
    """`-A -t 192.0.2.1:80 -s wrr`"""
    return f"-A {selector(service.key)} {service_words(service)}"


def server_line(key: ServiceKey, server: Server) -> str:
    """`-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 3`"""
    return f"-a {selector(key)} {server_words(server)}"


def spell(change: Change) -> str:  # noqa: RET503 (mypy sees that each kind is there)
    """The ipvsadm command that a Change equals, without the word ipvsadm. Edits spell every attribute, because
    ipvsadm's -E and -e reset what is not named."""
    if isinstance(change, AddService):
        return service_line(change.service)
    if isinstance(change, EditService):
        return f"-E {selector(change.service.key)} {service_words(change.service)}"
    if isinstance(change, DeleteService):
        return f"-D {selector(change.key)}"
    if isinstance(change, AddServer):
        return server_line(change.service, change.server)
    if isinstance(change, EditServer):
        return f"-e {selector(change.service)} {server_words(change.server)}"
    if isinstance(change, DeleteServer):
        return f"-d {selector(change.service)} -r {endpoint_text(change.key.address, change.key.port)}"
    if isinstance(change, SetTimeouts):
        return f"--set {change.timeouts.tcp} {change.timeouts.tcp_fin} {change.timeouts.udp}"
    if isinstance(change, StartSync):
        return f"--start-daemon {word(change.daemon.role)} {_daemon_words(change.daemon)}"
    if isinstance(change, StopSync):
        return f"--stop-daemon {word(change.role)}"
    if isinstance(change, Zero):
        return "-Z" if change.key is None else f"-Z {selector(change.key)}"
    if isinstance(change, Flush):
        return "-C"


def _checksum(flags: int) -> str:
    return CHECKSUM_NAMES[flags] if flags < len(CHECKSUM_NAMES) else CHECKSUM_NAMES[0]


def _daemon_words(daemon: SyncDaemon) -> str:
    words = f"--mcast-interface {word(daemon.interface)} --syncid {daemon.id}"
    for option, value in (
        ("--sync-maxlen", daemon.max_length),
        ("--mcast-group", word(daemon.group)),
        ("--mcast-port", daemon.port),
        ("--mcast-ttl", daemon.ttl),
    ):
        if value:
            words += f" {option} {value}"
    return words
