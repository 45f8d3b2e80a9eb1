"""The text above and beside the rows of a sample: how much of the connection table was read, and its summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lvstui.values import NamedTuple
from lvstui.views.connection_fields import CLIENTS, SERVERS, STATES, Texts, about, percent
from lvstui.views.connections import GroupKey, group_text
from lvstui.views.head import Line, Piece
from lvstui.views.number import count, short
from lvstui.views.times import moment

if TYPE_CHECKING:
    from lvstui.director.connection_summary import ConnectionSummary, RowGroup


class SampleReading(NamedTuple):
    """The console's read of the table. `under_way`: a read is in progress; `trouble`: why the read failed; `more`: more
    rows can be requested."""

    summary: ConnectionSummary | None = None
    under_way: bool = False
    trouble: str = ""
    more: bool = True


UNSAMPLED = SampleReading()


def heading(key: GroupKey, texts: Texts) -> str:
    """`connections > web1:80 in shop`"""
    where_ = f" in {texts.service(key.of[0])}" if key.kind == SERVERS else ""
    what = {CLIENTS: "from ", STATES: "in state "}.get(key.kind, "to ")
    return f"connections > {what}{group_text(key, texts)}{where_}"


def over(
    reading: SampleReading,
    shown: ConnectionSummary | None,
    now: float,
    width: int,
    expires: int | None = None,
    serving: bool = True,
) -> list[Line]:
    """How many rows were read, how much of the table that is, and a summary of them. `expires`: the kernel's switch
    expire_nodest_conn; `serving`: packets arrive here, which they do not on a backup."""
    if reading.summary is None or shown is None:
        if reading.trouble:
            return [(Piece(f" not read: {reading.trouble}", "alert"),)]
        return [(Piece(" the connection table is being read" if reading.under_way else " nothing was read", "dim"),)]
    sample, known = reading.summary.sample, reading.summary.kernel_counts
    lines: list[Line] = []
    if reading.trouble:
        lines.append((Piece(f" not read again: {reading.trouble}", "alert"),))
    lines.append((Piece(f" {extent(reading.summary, now)}"), Piece(_also(reading), "dim")))
    active, inactive, persistent = known.parts
    if known.total is not None and not sample.whole:
        words = f" the kernel counts {short(active)} active, {short(inactive)} inact, {short(persistent)} persistent"
        lines.append((Piece(words, "dim"), Piece("; below: the sample", "dim")))
    if line := _in_brief(shown, shown is not reading.summary, width - 1):
        lines.append((Piece(f" {line}", "dim"),))
    if serving and (lost := sum(len(group.rows) for group in shown.by_server if _lost(group, reading.summary))):
        becomes = "they hang, or expire_nodest_conn ends them"
        if expires is not None:
            becomes = f"{'they end by' if expires else 'clients hang:'} expire_nodest_conn={expires}"
        words = f" {count(lost, 'sampled row')} lead{'s' if lost == 1 else ''} to no server: {becomes}"
        lines.append((Piece(words, "dim" if expires else "alert"),))
    if sample.mangled:
        lines.append((Piece(f" {count(sample.mangled, 'line')} of the table could not be understood", "alert"),))
    return lines


def _lost(group: RowGroup, summary: ConnectionSummary) -> bool:
    """Whether some connections certainly go to a server that is no longer in its service, or belong to no service."""
    return group.of not in summary.kernel_counts.servers and group.of not in summary.places.doubtful


def _in_brief(shown: ConnectionSummary, filtered: bool, width: int) -> str:
    """`41 pass ESTABLISHED 62% SYN_RECV 10% 120 templates 4.0% synced`: as many states as fit."""
    size = len(shown.connections)
    first = [f"{size:,} pass"] if filtered else []
    last = [count(len(shown.templates), "template")] if shown.templates else []
    if synced := shown.synced:
        last.append(f"{percent(synced / size)} synced")
    states: list[str] = []
    for group in shown.by_state[:6]:
        more = [*states, f"{group.of} {percent(len(group.rows) / size)}"]
        if len("   ".join((*first, *more, *last))) > width:
            break
        states = more
    return "   ".join((*first, *states, *last))


def extent(summary: ConnectionSummary, now: float) -> str:
    """`sample: 10,000 of about 1.2 million rows, 0.2 s, at 02:46:30`."""
    sample, total = summary.sample, summary.kernel_counts.total
    cost = f"{sample.seconds:.1f} s, at {moment(sample.taken, now)}"
    if sample.whole:
        return f"all {sample.seen:,} rows, {cost}"
    of = f"about {about(total)}" if total is not None else "an unknown number of"
    return f"sample: {sample.seen:,} of {of} rows, {cost}"


def _also(reading: SampleReading) -> str:
    if reading.under_way:
        return "   it is being read again"
    whole = reading.summary is not None and reading.summary.sample.whole
    return "" if whole or not reading.more else "   M reads more"
