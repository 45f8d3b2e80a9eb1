"""A State as JSON: the shape of a snapshot, with everything that was read around the rules. A value that is not known
is null, and `unknown` gives the reason, once for each name. docs/snapshot.md describes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from lvstui.director.checks.verdicts import ServiceVerdicts, service_verdicts
from lvstui.director.model import IPIP, IPV4, Forward, RuleSet, ServiceKey, server_text, service_text
from lvstui.director.serving import Tally, tallied
from lvstui.director.state import State, Vrrp
from lvstui.formats.contents import contents_of, header_of
from lvstui.formats.document import TomlTable, server_table, service_table
from lvstui.formats.json import encoded, head_table, lay_out
from lvstui.values import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lvstui.director.drift.drift import Drift
    from lvstui.director.keepalived_state import KeepalivedState

NOBODY = "nobody"
"""The owner of a table that is only written by hand."""


def write_readings(
    state: State, settled: Callable[[ServiceKey], bool] = lambda key: False, sure: bool = True, unsettled: str = ""
) -> Iterator[str]:
    """The text in chunks. `settled`: whether keepalived's report is newer than a service's servers; `sure`: whether its
    loaded configuration was read after the last change of the table; `unsettled`: why its check results are not known
    for every service, where it was asked."""
    head = head_table(contents_of(RuleSet(timeouts=state.timeouts, sync=state.sync), header_of(state)))
    unknown = dict.fromkeys(sorted(state.unknown), state.read_only or "not available from this source")
    tally = tallied(state, settled=settled, sure=sure)
    head["director"] = _director(state, tally, unknown)
    for name in ("timeouts", "sync"):
        if name not in head:
            head[name] = None
            unknown[name] = state.read_only or "it was not read"
    if state.keeping is not None:
        head["drift"] = _drift(state, state.keeping, settled, unknown) if sure else None
        if not sure:
            unknown["drift"] = "keepalived has just loaded its configuration, or the table has just changed: ask again"
    elif state.owner == "keepalived":
        head["drift"] = None
        unknown["drift"] = state.vrrp.unread or state.vrrp.trouble or "keepalived's configuration was not read"
    if unsettled:
        unknown["check"] = unsettled
    head["unknown"] = [{"value": name, "why": why} for name, why in unknown.items()]
    yield from lay_out(head, _services(state, tally, settled, sure))


def _drift(
    state: State, keeping: KeepalivedState, settled: Callable[[ServiceKey], bool], unknown: dict[str, str]
) -> list[TomlTable] | None:
    """The drifts, with what will become of each."""
    if state.unknown or keeping.effective is None:
        poor = "not all of the rules can be read from this source" if state.unknown else ""
        unknown["drift"] = poor or keeping.trouble or "its configuration is not known"
        return None
    from lvstui.director.drift.all import drifts
    from lvstui.director.state import rules_of

    return [drift_table(drift) for drift in drifts(rules_of(state), keeping, settled)]


def drift_table(drift: Drift) -> TomlTable:
    """A drift as data: `service` and `server` are null where it concerns none."""
    return {
        "service": service_text(drift.service) if drift.service is not None else None,
        "server": server_text(drift.server) if drift.server is not None else None,
        "kind": drift.kind,
        "words": drift.words,
        "fate": drift.fates._asdict(),
    }


def _director(state: State, tally: Tally, unknown: dict[str, str]) -> TomlTable:
    table: TomlTable = {
        "read_only": state.read_only or None,
        "owner": NOBODY if state.owner == "" else state.owner,
        "notes": list(state.notes),
        "ip_vs": {"version": state.version, "table_size": state.table_size} if state.version else None,
        "vrrp": _vrrp(state.vrrp, unknown),
        "live": tally.live if state.load is not None else None,
        "configured": tally.configured if state.load is not None else None,
        "down": len(tally.down) if state.load is not None else None,
        "degraded": len(tally.degraded) if state.load is not None else None,
        "load": state.load._asdict() if state.load is not None else None,
        "rates": state.traffic._asdict() if state.traffic is not None else None,
        "sysctls": dict(sorted(state.sysctls.items())) or None,
    }
    if state.owner is None:
        unknown["director.owner"] = "the processes were not searched, or may not be inspected"
    for name in ("live", "configured", "down", "degraded"):
        if table[name] is None:
            unknown[f"director.{name}"] = tally.why if state.load is not None else "the servers were not read"
    if tally.why:
        unknown["service.configured"] = tally.why
    for name in ("ip_vs", "load", "rates", "sysctls"):
        if table[name] is None:
            unknown[f"director.{name}"] = "there is no such file here, or this source has none"
    return table


def _vrrp(vrrp: Vrrp, unknown: dict[str, str]) -> TomlTable:
    def because(otherwise: str) -> str:
        return vrrp.unread or vrrp.trouble or otherwise

    if vrrp.keepalived is None:
        unknown["director.vrrp.keepalived"] = because("the processes were not searched, or may not be inspected")
    if vrrp.held is None:
        unknown["director.vrrp.held"] = because("the network interfaces were not read")
    if not vrrp.role:
        nothing = "no virtual address is here, and no keepalived reports a role"
        unknown["director.vrrp.role"] = because(unknown.get("director.vrrp.held", nothing))
    reported = bool(vrrp.instances) or (vrrp.keepalived is not None and not vrrp.unread and not vrrp.trouble)
    if not reported:
        unknown["director.vrrp.instances"] = because("no source reports them")
    if not all(standing.state for standing in vrrp.instances):
        unknown["director.vrrp.instances.state"] = because("neither the addresses nor keepalived show it")
    return {
        "role": vrrp.role or None,
        "held": list(vrrp.held) if vrrp.held is not None else None,
        "keepalived": vrrp.keepalived,
        "source": vrrp.source or None,
        "instances": [
            {
                "name": standing.instance.name,
                "state": standing.state or None,
                "addresses": [
                    {"address": _text(address.address), "here": there}
                    for address, there in zip(standing.instance.carried, standing.present, strict=True)
                ],
            }
            for standing in vrrp.instances
        ]
        if reported
        else None,
    }


def _text(address: bytes) -> str:
    from lvstui.director.model import address_text

    return address_text(address)


def _services(
    state: State, tally: Tally, settled: Callable[[ServiceKey], bool], sure: bool
) -> Iterator[tuple[str, Iterator[str]]]:
    unknown = state.unknown
    for service, counters, rates in state.services:
        table = service_table(service)
        table |= dict.fromkeys(name for name in ("flags", "engine") if name in unknown)
        if "persistence" in unknown and service.persistence is not None:
            table["persistence"] = None
        if "family" in unknown and service.key.fwmark and service.key.family == IPV4:
            table["family"] = None
        table |= _numbers(counters, rates, unknown)
        table |= _live(state, service.key, tally)
        verdicts = _verdicts_of(state, service.key, settled, sure)
        if verdicts is not None:
            table["quorum_lost"] = verdicts.quorum or None
            table["out"] = [
                server_table(server) | {"check": verdicts.verdicts[server.key].words} for server in verdicts.out
            ]
        yield encoded(table), map(encoded, _servers(state, service.key, verdicts))


def _live(state: State, key: ServiceKey, tally: Tally) -> TomlTable:
    """How many of its servers take new connections, and of how many; null where that is not known."""
    pool, served = state.pools.get(key), tally.of(key)
    if pool is None:
        return {"live": None, "configured": None}
    servers = len(pool)
    if served is not None:
        return {"live": served.live, "configured": served.configured}
    return {"live": servers, "configured": None if tally.why else servers}


def _verdicts_of(
    state: State, key: ServiceKey, settled: Callable[[ServiceKey], bool], sure: bool
) -> ServiceVerdicts | None:
    pool = state.pools.get(key)
    if state.keeping is None or pool is None:
        return None
    return service_verdicts(key, pool.servers(), state.keeping, settled(key), sure)


def _servers(state: State, key: ServiceKey, verdicts: ServiceVerdicts | None) -> Iterator[TomlTable]:
    unknown = state.unknown
    for server, active, inactive, persistent, counters, rates in state.pools.get(key) or ():
        table = server_table(server) | {"active": active, "inactive": inactive}
        table["persistent"] = None if "counters" in unknown else persistent
        if "thresholds" in unknown:
            table["upper"] = table["lower"] = None
        if "tunnel" in unknown and server.forward == Forward.TUNNEL and server.tunnel == IPIP:
            table["tunnel"] = None
        if verdicts is not None:
            table["check"] = verdicts.verdicts[server.key].words
        yield table | _numbers(counters, rates, unknown)


def _numbers(counters: Any, rates: Any, unknown: frozenset[str]) -> TomlTable:
    if "counters" in unknown:
        return {"counters": None, "rates": None}
    return {"counters": counters._asdict(), "rates": rates._asdict()}
