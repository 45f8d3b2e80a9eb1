"""`make lab`: the seed's cluster on your terminal, with the console on its MASTER director, to play with.

    python -m tests.lab.demo [-- COMMAND...]        COMMAND takes the console's place

User Mode Linux gets the terminal as a console of its own and tmux draws on it: the console above, a shell on the client
below. The shell's little commands (`web1 stop`) cannot reach into other machines; they leave an order in the shared
folder, and this program, outside, carries it out.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from tests.lab import cluster, needs, uml
from tests.lab.cluster import DIRECTORS, VIP, WEBS, Cluster
from tests.lab.session import SEARCH, Job, LabError, LabMissing, Session

SCREEN = "/dev/tty2"  # what the user's terminal is inside the guest
SOCKET = "lab"
SHELL_ROWS = "6"
TICK = 0.1  # seconds between two checks for orders
STATUS = " #W · web1 stop|start · lvs1 stop|start · F12 pane · F11 screen · leave "
WELCOME = f"""\
This shell is on the client. Watch the console above while you type:
  web1 stop   web1 start   lvs1 stop   lvs1 start   lvs2 show   traffic stop
  curl {VIP}   leave   F12: to the console and back
"""

# The program in a pane comes back at a key when it ends, so that `q` is not a dead end.
AGAIN = 'while :; do "$@"; printf "\\n(ended; Enter starts it again) "; read -r _; done'
# One script under many names: it leaves an order, and prints the answer.
ORDER = """#!/bin/sh
echo "$$ ${0##*/} $*" >>/run/lab/files/orders
until [ -e /run/lab/files/answer.$$ ]; do sleep 0.1; done
cat /run/lab/files/answer.$$
"""
CLIENT = "while :; do curl -s -m 1 -o /dev/null http://{vip}/; sleep 0.3; done"
TMUX_SETTINGS = f"""
set -g default-terminal tmux-256color
# What the terminal answers comes over a slow line in parts: with 0 the second one is typed into the shell.
set -g escape-time 300
set -g mouse on
set -g status-style bg=default,fg=cyan
set -g status-left-length 200
set -g status-left "{STATUS}"
set -g status-right ""
set -g window-status-format ""
set -g window-status-current-format ""
set -g pane-border-status off
bind -n F12 select-pane -t :.+
bind -n F11 next-window
set-hook -g window-resized "resize-pane -t :lvs1.1 -y {SHELL_ROWS}"
"""


@dataclass(slots=True)
class Stage:
    """What the orders act upon."""

    lab: Session
    cluster: Cluster
    command: Sequence[str]
    traffic: Job | None = None
    read: int = 0  # characters of the orders that are done

    def obey(self) -> None:
        """Carry out the orders that have come in since the last check."""
        orders = self.lab.files / "orders"
        text = orders.read_text(encoding="utf-8") if orders.exists() else ""
        complete = text[: text.rfind("\n") + 1]
        for line in complete[self.read :].splitlines():
            number, *words = line.split()
            draft = self.lab.files / f"draft.{number}"
            draft.write_text(f"{self._answer(words)}\n", encoding="utf-8")
            draft.rename(self.lab.files / f"answer.{number}")
        self.read = len(complete)

    def _answer(self, words: list[str]) -> str:
        match words:
            case [name, ("stop" | "start") as verb] if name in WEBS:
                act = self.cluster.stop_web if verb == "stop" else self.cluster.start_web
                return self._done(act, name, f"the web server on {name}: {verb}")
            case [name, ("stop" | "start") as verb] if name in DIRECTORS:
                act = self.cluster.stop_keepalived if verb == "stop" else self.cluster.start_keepalived
                return self._done(act, name, f"keepalived on {name}: {verb}")
            case [name, "show"] if name in DIRECTORS:
                self.open_console(name)
                return f"the console on {name}, on a screen of its own: F11 goes round"
            case ["traffic", "start"]:
                self.start_traffic()
                return "the client asks three times a second"
            case ["traffic", "stop"]:
                self.stop_traffic()
                return "the client is quiet"
            case ["leave"]:
                self.lab.run(["tmux", "-L", SOCKET, "detach-client"])
                return "bye"
        return "try: web1 stop, web1 start, lvs1 stop, lvs1 start, lvs2 show, traffic stop, traffic start, leave"

    def _done(self, act: Callable[[str], None], name: str, said: str) -> str:
        try:
            act(name)
        except LabError:
            return f"{name}: nothing to stop"
        return said

    def start_traffic(self) -> None:
        if self.traffic is None:
            self.traffic = self.cluster.spawn("cli", ["sh", "-c", CLIENT.format(vip=VIP)])

    def stop_traffic(self) -> None:
        if self.traffic is not None:
            self.traffic.stop()
            self.traffic = None

    def pane(self, name: str) -> str:
        """The shell line that runs the command on a machine, again and again."""
        return shlex.join(self.cluster.argv(name, ["sh", "-c", AGAIN, "sh", *self.command]))

    def open_console(self, name: str) -> None:
        self.lab.run(["tmux", "-L", SOCKET, "new-window", "-n", name, self.pane(name)]).ok()

    def open(self, env: dict[str, str]) -> Job:
        """Put both panes on the user's terminal; the answer ends when the user leaves."""
        folder = self.lab.files
        (folder / "tmux.conf").write_text(TMUX_SETTINGS, encoding="utf-8")
        (folder / "welcome").write_text(WELCOME, encoding="utf-8")
        (folder / "order").write_text(ORDER, encoding="utf-8")
        (folder / "bashrc").write_text("PS1='client$ '\ncat /run/lab/files/welcome\n", encoding="utf-8")
        names = " ".join([*WEBS, *DIRECTORS, "traffic", "leave"])
        script = f"mkdir /run/bin; for name in {names}; do install -m 755 /run/lab/files/order /run/bin/$name; done"
        self.cluster.run("cli", ["sh", "-c", script]).ok()
        shell = ["env", f"PATH=/run/bin:{env['PATH']}", "bash", "--rcfile", "/run/lab/files/bashrc"]
        words = ["tmux", "-L", SOCKET, "-f", f"{self.lab.inside}/tmux.conf", "new-session", "-n", "lvs1"]
        words += [self.pane("lvs1"), ";", "split-window", "-v", "-l", SHELL_ROWS]
        words += [shlex.join(self.cluster.argv("cli", shell))]
        line = f"exec {shlex.join(words)} <>{SCREEN} >&0"
        return self.lab.spawn(["sh", "-c", line], env=env)

    def fit(self, rows: int, columns: int) -> None:
        """Tell the guest how large the terminal is; its kernel then tells tmux."""
        self.lab.run(["stty", "-F", SCREEN, "rows", str(rows), "cols", str(columns)])


