"""keepalived on D-Bus, judged by the real daemon on a bus of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.lab import needs
from tests.lab.conftest import needing_a_lab
from tests.lab.director import Director
from tests.lab.session import Job, LabMissing, Session
from tests.lab.waiting import wait_until

# A system bus as distributions have it, with the policy that comes with keepalived.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/bus/socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
  </policy>
  <include>/etc/dbus-1/system.d/org.keepalived.Vrrp1.conf</include>
</busconfig>
"""
# An interface whose name no D-Bus path can hold; a peer that answers nothing keeps it up.
WIRE = """
link add eth1.7 type veth peer name peer
link set eth1.7 up
link set peer up
addr add 192.0.2.1/24 dev eth1.7
"""
CONFIGURATION = """
global_defs {
    enable_dbus
    vrrp_version 3
}
vrrp_instance VI_1 {
    interface eth1.7
    virtual_router_id 51
    priority 100
    advert_int 0.3
    virtual_ipaddress {
        192.0.2.100/24
    }
}
vrrp_instance VI_6 {
    interface eth1.7
    virtual_router_id 52
    priority 90
    advert_int 0.3
    virtual_ipaddress {
        fe80::100/64
    }
}
"""
# Reads as a console does; prints a line whenever something is told otherwise.
WATCH = """
import sys, time
from lvstui.director.source import Scope
from lvstui.live import open_source
source = open_source()
said = None
while True:
    vrrp = source.read(Scope(vrrp=True, sweep=True, ask="ask" in sys.argv)).vrrp
    states = [f"{one.name}={standing.state}({one.interface},{one.priority})" + "!" * len(standing.findings)
              for standing in vrrp.instances for one in standing[:1]]
    line = " ".join([vrrp.source or "nobody", *states, vrrp.trouble])
    if line != said:
        said = line
        print(line, flush=True)
    time.sleep(0.1)
"""


@dataclass
class Desk:
    """A director whose keepalived may be on a bus, and what a console there is told."""

    director: Director
    bus: Job | None = None
    keepalived: Job | None = None

    def start_bus(self, policy: str = BUS) -> None:
        script = "mkdir -p /run/bus; rm -f /run/bus/socket; cat >/run/bus/conf"
        self.director.run(["sh", "-c", script], stdin=policy).ok()
        self.bus = self.director.spawn(["dbus-daemon", "--config-file=/run/bus/conf", "--nofork", "--nopidfile"])
        wait_until(lambda: self.director.run(["test", "-S", "/run/bus/socket"]).code == 0, "the bus is up")

    def start_keepalived(self, configuration: str = CONFIGURATION) -> None:
        name = self.director.netns
        self.director.run(["tee", f"/run/{name}.conf"], stdin=configuration).ok()
        pids = [word for kind in "prc" for word in (f"-{kind}", f"/run/{name}-{kind}.pid")]
        self.keepalived = self.director.spawn(
            ["keepalived", "--dont-fork", "--log-console", "-f", f"/run/{name}.conf", *pids], env=ADDRESS
        )

    def watch(self, *words: str, nobody: bool = False) -> Job:
        lower = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if nobody else []
        return self.director.spawn([*lower, self.director.lab.python, "-c", WATCH, *words], env=ADDRESS)

    def close(self) -> None:
        for job in (self.keepalived, self.bus):
            if job is not None:
                job.stop()
        self.director.close()


ADDRESS = {"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/run/bus/socket"}
BOTH = "D-Bus VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90)"


def told(job: Job, *lines: str) -> None:
    """These were told, in this order, whatever else was told between; the next call looks at what came after."""
    seen = getattr(job, "seen", 0)

    def place() -> int | None:
        at = seen
        for line in lines:
            rest = job.stdout().splitlines()
            at = next((n + 1 for n, one in enumerate(rest) if n >= at and one.strip().startswith(line)), 0)
            if not at:
                return None
        return at

    wait_until(lambda: place() is not None, f"told: {lines}", story=lambda: job.stdout() + job.stderr())
    job.seen = place()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def make(lab: Session) -> Iterator[type[Desk]]:
    with needing_a_lab():
        missing = needs.missing(("keepalived", "dbus-daemon"))
        if missing:
            raise LabMissing(needs.advice(missing))
    yield Desk


