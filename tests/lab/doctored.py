"""Runs on a director in the lab: the doctor, tick by tick, over the same source as the console's. Prints each diagnosis
as a line of JSON when it differs from the one before, and for each look a line of its number and when it began, in
monotonic seconds.

    python -m tests.lab.doctored [SPAN]

SPAN: seconds over which counters are compared; the console's minute would make a test wait.
"""

from __future__ import annotations

import json
import sys
import time

from lvstui.director.drift.all import followed
from lvstui.director.serving import tallied
from lvstui.director.source import Scope
from lvstui.doctor import diagnosis
from lvstui.kernel import host_facts
from lvstui.live import open_source

TICK = 0.3


def main(span: float) -> None:
    host_facts.SPAN = diagnosis.SPAN = diagnosis.REMEMBERED = span
    diagnosis.STEP = span / 4
    source = open_source()
    scope = Scope(sweep=True, settings=True, vrrp=True, owner=True, facts=True, examine=True)
    tally = drifts = before = None
    last = ""
    look = 0
    while True:
        look += 1
        began = time.monotonic()
        state = source.read(scope)
        tally, drifts = tallied(state, tally), followed(state, drifts)
        before = diagnosis.diagnosed(state, tally, drifts, before)
        found = [
            {
                "id": one.id,
                "severity": one.severity,
                "subject": one.subject,
                "text": one.text,
                "seen": [str(evidence) for evidence in one.seen],
                "do": one.do,
            }
            for one in before.findings
        ]
        line = json.dumps({"findings": found, "unjudged": dict(before.unjudged), "passed": before.passed})
        if line != last:
            print(line, flush=True)
            last = line
        print(f"{look} {began:.2f}", flush=True)
        time.sleep(TICK)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else diagnosis.SPAN)
