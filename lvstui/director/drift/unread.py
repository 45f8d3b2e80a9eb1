"""Changes in keepalived's file that it has not read yet, and the events that make it read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lvstui.director.change import stated
from lvstui.director.drift.drift import WAITING, Drift
from lvstui.director.drift.outcomes import DriftOutcomes, OutcomePredictor
from lvstui.director.drift.prediction import Trigger, configured
from lvstui.director.edits import Edit, arrows, rule_edits, service_edits
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.model import Entry, ServerKey, ServiceKey


def waiting(key: ServiceKey, keeping: KeepalivedState, fated: OutcomePredictor) -> Iterator[Drift]:
    """The differences between the file and the loaded configuration for one service."""
    loaded, file = keeping.loaded, keeping.on_disk
    if loaded is None or file is None:
        return
    old, new = loaded.rules.rules.get(key), file.rules.rules.get(key)
    if old is None or new is None:
        if old is not new:
            words = "the file adds it" if old is None else "the file no longer has it"
            yield Drift(WAITING, key, None, words, words, _applied(fated, new, whole=True))
        return
    if edits := service_edits(old.service, new.service):
        yield _changed(key, None, edits, fated, new)
    was, wanted = configured(key, loaded), configured(key, file)
    for server in sorted(was.keys() | wanted.keys()):
        first, last = was.get(server), wanted.get(server)
        if first is None or last is None:
            words = f"the file adds it, weight {last.weight}" if last is not None else "the file no longer has it"
            yield Drift(WAITING, key, server, words, words, _applied(fated, new, server))
        elif first != last:
            weights = [("weight", str(first.weight), str(last.weight))] if first.weight != last.weight else []
            yield _changed(key, server, [*weights, *rule_edits(first, stated(last, first))], fated, new)


def _changed(
    key: ServiceKey, server: ServerKey | None, edits: Sequence[Edit], fated: OutcomePredictor, new: Entry
) -> Drift:
    words = arrows(edits)
    return Drift(WAITING, key, server, f"the file says {words}", f"file: {words}", _applied(fated, new, server))


def _applied(
    fated: OutcomePredictor, new: Entry | None, server: ServerKey | None = None, whole: bool = False
) -> DriftOutcomes:
    """What each event does with a change in the file. `whole`: the change adds or removes the service."""

    def words(event: Trigger) -> str:
        then = fated.then(event)
        if new is None or then is None:
            brought = new is then
            if new is None and then is not None and event is Trigger.RELOAD and not brought and whole:
                return "is not applied: keepalived's reload leaves the service there"
        elif server is None:
            brought = then.service == new.service
            if brought and whole and not new.servers.keys() <= then.servers.keys():
                ports = sorted({name.port for name in then.servers.keys() - new.servers.keys()})
                return f"is applied, its servers at port {ports[0]}" if ports else "is applied in part"
        else:
            wanted = new.servers.get(server)
            brought = then.servers.get(server) == (stated(wanted, None) if wanted is not None else None)
        if not brought and server is not None and fated.down(server):
            return "is applied when it is up again"
        return "is applied" if brought else "waits"

    return DriftOutcomes(words(Trigger.RELOAD), words(Trigger.RESTART), "waits", "waits: the peer has its own file")
