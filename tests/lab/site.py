"""A small site on one director: keepalived with four services, its servers on the same machine, and an incident that a
test lets happen. web1 serves in three services, web4 was drained by kim in one of them, cdn1 weighs little by hand."""

from __future__ import annotations

from tests.lab.director import Director
from tests.lab.session import Job
from tests.lab.waiting import wait_until

FOLDER = "/run/site"
CONFIG, KEEPALIVED = f"{FOLDER}/config.toml", f"{FOLDER}/keepalived.conf"
HOSTS = {"web1": 11, "web2": 12, "web4": 14, "web5": 15, "cdn1": 21, "cdn2": 22}
"""By their names, the last number of their addresses. web5 is new: no service has it."""
SERVICES = {
    "www": ("192.0.2.10", 80, "wlc", ("web1", "web2", "web4")),
    "www-tls": ("192.0.2.10", 443, "wlc", ("web1", "web2", "web4")),
    "img": ("192.0.2.12", 80, "rr", ("cdn1", "cdn2")),
    "admin": ("192.0.2.14", 8443, "wlc", ("web1", "web4")),
}
CLIENT, OWN = "198.51.100.7", "203.0.113.1"
VRRP = """
vrrp_instance VI_1 {
    interface d0
    virtual_router_id 9
    priority 150
    virtual_ipaddress {
        192.0.2.10/32
        192.0.2.12/32
        192.0.2.14/32
    }
}
"""
SERVICE = """
virtual_server %s %d {
    delay_loop 1
    lvs_sched %s
    lvs_method DR
    protocol TCP
%s
}
"""
SERVER = """
real_server %s %d {
    weight 10
    TCP_CHECK {
        connect_port 8080
        connect_timeout 30
        retry 1
        delay_before_retry 1
    }
}
"""

# What the checks of one host look at.
CHECKED = """
import socket, sys
server = socket.create_server((sys.argv[1], 8080), backlog=64)
print("ready", flush=True)
while True:
    server.accept()[0].close()
"""

# Every server of every service: their connections end on this machine.
SERVES = """
import resource, select, socket
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
servers = [socket.create_server(("", port), backlog=512) for port in (80, 443)]
print("ready", flush=True)
held = []
while True:
    for server in select.select(servers, [], [])[0]:
        held.append(server.accept()[0])
"""

# Connections to ADDRESS PORT from FROM, COUNT of them, held until it is ended.
CONNECTS = """
import signal, socket, sys
address, port, source, count = sys.argv[1:]
held = [socket.create_connection((address, int(port)), 120, (source, 0)) for _ in range(int(count))]
print("ready", flush=True)
signal.pause()
"""


class Site:
    """The director, and what a test does to what stands around it."""

    def __init__(self, director: Director) -> None:
        self.director = director
        director.run(["mkdir", "-p", FOLDER]).ok()
        names = [f'"{address(name)}" = "{name}"' for name in HOSTS]
        names += [f'"tcp {vip}:{port}" = "{name}"' for name, (vip, port, *_) in SERVICES.items()]
        self.write(CONFIG, "\n".join(["[names]", *names]))
        self.write(KEEPALIVED, VRRP + "".join(_service(*of) for of in SERVICES.values()))
        addresses = [*map(address, HOSTS), CLIENT]
        lines = ["link add d0 type dummy", "link set d0 up multicast on", f"addr add {OWN}/24 dev d0"]
        lines += [f"addr add {one}/32 dev lo" for one in addresses]
        director.run(["ip", "-batch", "-"], stdin="\n".join(lines) + "\n").ok()
        self.checked: dict[str, Job] = {}
        self.serving = self._python(SERVES)
        for name in HOSTS:
            self.recovers(name)
        words = ["keepalived", "-f", KEEPALIVED, "-n", "-l", "-p", f"{FOLDER}/pid"]
        words += ["-r", f"{FOLDER}/vrrp.pid", "-c", f"{FOLDER}/checker.pid"]
        director.ipvsadm("--set", "900", "2", "300")  # a connection that was closed is soon forgotten
        self.daemon = director.spawn(words, env={"TMPDIR": FOLDER})
        wait_until(self._up, "keepalived is master and programs the services", story=self.log)

    def _up(self) -> bool:
        held = self.director.ip("-o", "addr", "show", "dev", "d0")
        return all(f" {of[0]}/" in held for of in SERVICES.values()) and len(self.director.rules()) == 14

    def write(self, path: str, text: str) -> None:
        self.director.run(["tee", path], stdin=text).ok()

    def recovers(self, name: str) -> None:
        """The check of a host finds it."""
        self.checked[name] = self._python(CHECKED, address(name))

    def fails(self, name: str) -> None:
        """Its check is refused from now on, and keepalived takes it away."""
        self.checked.pop(name).stop()
        wait_until(lambda: not self.has(name), f"keepalived removes {name}", story=self.log)

    def has(self, name: str) -> bool:
        return any(f" -r {address(name)}:" in line for line in self.director.rules())

    def connect(self, service: str, count: int) -> Job:
        """A client with so many connections, until it is stopped."""
        vip, port, *_ = SERVICES[service]
        return self._python(CONNECTS, vip, str(port), CLIENT, str(count))

    def weights(self, service: str) -> dict[str, int]:
        """By the names of the servers, as `ipvsadm -S -n` has them; by their addresses where they have none."""
        return {server: int(words[words.index("-w") + 1]) for server, words in self._servers(*SERVICES[service][:2])}

    def servers(self, vip: str, port: int) -> dict[str, int]:
        """The same of a service that has no name."""
        return {server: int(words[words.index("-w") + 1]) for server, words in self._servers(vip, port)}

    def scheduler(self, service: str) -> str:
        vip, port, *_ = SERVICES[service]
        (line,) = (line for line in self.director.rules() if line.startswith(f"-A -t {vip}:{port} "))
        return line.split()[4]

    def _servers(self, vip: str, port: int) -> list[tuple[str, list[str]]]:
        names = {address(name): name for name in HOSTS}
        lines = [line.split() for line in self.director.rules() if line.startswith(f"-a -t {vip}:{port} ")]
        hosts = [words[words.index("-r") + 1].rpartition(":")[0] for words in lines]
        return [(names.get(host, host), words) for host, words in zip(hosts, lines, strict=True)]

    def log(self) -> str:
        return "\n".join([*self.director.rules(), self.daemon.stdout(), self.daemon.stderr()])

    def _python(self, code: str, *words: str) -> Job:
        job = self.director.spawn([self.director.lab.python, "-c", code, *words])
        wait_until(lambda: "ready" in job.stdout(), "a helper is ready", story=job.stderr)
        return job

    def close(self) -> None:
        self.daemon.stop()
        for job in (self.serving, *self.checked.values()):
            job.stop()
        self.director.close()


def address(name: str) -> str:
    return f"10.0.0.{HOSTS[name]}"


def _service(vip: str, port: int, scheduler: str, servers: tuple[str, ...]) -> str:
    return SERVICE % (vip, port, scheduler, "".join(SERVER % (address(name), port) for name in servers))
