"""One director to test on: a network namespace, and with it an IPVS table, of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.lab.session import Job, Result, Session


def weights_of(rules: Iterable[str]) -> dict[str, str]:
    """The weight of each real server, by `ipvsadm -S -n`."""
    lines = [line.split() for line in rules if line.startswith("-a ")]
    return {line[line.index("-r") + 1]: line[line.index("-w") + 1] for line in lines}


@dataclass(frozen=True, slots=True)
class Director:
    """A namespace with an empty table, `lo` up and nothing else. Its name serves `lvstui --netns` too."""

    lab: Session
    netns: str

    @classmethod
    def make(cls, lab: Session, netns: str) -> Director:
        lab.run(["sh", "-c", f"ip netns add {netns} && ip -n {netns} link set lo up"]).ok()
        return cls(lab, netns)

    def close(self) -> None:
        """Remove the namespace, and what lvstui has kept about it."""
        self.lab.run(["sh", "-c", f"ip netns del {self.netns}; rm -rf /var/lib/lvstui /run/lvstui"]).ok()

    def argv(self, command: Sequence[str]) -> list[str]:
        """The command as it has to be started from outside, for example by tmux."""
        return ["ip", "netns", "exec", self.netns, *command]

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300.0,
    ) -> Result:
        return self.lab.run(argv, netns=self.netns, stdin=stdin, env=env, timeout=timeout)

    def spawn(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> Job:
        return self.lab.spawn(argv, netns=self.netns, env=env)

    def ipvsadm(self, *words: str, stdin: str | None = None) -> str:
        """The output of an ipvsadm that must succeed. Rules for `-R` go in by `stdin`."""
        return self.run(["ipvsadm", *words], stdin=stdin).ok()

    def rules(self) -> list[str]:
        """The table, as `ipvsadm -S -n` spells it, line by line."""
        return self.ipvsadm("-S", "-n").splitlines()

    def ip(self, *words: str) -> str:
        """The output of an `ip` that must succeed, say `ip("addr", "add", "192.0.2.1/32", "dev", "lo")`."""
        return self.run(["ip", *words]).ok()

    def lvstui(
        self,
        *words: str,
        stdin: str | bytes | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300.0,
    ) -> Result:
        """lvstui itself; many tests are about its exit status."""
        return self.run([self.lab.python, "-m", "lvstui", *words], stdin=stdin, env=env, timeout=timeout)

    def patient(self, *words: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None) -> Result:
        """lvstui that waits for minutes for keepalived's configuration, its answers, and its actions."""
        return self.run([self.lab.python, "-m", "tests.lab.patient", *words], stdin=stdin, env=env, timeout=600.0)

    def python(
        self,
        code: str,
        *words: str,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300.0,
    ) -> Result:
        """A piece of Python in this namespace, with the checkout importable."""
        return self.run([self.lab.python, "-c", code, *words], stdin=stdin, env=env, timeout=timeout)
