"""The VRRP password: it is in the configuration and in keepalived's dumps, and must come out nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.lab.director import Director
from tests.lab.screen import PROMPT
from tests.lab.terminal import Terminal
from tests.lab.waiting import wait_until

START = 180.0
SECRET = "S3CR3T"
CONF, OUT = "/run/secret/keepalived.conf", "/run/secret/out"
WIRE = """
link add eth1 type veth peer name peer
link set eth1 up
link set peer up
addr add 192.0.2.1/24 dev eth1
"""
CONFIGURATION = """
global_defs {
    router_id LVS_DEVEL
    enable_script_security
}
vrrp_instance VI_1 {
    interface eth1
    virtual_router_id 51
    priority 100
    advert_int 1
    authentication {
        auth_type PASS
        auth_pass S3CR3Txy
    }
    virtual_ipaddress {
        192.0.2.100/24
    }
}
virtual_server 192.0.2.100 80 {
    lb_algo wrr
    lb_kind DR
    protocol TCP
    real_server 192.0.2.1 80 {
        weight 3
        TCP_CHECK {
            connect_timeout 1
        }
    }
}
"""
BROKEN = {
    "quote": CONFIGURATION.replace("auth_pass S3CR3Txy", 'auth_pass "S3CR3Txy'),
    "keyword": CONFIGURATION.replace("auth_pass S3CR3Txy", "auth_pas S3CR3Txy"),
    "words": CONFIGURATION.replace("auth_pass S3CR3Txy", "auth_pass S3CR3Txy S3CR3Tzz"),
    "long": CONFIGURATION.replace("auth_pass S3CR3Txy", "auth_pass S3CR3T-which-is-too-long"),
    "line": CONFIGURATION.replace("auth_pass S3CR3Txy", "auth_pass\n        S3CR3Txy"),
    "brace": CONFIGURATION.replace("authentication {", "authentication"),
    "outside": "auth_pass S3CR3Txy\n" + CONFIGURATION,
    "inside": CONFIGURATION.replace("    lb_algo wrr\n", "    auth_pass S3CR3Txy\n    lb_algo wrr\n"),
    "alone": CONFIGURATION.replace("    lb_algo wrr\n", "    auth_pass\n    S3CR3Txy\n    lb_algo wrr\n"),
    "type": CONFIGURATION.replace("auth_type PASS", "auth_type S3CR3T"),
    "definition": "$SECRET=S3CR3Txy\n" + CONFIGURATION.replace("S3CR3Txy", "$SECRET ~SEQ(x, S3CR3T)"),
    "glued": CONFIGURATION.replace("auth_pass S3CR3Txy", "auth_pass=S3CR3Txy"),
    "hmac": CONFIGURATION.replace(
        "    authentication {", "    auth_hmac {\n        key 1 S3CR3Txy\n    }\n    authentication {"
    ),
}
"""A broken line each, of the kinds that get quoted in complaints."""

# Runs the command line once for each line of standard input, in one process, as from the shell; with "cp" it copies.
RUN = """
import shlex, shutil, sys
from lvstui.cli import main
for line in sys.stdin:
    if line.startswith("cp "):
        shutil.copyfile(*line.split()[1:])
        continue
    print(">>>", line.strip().replace("S3CR3T", ""), flush=True)
    print(">>> exit", main(shlex.split(line)), flush=True)
"""
# Reads as a console does until keepalived has answered; prints all that a State holds.
STATE = """
import time
from lvstui.director.source import Scope
from lvstui.live import open_source
source = open_source()
until = time.monotonic() + 180
while True:
    state = source.read(Scope(vrrp=True, sweep=True, owner=True, ask=True))
    if state.vrrp.source == "dump" and state.keeping or time.monotonic() > until:
        break
    time.sleep(0.2)
print(repr(state))
"""
# What a tape holds, unpacked: it is compressed on disk.
UNPACK = """
import sys, zlib
from pathlib import Path
from lvstui.store.tape import opened
tape = opened(Path(sys.argv[1]))
for spot in tape.spots:
    print(zlib.decompress(tape.payload(spot)).decode(errors="replace"))
"""
# Keeps what is said to the system's log.
LOG = """
import os, socket
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
os.chmod("/dev/log", 0o666)
while True:
    print(log.recv(65536).decode(errors="replace"), flush=True)
