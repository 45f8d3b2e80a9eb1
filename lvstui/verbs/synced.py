"""--do 'sync check': whose connections this director knows."""

from __future__ import annotations

from lvstui.director.remarks import Remark
from lvstui.director.source import Source, probes
from lvstui.director.state import State
from lvstui.director.sync.connections import report
from lvstui.director.sync.daemons import findings
from lvstui.verbs.verb import Verb


def run(source: Source, state: State) -> Verb:
    """Says what a count of the connections means, and what is wrong with the daemons. Returns 1 when something is.
    Raises NotDone, Unavailable."""
    if state.vrrp.keepalived and not state.vrrp.role:
        yield Remark("VRRP", 0, "how this director stands is not known yet: nothing is judged by it")
    lines = report(probes(source).origins(), state)
    grave = [one for one in findings(state) if one.grave]
    for finding in grave:
        yield f"finding: {finding.role} daemon: {finding.text}\n"
    for line in lines:
        yield f"{line.text}\n"
    return 1 if grave or lines[0].tone == "down" else 0
