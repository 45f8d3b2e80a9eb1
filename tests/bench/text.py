"""What reading and writing 50,000 rows of text costs, natively, in microseconds a line: TOML beside ipvsadm's text."""

from __future__ import annotations

import time

from lvstui.director.model import RuleSet
from lvstui.director.plan import plan
from lvstui.formats import rule_files
from lvstui.formats.contents import contents_of
from tests.bench.table import table

SERVICES, SERVERS = 10_000, 5


def main() -> None:
    rules = RuleSet(table(SERVICES, SERVERS))
    lines = SERVICES * (SERVERS + 1)
    print(f"\ntext of {SERVICES} services x {SERVERS} real servers, natively")
    for kind in ("ipvsadm", "toml", "json"):
        started = time.perf_counter()
        text = "".join(rule_files.render(contents_of(rules), kind))
        written = time.perf_counter()
        read = rule_files.parse(text, kind)
        ended = time.perf_counter()
        if plan(rules, read.rules):
            raise SystemExit(f"{kind} text was not read back as it was written")
        write, parse = written - started, ended - written
        print(
            f"  {kind:8} {len(text) >> 10:6} KB  written in {write:5.2f} s ({write / lines * 1e6:5.1f} us a rule),"
            f" read in {parse:5.2f} s ({parse / lines * 1e6:5.1f} us a rule)"
        )


if __name__ == "__main__":
    main()