"""


def commands() -> list[str]:
    """What is run on the command line."""
    made = [f"--list --format {kind}" for kind in ("table", "ipvsadm", "toml", "json")]
    made += [f"--save {OUT}/{name}" for name in ("a.toml", "a.json", "a.ipvsadm")]
    made += [f"--diff {CONF}", f"--diff {CONF} {OUT}/a.toml", f"--diff {OUT}/a.json {CONF}"]
    made += [f"--convert {CONF} {OUT}/b.{kind}" for kind in ("toml", "json", "ipvsadm", "conf", "sh")]
    made += [f"--restore {CONF} --yes --allow-outage", f"--diff {CONF}", "--save @named", "--snapshots", "--do drift"]
    made += ["--do 'conf tcp 192.0.2.100:80'", "--do reload --yes", "--do failover", "--watch --help", "--where"]
    for name in BROKEN:
        broken = f"/run/secret/broken/{name}.conf"
        made.append(f"--diff {broken}")
        # And keepalived's own complaints about it.
        made += [f"cp {broken} {CONF}", "--do reload"]
    return made


def test_a_secret_appears_nowhere(director: Director, terminal: Callable[..., Terminal]) -> None:
    def sh(script: str, *, stdin: str | None = None) -> str:
        return director.run(["sh", "-ec", script], stdin=stdin).ok()

    director.run(["ip", "-batch", "-"], stdin=WIRE).ok()
    sh(f"mkdir -p {OUT} /run/secret/broken /run/secret/tmp; cat >{CONF}", stdin=CONFIGURATION)
    for name, text in BROKEN.items():
        sh(f"cat >/run/secret/broken/{name}.conf", stdin=text)
    log = director.spawn([director.lab.python, "-c", LOG])
    pids = [word for kind in "prc" for word in (f"-{kind}", f"/run/secret/{kind}.pid")]
    keepalived = director.spawn(
        ["keepalived", "--dont-fork", "--log-console", "-f", CONF, *pids], env={"TMPDIR": "/run/secret/tmp"}
    )
    said: list[str] = []
    logged = {"LVSTUI_LOG": f"{OUT}/log"}
    try:
        wait_until(lambda: "192.0.2.100" in director.ip("addr"), "it is master", story=keepalived.stderr)

        # All that the program knows, and all that it prints.
        said.append(director.python(STATE).ok())
        assert "dump" in said[0] and "VI_1" in said[0]
        run = director.python(RUN, stdin="\n".join(commands()) + "\n", env=logged, timeout=600.0)
        said += [run.stdout, run.stderr]
        assert run.stdout.count(">>> exit") == sum(not line.startswith("cp ") for line in commands()), (
            run.stdout + run.stderr
        )

        # The console: every view, what is inside, help, the complaint of a reload; with a tape running.
        argv = [director.lab.python, "-m", "lvstui", "--ask-keepalived", "--record", f"{OUT}/tape"]
        screen = terminal(director.argv(argv), size=(160, 48), env=logged)
        screen.wait_for("192.0.2.100:80", START)
        screen.send("4")
        screen.wait_for("dump, under", START)
        screen.wait_for(re.compile("^.. *VI_1 ", re.MULTILINE), START)
        said.append(screen.screen())
        screen.send("g", "Enter")  # the row that was there first has the cursor
        screen.wait_for("> VI_1", START)
        said.append(screen.screen())
        for key in ("2", "6", "7", "1", "C", "Escape", "?", "Escape"):
            screen.send(key)
            director.run(["sleep", "0.7"])
            said.append(screen.screen())
        screen.send(":")
        screen.wait_for(PROMPT, timeout=START)
        screen.type("reload")
        screen.send("Enter")
        screen.wait_for("nothing was sent", START)
        said.append(screen.screen())
        screen.send("Escape")
        screen.wait_for("? help", START)
        said.append(screen.screen())
        screen.send("q")
        screen.wait_exit(START)
        said += [log.stdout(), director.python(UNPACK, f"{OUT}/tape").ok()]
        assert "VI_1" in said[-1]
    finally:
        keepalived.stop()
        log.stop()
        files = "/run/secret/out /var/lib/lvstui /run/lvstui /run/home"
        kept = director.run(["sh", "-c", f"grep -rlaF {SECRET} {files}"]).stdout
        there = director.run(["sh", "-c", f"grep -rlaF {SECRET} /run/secret/tmp /run/secret/broken; ls {files}"]).stdout
        sh("rm -rf /run/secret /dev/log")
    # That it can be found at all: where keepalived itself wrote it.
    assert "/run/secret/tmp/keepalived.data" in there and {"tape", "log"} <= {*there.split()}, there
    leaks = [line for text in said for line in text.splitlines() if SECRET in line]
    assert not leaks, "\n".join(leaks)
    assert not kept
    assert any("VI_1" in text for text in said) and "lvstui" in log.stdout()
