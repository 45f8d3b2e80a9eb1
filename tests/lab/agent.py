"""Runs inside the lab and starts the commands the host asks for.

The host and the agent share a folder and a line of text. A job is a numbered folder holding `request.json`
and perhaps `stdin`; the agent puts `stdout` and `stderr` beside them. Only the job's number travels on the
line, which is a slow serial console under User Mode Linux:

    host -> agent   run 7        kill 7 15        type 7 0d        hang-up 7        off
    agent -> host   ready        exit 7 0

A job with a `size` runs on a terminal; what it writes there becomes its `stdout`, and `pid` says which process it is.

The end of the line means the host has gone, and ends the agent. It is started as `python -I -S` and imports
little, because every system call of a User Mode Linux guest is expensive.
"""

import ctypes
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
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


def start(folder: str, request: Any) -> int:
    """Start the job in this folder, in a session of its own so that all its processes can be killed."""
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
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, f"{folder}/stdin" if request["stdin"] else os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, f"{folder}/stdout", writing, 0o666),
        (os.POSIX_SPAWN_OPEN, 2, f"{folder}/stderr", writing, 0o666),
    ]
    if "terminal" in request:  # the first that the leader of a session opens is the session's
        actions = [
            (os.POSIX_SPAWN_OPEN, 0, request["terminal"], os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ]
    return os.posix_spawnp(
        request["argv"][0],
        request["argv"],
        {**os.environ, **request["env"]},
        file_actions=actions,
        setsid=True,
        setsigdef=[signal.SIGPIPE, signal.SIGXFSZ],  # Python ignores these, and a child would inherit that
    )


class Jobs:
    """The processes that run, by the number the host gave them; `written`: the file of the output, by terminal."""

    def __init__(self, share: str, poll: select.poll) -> None:
        self.share = share
        self.poll = poll
        self.numbers: dict[int, str] = {}
        self.terminals: dict[str, int] = {}
        self.written: dict[int, int] = {}

    def run(self, number: str) -> None:
        folder = f"{self.share}/{number}"
        try:
            with open(f"{folder}/request.json", encoding="utf-8") as file:
                request = json.load(file)
            pid = self.start_on_terminal(number, folder, request) if request["size"] else start(folder, request)
            self.numbers[pid] = number
        except (OSError, ValueError) as error:
            with open(f"{folder}/stderr", "w", encoding="utf-8") as file:
                file.write(f"lab: cannot start: {error}\n")
            say(f"exit {number} {CANNOT_START}")

    def start_on_terminal(self, number: str, folder: str, request: Any) -> int:
        holder, end = pty.openpty()
        try:
            columns, lines = request["size"]
            fcntl.ioctl(holder, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            pid = start(folder, request | {"terminal": os.ttyname(end)})
        finally:
            os.close(end)
        with open(f"{folder}/pid", "w", encoding="utf-8") as file:
            file.write(f"{pid}\n")
        self.terminals[number] = holder
        self.written[holder] = os.open(f"{folder}/stdout", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC)
        self.poll.register(holder, select.POLLIN)
        return pid

    def type(self, number: str, keys: str) -> None:
        if number in self.terminals:
            os.write(self.terminals[number], bytes.fromhex(keys))

    def hang_up(self, number: str) -> None:
        """Takes a job's terminal away, as sshd does when its link is lost."""
        if number in self.terminals:
            self.close(self.terminals[number])

    def take(self, holder: int) -> None:
        """What was written on this terminal. If nothing can be read, nobody has it open any more."""
        try:
            piece = os.read(holder, 65536)
        except OSError:
            piece = b""
        if piece:
            os.write(self.written[holder], piece)
        else:
            self.close(holder)

    def close(self, holder: int) -> None:
        self.poll.unregister(holder)
        self.terminals = {number: one for number, one in self.terminals.items() if one != holder}
        os.close(self.written.pop(holder))
        os.close(holder)

    def kill(self, number: str, signum: str) -> None:
        for pid, known in self.numbers.items():
            if known == number:
                try:
                    os.killpg(pid, int(signum))
                except ProcessLookupError:
                    pass

    def drain(self, number: str) -> None:
        """Read what a job that ended has left on its terminal, so that the host has it before it learns of the end."""
        while number in self.terminals and select.select([self.terminals[number]], (), (), 0)[0]:
            self.take(self.terminals[number])

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
                self.drain(number)
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
    jobs = Jobs(share, poll)
    say("ready")
    pending = b""
    while True:
        ready = dict(poll.poll())
        if wake_out in ready:
            os.read(wake_out, 4096)
            jobs.reap()
        for holder in set(ready).intersection(jobs.written):
            jobs.take(holder)
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
                    case ["type", number, keys]:
                        jobs.type(number, keys)
                    case ["hang-up", number]:
                        jobs.hang_up(number)
                    case ["off"]:
                        return


if __name__ == "__main__":
    serve(sys.argv[1])
