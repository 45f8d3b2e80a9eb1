"""What happened in a world before it begins, as the audit log has it: how it came to be out of order."""

from __future__ import annotations

from collections.abc import Iterator

from lvstui.demo.incident import Incident
from lvstui.director.change import Change, DeleteServer, EditServer, inverse
from lvstui.director.model import RuleSet, server_text
from lvstui.director.record import DONE, SEEN, Record, Who
from lvstui.director.seen import described
from lvstui.director.spell import spell


def past(found: Incident, configured: RuleSet, now: float) -> tuple[Record, ...]:
    """The records of an incident, oldest first. `now`: seconds of the epoch when the world begins."""
    records = [*_drained(found, configured, now), *_failed(found, configured, now)]
    return tuple(sorted(records, key=lambda record: record.epoch))


def _failed(found: Incident, configured: RuleSet, now: float) -> Iterator[Record]:
    for key, entry in configured.rules.items():
        for server in entry.servers:
            if server.address in found.down:
                change = DeleteServer(key, server)
                title = described(change, configured)
                yield _record(found, change, configured, now - found.down_for, Who(), "keepalived?", title, SEEN)


def _drained(found: Incident, configured: RuleSet, now: float) -> Iterator[Record]:
    for (key, server), hand in found.by_hand.items():
        change = EditServer(key, configured.rules[key].servers[server]._replace(weight=hand.weight))
        who = Who(hand.by, "root", hand.by)
        title = f"{'weight of' if hand.weight else 'drain'} {server_text(server)}"
        made = _record(found, change, configured, now - hand.ago, who, "console", title, DONE)
        yield made._replace(reason=hand.reason)


def _record(
    found: Incident, change: Change, rules: RuleSet, at: float, who: Who, source: str, title: str, result: str
) -> Record:
    command = f"ipvsadm {spell(change)}"
    undo = inverse(change, rules)
    return Record(at, who, found.host, "", source, title, command, result, change=change, inverse=undo)
