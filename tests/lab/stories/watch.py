"""Runs on a director in the lab, as a console without a screen, and prints what the console and the JSON say of it.
Each time that changes it prints one line.

    python -m tests.lab.stories.watch

keepalived is asked more often than the console asks it, so that a story need not wait ten seconds for each step.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from typing import Any

from lvstui import places
from lvstui.director.change import AddServer, Change, DeleteServer, EditServer
from lvstui.director.drift.all import Drifts, followed
from lvstui.director.model import ServerKey, ServiceKey
from lvstui.director.observed import NOT_KEPT
from lvstui.director.record import Record, Who
from lvstui.director.source import Scope, on_news
from lvstui.director.state import State
from lvstui.director.transaction import touched
from lvstui.formats.readings import write_readings
from lvstui.keepalived import monitor
from lvstui.keepalived.dump import ask
from lvstui.live import open_source
from lvstui.store.audit import Log
from lvstui.store.audited import Audited
from lvstui.views.checks import checks, settled
from lvstui.views.head import ScreenStatus, head
from lvstui.views.past import Past

SCOPE = Scope(sweep=True, vrrp=True, owner=True, ask=True, settings=True)
SELDOM, SOON = 4.0, 1.0
"""Seconds between two askings while nothing changes, and at the least."""
INTERVAL, SETTLES = 2.0, 0.2
"""Seconds between two reads without news, and at the least."""
WIDE = 200


def last(key: ServiceKey | ServerKey | None) -> int | None:
    """The last number of an address, which is how a story names things."""
    return key.address[-1] if key is not None else None


def last_of(text: str | None) -> int | None:
    """The same from `192.0.2.7:80` or `tcp 192.0.2.7:80`."""
    return int(text.rsplit(":", 1)[0].rsplit(".", 1)[1]) if text is not None else None


def said(state: State, past: Past, drifts: Drifts | None) -> dict[str, Any]:
    """What the screen and the JSON say of one State."""
    found: dict[str, Any] = {"table": {}, "verdicts": {}, "quorums": {}}
    for service, _, _ in state.services:
        number = str(last(service.key))
        pool = state.pools[service.key]
        found["table"][number] = service.scheduler, {str(last(one.key)): one.weight for one in pool.servers()}
        kept = checks(state, service.key, pool.servers(), past)
        if kept is not None:
            found["verdicts"][number] = {str(last(key)): one.words for key, one in kept.verdicts.items()}
            found["quorums"][number] = kept.quorum
    rows = [one for of in drifts.by_service.values() for one in of] if drifts is not None else []
    found["drifts"] = [
        {"service": last(one.service), "server": last(one.server), "kind": one.kind, "words": one.words} for one in rows
    ]
    found["head"] = ["".join(piece.text for piece in line) for line in head(state, ScreenStatus(drift=len(rows)), WIDE)]
    found["role"] = state.vrrp.role
    found["findings"] = [text for one in state.vrrp.instances for text in one.findings]
    found["trouble"] = state.vrrp.trouble
    sure = drifts is None or not drifts.open
    document = json.loads("".join(write_readings(state, lambda key: settled(state, key, past), sure)))
    return found | {"keepers": [state.owner, document["director"]["owner"]]} | in_json(document)


def in_json(document: dict[str, Any]) -> dict[str, Any]:
    """What a document of `--list --format json` says."""
    verdicts, quorums = {}, {}
    for service in document["service"]:
        if "out" not in service:
            continue
        number = str(last_of(f"{service['address']}:"))
        rows = (*service.get("server", ()), *service["out"])
        verdicts[number] = {str(last_of(f"{one['address']}:")): one["check"] for one in rows}
        quorums[number] = service["quorum_lost"] or ""
    return {
        "json_verdicts": verdicts,
        "json_quorums": quorums,
        "json_role": document["director"]["vrrp"]["role"] or "",
        "json_drifts": [
            {"service": last_of(one["service"]), "server": last_of(one["server"]), "kind": one["kind"]}
            for one in document.get("drift") or ()
            if one["service"] is not None
        ],
    }


def blamed(records: Iterable[Record]) -> list[list[int | None]]:
    """What the audit log says that somebody did to a server and not keepalived: service, server, and its weight then,
    None where it was taken out; and to a service, whose server and weight are None."""
    return [_made(one.change) for one in records if one.source == NOT_KEPT and one.change is not None]


def _made(change: Change) -> list[int | None]:
    match change:
        case AddServer(key, server) | EditServer(key, server):
            return [last(key), last(server.key), server.weight]
        case DeleteServer(key, name):
            return [last(key), last(name), None]
    (service,) = touched([change])
    return [last(service), None, None]


def main() -> None:
    ask.SELDOM = monitor._ASK = monitor._LOOK = SELDOM
    ask.SOONEST, monitor._LATER = SOON, 0.05
    log, past, drifts, before = Log(places.table_paths().folder, system=False), Past(), None, ""
    source = Audited(open_source(), log, Who("watch"), "console", "", watching=True)
    news = threading.Event()
    on_news(source, news.set)
    while True:
        news.clear()
        state = source.read(SCOPE)
        past.see(state, state.services.keys)
        drifts = followed(state, drifts)
        text = json.dumps(said(state, past, drifts) | {"blamed": blamed(log.latest())})
        if text != before:
            print(text, flush=True)
            before = text
        time.sleep(SETTLES)
        news.wait(INTERVAL)


if __name__ == "__main__":
    main()
