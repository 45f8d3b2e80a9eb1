"""What is true of a director in a story, and what is false of what is said about it. Pure: no lab is needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Said = Mapping[str, Any]
"""One record of watch.py."""
Table = Mapping[int, tuple[str, Mapping[int, int]]]
"""The kernel's table: by the last number of a service's address its scheduler, and the weights of its servers by the
last number of theirs."""

OURS, PEERS, YIELDING = 100, 50, 20
"""VRRP priorities: of this director, of its peer, and of this director while its file makes it yield."""
FOREIGN_SERVICE, FOREIGN_SERVER = 90, 99
ADDRESS, PEER = "192.0.2.254", "198.51.100.2"
"""The virtual address, and the peer's own."""


@dataclass(frozen=True, slots=True)
class Real:
    """A configured real server. `checked`: by a TCP_CHECK; `inhibits`: a failed check sets weight 0."""

    number: int
    weight: int
    checked: bool = True
    inhibits: bool = False


@dataclass(frozen=True, slots=True)
class Virtual:
    """A virtual service as the configuration has it. `numbers`: the last numbers of its addresses; more than one make
    a virtual_server_group. `sorry`: the sorry server's number, 0 for none."""

    numbers: tuple[int, ...]
    scheduler: str
    servers: tuple[Real, ...]
    quorum: int = 1
    sorry: int = 0

    def real(self, number: int) -> Real | None:
        return next((one for one in self.servers if one.number == number), None)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole keepalived.conf."""

    services: tuple[Virtual, ...]
    priority: int = OURS

    def __str__(self) -> str:
        services = []
        for one in self.services:
            marks = (
                f"{r.number}={r.weight}{'' if r.checked else ' unchecked'}{' inhibits' * r.inhibits}"
                for r in one.servers
            )
            sorry = f" sorry {one.sorry}" if one.sorry else ""
            services.append(f"{one.numbers} {one.scheduler} quorum {one.quorum}{sorry}: {', '.join(marks)}")
        return f"[priority {self.priority}; {'; '.join(services)}]"

    def of(self, number: int) -> Virtual | None:
        return next((one for one in self.services if number in one.numbers), None)


@dataclass(slots=True)
class Truth:
    """What the script knows. `loaded`: what keepalived runs with, `file`: what its file says. `answering`: the numbers
    of the servers that answer a check. `touched`: every (service, server) that a hand has changed since keepalived last
    built the table; the server is None for a service's own rule. `before`: what a hand had changed when the event began
    that is under way, which may still be said until it has taken effect. `made`: every change by a hand, as the
    service, the server (None for a service's own rule) and its weight (None where it was taken out). `link`: whether
    our interface is up; `peer`: whether the other director runs; `runs`: whether keepalived does, and `left`: whether
    one that was killed left its address here."""

    loaded: Config
    file: Config
    answering: set[int]
    touched: set[tuple[int, int | None]] = field(default_factory=set)
    before: set[tuple[int, int | None]] = field(default_factory=set)
    made: set[tuple[int, int | None, int | None]] = field(default_factory=set)
    link: bool = True
    peer: bool = True
    runs: bool = True
    left: bool = False

    def __str__(self) -> str:
        return (
            f"answering {self.answering}, touched {self.touched}, "
            f"link {self.link}, peer {self.peer}, runs {self.runs}\n"
            f"loaded {self.loaded}\nfile {self.file}"
        )

    def alive(self, real: Real) -> bool:
        return not real.checked or real.number in self.answering

    def quorum_lost(self, virtual: Virtual) -> bool:
        # keepalived lowers a quorum that all servers together do not reach (check_data.c).
        quorum = min(virtual.quorum, sum(one.weight for one in virtual.servers))
        return sum(one.weight for one in virtual.servers if self.alive(one)) < quorum

    @property
    def role(self) -> str:
        if not self.runs:
            return "MASTER" if self.left else ""
        if not self.link:
            return "FAULT"
        return "MASTER" if self.loaded.priority > PEERS or not self.peer else "BACKUP"

    @property
    def findings(self) -> list[str]:
        """What is wrong with the VRRP instance."""
        found = [f"split brain: {PEER} (priority {PEERS}) is master too"] if self.left and self.peer else []
        found += [f"keepalived is not running, and {ADDRESS} is still on v0"] if self.left else []
        return found if self.link else [*found, "v0 is down"]

    def adopts(self, table: Table) -> bool:
        """Whether a keepalived that starts over this table finds nothing in it that its predecessor has left there and
        that it would not have made itself."""
        for number, (scheduler, servers) in table.items():
            virtual = self.file.of(number)
            if virtual is None or (scheduler != virtual.scheduler and (number, None) not in self.touched):
                if virtual is None and (number, None) in self.touched:
                    continue
                return False
            for server, weight in servers.items():
                real = virtual.real(server)
                if (real is None or real.weight != weight) and not _touched(self, number, server):
                    return False
        return True

    def restarted(self) -> None:
        """keepalived has taken its services away and built them anew from its file."""
        self.loaded = self.file
        self.touched = {one for one in self.touched if self.loaded.of(one[0]) is None}


def unsettled(virtual: Virtual, number: int, table: Table) -> set[int]:
    """The servers of a service of which keepalived itself may not know that their check has failed or recovered: it
    takes no notice of it where it cannot set their weight, or add them, and it gives up at the first service of the
    group that is missing. It tries again at each check, and its log alone says so."""
    if all(one in table for one in virtual.numbers):
        return set()
    there = table[number][1]
    return {real.number for real in virtual.servers if real.checked and (real.inhibits or real.number not in there)}


def verdicts(truth: Truth, number: int, table: Table) -> dict[int, set[str]]:
    """What may be said of each server of a service: of those in the table and those that are configured."""
    virtual = truth.loaded.of(number)
    if virtual is None or number not in table or not truth.runs:
        return {}
    there = table[number][1]
    lost = truth.quorum_lost(virtual)
    found = {}
    for other in there:
        if virtual.real(other) is None:
            found[other] = {"sorry server"} if other == virtual.sorry else {"not configured"}
    open_to = unsettled(virtual, number, table)
    for real in virtual.servers:
        found[real.number] = {
            words
            for alive in ((True, False) if real.number in open_to else (truth.alive(real),))
            for out in ((True, False) if open_to else (lost,))
            for words in _of_server(alive, real, there.get(real.number), out and bool(virtual.sorry))
        }
    return found


def _of_server(alive: bool, real: Real, weight: int | None, out: bool) -> Iterator[str]:
    """`out`: keepalived has taken the servers that are up out too, for the sorry server."""
    if not alive:
        yield "down by TCP_CHECK" if not weight else "down by TCP_CHECK, serves by hand"
    elif weight is None:
        yield "out with its quorum" if out and not real.inhibits else "taken out by hand"
    elif not weight and real.weight:
        yield "weight 0 with its quorum" if out and real.inhibits else "weight 0 by hand"
    elif out:
        yield f"{'weight 0' if real.inhibits else 'out'} with its quorum, serves by hand"
    else:
        yield "up" if real.checked else "not checked"


def drifts(truth: Truth, table: Table) -> set[tuple[int, int | None]]:
    """Where the table is not as keepalived would have it now: (service, server), None for the rule itself."""
    if not truth.runs:
        return set()
    found: set[tuple[int, int | None]] = {(number, None) for number in table if truth.loaded.of(number) is None}
    for virtual in truth.loaded.services:
        for number in virtual.numbers:
            if number not in table:
                found.add((number, None))
                continue
            scheduler, there = table[number]
            if scheduler != virtual.scheduler:
                found.add((number, None))
            wanted = _wanted(truth, virtual, truth.quorum_lost(virtual))
            found |= {(number, one) for one in {*wanted, *there} if there.get(one) != wanted.get(one)}
    return found


def _wanted(truth: Truth, virtual: Virtual, lost: bool) -> dict[int, int]:
    """The weights of the servers that keepalived keeps in the table as its checks stand. `lost`: the quorum is."""
    lost = lost and bool(virtual.sorry)
    wanted = {}
    for real in virtual.servers:
        if truth.alive(real) and not lost:
            wanted[real.number] = real.weight
        elif real.inhibits:
            wanted[real.number] = 0
    if lost:
        wanted[virtual.sorry] = 1
    return wanted


def pending(truth: Truth) -> set[tuple[int, int | None]]:
    """What the file says and keepalived has not loaded: weights, which alone a story edits without a reload."""
    if not truth.runs:
        return set()
    found: set[tuple[int, int | None]] = set()
    for virtual in truth.file.services:
        for number in virtual.numbers:
            before = truth.loaded.of(number)
            old = {one.number: one.weight for one in before.servers} if before is not None else {}
            new = {one.number: one.weight for one in virtual.servers}
            found |= {(number, one) for one in {*old, *new} if old.get(one) != new.get(one)}
    return found


PARTED = " or because its group lacks a service"
PAST = (" or because its group lacked a service", " or by an earlier keepalived")
"""Said of what has stood as it is since another cause was seen that is gone."""


def _excused(truth: Truth, said: Said) -> Said:
    """What is said, without that what differs in a service may be so because its group lacks another one, where one of
    its group is missing in the table, or was when keepalived last changed the group."""

    def plain(number: int, words: str) -> str:
        virtual = truth.loaded.of(number)
        lacks = virtual is not None and any(str(one) not in said["table"] for one in virtual.numbers)
        for past in PAST:
            words = words.replace(past, "")
        return words.replace(PARTED, "") if lacks else words

    verdicts = {
        where: {
            number: {server: plain(int(number), words) for server, words in servers.items()}
            for number, servers in said[where].items()
        }
        for where in ("verdicts", "json_verdicts")
    }
    return {**said, **verdicts}


def false_at_any_time(truth: Truth, said: Said) -> list[str]:
    """What may not be said even for a moment, whatever is still under way: that a hand did what no hand did."""
    found = []
    truth = replace(truth, touched=truth.touched | truth.before)
    for number, servers in said["verdicts"].items():
        for server, words in servers.items():
            if _blames(words) and not _touched(truth, int(number), int(server)):
                found.append(f"service {number} server {server}: {words!r}, and no hand touched it")
    for drift in said["drifts"]:
        number, server = drift["service"], drift["server"]
        if _blames(drift["words"]) and not _touched(truth, number, server):
            found.append(f"drift of service {number} server {server}: {drift['words']!r}, and no hand touched it")
    for one in said["blamed"]:
        if tuple(one) not in truth.made:
            found.append(f"the audit log: {one} by someone else, and no hand did that")
    return found


def _blames(words: str) -> bool:
    """Whether it is said that a hand did it, and nothing else."""
    return "by hand" in words and not any(cause in words for cause in (PARTED, *PAST))


def _touched(truth: Truth, number: int, server: int | None) -> bool:
    return (number, server) in truth.touched or (number, None) in truth.touched


def table_of(said: Said) -> Table:
    """The table as a record has it."""
    return {
        int(number): (scheduler, {int(server): weight for server, weight in servers.items()})
        for number, (scheduler, servers) in said["table"].items()
    }


def false(truth: Truth, said: Said) -> list[str]:
    """Everything that is false of what is said, once all is quiet."""
    table = table_of(said)
    return [
        *false_at_any_time(replace(truth, before=set()), said),
        *_false_verdicts(truth, _excused(truth, said), table),
        *_false_quorums(truth, said, table),
        *_false_drifts(truth, said, table),
        *_false_role(truth, said),
        *_false_counts(truth, said, table),
    ]


def _false_verdicts(truth: Truth, said: Said, table: Table) -> Iterator[str]:
    for number in {*table, *map(int, said["verdicts"])}:
        right = verdicts(truth, number, table)
        for where in ("verdicts", "json_verdicts"):
            words = {int(server): text for server, text in said[where].get(str(number), {}).items()}
            for server in {*right, *words}:
                text, true = words.get(server), right.get(server, {None})
                if text not in true:
                    yield f"{where} of service {number} server {server}: {text!r}, true is {true}"


def _false_quorums(truth: Truth, said: Said, table: Table) -> Iterator[str]:
    for virtual in truth.loaded.services:
        for number in virtual.numbers:
            if number not in table:
                continue
            lost = truth.runs and truth.quorum_lost(virtual)
            if unsettled(virtual, number, table):
                continue
            for where in ("quorums", "json_quorums"):
                words = said[where].get(str(number))
                if bool(words) != lost or (lost and not words.startswith(f"quorum {virtual.quorum} lost")):
                    yield f"{where} of service {number}: {words!r}, true is {'lost' if lost else 'there'}"


def _false_drifts(truth: Truth, said: Said, table: Table) -> Iterator[str]:
    right, waits = drifts(truth, table), pending(truth)
    open_to = _open(truth.loaded, table)
    for where in ("drifts", "json_drifts"):
        rows: Iterable[Said] = said[where]
        for kind, wanted in (("waiting", waits), ("", right)):
            names = [(one["service"], one["server"]) for one in rows if (one["kind"] == "waiting") is bool(kind)]
            if not kind:
                names, wanted = [one for one in names if one not in open_to], wanted - open_to
            if sorted(names, key=str) != sorted(wanted, key=str):
                missing, extra = wanted.difference(names), set(names) - wanted
                yield f"{where} {kind}: not told {missing or 'none'}, told and not so {extra or 'none'}"


def _open(config: Config, table: Table) -> set[tuple[int, int | None]]:
    """The rows of which no word is false, because keepalived does not know better."""
    return {
        (number, server)
        for virtual in config.services
        for number in virtual.numbers
        if number in table and unsettled(virtual, number, table)
        for server in {real.number for real in virtual.servers} | {virtual.sorry}
    }


def _false_role(truth: Truth, said: Said) -> Iterator[str]:
    role, head = truth.role, said["head"]
    for where in ("role", "json_role"):
        if said[where] != role:
            yield f"{where}: {said[where]!r}, true is {role}"
    if f" {role or 'no keepalived'} " not in head[0]:
        yield f"masthead {head[0]!r} does not say {role}"
    if said["findings"] != truth.findings:
        yield f"findings {said['findings']}, true is {truth.findings}"


def _false_counts(truth: Truth, said: Said, table: Table) -> Iterator[str]:
    number = len(said["drifts"])
    if (f"{number} drift" in said["head"][0]) is not bool(number):
        yield f"masthead {said['head'][0]!r}, and there are {number} drifts"
    services = f" {len(table)} service{'s' if len(table) != 1 else ''} "
    if services not in f"{said['head'][1]} ":
        yield f"masthead {said['head'][1]!r} does not say{services}"
    keepers = ["keepalived", "keepalived"] if truth.runs else ["", "nobody"]
    if said["keepers"] != keepers:
        yield f"owner {said['keepers']}, true is {keepers}"


def false_in_diff(truth: Truth, now: Table, changes: Iterable[Said]) -> list[str]:
    """What is false of a `--diff` with the file of the keepalived that runs. Nobody asks keepalived there: what a check
    or a hand may have done it may leave open, and it says so."""
    told, left = set[tuple[int, int | None]](), set[tuple[int, int | None]]()
    found = []
    for one in changes:
        number, server = one["number"], one["server_number"]
        (left if one["change"] == "failed-check" else told).add((number, server))
        if _blames(one.get("drift", "")) and not _touched(truth, number, server):
            found.append(f"--diff: {one['drift']!r} of service {number} server {server}, and no hand touched it")
        if one["change"] == "failed-check" and "or hand" not in one["words"]:
            virtual = truth.loaded.of(number)
            real = virtual.real(server) if virtual is not None else None
            if virtual is not None and not truth.quorum_lost(virtual) and (real is None or truth.alive(real)):
                found.append(f"--diff: {one['words']!r} of service {number} server {server}, and its check is content")
    right = set[tuple[int, int | None]]((number, None) for number in now if truth.file.of(number) is None)
    for virtual in truth.file.services:
        for number in virtual.numbers:
            if number not in now:
                right.add((number, None))
                told -= {(number, real.number) for real in virtual.servers}
                continue
            scheduler, there = now[number]
            if scheduler != virtual.scheduler:
                right.add((number, None))
            running = truth.loaded.of(number)
            wanted = _wanted(truth, virtual, running is not None and truth.quorum_lost(running))
            right |= {(number, one) for one in {*wanted, *there} if there.get(one) != wanted.get(one)}
    open_to = _open(truth.file, now) | _open(truth.loaded, now)
    found += [f"--diff: {one} differs, and it does not" for one in sorted(told - right - open_to, key=str)]
    return found + [f"--diff: {one} is not told" for one in sorted(right - told - left - open_to, key=str)]


def false_on_screen(truth: Truth, now: Table, number: int, rows: Mapping[int, str]) -> list[str]:
    """What is false of the rows that a console shows of one service's real servers: the words of its column *check*,
    which may be cut with an ellipsis."""
    right = verdicts(truth, number, now) or {server: {""} for server in now.get(number, ("", {}))[1]}
    found = []
    for server in {*right, *rows}:
        words, true = rows.get(server), right.get(server, set())
        true |= {one.replace("by hand", f"by hand{cause}") for one in true for cause in (PARTED, *PAST)}
        true |= {f"{one}{PARTED}" for one in true if one.startswith("down by")}
        if words is None or not any(one == words or one.startswith(words.rstrip("…~") or "?") for one in true):
            found.append(f"service {number} server {server}: {words!r}, true is {true}")
    return found
