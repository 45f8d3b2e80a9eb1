"""The problems of hosts, since when and why: derived from their servers in all services."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from lvstui.director.hosts import Host, HostKey, Hosts
from lvstui.director.model import ServiceKey
from lvstui.director.serving import WELL, Tally
from lvstui.views import story
from lvstui.views.number import count
from lvstui.views.place import Place
from lvstui.views.rule_words import service_name
from lvstui.views.serving import ALERT, toned
from lvstui.views.sight import Sight
from lvstui.views.since import Since
from lvstui.views.story import ServerStory
from lvstui.views.vrrp_story import stands_aside

_RANKS = {"down": 0, "alert": 1, "full": 2, "drained": 3}


def gone(tally: Tally | None, key: HostKey) -> list[ServiceKey]:
    """The services in which keepalived has a host and the table does not, one entry for each of its servers."""
    if tally is None or not tally.ill.get(key, WELL).gone:
        return []
    return [
        of
        for of, served in sorted(tally.odd.items())
        for server in served.gone
        if HostKey(server.family, server.address) == key
    ]


class Troubles:
    """The problems of the hosts of one sweep. Those of a host are computed when it is shown. `aside`: why this director
    does not serve, where it is not meant to."""

    def __init__(self, sight: Sight, hosts: Hosts) -> None:
        self._sight = sight
        self._hosts = hosts
        self._stories: dict[HostKey, list[ServerStory]] = {}
        self.aside = stands_aside(sight.state, sight.events)

    @cached_property
    def _ill(self) -> dict[HostKey, list[Place]]:
        """The servers that are down, out, removed and full, by host."""
        by_host: dict[HostKey, list[Place]] = {}
        for key, served in self._sight.tally.odd.items() if self._sight.tally is not None else ():
            for server in served.ill:
                by_host.setdefault(HostKey(server.family, server.address), []).append(Place(key, server))
        return by_host

    @cached_property
    def drifting(self) -> dict[HostKey, str]:
        """How the servers of hosts differ from what keepalived programmed, in a few words."""
        by_host: dict[HostKey, str] = {}
        drifts = self._sight.around.drifts
        for key, several in drifts.by_service.items() if drifts is not None else ():
            for drift in several:
                if drift.server is not None:
                    host = HostKey(drift.server.family, drift.server.address)
                    by_host.setdefault(host, f"{drift.brief} in {self._service(key)}")
        return by_host

    def of(self, host: Host) -> list[ServerStory]:
        """The servers of a host that are not well, the worst first."""
        if host.key not in self._stories:
            places = dict.fromkeys((*self._ill.get(host.key, ()), *self._drained(host)))
            telling = (story.server(self._sight, place) for place in places)
            ill = [told_of for told_of in telling if told_of is not None and told_of.tone in _RANKS]
            self._stories[host.key] = sorted(ill, key=lambda story: _RANKS[story.tone])
        return self._stories[host.key]

    def _drained(self, host: Host) -> Iterator[Place]:
        """Its servers at weight 0."""
        if host.live == len(host.places):
            return
        for number in dict.fromkeys(host.places):
            key = self._hosts.keys[number]
            pool = self._sight.state.servers(key)
            for server in pool.servers() if pool is not None else ():
                if not server.weight and HostKey(server.key.family, server.key.address) == host.key:
                    yield Place(key, server.key)

    def tone(self, word: str) -> str:
        """The tone of the state of a host. Where this director is not meant to serve, a host that has left its table is
        no failure."""
        return ALERT if word == "gone" and self.aside else toned(word)

    def moment(self, host: Host) -> Since | None:
        """Since when a host is in its state: if all its servers are down, since the last of them went down, else since
        the first did."""
        telling = self.of(host)
        worst = [told_of for told_of in telling if told_of.tone == telling[0].tone]
        if not worst:
            return None
        epochs = [trouble.since.epoch for trouble in worst if trouble.since.epoch is not None]
        if len(epochs) < len(worst):
            return next(trouble.since for trouble in worst if trouble.since.epoch is None)
        whole = len(telling) >= len(host.places)
        pick = max if whole else min
        return pick((trouble.since for trouble in worst), key=lambda since: since.epoch or 0.0)

    def since(self, host: Host) -> str:
        """The same for a cell."""
        when = self.moment(host)
        return when.cell(self._sight.state.taken) if when is not None else ""

    def epoch(self, host: Host) -> float | None:
        """The same to sort by."""
        when = self.moment(host)
        return when.epoch if when is not None else None

    def why(self, host: Host) -> str:
        """The reason in a few words. If something happened in one of several services, that service is named."""
        telling = self.of(host)
        if not telling:
            return self.drifting.get(host.key, "" if host.places else self.aside)
        first = telling[0]
        alike = [told_of for told_of in telling if told_of.tone == first.tone]
        where = f" in {self._service(first.place.service)}" if len(alike) == 1 and len(host.places) > 1 else ""
        return f"{self._short(first)}{where}"

    def _short(self, telling: ServerStory) -> str:
        if telling.word == "full":
            return f"limit of {telling.cells.server.upper}"  # how many there are moves with every tick
        if telling.word in ("drained", "draining"):
            _, quote, reason = telling.why.partition('"')
            return reason.rstrip('"') if quote else "weight 0"
        return telling.why.partition("; ")[0]

    def whole(self, host: Host, most: int = 2) -> list[str]:
        """The reasons in sentences; equal ones are said once."""
        sentences: dict[str, list[ServerStory]] = {}
        for trouble in self.of(host):
            sentences.setdefault(trouble.why or trouble.word, []).append(trouble)
        lines = []
        for words, tellings in sentences.items():
            places = ", ".join(self._service(telling.place.service) for telling in tellings[:3])
            rest = f" and {len(tellings) - 3} more" if len(tellings) > 3 else ""
            lines.append(f"{places}{rest}: {words}")
        if not lines and not host.places and self.aside:
            lines.append(self.aside)
        elif not lines and host.key in self.drifting:
            lines.append(f"{self.drifting[host.key]}; C says what becomes of it")
        return lines[:most] + ([f"and {count(len(lines) - most, 'other reason')}"] if len(lines) > most else [])

    def _service(self, key: ServiceKey) -> str:
        return self._sight.around.names.service(key) or service_name(key)
