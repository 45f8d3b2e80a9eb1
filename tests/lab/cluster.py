"""The whole cluster of the seed: two directors under the real keepalived, two direct-routing web servers, one client.

Each machine is a set of network, mount and host name spaces in the lab, with its own /run, /tmp and /etc/keepalived, on
one bridge. From outside, the network namespaces go by the machines' names (`lvstui --netns lvs1`).
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.lab import needs
from tests.lab.session import REPOSITORY, Job, LabError, LabMissing, Result, Session
from tests.lab.waiting import PATIENCE, wait_until

VIP = "192.168.80.200"
PORT = 80
ADDRESSES = {
    "lvs1": "192.168.80.100",
    "lvs2": "192.168.80.101",
    "web1": "192.168.80.102",
    "web2": "192.168.80.103",
    "cli": "192.168.80.10",
}
DIRECTORS = {"lvs1": ("MASTER", 100), "lvs2": ("BACKUP", 99)}
WEBS = ("web1", "web2")
PROGRAMS = ("keepalived", "ipvsadm", "busybox", "curl")
LAN = "lan"  # a namespace for the bridge alone, so that the outer one keeps its own network

OPTIONS = "/etc/keepalived/keepalived.config-opts"
"""How keepalived 2.3 and later was built. Its binary reads this file at the start."""

# Makes a machine of a namespace. It prints its process id, and lives until it is killed.
# Its /tmp is empty, except for the checkout and its interpreter where those are below the host's.
MACHINE = """
set -e
hostname {name}
own=/run/machines/{name}
mkdir -p $own/home $own/lock $own/lab /etc/keepalived /var/lib/lvstui
for folder in {kept}; do mkdir -p $own/kept$folder; mount --bind $folder $own/kept$folder; done
mount -t tmpfs {name} /tmp
for folder in {kept}; do mkdir -p $folder; mount --move $own/kept$folder $folder; done
mkdir $own/build
[ ! -e {options} ] || cp {options} $own/build/
mount -t tmpfs {name} /etc/keepalived
cp -r $own/build/. /etc/keepalived/
mount -t tmpfs {name} /var/lib/lvstui
mount --bind /run/lab $own/lab
mount --rbind $own /run
echo $$
exec sleep infinity
"""
_BELOW_TMP = {path for path in (str(REPOSITORY), sys.prefix, sys.base_prefix) if path.startswith("/tmp/")}
KEPT = " ".join(  # one folder brings along what is inside it
    sorted(path for path in _BELOW_TMP if not any(path.startswith(f"{other}/") for other in _BELOW_TMP))
)

# The seed's configuration without its mail addresses, and with quicker checks, to make the tests quicker.
KEEPALIVED = """
global_defs {{
    router_id LVS_DEVEL
}}
vrrp_instance VI_1 {{
    state {state}
    interface eth1
    virtual_router_id 51
    priority {priority}
    advert_int 1
    authentication {{
        auth_type PASS
        auth_pass 1111
    }}
    virtual_ipaddress {{
        {vip}
    }}
}}
virtual_server {vip} {port} {{
    delay_loop 1
    lb_algo wrr
    lb_kind DR
    protocol TCP
{servers}}}
"""
REAL_SERVER = """
    real_server {address} {port} {{
        weight 3
        TCP_CHECK {{
            connect_timeout 2
            retry 1
            delay_before_retry 1
            connect_port {port}
        }}
    }}
