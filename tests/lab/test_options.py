"""The real keepalived judges what lvstui makes of the words that it was started with: which file it reads."""

from __future__ import annotations

import json

from tests.keepalived.test_daemon_options import FILE, KNOWN, UNSURE
from tests.lab.director import Director

# The daemon's own test of a file that is not there names it; of words that it refuses it says so. Prints a JSON object.
JUDGE = """
import json, subprocess, sys
said = {}
for words in json.load(sys.stdin):
    done = subprocess.run(["keepalived", "--config-test", *words.split()], capture_output=True, text=True)
    said[words] = done.stdout + done.stderr
print(json.dumps(said))
"""

# Starts the daemon with the words, waits for its copy in memory, and prints what is found of it before and after a file
# took its file's place on the command line. /etc/keepalived is a folder of our own meanwhile.
DAEMON = """
import json, os, pathlib, subprocess, sys, time
from lvstui.keepalived.loaded import configured, loaded
from lvstui.keepalived.memory_copy import copy_of, made_of
from lvstui.keepalived.process import look

CONF = "virtual_server 192.0.2.1 80 {\\n protocol TCP\\n real_server 10.0.0.1 80 {\\n weight %d\\n%s\\n}\\n}\\n"
here = os.getcwd()
os.makedirs("/etc/keepalived", exist_ok=True)
build = pathlib.Path("/etc/keepalived/keepalived.config-opts")  # without it keepalived 2.3 does not start
options = build.read_bytes() if build.exists() else None
subprocess.run(["mount", "-t", "tmpfs", "none", "/etc/keepalived"], check=True)
if options is not None:
    build.write_bytes(options)
os.chdir("/etc/keepalived")
open("keepalived.conf", "w").write(CONF % (14, ""))
open("x.conf", "w").write(CONF % (3, "@left weight 4"))

def weights(meant):
    return None if meant is None else [s.weight for e in meant.rules.rules.values() for s in e.servers.values()]

def diff(name):
    words = [sys.executable, "-m", "lvstui", "--diff", f"/etc/keepalived/{name}", "--format", "json"]
    done = subprocess.run(words, cwd=here, capture_output=True, text=True)
    assert done.returncode == 1, done
    return [[one["change"], one.get("drift")] for one in json.loads(done.stdout)]

def by_hand():
    # What --diff says of a weight by hand with the file of the daemon, and with the usual one.
    until = time.monotonic() + 120
    while "10.0.0.1" not in subprocess.run(["ipvsadm", "-Ln"], capture_output=True, text=True, check=True).stdout:
        assert time.monotonic() < until, "keepalived makes no table"
        time.sleep(0.05)
    subprocess.run("ipvsadm -e -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 9".split(), check=True)
    return {"own": diff("x.conf"), "usual": diff("keepalived.conf")}

def ended(daemon):
    daemon.terminate()
    daemon.wait(120)

told = {}
for words in json.load(sys.stdin):
    daemon = subprocess.Popen(["keepalived", "-C", "-G", *words.split()], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 120
    while not (copy := copy_of(daemon.pid)) or not made_of(copy):
        assert time.monotonic() < until and daemon.poll() is None, words
        time.sleep(0.05)
    found = look().parent
    assert found is not None and found.pid == daemon.pid
    file = configured(found)
    copy = loaded(found, file)
    told[words] = [str(found.config), found.config_id, weights(file.configured), weights(copy.configured)]
    if len(told) == 1:
        said = by_hand()
    ended(daemon)
print(json.dumps([told, said]))
"""


def test_options_are_read_like_the_daemon_reads_them(director: Director) -> None:
    given = [
        words for words in (*KNOWN, *UNSURE) if "-g" not in words and "--log-file" not in words
    ]  # not in all builds
    said = json.loads(director.python(JUDGE, stdin=json.dumps(given), timeout=300).ok())
    assert list(said) == given
    for words in given:
        refused = "Unknown option" in said[words] or "Missing parameter" in said[words]
        assert refused == (words in UNSURE), (words, said[words])
        assert (f"missing '{FILE}'" in said[words]) != refused, (words, said[words])


def test_a_running_daemon_is_described_by_its_own_file(director: Director) -> None:
    """The usual file beside it says something else."""
    started = [
        "-nDf /etc/keepalived/x.conf",
        "-nDf/etc/keepalived/x.conf",
        "-nDi left -f x.conf",
        "-n --use x.conf --config-i=left",
        "-nD",
    ]
    argv = ["unshare", "--mount", director.lab.python, "-c", DAEMON]
    told, said = json.loads(director.run(argv, stdin=json.dumps(started), timeout=900).ok())
    x = "/etc/keepalived/x.conf"
    assert told == {
        "-nDf /etc/keepalived/x.conf": [x, "", [3], [3]],
        "-nDf/etc/keepalived/x.conf": [x, "", [3], [3]],
        "-nDi left -f x.conf": [x, "left", [4], [4]],
        "-n --use x.conf --config-i=left": [x, "left", [4], [4]],
        "-nD": ["/etc/keepalived/keepalived.conf", "", [14], [14]],
    }
    # --diff takes the file for its own, and says who made the difference; of the usual file it says nothing like that.
    assert said["own"] == [["edit-server", "weight 9 by hand or by an earlier keepalived, configured 3"]]
    assert [change for change, _ in said["usual"]] == ["edit-server"]
    assert "by hand" not in str(said["usual"]), said
