"""View 5: the doctor's findings, a row for each, and one finding with all its details."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

from lvstui.director.model import server_text, service_text
from lvstui.director.state import State
from lvstui.doctor.diagnosis import Diagnosis
from lvstui.doctor.finding import CRITICAL, SEVERITIES, WARNING, Finding
from lvstui.doctor.registry import TRIED
from lvstui.values import NamedTuple
from lvstui.views.column import TEXT, Column, ColumnSet, Row
from lvstui.views.doctor import clock, since
from lvstui.views.dropping import ranked
from lvstui.views.filter import hides
from lvstui.views.grid_view import FactLines
from lvstui.views.look import Look, keeps
from lvstui.views.number import count
from lvstui.views.operator_names import NO_NAMES, OperatorNames
from lvstui.views.place import Place
from lvstui.views.sheet import sentence

COLUMNS = ranked(
    (
        Column("severity", "severity", 9, right=False, kind=TEXT),
        Column("since", "since", 12, right=False, kind=TEXT),
        Column("where", "where", 21, right=False, kind=TEXT),
        Column("what", "what", 30, right=False, kind=TEXT, grows=True),
    ),
    "doctor",
)
_TONES = {CRITICAL: "down", WARNING: "warn"}
_SIGNS = {CRITICAL: "▼", WARNING: "~"}
_MARGINS = 12
"""The cells of a line that are not its text: the label and the margins."""
_LEAST, _MEASURED = 8, 100
"""The least cells of the column "where", and the findings of which it takes the longest."""
_READABLE = 100
"""The most letters in a line, however wide the screen is."""


class FindingKey(NamedTuple):
    """The identity of a finding, from one diagnosis to the next."""

    id: str
    subject: str


class FindingsView:
    """The findings as a Look wants them, the worst first. `muted`: those that this console does not show. Services and
    servers have their names; one finding has the addresses too."""

    complaint = ""

    def __init__(
        self,
        diagnosis: Diagnosis | None,
        look: Look,
        muted: frozenset[tuple[str, str]] = frozenset(),
        names: OperatorNames = NO_NAMES,
    ) -> None:
        self._diagnosis = diagnosis
        self._names = names
        self._filter = look.filter
        unmuted = (
            [finding for finding in diagnosis.findings if finding.identity not in muted]
            if diagnosis is not None
            else []
        )
        passing = [finding for finding in unmuted if keeps(_searched(finding, names), look.filter)]
        self._findings: Sequence[Finding] = passing[::-1] if look.reverse else passing
        longest = max((len(_named(finding.subject, names)) for finding in self._findings[:_MEASURED]), default=0)
        self.columns = tuple(
            column._replace(width=min(column.width, max(_LEAST, longest))) if column.key == "where" else column
            for column in COLUMNS
        )
        self.sets = (ColumnSet("findings", self.columns),)

    def __len__(self) -> int:
        return len(self._findings)

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        if self._diagnosis is None:
            return "nothing has been examined yet"
        if any(self._diagnosis.findings):
            return hides(self._filter, "finding") if self._filter else "every finding is muted here"
        return f"no findings: {count(self._diagnosis.passed, 'check')} passed"

    def key(self, index: int) -> FindingKey:
        return FindingKey(*self._findings[index].identity)

    def place(self, key: Hashable) -> int | None:
        return next((n for n, finding in enumerate(self._findings) if FindingKey(*finding.identity) == key), None)

    def row(self, index: int) -> Row[FindingKey]:
        finding, diagnosis = self._findings[index], self._diagnosis
        now = diagnosis.at if diagnosis is not None else 0.0
        began = clock(diagnosis.began, now) if diagnosis is not None else ""
        when = (
            clock(finding.since, now)
            if finding.since is not None
            else f"<{began[:5] if began[2:3] == ':' else began[:6]}"
        )
        tone = _TONES.get(finding.severity, "")
        cells = (
            SEVERITIES[finding.severity],
            when,
            _named(finding.subject, self._names),
            _named(finding.text, self._names),
        )
        return Row(
            self.key(index), cells, tones={"severity": tone} if tone else {}, sign=_SIGNS.get(finding.severity, "")
        )


class FindingView(FactLines):
    """One finding, line by line: seen, risk, do, keys, then."""

    columns = (
        Column("label", "", 6, right=False, kind=TEXT),
        Column("value", "", 60, right=False, kind=TEXT, grows=True),
    )
    sets = (ColumnSet("finding", columns),)

    def __init__(
        self, diagnosis: Diagnosis | None, key: FindingKey, width: int, names: OperatorNames = NO_NAMES
    ) -> None:
        """`width`: cells of a line. What was seen and what to type keep their addresses."""
        finding = find(diagnosis, key)
        letters = min(width - _MARGINS, _READABLE)
        lines = _lines(finding, diagnosis, letters, names) if finding is not None and diagnosis is not None else ()
        super().__init__(key, list(lines))

    @property
    def empty(self) -> str:
        """The text that is shown when there is no row."""
        return "this finding is gone"


def find(diagnosis: Diagnosis | None, key: FindingKey) -> Finding | None:
    """The finding of a key, None when it is gone."""
    every = diagnosis.findings if diagnosis is not None else ()
    return next((finding for finding in every if finding.identity == tuple(key)), None)


def place(finding: Finding, state: State) -> Place | None:
    """The row of the real server that a finding is about, None if it is not about one."""
    pool = state.servers(finding.service) if finding.service is not None else None
    named = finding.subject.split(" ")[0]
    keys = (server.key for server in (pool.servers() if pool is not None else ()) if server_text(server.key) == named)
    return next((Place(finding.service, server_key) for server_key in keys if finding.service is not None), None)


def title(finding: Finding, diagnosis: Diagnosis, names: OperatorNames = NO_NAMES) -> str:
    """`web1  10.0.0.5:80  since 02:41:07  [full]`"""
    name = _named(finding.subject, names)
    called = f"{name}  " if name != finding.subject else ""
    return f"{called}{finding.subject}  {since(finding, diagnosis)}  [{finding.id}]"


def _named(text: str, names: OperatorNames) -> str:
    if not names.names:
        return text
    from lvstui.views.named import named  # not for the first frame

    return named(text, names)


def _searched(finding: Finding, names: OperatorNames) -> str:
    """The text that a filter is compared with: the sentence with addresses, and with names."""
    return f"{SEVERITIES[finding.severity]} {finding.id} {finding.sentence} {_named(finding.sentence, names)}"


def _lines(finding: Finding, diagnosis: Diagnosis, width: int, names: OperatorNames) -> Iterator[tuple[str, str, str]]:
    yield from _wrapped("what", _named(finding.text, names), _TONES.get(finding.severity, ""), width)
    for number, evidence in enumerate(finding.seen):
        yield from _wrapped("" if number else "seen", str(evidence), "", width)
    if finding.risk:
        yield from _wrapped("risk", _named(finding.risk, names), "", width)
    for number, command in enumerate(finding.do):
        yield from _wrapped("" if number else "do", command, "", width)
    opens = f"Enter opens {service_text(finding.service)}" if finding.service is not None else ""
    if opens or finding.here:
        keys = "; there ".join(filter(None, (opens, finding.here)))
        yield from _wrapped("keys", _named(keys, names), "", width)
    stands = "it stays until the same is probed again" if finding.id in TRIED else ""
    yield "then", stands or "the finding goes away by itself when it is fixed", ""
    if diagnosis.unjudged.get(finding.id):
        yield "but", diagnosis.unjudged[finding.id], ""


def _wrapped(label: str, text: str, tone: str, width: int) -> Iterator[tuple[str, str, str]]:
    for number, part in enumerate(sentence(text, width)):
        yield "" if number else label, part, tone