"""


@dataclass(slots=True)
class Cluster:
    """The machines by name, and what runs on them."""

    lab: Session
    machines: dict[str, Job] = field(default_factory=dict)
    pids: dict[str, str] = field(default_factory=dict)
    daemons: dict[str, Job] = field(default_factory=dict)  # by machine: keepalived on a director, httpd on a web server

    # --- the machines

    def argv(self, name: str, command: Sequence[str]) -> list[str]:
        """The command as it has to be started from outside to run on this machine, in the checkout."""
        return ["nsenter", "-t", self.pids[name], "--mount", "--uts", "--net", "--wd", "--", *command]

    def run(
        self,
        name: str,
        command: Sequence[str],
        *,
        stdin: str | None = None,
        env: Mapping[str, str] | None = None,
        timeout: float = 300.0,
    ) -> Result:
        return self.lab.run(self.argv(name, command), stdin=stdin, env=env, timeout=timeout)

    def spawn(self, name: str, command: Sequence[str]) -> Job:
        return self.lab.spawn(self.argv(name, command))

    # --- what an operator does to it

    def start_web(self, name: str) -> None:
        if not self.up(name):
            self.daemons[name] = self.spawn(name, ["busybox", "httpd", "-f", "-p", str(PORT), "-h", "/run/www"])

    def stop_web(self, name: str) -> None:
        self.daemons[name].stop()

    def start_keepalived(self, name: str) -> None:
        if not self.up(name):
            self.daemons[name] = self.spawn(name, ["keepalived", "--dont-fork", "--log-console", "--log-detail"])

    def stop_keepalived(self, name: str) -> None:
        """Stop it as `service keepalived stop` does: the parent is told, and it tells its children."""
        self.run(name, ["sh", "-c", "kill $(cat /run/keepalived.pid)"]).ok()
        self.daemons[name].wait(PATIENCE)

    def curl(self, count: int = 1) -> list[str]:
        """The answers to this many requests of the client to the virtual address; an empty string for no answer."""
        one = f"curl -s -m 60 http://{VIP}:{PORT}/ || echo"
        return self.run("cli", ["sh", "-c", f"for n in $(seq {count}); do {one}; done"]).ok().splitlines()

    # --- what can be seen of it

    def up(self, name: str) -> bool:
        """Whether this machine's daemon runs."""
        return name in self.daemons and self.daemons[name].poll() is None

    def log(self, name: str) -> str:
        """The output of this machine's daemon."""
        return self.daemons[name].stdout() + self.daemons[name].stderr()

    def holds_vip(self, name: str) -> bool:
        addresses = self.lab.run(["ip", "-4", "-o", "addr", "show", "dev", "eth1"], netns=name).ok()
        return f" {VIP}/" in addresses

    def rules(self, name: str) -> list[str]:
        """A director's table as `ipvsadm -S -n` spells it."""
        return self.lab.run(["ipvsadm", "-S", "-n"], netns=name).ok().splitlines()

    def pool(self, name: str) -> set[str]:
        """The names of the web servers in a director's table."""
        return {web for web in WEBS for rule in self.rules(name) if f" -r {ADDRESSES[web]}:{PORT} " in rule}

    # --- waiting for it

    def wait_pool(self, name: str, webs: set[str], timeout: float = PATIENCE) -> float:
        return wait_until(
            lambda: self.pool(name) == webs,
            f"the pool of {name} is {sorted(webs)}",
            timeout=timeout,
            story=lambda: "\n".join([*self.rules(name), self.log(name)]),
        )

    def wait_master(self, name: str, timeout: float = PATIENCE) -> float:
        """Wait until this director, and no other, holds the virtual address."""
        return wait_until(
            lambda: {director for director in DIRECTORS if self.holds_vip(director)} == {name},
            f"only {name} holds {VIP}",
            timeout=timeout,
            story=lambda: self.log(name),
        )

    def wait_healthy(self) -> None:
        """Everything runs, lvs1 is master, both directors know both web servers."""
        for name in DIRECTORS:
            self.wait_pool(name, set(WEBS))
        self.wait_master("lvs1")

    def heal(self) -> None:
        """Start again whatever a test has stopped, and wait until it is as it was."""
        for name in WEBS:
            self.start_web(name)
        for name in DIRECTORS:
            self.start_keepalived(name)
        self.wait_healthy()

    def close(self) -> None:
        for name in DIRECTORS:
            if self.up(name):
                self.stop_keepalived(name)
        for job in (*self.daemons.values(), *self.machines.values()):
            job.signal(signal.SIGKILL)
        self.lab.run(["ip", "-batch", "-"], stdin="".join(f"netns del {name}\n" for name in (*ADDRESSES, LAN))).ok()


def start(lab: Session) -> Cluster:
    """Build the cluster in a lab and wait until it serves."""
    packages = needs.missing(PROGRAMS)
    if packages:
        raise LabMissing(f"the cluster needs more: {needs.advice(packages)}")
    cluster = Cluster(lab)
    _wire(lab)
    for name in ADDRESSES:
        script = MACHINE.format(name=name, kept=KEPT, options=OPTIONS)
        command = ["ip", "netns", "exec", name, "unshare", "--mount", "--uts", "sh", "-c", script]
        cluster.machines[name] = lab.spawn(command)
    for name, job in cluster.machines.items():
        cluster.pids[name] = _first_word(name, job)
    for name in WEBS:
        # The real server's side of direct routing: it has the virtual address, and never answers ARP for it.
        script = f"""
            echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore
            echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce
            ip addr add {VIP}/32 dev lo
            mkdir /run/www
            echo {name} >/run/www/index.html
        """
        cluster.run(name, ["sh", "-e", "-c", script]).ok()
        cluster.start_web(name)
    for name in DIRECTORS:
        cluster.run(name, ["tee", "/etc/keepalived/keepalived.conf"], stdin=configuration(name)).ok()
        cluster.start_keepalived(name)
    cluster.wait_healthy()
    return cluster


def configuration(name: str) -> str:
    """The keepalived.conf of one of the directors."""
    state, priority = DIRECTORS[name]
    servers = "".join(REAL_SERVER.format(address=ADDRESSES[web], port=PORT) for web in WEBS)
    return KEEPALIVED.format(state=state, priority=priority, vip=VIP, port=PORT, servers=servers)


def _first_word(name: str, machine: Job) -> str:
    """The process id that a machine prints once it is up."""
    wait_until(lambda: "\n" in machine.stdout() or machine.poll() is not None, f"{name} is up")
    if machine.poll() is not None:
        raise LabError(f"{name} did not come up\n{machine.stderr()}")
    return machine.stdout().strip()


def _wire(lab: Session) -> None:
    """The namespaces, a bridge, and each machine's eth1 on it. In batches: a process costs 60 ms in the guest."""
    names = (*ADDRESSES, LAN)
    lab.run(["ip", "-batch", "-"], stdin="".join(f"netns add {name}\n" for name in names)).ok()
    lines = ["link add br0 type bridge", "link set br0 up"]
    for name in ADDRESSES:
        lines += [f"link add {name} type veth peer name eth1 netns {name}", f"link set {name} master br0 up"]
    lab.run(["ip", "-batch", "-"], netns=LAN, stdin="\n".join(lines) + "\n").ok()
    for name, address in ADDRESSES.items():
        lines = ["link set lo up", "link set eth1 up", f"addr add {address}/24 dev eth1"]
        lab.run(["ip", "-batch", "-"], netns=name, stdin="\n".join(lines) + "\n").ok()
