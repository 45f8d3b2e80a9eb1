"""The guest's side of the test of keepalived.conf: what the real daemon programs, case by case.

    python -m tests.lab.keepalived_judge FOLDER

FOLDER holds cases.json, a list of {"name", "path", "id"}. Runs in a network namespace of its own, one keepalived after
the other, the checker alone (-C). Checks never answer here: every packet goes into a dummy interface, so what is read
is the table before any check has spoken. Prints a JSON list of {"name", "code", "log", "rules", "limits", "timeouts",
"daemons"}; `code` is null where the daemon came up.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

READY = re.compile("Startup complete|has no configuration to run")
CRASHED = "died: Respawning"
SPOKE = re.compile(r"(Remov|Disabl)ing service|Changing weight|Lost quorum")
"""A check was so early that it changed the table: the case is run again."""
PATIENCE = 180.0
HEADINGS = 3
LINES = (
    "link set lo up",
    "link add void type dummy",
    "link set void up",
    "route add default dev void",
    "-6 route add default dev void",
)


def ipvsadm(*words: str) -> str:
    return subprocess.run(["ipvsadm", *words], capture_output=True, text=True, check=True).stdout


def run(case: dict[str, str], folder: Path) -> dict[str, Any]:
    """One start and stop of the daemon."""
    log = folder / "log"
    options = ["-C", "--dont-fork", "--log-console", "--no-syslog", "-f", case["path"]]
    options += ["-p", "/run/judge.pid", "-c", "/run/judge-checker.pid"]
    if case["id"]:
        options += ["-i", case["id"]]
    with log.open("w") as file:
        daemon = subprocess.Popen(["keepalived", *options], stdout=file, stderr=subprocess.STDOUT)
    try:
        ends = time.monotonic() + PATIENCE
        while (code := daemon.poll()) is None and not READY.search(log.read_text(errors="replace")):
            if CRASHED in log.read_text(errors="replace"):
                code = -signal.SIGSEGV
                break
            if time.monotonic() > ends:
                tail = "\n".join(log.read_text(errors="replace").splitlines()[-20:])
                raise SystemExit(f"{case['name']}: keepalived is not up\n{tail}")
            time.sleep(0.01)
        text = Path(case["path"]).read_text(errors="replace")
        found = {
            "name": case["name"],
            "code": code,
            "rules": ipvsadm("-S", "-n").splitlines(),
            "limits": ipvsadm("-L", "-n", "--thresholds").splitlines() if "threshold" in text else [],
            "timeouts": ipvsadm("-L", "--timeout").strip() if "lvs_" in text else "",
            "daemons": ipvsadm("-L", "--daemon").splitlines() if "lvs_" in text else [],
            "log": log.read_text(errors="replace").splitlines(),
        }
    finally:
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
        try:
            daemon.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            daemon.kill()
    if found["timeouts"]:  # which the daemon does not always put back
        ipvsadm("--set", "900", "120", "300")
    if len(Path("/proc/net/ip_vs").read_text().splitlines()) > HEADINGS:  # a process is slow to start here
        ipvsadm("-C")
    return found


def main(name: str) -> int:
    folder = Path(name)
    for line in LINES:
        subprocess.run(["ip", *line.split()], check=False, capture_output=True)
    results = []
    for case in json.loads((folder / "cases.json").read_text()):
        for _ in range(20):
            found = run(case, folder)
            if found["code"] is not None or not any(SPOKE.search(line) for line in found["log"]):
                break
        results.append(found)
    print(json.dumps(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1]))
