"""VRRP: one row for each instance, with its master; and all details of one."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Iterator

from lvstui.director.model import address_text
from lvstui.director.state import State, Vrrp
from lvstui.director.vrrp.instance_status import InstanceStatus
from lvstui.values import NamedTuple
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.dropping import ranked
from lvstui.views.filter import hides
from lvstui.views.grid_view import FactLines
from lvstui.views.look import Look, keeps
from lvstui.views.number import UNKNOWN
from lvstui.views.sheet import sentence
from lvstui.views.vrrp_story import own_sources


class InstanceKey(NamedTuple):
    """An instance, by its name."""

    name: str


COLUMNS = ranked(
    (
        Column("name", "instance", 14, right=False, kind=TEXT, help="as in keepalived.conf"),
        Column("state", "state", 8, right=False, kind=TEXT, help="by addresses; FAULT and INIT by keepalived"),
        Column("since", "within", 9, right=False, kind="", help="how long ago its last transition was"),
        Column("interface", "interface", 10, right=False, kind=TEXT, help="and its link"),
        Column("vrid", "VRID", 4, help="virtual router id"),
        Column("priority", "priority", 9, help="configured, and effective where it differs"),
        Column("addresses", "virtual addresses", 20, right=False, kind=TEXT, help="held / all"),
        Column("master", "master heard", 17, right=False, kind=TEXT, help="whose adverts are heard"),
        Column("finding", "finding", 22, right=False, kind=TEXT, help="what is wrong", grows=True),
    ),
    "vrrp",
)

_TONES = {"MASTER": "", "BACKUP": "drained", "PARTIAL": "down", "FAULT": "down"}


class InstancesView:
    """The instances as a Look wants them, in the order of the configuration unless it is sorted."""

    sets = (ColumnSet("state", COLUMNS),)
    columns = COLUMNS
    complaint = ""

    def __init__(self, state: State, look: Look) -> None:
        self._vrrp = state.vrrp
        self._now = state.taken
        self._filter = look.filter
        rows = [instance for instance in state.vrrp.instances if keeps(_text(instance), look.filter)]
        if look.sort:
            rows.sort(key=lambda standing: _sorted_by(standing, look.sort))
        self._rows = rows[::-1] if look.reverse else rows

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return nothing(self._vrrp) if not self._vrrp.instances else hides(self._filter, "instance")

    def key(self, index: int) -> InstanceKey:
        return InstanceKey(self._rows[index].instance.name)

    def place(self, key: Hashable) -> int | None:
        names = [standing.instance.name for standing in self._rows]
        return names.index(key.name) if isinstance(key, InstanceKey) and key.name in names else None

    def row(self, index: int) -> Row[InstanceKey]:
        standing = self._rows[index]
        tone = "down" if standing.findings else _TONES.get(standing.state, "")
        return Row(self.key(index), _cells(standing, self._now), tone)


def _sorted_by(standing: InstanceStatus, column: str) -> tuple[float, str]:
    """Numbers with the largest first, texts in alphabetical order; instances with a finding before those without."""
    if column == "priority":
        return -standing.instance.effective, ""
    if column == "vrid":
        return standing.instance.vrid, ""
    text = _cells(standing, 0.0)[[known_column.key for known_column in COLUMNS].index(column)]
    return 0 if text else 1, text


class InstanceView(FactLines):
    """All details of one instance, a line for each."""

    columns = (
        Column("name", "what", 16, right=False, kind=TEXT),
        Column("value", "is", 50, right=False, kind=TEXT, grows=True),
    )
    sets = (ColumnSet("state", columns),)

    def __init__(self, state: State, key: InstanceKey) -> None:
        self._name = key.name
        standing = next((each for each in state.vrrp.instances if each.instance.name == key.name), None)
        super().__init__(key, list(_wrapped(_facts(standing, state))) if standing is not None else [])

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return f"{self._name} is gone"


def told_by(vrrp: Vrrp, now: float) -> str:
    """The source of the instances, and its age in steps: `dump, under 15 s old`; `names by the configuration, states
    by addresses`; `addresses alone`; if it is stale, why. A source that is read every ten seconds stays on the first
    step."""
    stale = (f"stale ({vrrp.trouble}), " if vrrp.trouble else "stale, ") if vrrp.stale else ""
    if vrrp.source == "configuration":
        return f"{stale}names from configuration, states from addresses"
    if vrrp.reported_at is not None:
        age = now - vrrp.reported_at
        step = "15 s" if age < 15 else coarse_above(age)
        return f"{vrrp.source}, {stale}{'under ' if age < 86400 else ''}{step} old"
    return stale + (vrrp.source or "addresses alone")


def coarse_above(seconds: float) -> str:
    """The next step above an age: `10 s`, `30 s`, `1 min`..., so that a quiet screen is seldom painted."""
    for step, text in ((10, "10 s"), (30, "30 s"), (60, "1 min"), (300, "5 min"), (3600, "1 h")):
        if seconds < step:
            return text
    return "a day" if seconds < 86400 else "many days"


def nothing(vrrp: Vrrp) -> str:
    """Why there is no instance to show."""
    if vrrp.trouble:
        return vrrp.trouble
    if vrrp.keepalived:
        return "keepalived runs, but reports no VRRP instance"
    if vrrp.keepalived is False:
        held = f"; held here: {', '.join(vrrp.held)}" if vrrp.held else ""
        return f"no keepalived runs here{held}"
    return f"not known: {vrrp.unread}" if vrrp.unread else "not known"


def _text(standing: InstanceStatus) -> str:
    return " ".join((*_cells(standing, 0.0), *(address_text(a.address) for a in standing.instance.addresses)))


def _cells(standing: InstanceStatus, now: float) -> tuple[str, ...]:
    instance = standing.instance
    priority = str(instance.priority)
    if instance.effective != instance.priority:
        priority += f"->{instance.effective}"
    link = instance.interface + (" down" if standing.up is False else "")
    return (
        instance.name,
        standing.state or UNKNOWN,
        coarse_above(now - standing.since) if standing.since is not None else UNKNOWN,
        link,
        str(instance.vrid),
        priority,
        _addresses(standing),
        _master(standing),
        "; ".join(standing.findings),
    )


def _addresses(standing: InstanceStatus) -> str:
    addresses = standing.instance.carried
    if not addresses:
        return "none"
    more = ".." if len(addresses) > 1 else ""
    return f"{sum(standing.present)}/{len(addresses)} {address_text(addresses[0].address)}{more}"


def _master(standing: InstanceStatus) -> str:
    if standing.masters:
        several = len(standing.masters) > 1
        return f"{len(standing.masters)} masters" if several else address_text(standing.masters[0].source)
    if standing.masters is not None:
        return "nobody"
    return standing.instance.master or UNKNOWN


_WIDE = 61
"""The cells for a value in the narrowest terminal; a longer one continues in the next line."""


def _wrapped(facts: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    for what, value, tone in facts:
        if len(value) <= _WIDE:
            yield what, value, tone
        else:
            for number, part in enumerate(sentence(value, _WIDE)):
                yield "" if number else what, part, tone


def _facts(standing: InstanceStatus, state: State) -> list[tuple[str, str, str]]:
    instance = standing.instance
    facts = [("finding", text, "down") for text in standing.findings]
    source_text = told_by(state.vrrp, state.taken)
    if state.vrrp.stale:
        facts.append(("finding", f"stale: {state.vrrp.trouble or source_text}", "down"))
    facts.append(("state", f"{standing.state or UNKNOWN}   ({source_text})", ""))
    if state.vrrp.trouble and not state.vrrp.stale:
        facts.append(("not reported", state.vrrp.trouble, "down"))
    if standing.since is not None:
        facts.append(("since", time.strftime("%F %T", time.localtime(standing.since)), ""))
    for number, (address, there) in enumerate(zip(instance.carried, standing.present, strict=True)):
        words = f"{address_text(address.address)}/{address.prefix} dev {address.device}"
        what = "virtual address" if number < len(instance.addresses) else "excluded address"
        where = standing.where[number] if number < len(standing.where) else ""
        here = f"on {where}" if where not in ("", address.device) else "on the interface"
        facts.append((what, f"{words}   {here if there else 'not here'}", ""))
    link = {True: "up", False: "down", None: UNKNOWN}[standing.up]
    facts.append(
        ("interface", f"{instance.interface} {link}" + (f", vmac {instance.vmac}" if instance.vmac else ""), "")
    )
    version = f"VRRPv{instance.version} over IPv{instance.family}"
    facts.append(("virtual router", f"{instance.vrid}, {version}, advert every {instance.advert:g} s", ""))
    effective = f", effective {instance.effective}" if instance.effective != instance.priority else ""
    facts.append(
        ("priority", f"{instance.priority}{effective}, {'preempts' if instance.preempt else 'does not preempt'}", "")
    )
    if instance.group:
        facts.append(("sync group", instance.group, ""))
    for advert in standing.masters or ():
        mine = ", this director" if advert.source in own_sources(standing) else ""
        facts.append(("master heard", f"{address_text(advert.source)}, priority {advert.priority}{mine}", ""))
    if standing.masters is None:
        facts.append(("master heard", "not heard here: only root can hear adverts", "drained"))
    elif not standing.masters:
        facts.append(("master heard", "nobody", "drained" if standing.state == "MASTER" else "down"))
    if instance.master and standing.state == instance.state:
        facts.append(("last master", f"{instance.master}, priority {instance.master_priority}", ""))
    facts += [("unicast peer", peer, "") for peer in instance.peers]
    for tracked in instance.tracked:
        good = {True: "good", False: "failed", None: ""}[tracked.good]
        weight = f"weight {tracked.weight}" if tracked.weight else ""
        words = "   ".join(word for word in (tracked.name, weight, good) if word)
        facts.append((f"tracked {tracked.kind}", words, "down" if tracked.good is False else ""))
    if instance.transitions is not None:
        became, released = instance.transitions
        facts.append(("transitions", f"became master {became} times, ceased {released} times", ""))
    return facts
