"""A director in memory that refuses what it is told to, changes behind one's back, and counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lvstui.director.change import Change, apply, apply_all
from lvstui.director.errors import LvsError, Refused
from lvstui.director.model import RuleSet, Timeouts
from lvstui.director.plan import plan
from lvstui.director.remarks import Remark
from lvstui.director.source import UNNAMED, Outcome, Purpose, Scope
from lvstui.director.state import Counters, PoolRows, Rates, ServerReading, ServiceReading, ServiceRows, State
from lvstui.formats import ipvsadm
from lvstui.formats.contents import contents_of
from lvstui.verbs.verb import Verb


class Fake:
    """`refuses` says which changes the kernel refuses, by their number from 0; `meanwhile` is done before each read
    but the first; `broken` makes the send of that number fail as a whole."""

    def __init__(self, text: str = "", timeouts: Timeouts = Timeouts(900, 120, 300)) -> None:  # noqa: B008
        empty = RuleSet(timeouts=timeouts, sync=())
        self.rules = apply_all(plan(empty, ipvsadm.read(text)[0]), empty)  # as a kernel has it: all is stated
        self.refuses: Callable[[int], bool] = lambda number: False
        self.meanwhile: Callable[[RuleSet], RuleSet] = lambda rules: rules
        self.broken: int | None = None
        self.unknown: frozenset[str] = frozenset()
        self.read_only = ""
        self.sysctls: dict[str, int] = {}
        self.sent: list[Change] = []
        self.sends = 0
        self.scopes: list[Scope] = []

    def read(self, scope: Scope) -> State:
        if self.scopes:
            self.rules = self.meanwhile(self.rules)
        self.scopes.append(scope)
        services = [ServiceReading(entry.service, Counters(9), Rates(1.5)) for entry in self.rules.rules.values()]
        pools = {
            key: PoolRows(
                1.0, [ServerReading(server, 5, 2, 0, Counters(3), Rates(0.5)) for server in entry.servers.values()]
            )
            for key, entry in self.rules.rules.items()
        }
        return State(
            at=1.0,
            taken=1795402386.0,
            host="lvs1",
            kernel="6.1",
            services=ServiceRows(services),
            pools=pools,
            timeouts=self.rules.timeouts,
            sync=self.rules.sync,
            unknown=self.unknown,
            read_only=self.read_only,
            sysctls=self.sysctls,
        )

    def send(self, changes: Sequence[Change], purpose: Purpose = UNNAMED) -> tuple[Outcome, ...]:
        self.sends += 1
        if self.broken == self.sends:
            raise LvsError("netlink", "no answer")
        outcomes = []
        for change in changes:
            number = len(self.sent)
            self.sent.append(change)
            if self.refuses(number):
                outcomes.append(Outcome(change, Refused("ipvsadm", "scheduler foo is not available", "modprobe", 2)))
            else:
                self.rules = apply(change, self.rules)
                outcomes.append(Outcome(change))
        return tuple(outcomes)

    def close(self) -> None:
        pass

    @property
    def text(self) -> str:
        return "".join(ipvsadm.write(contents_of(self.rules)))


def done(verb: Verb) -> tuple[int, str, list[Remark]]:
    """Runs a verb: exit code, text, remarks."""
    text = ""
    remarks: list[Remark] = []
    while True:
        try:
            part = next(verb)
        except StopIteration as end:
            return end.value, text, remarks
        if isinstance(part, Remark):
            remarks.append(part)
        else:
            text += part if isinstance(part, str) else f"{part.text}\n"


def printed(verb: Verb) -> tuple[int, str, list[str]]:
    """The same with the remarks as they are printed."""
    code, text, remarks = done(verb)
    return code, text, [*map(str, remarks)]
