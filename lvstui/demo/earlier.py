"""What a world carried before it begins, for the half hour that a console shows: in the same closed form as what comes
later, with the servers and weights that it had then. Nothing is computed that no graph asks for."""

from __future__ import annotations

from collections.abc import Sequence

from lvstui.demo.incident import DOWN, WEIGHT, Incident, PastEvent, happened
from lvstui.demo.traffic import STEP, Life, Moment, changed, grown, load, server_reading, service_reading
from lvstui.director.model import Entry, Rules, ServerKey, ServiceKey


class Earlier:
    """The services of a world before it begins. Seconds are of the world: 0 is its beginning."""

    def __init__(self, configured: Rules, incident: Incident, seed: int) -> None:
        self._configured = configured
        self._seed = seed
        self._since = incident.router.since
        self._happened: dict[ServiceKey, list[PastEvent]] = {}
        for past_event in sorted(happened(incident, configured), key=lambda event: -event.ago):
            for key in dict.fromkeys(key for key, _ in past_event.places):
                self._happened.setdefault(key, []).append(past_event)
        self._lives: dict[ServiceKey, Sequence[Life]] = {}

    def carried(self, key: ServiceKey, server: ServerKey | None, at: float) -> tuple[float, float] | None:
        """Active connections and connections per second of a service, or of one of its servers, so many seconds before
        the beginning (negative). None where it was not in the table."""
        if at >= 0 or key not in self._configured:
            return None
        carrying = self._since is None or at >= -self._since
        now = Moment(at, at, at // STEP * STEP, 1.0 if carrying else 0.0, carrying)
        life = next(period for period in reversed(self._of(key)) if period.since <= at)
        if server is None:
            return load(life, now).active, service_reading(life, now).rates.connections
        member = life.members.get(server)
        if member is None:
            return None
        reading = server_reading(life, member, now)
        return reading.active, reading.rates.connections

    def _of(self, key: ServiceKey) -> Sequence[Life]:
        """What it carried from each of its changes on, the oldest first."""
        if key not in self._lives:
            entry = self._configured[key]
            lives = [grown(entry, self._seed)._replace(since=float("-inf"))]
            for event in self._happened.get(key, ()):
                entry = _after(entry, self._configured[key], [place for of, place in event.places if of == key], event)
                at = -event.ago
                lives.append(changed(lives[-1], entry, self._seed, Moment(at, at, at // STEP * STEP)))
            self._lives[key] = lives
        return self._lives[key]


def _after(entry: Entry, configured: Entry, servers: Sequence[ServerKey], event: PastEvent) -> Entry:
    there = dict(entry.servers)
    for name in servers:
        if event.event == DOWN:
            there.pop(name, None)
        elif event.event != WEIGHT:
            there[name] = configured.servers[name]
        elif name in there:
            there[name] = there[name]._replace(weight=event.weight)
    return entry._replace(servers=there)
