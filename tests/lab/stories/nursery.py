"""A process in the lab that has lvstui imported, and forks one child for each request: a Python that starts anew in a
guest imports for seconds, and a story would start five.

    python -m tests.lab.stories.nursery FOLDER

Each line of standard input is the name of a folder in FOLDER, with a `request.json`. The child's `stdout` and `stderr`
come beside it, its process id in `pid`, and in the end its exit status in `code`.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import signal
import socketserver
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.lab.session import Job, LabTimeout, Result, Session, written
from tests.lab.waiting import wait_until

PATIENCE = 300.0
IMPORTED = ("tests.lab.stories.watch", "lvstui.cli", "lvstui.verbs.list", "lvstui.verbs.diff", "lvstui.verbs.do")
WHOLE = ("lvstui.commands", "lvstui.director", "lvstui.keepalived", "lvstui.kernel", "lvstui.operations")
"""What a child needs; it imports the rest itself."""
CHECKED = 8080
"""The port at which the servers answer a check."""


class Child:
    """What a request has begun; a Job of a session is used in the same way."""

    def __init__(self, lab: Session, folder: Path, words: Sequence[str]) -> None:
        self._lab = lab
        self._words = tuple(words)
        self.folder = folder

    def poll(self) -> int | None:
        """Its exit status once it has ended."""
        file = self.folder / "code"
        return int(file.read_text()) if file.exists() else None

    def stdout(self) -> str:
        return self._written("stdout")

    def stderr(self) -> str:
        return self._written("stderr")

    def wait(self) -> Result:
        end = time.monotonic() + PATIENCE
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise LabTimeout(f"{self._words} does not end\n{self.stdout()}{self.stderr()}")
            time.sleep(0.02)
        return Result(self._words, code, self.stdout(), self.stderr())

    def stop(self) -> None:
        wait_until((self.folder / "pid").exists, "it is born", timeout=PATIENCE)
        if self.poll() is None:
            self._lab.run(["kill", (self.folder / "pid").read_text()])

    def _written(self, name: str) -> str:
        return written(self.folder / name)


class Nursery:
    """The host's side."""

    def __init__(self, lab: Session) -> None:
        self._lab = lab
        self._folder = lab.files / "nursery"
        self._folder.mkdir()
        self._number = 0
        words = [lab.python, "-m", "tests.lab.stories.nursery", f"{lab.inside}/nursery"]
        self._job: Job = lab.spawn(words, size=(80, 24))
        wait_until(lambda: "ready" in self._job.stdout(), "it is ready", timeout=PATIENCE, story=self._job.stdout)

    def bear(self, what: str, words: Sequence[str], netns: str, env: Mapping[str, str] | None = None) -> Child:
        """Does this in a network namespace: "watch", "listen", or "lvstui" with words."""
        self._number += 1
        folder = self._folder / str(self._number)
        folder.mkdir()
        request = {"what": what, "words": [*words], "netns": netns, "env": dict(env or {})}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        self._job.type(f"{self._number}\n")
        return Child(self._lab, folder, [what, *words])

    def close(self) -> None:
        self._job.stop()


# --- in the guest


def listen() -> None:
    """Answers checks."""

    class Silent(socketserver.BaseRequestHandler):
        pass

    socketserver.TCPServer.request_queue_size = 64
    socketserver.TCPServer(("", CHECKED), Silent).serve_forever()


def patient(words: Sequence[str]) -> int:
    """A verb that waits longer for what a machine that does much else has not read yet, which it may say to be
    unknown."""
    from lvstui import cli
    from lvstui.keepalived.dump import ask
    from lvstui.verbs import list as listing

    listing._PATIENCE, ask.PATIENCE = 300.0, 60.0
    return cli.main([*words])


def grow(folder: str, request: Mapping[str, Any]) -> int:
    """The child's life; its exit status."""
    from tests.lab.agent import enter
    from tests.lab.stories import watch

    os.setsid()
    enter(os.open(f"/run/netns/{request['netns']}", os.O_RDONLY | os.O_CLOEXEC))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(f"{folder}/{name}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666), number)
    os.environ.update(request["env"])
    if request["what"] == "watch":
        watch.main()
    elif request["what"] == "listen":
        listen()
    else:
        return patient(request["words"])
    return 0


def put(path: str, text: str) -> None:
    """A file that is there whole, or not at all."""
    Path(f"{path}.new").write_text(text)
    os.rename(f"{path}.new", path)


def reap(born: dict[int, str]) -> None:
    """Notes the exit status of each child that has ended. `born`: the folder of each by its process id. Another child
    may end meanwhile, and then this is called within itself: each call takes what the others have not taken."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return  # no child is left
        if not pid:
            return
        put(f"{born.pop(pid)}/code", str(os.waitstatus_to_exitcode(status)))


def main(folder: str) -> None:
    for name in IMPORTED:
        importlib.import_module(name)
    for name in WHOLE:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(package.__path__, f"{name}."):
            importlib.import_module(module.name)
    born: dict[int, str] = {}

    signal.signal(signal.SIGCHLD, lambda *_: reap(born))
    print("ready", flush=True)
    for line in sys.stdin:
        place = f"{folder}/{line.strip()}"
        request = json.loads(Path(f"{place}/request.json").read_text())
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            code = 70
            try:
                code = grow(place, request)
            except SystemExit as error:
                code = error.code if isinstance(error.code, int) else 1
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        born[pid] = place
        put(f"{place}/pid", str(pid))
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


if __name__ == "__main__":
    main(sys.argv[1])