def play(lab: Session, command: Sequence[str], terminal: int) -> None:
    stage = Stage(lab, cluster.start(lab), command)
    stage.start_traffic()
    resized = [True]
    signal.signal(signal.SIGWINCH, lambda *_: resized.append(True))
    env = {name: os.environ[name] for name in ("TERM", "COLORTERM") if name in os.environ}

    def fit() -> None:
        resized.clear()
        size = os.get_terminal_size(terminal)
        stage.fit(size.lines, size.columns)

    fit()  # before tmux asks: it splits what it finds, and ends where that is too small
    screen = stage.open({"PATH": SEARCH, **env})
    while screen.poll(TICK) is None:
        if resized:
            fit()
        stage.obey()
    if screen.poll():
        raise LabError(f"tmux: {screen.stderr() or 'it ended early'}")


@contextmanager
def restored(terminal: int) -> Iterator[None]:
    """User Mode Linux makes the terminal raw, for the guest has a driver of its own; put it back once that is gone."""
    before = termios.tcgetattr(terminal)
    try:
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.demo", description="The seed's cluster on your terminal."
    )
    parser.add_argument("command", nargs="*", default=[sys.executable, "-m", "lvstui"], help="instead of the console")
    options = parser.parse_args(argv)
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError:
        print("lab: it needs a terminal", file=sys.stderr)
        return 2
    try:
        packages = needs.missing(("linux.uml", "modprobe", "ip", *cluster.PROGRAMS, "tmux"))
        if packages:
            raise LabMissing(f"install first: {needs.advice(packages)}")
        print("booting a kernel and the cluster in it, some 10 seconds ...", flush=True)
        with restored(terminal), uml.boot(terminal=terminal) as lab:
            play(lab, options.command, terminal)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
