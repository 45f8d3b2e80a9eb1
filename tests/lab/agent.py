"""Runs inside the lab and starts the commands the host asks for.

The host and the agent share a folder and a line of text. A job is a numbered folder holding `request.json`
and perhaps `stdin`; the agent puts `stdout` and `stderr` beside them. Only the job's number travels on the
line, which is a slow serial console under User Mode Linux:

    host -> agent   run 7        kill 7 15        off
    agent -> host   ready        exit 7 0

The end of the line means the host has gone, and ends the agent. It is started as `python -I -S` and imports
little, because every system call of a User Mode Linux guest is dear.
"""

import ctypes
import json
import os
import select
import signal
import sys
import tty
from typing import Any

LINE_IN, LINE_OUT = 0, 1
CANNOT_START = 127
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
HOME = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def say(message: str) -> None:
    os.write(LINE_OUT, f"{message}\n".encode())


def enter(netns: int) -> None:
    """Move this process into a network namespace, and with it what it starts.

    `ip netns exec` would cost 80 ms a command.
    """
    if LIBC.setns(netns, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


def start(folder: str) -> int:
    """Start the job in this folder, in a session of its own so that the whole of it can be killed."""
    with open(f"{folder}/request.json", encoding="utf-8") as file:
        request = json.load(file)
    os.chdir(request["cwd"])
    if request["netns"] is None:
        return launch(folder, request)
    there = os.open(f"/run/netns/{request['netns']}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        enter(there)
        return launch(folder, request)
    finally:
        enter(HOME)
        os.close(there)


def launch(folder: str, request: Any) -> int:
    writing = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    return os.posix_spawnp(
        request["argv"][0],
        request["argv"],
        {**os.environ, **request["env"]},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, f"{folder}/stdin" if request["stdin"] else os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, f"{folder}/stdout", writing, 0o666),
            (os.POSIX_SPAWN_OPEN, 2, f"{folder}/stderr", writing, 0o666),
        ],
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores these, and a child would inherit that
    )


class Jobs:
    """The processes that run, by the number the host gave them."""

    def __init__(self, share: str) -> None:
        self.share = share
        self.numbers: dict[int, str] = {}

    def run(self, number: str) -> None:
        folder = f"{self.share}/{number}"
        try:
            self.numbers[start(folder)] = number
        except (OSError, ValueError) as error:
            with open(f"{folder}/stderr", "w", encoding="utf-8") as file:
                file.write(f"lab: cannot start: {error}\n")
            say(f"exit {number} {CANNOT_START}")

    def kill(self, number: str, signum: str) -> None:
        for pid, known in self.numbers.items():
            if known == number:
                try:
                    os.killpg(pid, int(signum))
                except ProcessLookupError:
                    pass

    def reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            number = self.numbers.pop(pid, None)
            if number is not None:
                say(f"exit {number} {os.waitstatus_to_exitcode(status)}")


def serve(share: str) -> None:
    if os.isatty(LINE_IN):
        tty.setraw(LINE_IN)
    wake_out, wake_in = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(LINE_IN, select.POLLIN)
    poll.register(wake_out, select.POLLIN)
    jobs = Jobs(share)
    say("ready")
    pending = b""
    while True:
        ready = dict(poll.poll())
        if wake_out in ready:
            os.read(wake_out, 4096)
            jobs.reap()
        if LINE_IN in ready:
            try:
                piece = os.read(LINE_IN, 4096)
            except OSError:  # a console that was hung up answers EIO
                return
            if not piece:
                return
            *lines, pending = (pending + piece).split(b"\n")
            for line in lines:
                match line.decode().split():
                    case ["run", number]:
                        jobs.run(number)
                    case ["kill", number, signum]:
                        jobs.kill(number, signum)
                    case ["off"]:
                        return


if __name__ == "__main__":
    serve(sys.argv[1])
