"""A director in the lab on which a story happens: keepalived, a peer that shares its VRRP instance, servers that answer
checks, and somebody who watches. Each event changes the world and, with it, what the script knows to be true."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.lab.director import Director
from tests.lab.session import Job, Session
from tests.lab.stories.nursery import CHECKED, Child, Nursery
from tests.lab.stories.truth import (
    FOREIGN_SERVER,
    FOREIGN_SERVICE,
    OURS,
    PEERS,
    YIELDING,
    Config,
    Real,
    Said,
    Truth,
    Virtual,
    table_of,
)
from tests.lab.waiting import wait_until

SERVERS = range(1, 6)
UNANSWERED = 9
"""Nobody ever listens there: a sorry server need not."""
START = 180.0

INSTANCE = """
vrrp_instance VI {
    interface %s
    virtual_router_id 9
    priority %d
    advert_int 0.3
    version 3
    virtual_ipaddress {
        192.0.2.254/32
    }
}
"""
CHECK = f"TCP_CHECK {{\nconnect_port {CHECKED}\nconnect_timeout 30\nretry 0\n}}"
WORLD = (
    """
ip netns add $1
ip netns add $1p
mkdir -p $2/a $2/b
ip -n $1 -batch - <<END
link set lo up
link add v0 type veth peer name v0 netns $1p
addr add 198.51.100.1/24 dev v0
link set v0 up
"""
    + "".join(f"addr add 10.0.0.{number}/32 dev lo\n" for number in SERVERS)
    + """END