@pytest.fixture(scope="module")
def desk(lab: Session, make: type[Desk]) -> Iterator[Desk]:
    made = make(Director.make(lab, "onbus"))
    made.director.run(["ip", "-batch", "-"], stdin=WIRE).ok()
    made.start_bus()
    made.start_keepalived()
    yield made
    made.close()


def test_states_arrive_at_once_and_are_merged_with_the_rest(desk: Desk) -> None:
    watching = desk.watch()
    told(watching, BOTH)
    desk.director.ip("link", "set", "eth1.7", "down")
    told(watching, "D-Bus VI_1=FAULT(eth1.7,100)! VI_6=FAULT(eth1.7,90)!")
    desk.director.ip("link", "set", "eth1.7", "up")
    told(watching, BOTH)
    # What keepalived says is held against what is there: an address taken away by hand is missed on a master. It puts
    # the address back within a second or so, in which a busy machine may not have looked: then it is taken away again.
    before = len(watching.stdout().splitlines())

    def missed() -> bool:
        desk.director.run(["ip", "addr", "del", "192.0.2.100/24", "dev", "eth1.7"])
        return any(not line.startswith(BOTH) for line in watching.stdout().splitlines()[before:])

    wait_until(missed, "the address is missed", interval=0.5, story=watching.stdout)
    told(watching, BOTH)
    watching.stop()


def test_any_user_gets_the_states_without_dumps(desk: Desk) -> None:
    watching = desk.watch(nobody=True)
    told(watching, "D-Bus VI_1=MASTER(eth1.7,0) VI_6=MASTER(eth1.7,0)")
    watching.stop()


def test_a_keepalived_of_another_namespace_is_not_taken_for_ours(lab: Session, desk: Desk, make: type[Desk]) -> None:
    other = make(Director.make(lab, "beside"))
    try:
        other.director.run(["ip", "-batch", "-"], stdin=WIRE).ok()
        other.start_keepalived()
        for nobody in (False, True):
            watching = other.watch(nobody=nobody)
            told(
                watching,
                "nobody"
                if nobody
                else "configuration VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90) the keepalived on D-Bus",
            )
            watching.stop()
            assert "D-Bus VI_1" not in watching.stdout()
    finally:
        other.close()


def test_the_bus_goes_and_comes_back(desk: Desk) -> None:
    watching = desk.watch()
    told(watching, BOTH)
    assert desk.bus is not None and desk.keepalived is not None
    desk.bus.stop()
    told(watching, "configuration VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90) D-Bus: ")
    desk.start_bus()
    # keepalived itself does not come back to a bus that it lost.
    told(watching, "configuration VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90) keepalived is not on D-Bus")
    desk.keepalived.stop()
    desk.start_keepalived()
    told(watching, BOTH)
    desk.keepalived.stop()
    desk.start_keepalived(CONFIGURATION.replace("enable_dbus", ""))
    told(watching, "configuration VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90)")
    watching.stop()


# Any user may have the name on this bus, which no distribution allows.
OPEN = BUS.replace('<deny own="*"/>', '<allow own="*"/>').replace(
    '<deny send_type="method_call"/>', '<allow send_type="method_call"/>'
)
CALLED = """
import asyncio
from dbus_fast import BusType
from dbus_fast.aio import MessageBus
async def main():
    bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
    print(await bus.request_name("org.keepalived.Vrrp1"), flush=True)
    await bus.wait_for_disconnect()
asyncio.run(main())
"""


def test_a_bus_name_owned_by_an_ordinary_user_is_ignored(lab: Session, make: type[Desk]) -> None:
    made = make(Director.make(lab, "falsebus"))
    try:
        made.director.run(["ip", "-batch", "-"], stdin=WIRE).ok()
        made.start_bus(OPEN)
        lower = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        stranger = made.director.spawn([*lower, made.director.lab.python, "-c", CALLED], env=ADDRESS)
        wait_until(lambda: "PRIMARY_OWNER" in stranger.stdout(), "it has the name", story=stranger.stderr)
        made.start_keepalived()
        watching = made.watch()
        instances = "configuration VI_1=MASTER(eth1.7,100) VI_6=MASTER(eth1.7,90)"
        told(watching, f"{instances} user 65534 calls itself keepalived on D-Bus: ignored")
        watching.stop()
        stranger.stop()
    finally:
        made.close()
