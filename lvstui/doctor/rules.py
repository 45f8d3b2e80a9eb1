"""Findings on the rules of one service, whatever its traffic: checked once, and again when the rules change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.change import EditServer, EditService
from lvstui.director.model import Forward, Server, Service, server_text
from lvstui.director.spell import spell
from lvstui.doctor.finding import CRITICAL, WARNING, Evidence, Finding, of_service

_TABLE = "IPVS table"
_BLIND = ("rr", "lc")
"""Schedulers that use a weight only where it is 0 (ip_vs_rr.c, ip_vs_lc.c)."""
_SHOWN = 4


def unlike_ports(service: Service, servers: Sequence[Server]) -> Iterator[Finding]:
    """Direct routing or tunnel servers with another port than the service: the kernel forwards packets unchanged, so
    the port in the rule is never used."""
    if service.key.fwmark or not service.key.port:
        return
    wrong = [s for s in servers if s.forward in (Forward.ROUTE, Forward.TUNNEL) and s.key.port != service.key.port]
    if wrong:
        server = wrong[0]
        text = f"{_named(wrong)}: route and tunnel cannot change the port; packets arrive at {service.key.port}"
        seen = tuple(Evidence(f"port of {server_text(s.key)}", str(s.key.port), _TABLE) for s in wrong[:_SHOWN])
        risk = f"clients are refused unless the server listens on {service.key.port} too"
        right = server._replace(key=server.key._replace(port=service.key.port))
        do = (f"ipvsadm {spell(EditServer(service.key, right)).replace('-e ', '-a ', 1)}", _removal(service, server))
        yield of_service(
            "unlike-ports",
            WARNING,
            service.key,
            text,
            seen,
            risk,
            do,
            "a adds it with the right port, d deletes this one",
        )


def blind_scheduler(service: Service, servers: Sequence[Server]) -> Iterator[Finding]:
    """Weights that the scheduler ignores."""
    if service.scheduler not in _BLIND:
        return
    weights = [server.weight for server in servers if server.weight]
    if len(set(weights)) > 1:
        shown = "/".join(map(str, weights[:_SHOWN])) + ("/..." if len(weights) > _SHOWN else "")
        better = {"rr": "wrr", "lc": "wlc"}[service.scheduler]
        seen = (Evidence("scheduler", service.scheduler, _TABLE), Evidence("weights", shown, _TABLE))
        do = (f"ipvsadm {spell(EditService(service._replace(scheduler=better, flags=0)))}",)
        text = f"{service.scheduler} ignores its weights {shown}"
        risk = "weak servers get as much as strong ones"
        yield of_service("blind-scheduler", WARNING, service.key, text, seen, risk, do, f"s, then {better}")


def hash_refuses(service: Service, servers: Sequence[Server]) -> Iterator[Finding]:
    """sh or mh without its fallback, and a server at weight 0: clients whose hash leads there are refused (ip_vs_sh.c,
    ip_vs_mh.c). dh, which hashes the address they ask for, has no fallback (ip_vs_dh.c)."""
    drained = [server for server in servers if not server.weight]
    if service.scheduler == "dh" and drained and len(drained) < len(servers):
        text = f"dh refuses all clients of a virtual address that its hash sends to {_named(drained)}"
        do = tuple(_removal(service, server) for server in drained[:2])
        risk = "with one virtual address its clients are refused all, or none; taken out, a server gets no hash"
        seen = (Evidence("scheduler", "dh", _TABLE), *_weights(drained))
        yield of_service(
            "hash-refuses", CRITICAL, service.key, text, seen, risk, do, "d deletes it, s sets another scheduler"
        )
    name = service.scheduler
    if name not in ("sh", "mh") or service.flags & 1 or not drained or len(drained) == len(servers):
        return
    seen = (Evidence("scheduler flags", f"no {name}-fallback", _TABLE), *_weights(drained))
    do = (f"ipvsadm {spell(EditService(service._replace(flags=service.flags | 1)))}",)
    here = f"w sets a weight; Esc, then e sets {name}-fallback"
    if name == "sh":
        text = f"sh refuses the clients that its hash sends to {_named(drained)}"
        share = len(drained) / sum(max(1, server.weight) for server in servers)
        risk = f"about {share:.0%} of the clients are refused, always the same ones"
        yield of_service("hash-refuses", CRITICAL, service.key, text, seen, risk, do, here)
    else:  # its table keeps the weight from before a drain, which the kernel does not report
        text = f"mh refuses the clients that it sent to {_named(drained)} before the drain"
        risk = "always the same clients are refused; none where a server was added with weight 0"
        yield of_service("hash-refuses", WARNING, service.key, text, seen, risk, do, here)


def one_packet_nat(service: Service, servers: Sequence[Server]) -> Iterator[Finding]:
    """One-packet scheduling with NAT: no connection is kept, so a reply cannot be translated back."""
    masq = [server for server in servers if server.forward == Forward.MASQ]
    if service.one_packet and masq and not service.engine:
        text = f"one-packet scheduling with NAT: the replies of {_named(masq)} are not translated back"
        seen = (Evidence("one-packet", "on", _TABLE), Evidence("forwarding", "masq", _TABLE))
        do = (f"ipvsadm {spell(EditService(service._replace(one_packet=False)))}",)
        yield of_service(
            "one-packet-nat",
            CRITICAL,
            service.key,
            text,
            seen,
            "clients get no answer",
            do,
            "Esc, then e: one-packet off",
        )


def no_scheduler(service: Service, servers: Sequence[Server]) -> Iterator[Finding]:
    """A service that has no scheduler refuses every new connection."""
    if service.scheduler in ("", "none") and servers:
        text = "it has no scheduler, so every new connection is refused"
        seen = (Evidence("scheduler", service.scheduler or "none", _TABLE),)
        do = (f"ipvsadm {spell(EditService(service._replace(scheduler='wlc', flags=0)))}",)
        yield of_service("no-scheduler", CRITICAL, service.key, text, seen, "clients are refused", do, "s")


def _named(servers: Sequence[Server]) -> str:
    more = f" and {len(servers) - 2} more" if len(servers) > 2 else ""
    return ", ".join(server_text(server.key) for server in servers[:2]) + more


def _weights(servers: Sequence[Server]) -> tuple[Evidence, ...]:
    return tuple(Evidence(f"weight of {server_text(s.key)}", str(s.weight), _TABLE) for s in servers[:_SHOWN])


def _removal(service: Service, server: Server) -> str:
    from lvstui.director.change import DeleteServer

    return f"ipvsadm {spell(DeleteServer(service.key, server.key))}"