ip -n $1p -batch - <<END
link set lo up
addr add 198.51.100.2/24 dev v0
link set v0 up
END
"""
)
"""Two directors on one wire, as one script, for each command takes the guest its time: $1 the name of the first, $2 the
folder of the story."""
WEIGHTS = (1, 2, 3, 5)
SCHEDULERS = ("wrr", "wlc", "rr")


def random_config(rng: random.Random) -> Config:
    """Two or three services: one with a sorry server and a quorum now and then, one of a group of addresses."""
    services = []
    for number in range(1, rng.randint(3, 4)):
        numbers = (number, number + 10) if rng.random() < 0.3 else (number,)
        reals = tuple(
            Real(one, rng.choice(WEIGHTS), checked := rng.random() < 0.8, checked and rng.random() < 0.25)
            for one in sorted(rng.sample(SERVERS, rng.randint(2, 4)))
        )
        sorry = UNANSWERED if rng.random() < 0.3 else 0
        services.append(Virtual(numbers, rng.choice(SCHEDULERS), reals, rng.choice((1, 1, 2)), sorry))
    return Config(tuple(services))


def written(config: Config) -> str:
    """The configuration as keepalived reads it."""
    text = INSTANCE % ("v0", config.priority)
    for virtual in config.services:
        name = f"192.0.2.{virtual.numbers[0]} 80"
        if len(virtual.numbers) > 1:
            name = f"group G{virtual.numbers[0]}"
            addresses = "\n".join(f"192.0.2.{number} 80" for number in virtual.numbers)
            text += f"virtual_server_group G{virtual.numbers[0]} {{\n{addresses}\n}}\n"
        sorry = f"sorry_server 10.0.0.{virtual.sorry} 80\n" if virtual.sorry else ""
        text += f"virtual_server {name} {{\ndelay_loop 1\nlvs_sched {virtual.scheduler}\nlvs_method NAT\nprotocol TCP\n"
        text += f"quorum {virtual.quorum}\n{sorry}"
        for real in virtual.servers:
            inhibits = "inhibit_on_failure\n" if real.inhibits else ""
            check = CHECK if real.checked else ""
            text += f"real_server 10.0.0.{real.number} 80 {{\nweight {real.weight}\n{inhibits}{check}\n}}\n"
        text += "}\n"
    return text


class Site:
    """To be closed. `story` is what happened, line by line; `said` what was said last, None before the first."""

    def __init__(self, lab: Session, nursery: Nursery, name: str, rng: random.Random) -> None:
        self._lab = lab
        self._nursery = nursery
        self._rng = rng
        self._folder = f"/run/{name}"
        self.story: list[str] = []
        config = random_config(rng)
        self.truth = Truth(config, config, set(SERVERS))
        self.story.append(f"configuration {config}")
        self.director, self._peer = Director(lab, name), Director(lab, f"{name}p")
        lab.run(["sh", "-ec", WORLD, "sh", name, self._folder]).ok()
        self._listening = nursery.bear("listen", [], name)
        self._write("b", INSTANCE % ("v0", PEERS))
        self._write("a", written(config))
        self._daemons = {"a": self._start("a"), "b": self._start("b")}
        self._watching = nursery.bear("watch", [], name, {"LVSTUI_STATE": f"{self._folder}/state"})
        self._read = 0
        self.said: Said | None = None

    # --- what is said

    def heard(self) -> list[Said]:
        """What was said since this was last asked for, whole lines only; the last of it stays in `said`."""
        told = self._watching.folder / "stdout"
        if not told.exists():
            return []
        with told.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        found: list[Said] = [json.loads(line) for line in whole.splitlines()]
        self.said = found[-1] if found else self.said
        return found

    def blind(self) -> bool:
        """Whether whoever watches has ended."""
        return self._watching.poll() is not None

    def trouble(self) -> str:
        """What the watcher and the daemon complain of."""
        return self._watching.stderr()[-2000:] + self.log("a")[-1500:]

    def verb(self, words: list[str], env: dict[str, str] | None = None) -> Child:
        """lvstui with these words, on this director."""
        return self._nursery.bear("lvstui", words, self.director.netns, env)

    def log(self, which: str) -> str:
        return self._daemons[which].stdout() + self._daemons[which].stderr()

    def file(self) -> str:
        """The configuration file of its keepalived."""
        return f"{self._folder}/a/keepalived.conf"

    def table(self) -> dict[str, Any]:
        """The kernel's table as ipvsadm has it, in the form of a record's."""
        found: dict[str, Any] = {}
        for line in self.director.rules():
            words = line.split()
            number = words[2].split(":")[0].rsplit(".", 1)[1]
            if words[0] == "-A":
                found[number] = [words[words.index("-s") + 1], {}]
            else:
                found[number][1][words[4].split(":")[0].rsplit(".", 1)[1]] = int(words[-1])
        return found

    # --- what happens

    def happen(self) -> None:
        """One event by chance, of those that can happen now."""
        self.truth.before = set(self.truth.touched)
        while True:
            event, weight = self._rng.choice(self._events())
            if self._rng.random() < weight and (told := event()):
                self.story.append(told)
                return

    def _events(self) -> list[tuple[Callable[[], str], float]]:
        if not self.truth.runs:
            return [(self.started, 1.0)]
        return [
            (self.check_fails, 1.0),
            (self.check_recovers, 1.0),
            (self.weight_by_ipvsadm, 0.7),
            (self.weight_by_lvstui, 0.5),
            (self.drained, 0.4),
            (self.server_taken_out, 0.6),
            (self.server_put_back, 0.6),
            (self.stranger_added, 0.4),
            (self.scheduler_changed, 0.3),
            (self.service_deleted, 0.2),
            (self.service_added, 0.2),
            (self.reload, 0.3),
            (self.edit_and_reload, 0.6),
            (self.edit, 0.3),
            (self.restart, 0.3),
            (self.link_moves, 0.3),
            (self.peer_moves, 0.3),
            (self.killed, 0.3),
        ]

    def check_fails(self) -> str:
        able = sorted(self.truth.answering)
        if not able:
            return ""
        number = self._rng.choice(able)
        self.truth.answering.discard(number)
        self.director.ip("addr", "del", f"10.0.0.{number}/32", "dev", "lo")
        return f"10.0.0.{number} answers no check"

    def check_recovers(self) -> str:
        able = sorted({*SERVERS} - self.truth.answering)
        if not able:
            return ""
        number = self._rng.choice(able)
        self.truth.answering.add(number)
        self.director.ip("addr", "add", f"10.0.0.{number}/32", "dev", "lo")
        return f"10.0.0.{number} answers checks again"

    def _there(self, configured: bool = True) -> list[tuple[int, int, int]]:
        """(service, server, weight) of the table, those that are configured."""
        rows = []
        for number, (_, servers) in self.table().items():
            virtual = self.truth.loaded.of(int(number))
            for server, weight in servers.items():
                known = virtual is not None and virtual.real(int(server)) is not None
                if known is configured:
                    rows.append((int(number), int(server), weight))
        return rows

    def weight_by_ipvsadm(self) -> str:
        rows = self._there()
        if not rows:
            return ""
        number, server, weight = self._rng.choice(rows)
        to = self._rng.choice([one for one in (0, 4, 7) if one != weight])
        self._hand(number, server, to)
        return self._ipvsadm("-e", number, server, "-m", "-w", str(to))

    def weight_by_lvstui(self) -> str:
        rows = self._there()
        if not rows:
            return ""
        number, server, weight = self._rng.choice(rows)
        to = self._rng.choice([one for one in (0, 6, 8) if one != weight])
        self._hand(number, server, to)
        return self._do(f"weight tcp 192.0.2.{number}:80 10.0.0.{server}:80 {to}")

    def drained(self) -> str:
        """A server is drained by lvstui, or undrained."""
        rows = self._there()
        if not rows:
            return ""
        number, server, weight = self._rng.choice(rows)
        self._hand(number, server, 0 if weight else 4)
        where = f"tcp 192.0.2.{number}:80 10.0.0.{server}:80"
        return self._do(f"drain {where}" if weight else f"undrain {where} weight 4")

    def server_taken_out(self) -> str:
        rows = self._there()
        if not rows:
            return ""
        number, server, _ = self._rng.choice(rows)
        self._hand(number, server, None)
        return self._ipvsadm("-d", number, server)

    def server_put_back(self) -> str:
        table = self.table()
        rows = [
            (number, real.number)
            for virtual in self.truth.loaded.services
            for number in virtual.numbers
            for real in virtual.servers
            if str(number) in table and str(real.number) not in table[str(number)][1]
        ]
        if not rows:
            return ""
        number, server = self._rng.choice(rows)
        self._hand(number, server, 4)
        return self._ipvsadm("-a", number, server, "-m", "-w", "4")

    def stranger_added(self) -> str:
        table = self.table()
        able = [int(number) for number in table if str(FOREIGN_SERVER) not in table[number][1]]
        if not able:
            return ""
        number = self._rng.choice(able)
        self._hand(number, FOREIGN_SERVER, 2)
        return self._ipvsadm("-a", number, FOREIGN_SERVER, "-m", "-w", "2")

    def scheduler_changed(self) -> str:
        table = self.table()
        able = [number for number in table if int(number) != FOREIGN_SERVICE and table[number][0] != "lc"]
        if not able:
            return ""
        number = int(self._rng.choice(able))
        self._hand(number, None, None)
        return self._ipvsadm("-E", number, None, "-s", "lc")

    def service_deleted(self) -> str:
        able = sorted(map(int, self.table()))
        if len(able) < 2:
            return ""
        number = self._rng.choice(able)
        self._hand(number, None, None)
        return self._ipvsadm("-D", number, None)

    def service_added(self) -> str:
        if str(FOREIGN_SERVICE) in self.table():
            return ""
        self._hand(FOREIGN_SERVICE, None, None)
        return self._ipvsadm("-A", FOREIGN_SERVICE, None, "-s", "rr")

    def reload(self) -> str:
        """keepalived reads its file again."""
        before = self._begun()
        self._signal("HUP", "a")
        wait_until(lambda: self._begun() > before, "keepalived has reloaded", timeout=START, story=self.trouble)
        self.truth.loaded = self.truth.file
        return "keepalived reloads"

    def edit(self) -> str:
        """Another weight of one server stands in the file, and keepalived has not read it."""
        if self.truth.file != self.truth.loaded:
            return ""
        services = list(self.truth.file.services)
        place = self._rng.randrange(len(services))
        reals = list(services[place].servers)
        which = self._rng.randrange(len(reals))
        weight = self._rng.choice([one for one in WEIGHTS if one != reals[which].weight])
        reals[which] = replace(reals[which], weight=weight)
        services[place] = replace(services[place], servers=tuple(reals))
        return self._rewrite(replace(self.truth.file, services=tuple(services)))

    def edit_and_reload(self) -> str:
        """A file with another server, weight, scheduler or priority is loaded."""
        services = list(self.truth.file.services)
        place = self._rng.randrange(len(services))
        one = services[place]
        free = sorted({*SERVERS} - {real.number for real in one.servers})
        what = self._rng.choice(("priority", "adds", "removes", "scheduler", "weight"))
        file = self.truth.file
        if what == "weight" and (edited := self.edit()):
            return f"{edited}; {self.reload()}"
        if what == "priority":
            file = replace(file, priority=YIELDING if file.priority == OURS else OURS)
        elif what == "adds" and free:
            added = Real(self._rng.choice(free), self._rng.choice(WEIGHTS))
            reals = tuple(sorted((*one.servers, added), key=lambda real: real.number))
            services[place] = replace(one, servers=reals)
        elif what == "removes" and len(one.servers) > 1:
            services[place] = replace(one, servers=one.servers[:-1])
        elif what == "scheduler":
            services[place] = replace(one, scheduler="wlc" if one.scheduler != "wlc" else "wrr")
        else:
            return ""
        if what != "priority":
            file = replace(file, services=tuple(services))
        return f"{self._rewrite(file)}; {self.reload()}"

    def restart(self) -> str:
        self._signal("TERM", "a")
        self._daemons["a"].wait()
        self._daemons["a"] = self._start("a")
        wait_until(lambda: self._begun() > 0, "keepalived has started", timeout=START, story=self.trouble)
        self.truth.restarted()
        return "keepalived is restarted"

    def killed(self) -> str:
        """keepalived's processes all end at once, as they stand: nothing is taken back. Only where its successor takes
        over nothing that it would not have made itself, for nobody could tell that from what a hand did."""
        if not self.truth.adopts(table_of({"table": self.table()})):
            return ""
        script = "kill -STOP $(cat pid); kill -KILL $(cat vrrp.pid checker.pid); kill -KILL $(cat pid)"
        self.truth.left = self.truth.role == "MASTER"
        self._lab.run(["sh", "-ec", f"cd {self._folder}/a; {script}"]).ok()
        self._daemons["a"].wait()
        self.truth.runs = False
        return "keepalived is killed"

    def started(self) -> str:
        """It takes the table as it finds it."""
        self._daemons["a"] = self._start("a")
        wait_until(lambda: self._begun() > 0, "keepalived has started", timeout=START, story=self.trouble)
        self.truth.loaded, self.truth.runs, self.truth.left = self.truth.file, True, False
        return "keepalived is started"

    def link_moves(self) -> str:
        self.truth.link = not self.truth.link
        way = "up" if self.truth.link else "down"
        self.director.ip("link", "set", "v0", way)
        return f"our interface goes {way}"

    def peer_moves(self) -> str:
        if not self.truth.link:
            return ""
        self.truth.peer = not self.truth.peer
        if self.truth.peer:
            self._daemons["b"] = self._start("b")
            return "the peer starts"
        self._signal("TERM", "b")
        self._daemons["b"].wait()
        return "the peer ends"

    def close(self) -> None:
        for child in (self._watching, self._listening):
            child.stop()
        for job in self._daemons.values():
            job.stop()
        self._peer.close()
        self.director.close()

    # --- how

    def _hand(self, number: int, server: int | None, weight: int | None) -> None:
        """Notes what a hand is about to do."""
        self.truth.touched.add((number, server))
        self.truth.made.add((number, server, weight))

    def _do(self, command: str) -> str:
        env = {"LVSTUI_STATE": f"{self._folder}/did", "LVSTUI_RUN": f"{self._folder}/run"}
        result = self.verb(["--do", command, "--allow-outage"], env).wait()
        assert result.code == 0, result
        return f"lvstui --do '{command}'"

    def _ipvsadm(self, command: str, number: int, server: int | None, *words: str) -> str:
        where = ["-r", f"10.0.0.{server}:80"] if server is not None else []
        argv = [command, "-t", f"192.0.2.{number}:80", *where, *words]
        self.director.ipvsadm(*argv)
        return f"ipvsadm {' '.join(argv)}"

    def _rewrite(self, file: Config) -> str:
        self.truth.file = file
        self._write("a", written(file))
        return f"the file becomes {file}"

    def _write(self, which: str, text: str) -> None:
        path = f"{self._folder}/{which}/keepalived.conf"
        self._lab.run(["sh", "-c", f"cat > {path}.new && mv {path}.new {path}"], stdin=text).ok()

    def _start(self, which: str) -> Job:
        folder = f"{self._folder}/{which}"
        words = ["keepalived", "-f", f"{folder}/keepalived.conf", "-n", "-l", "-D", "-p", f"{folder}/pid"]
        words += ["-r", f"{folder}/vrrp.pid", "-c", f"{folder}/checker.pid"]
        director = self.director if which == "a" else self._peer
        if which == "b":
            words.append("-P")
        return director.spawn(words, env={"TMPDIR": folder})

    def _signal(self, name: str, which: str) -> None:
        """To the parent process alone, once it has said which it is."""
        path = f"{self._folder}/{which}/pid"
        wait_until(lambda: self._lab.run(["test", "-s", path]).code == 0, f"{path} is written", timeout=START)
        self._lab.run(["sh", "-c", f"kill -{name} $(cat {path})"]).ok()

    def _begun(self) -> int:
        """How often its checkers have begun: this is the last line that they log of a start or a reload."""
        return self.log("a").count("Activating BFD healthchecker")
