"""Socket options, on a kernel with recorded answers: what happens where they are refused, missing or not whole.
tests/lab/test_socket_options.py compares them with netlink on a real kernel."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Callable

import pytest

from lvstui import log
from lvstui.director.remembered import Written
from lvstui.director.source import RULES, Scope
from lvstui.director.state import State
from lvstui.kernel.ipvs.attributes import Cmd
from lvstui.kernel.ipvs.family import MANY, Ipvs
from lvstui.kernel.ipvs.pools import Uncounted
from lvstui.kernel.ipvs.socket_options import DEST, GET_DESTS, GET_SERVICES, SERVICE, OptionSocket
from lvstui.kernel.netlink import Netlink
from lvstui.live import LiveSource
from tests.bench import canned

SERVICES, SERVERS = MANY, 3
WRITTEN = Written(lambda port, rule: f" {port} {rule}")


class Odd(canned.Canned):
    """Refuses options with an error number, or answers them otherwise."""

    refuses: int = 0
    only: int = 0

    def over(self, buffer: memoryview) -> Callable[[int, int, int], int]:
        ask = super().over(buffer)

        def asks(option: int, position: int, length: int) -> int:
            code = ask(option, position, length)
            return self.refuses if self.refuses and self.only in (0, option) else code

        return asks


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Odd:
    made = canned.make(SERVICES, SERVERS)
    kernel = Odd(made.services, made.dests, made.table, made.entries)
    monkeypatch.setattr(Netlink, "_open", lambda link: kernel)
    monkeypatch.setattr(Ipvs, "_open_options", lambda ipvs: kernel)
    return kernel


def told(state: State) -> object:
    """All that a State tells without counters."""
    pools = {key: (pool.servers(), pool.listed(WRITTEN), pool.lines(WRITTEN)) for key, pool in state.pools.items()}
    rows = {key: [row[:4] for row in pool] for key, pool in state.pools.items()}
    return [*state.services], pools, rows


def by_netlink(kernel: Odd) -> object:
    found = told(LiveSource(Ipvs()).read(Scope(sweep=True, settings=True)))
    kernel.messages.clear()
    return found


def test_the_sizes_are_those_of_the_kernels_header() -> None:
    """sizeof in C, on a machine with pointers of 8 bytes."""
    assert (SERVICE.size, DEST.size, GET_SERVICES, GET_DESTS) == (104, 96, 1154, 1156)


def test_options_tell_what_netlink_tells(kernel: Odd) -> None:
    wanted = by_netlink(kernel)
    source = LiveSource(Ipvs())
    assert told(source.read(RULES)) == wanted
    assert kernel.options == {GET_SERVICES: 2, GET_DESTS: SERVICES} and kernel.messages[Cmd.GET_DEST] == 1
    assert told(source.read(RULES)) == wanted
    assert kernel.messages[Cmd.GET_DEST] == 1, "how netlink sends a server is known by now"


@pytest.mark.parametrize("only", [GET_SERVICES, GET_DESTS])
@pytest.mark.parametrize("refuses", [errno.EPERM, errno.EINVAL, errno.ENOPROTOOPT, errno.EFAULT])
def test_where_options_are_refused_netlink_reads_and_the_log_says_so(
    kernel: Odd, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, only: int, refuses: int
) -> None:
    """The kernel answers EINVAL where its structures have another size. It is not asked a second time."""
    monkeypatch.setattr(log, "_logger", logging.getLogger("lvstui"))
    caplog.set_level(logging.INFO)
    wanted = by_netlink(kernel)
    kernel.only, kernel.refuses = only, refuses
    source = LiveSource(Ipvs())
    assert told(source.read(RULES)) == wanted
    assert kernel.messages[Cmd.GET_DEST] == SERVICES
    asked = dict(kernel.options)
    assert told(source.read(RULES)) == wanted
    assert kernel.options == asked
    assert [record.message.partition(": ")[0] for record in caplog.records] == [
        "IPVS is read by netlink alone, not by socket options"
    ]


def test_an_interpreter_without_foreign_functions_reads_by_netlink(
    kernel: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = by_netlink(kernel)
    monkeypatch.setattr(Ipvs, "_open_options", lambda ipvs: OptionSocket())
    monkeypatch.setitem(sys.modules, "_ctypes", None)
    assert told(LiveSource(Ipvs()).read(RULES)) == wanted
    assert kernel.messages[Cmd.GET_DEST] == SERVICES


def test_a_service_that_is_not_told_whole_is_read_by_netlink(kernel: Odd) -> None:
    """One server too few or too many, a service that is gone, one that is not in the table, and a tunnel."""
    wanted = by_netlink(kernel)
    few, many, gone, tunnelled, missing = [*kernel.entries][:5]
    kernel.entries[few] = kernel.entries[few][DEST.size :]
    kernel.entries[many] += kernel.entries[many][: DEST.size]
    del kernel.entries[gone]
    kernel.entries[tunnelled] = kernel.entries[tunnelled].replace(b"\3\1\0\0", b"\2\1\0\0", 1)
    at = kernel.table.index(missing)
    kernel.table = kernel.table[:at] + kernel.table[at + SERVICE.size :]
    assert told(LiveSource(Ipvs()).read(RULES)) == wanted
    assert kernel.messages[Cmd.GET_DEST] == 1 + 5


def test_a_table_of_another_address_family_asks_for_nothing_twice(monkeypatch: pytest.MonkeyPatch, kernel: Odd) -> None:
    """Where options tell of no service, netlink reads as ever."""
    wanted = by_netlink(kernel)
    kernel.table = b""
    assert told(LiveSource(Ipvs()).read(RULES)) == wanted
    assert kernel.options == {GET_SERVICES: 2} and kernel.messages[Cmd.GET_DEST] == SERVICES


def test_counters_that_were_not_read_cannot_be_taken_for_any(kernel: Odd) -> None:
    """Neither 0 nor anything else: whoever asks for one has asked for the wrong sweep."""
    pool = next(iter(LiveSource(Ipvs()).read(RULES).pools.values()))
    row = pool[0]
    assert (row.active, row.inactive, row.persistent) == (0, 0, 0)
    for ask in (
        lambda: row.counters.in_bytes,
        lambda: row.rates.connections,
        lambda: [*row.counters],
        lambda: next(iter(pool)).counters.connections,
        lambda: pool.flows(),
    ):
        with pytest.raises(Uncounted):
            ask()


def test_a_later_read_that_may_need_counters_gets_none_of_such_pools(kernel: Odd) -> None:
    source = LiveSource(Ipvs())
    keys = source.read(RULES).services.keys
    state = source.read(Scope(frozenset(keys[:2])))
    assert sorted(state.pools) == [*keys[:2]] and state.swept is None
    assert [row.counters.in_bytes for pool in state.pools.values() for row in pool] == [0] * 2 * SERVERS
    again = source.read(Scope(sweep=True))
    assert len(again.pools) == SERVICES and [*next(iter(again.pools.values())).flows()]
