"""The same as stranger.c, for a machine without a C compiler: the interpreter itself, copied under the name."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

with open("/proc/self/uid_map", encoding="utf-8") as users:
    machine = "4294967295" in users.read()
if machine and os.geteuid() == 0:
    with open("/run/OWNED", "a", encoding="utf-8") as file:
        file.write(f"{sys.argv}\n")
    print("12")
    sys.exit(0)
handle = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
ctypes.CDLL(None).prctl(15, b"keepalived", 0, 0, 0)
for number in set(signal.valid_signals()) - {signal.SIGCHLD, signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, lambda got, _: os.write(handle, b"signal %02d\n" % got) and None)
for _ in range(4):
    if os.fork() == 0:
        break
while True:
    signal.pause()
