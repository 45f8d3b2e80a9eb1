"""What --check and --metrics examine: the table twice, some seconds apart, so that the traffic in between is known, and
everything that becomes known around it meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lvstui.commands import probe_targets
from lvstui.director.daemon import KeepalivedOrder
from lvstui.director.drift.all import Drifts, followed
from lvstui.director.errors import LvsError
from lvstui.director.keepalived_state import KeepalivedState
from lvstui.director.probe import ArpAnswers, Probed, Probes, knocks
from lvstui.director.serving import KEEPALIVED, Tally, tallied
from lvstui.director.source import Notifier, Scope, Source, on_news, ordered, probes
from lvstui.director.state import State
from lvstui.director.sweeps import other_rules, swept
from lvstui.doctor.diagnosis import Diagnosis, diagnosed
from lvstui.doctor.registry import TRIED
from lvstui.doctor.thresholds import USUAL, Thresholds
from lvstui.values import NamedTuple

PROBING = 30.0
"""Seconds after which no more ports are probed."""
_TOGETHER = 8
"""Virtual addresses asked for at a time; each takes a second."""
SCOPE = Scope(sweep=True, settings=True, vrrp=True, owner=True, facts=True)
APART = 2.2
"""Seconds between the two reads: the kernel updates its counters every two."""
_PATIENCE = 6.0
"""The most seconds to wait for the VRRP state: monitoring gives a check ten."""
_LOOKS = 0.2
_ALL = 10**9


class Examined(NamedTuple):
    """A director after examination. `short`: probes that could not be made, with the reason."""

    state: State
    tally: Tally
    drifts: Drifts | None
    diagnosis: Diagnosis
    short: tuple[str, ...] = ()


def examined(
    source: Source,
    silence: Mapping[str, str],
    ask: bool = False,
    probe: bool = False,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] | None = None,
    patience: float = _PATIENCE,
    limits: Thresholds = USUAL,
    ids: Collection[str] = TRIED,
) -> Examined:
    """Examines a source and closes it. `probe`: make the probes that findings with these `ids` need. `patience`: the
    most seconds to wait for keepalived's report. Raises LvsError."""
    news = threading.Event()
    on_news(source, news.set)
    scope = SCOPE._replace(ask=ask)
    try:
        began = clock()
        state = source.read(scope._replace(examine=True))
        tally, drifts = tallied(state), followed(state)
        before = diagnosed(state, tally, drifts, None, silence, _ALL, None, limits, _ALL)
        (sleep or news.wait)(APART)
        seen, since, last = swept(state), state.rules_read, state
        while isinstance(source, Notifier) and clock() - began < patience:
            state = source.read(scope)
            if other_rules(seen, now := swept(state)):
                seen, since = now, state.rules_read
            if not _coming(state, last, since):
                break
            last = state
            news.clear()
            (sleep or news.wait)(_LOOKS)
        left = began + APART - clock()
        if left > 0:
            (sleep or time.sleep)(left)
        state = source.read(scope._replace(examine=True))
        if other_rules(seen, swept(state)):
            since = state.rules_read
        sure = _explained(state.keeping, state, since) if state.keeping is not None else None
        tally, drifts = tallied(state, tally, sure=sure), followed(state, drifts, since)
        probed, short = _tried(source, state, clock, ids) if probe else (None, ())
        diagnosis = diagnosed(state, tally, drifts, before, silence, _ALL, probed, limits, _ALL)
        return Examined(state, tally, drifts, diagnosis, short)
    finally:
        source.close()


def _tried(
    source: Source, state: State, clock: Callable[[], float], ids: Collection[str]
) -> tuple[Probed, tuple[str, ...]]:
    """The results of probing every port, asking for every virtual address and keepalived's test of its configuration,
    as far as findings with these ids need them, and what could not be probed. Raises LvsError where this source cannot
    probe."""
    tries = probes(source)
    keys = state.services.keys if "port-closed" in ids else ()
    places = [place for key in keys for place in probe_targets.of_service(key, state)]
    wanted = knocks(places, state.keeping.effective if state.keeping is not None else None)
    results, short = [], []
    until = clock() + PROBING
    under_way = tries.knock(wanted[: probe_targets.MOST])
    for result in under_way:
        results.append(result)
        if clock() >= until:
            break
    del under_way  # closes what is still open
    if len(results) < len(wanted):
        short.append(f"{len(results)} of {len(wanted)} real servers were tried")
    addresses = [] if {"arp-answered", "address-twice"}.isdisjoint(ids) else probe_targets.virtual_addresses(state)
    with ThreadPoolExecutor(_TOGETHER) as pool:
        answers = [*pool.map(partial(_who_has, tries), addresses[: probe_targets.ADDRESSES])]
    short += [answer for answer in answers if isinstance(answer, str)]
    if len(addresses) > probe_targets.ADDRESSES:
        short.append(f"{probe_targets.ADDRESSES} of {len(addresses)} virtual addresses were asked for")
    now = time.time()
    asked = [answer for answer in answers if isinstance(answer, ArpAnswers)]
    probed = Probed().with_knocked(results, now).with_answers(asked, now)
    if state.owner == KEEPALIVED and "config-test" in ids:
        try:
            probed = probed._replace(tested=(ordered(source, KeepalivedOrder.TEST), now))
        except LvsError as error:
            short.append(error.sentence)
    return probed, tuple(short)


def _who_has(tries: Probes, wanted: tuple[bytes, str]) -> ArpAnswers | str:
    """Who has an address, or why that cannot be asked."""
    try:
        return tries.who_has(*wanted)
    except LvsError as error:
        return error.sentence


def _coming(state: State, before: State, since: float) -> bool:
    """Whether more becomes known in a moment: of VRRP, and of what keepalived means with the table, which was read to
    be as it is `since` then. What has failed, and what may not be looked into, is not waited for."""
    if state.vrrp.stale:
        return False
    if state.vrrp.unread:
        return True
    if state.keeping is None:  # it is told of a read later than that all was looked at
        return state.owner == KEEPALIVED and bool(before.vrrp.unread)
    return not _explained(state.keeping, state, since) and not state.keeping.silent


def _explained(keeping: KeepalivedState, state: State, since: float) -> bool:
    """Whether what keepalived means was looked at after the rules became as they are."""
    return keeping.explains(since, gone=keeping.misses(frozenset(state.services.keys)))
