"""Turns Changes into the commands that ask for them, for a console that cannot make a change itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    DeleteService,
    EditServer,
    EditService,
    SetTimeouts,
    StartSync,
    StopSync,
    Zero,
)
from lvstui.director.model import (
    CHECKSUM_NAMES,
    FORWARD_NAMES,
    TUNNEL_NAMES,
    Forward,
    Server,
    Service,
    SyncDaemon,
    netmask_text,
    server_text,
    service_text,
)
from lvstui.director.spell import flag_words
from lvstui.director.state import State


def spoken(changes: Sequence[Change], state: State) -> list[str]:
    """A command for each change that has one, in order: `weight tcp 192.0.2.10:80 10.0.0.5:80 3`."""
    return [text for change in changes if (text := _spoken(change, state))]


def _spoken(change: Change, state: State) -> str:
    match change:
        case AddService(service):
            return f"add service {service_text(service.key)} {service.scheduler}{_service_words(service)}"
        case EditService(service):
            return _edited(service, state)
        case DeleteService(key):
            return f"delete service {service_text(key)}"
        case AddServer(key, server):
            return f"add server {service_text(key)} {server_text(server.key)}{_server_words(server)}"
        case EditServer(key, server):
            what = f"{service_text(key)} {server_text(server.key)}"
            pool = state.servers(key)
            old = (
                next((candidate for candidate in pool.servers() if candidate.key == server.key), None)
                if pool is not None
                else None
            )
            if old is None or old._replace(weight=server.weight) != server:
                return f"edit server {what}{_server_words(server)}"
            return f"drain {what}" if old.weight and not server.weight else f"weight {what} {server.weight}"
        case DeleteServer(key, name):
            return f"delete server {service_text(key)} {server_text(name)}"
        case SetTimeouts(timeouts):
            return "timeouts {} {} {}".format(*timeouts)
        case StartSync(daemon):
            return f"sync start {daemon.role} {daemon.interface}{_daemon_words(daemon)}"
        case StopSync(role):
            return f"sync stop {role}"
        case Zero(candidate):
            return "zero all" if candidate is None else f"zero {service_text(candidate)}"
        case _:
            return ""


def _edited(service: Service, state: State) -> str:
    reading = state.services.find(service.key)
    old = reading.service if reading is not None else Service(service.key)
    if old._replace(scheduler=service.scheduler) == service:
        return f"sched {service_text(service.key)} {service.scheduler}"
    dropped = [
        word
        for word, had, has in (
            ("persist", old.persistence is not None, service.persistence is not None),
            ("mask", old.netmask is not None, service.netmask is not None),
            ("flags", bool(old.flags), bool(service.flags)),
            ("engine", bool(old.engine), bool(service.engine)),
            ("one-packet", old.one_packet, service.one_packet),
        )
        if had and not has
    ]
    # A command takes one `no` alone.
    words = f" sched {service.scheduler}{_service_words(service)}" + "".join(f" no {word}" for word in dropped[:1])
    return f"edit service {service_text(service.key)}{words}"


def _service_words(service: Service) -> str:
    text = f" persist {service.persistence}" if service.persistence is not None else ""
    text += f" mask {netmask_text(service.netmask, service.key.family)}" if service.netmask is not None else ""
    text += f" flags {flag_words(service.scheduler, service.flags)}" if service.flags else ""
    text += f" engine {service.engine}" if service.engine else ""
    return text + (" one-packet" if service.one_packet else "")


def _server_words(server: Server) -> str:
    text = f" {FORWARD_NAMES[server.forward]} weight {server.weight}"
    text += f" upper {server.upper}" if server.upper else ""
    text += f" lower {server.lower}" if server.lower else ""
    if server.forward == Forward.TUNNEL:
        kind, port, checksum = server.tunnel
        text += f" type {TUNNEL_NAMES[kind]}" if kind < len(TUNNEL_NAMES) else ""
        text += f" tunnel-port {port}" if port else ""
        text += f" checksum {CHECKSUM_NAMES[checksum]}" if checksum and checksum < len(CHECKSUM_NAMES) else ""
    return text


def _daemon_words(daemon: SyncDaemon) -> str:
    words = (
        ("id", daemon.id),
        ("maxlen", daemon.max_length),
        ("group", daemon.group),
        ("port", daemon.port),
        ("ttl", daemon.ttl),
    )
    return "".join(f" {word} {value}" for word, value in words if value)
