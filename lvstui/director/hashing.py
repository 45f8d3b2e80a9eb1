"""Where the hashing schedulers send a client, computed as the kernel does: sh and mh by the client's address, dh by the
virtual address (net/netfilter/ipvs/ip_vs_sh.c, ip_vs_mh.c, ip_vs_dh.c of Linux 6.1, 64-bit)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd

from lvstui.director.model import ServerKey
from lvstui.values import NamedTuple

HASHING = ("sh", "mh", "dh")
_SIZE = 256
"""The size of the tables of sh and dh (CONFIG_IP_VS_SH_TAB_BITS, CONFIG_IP_VS_DH_TAB_BITS)."""
_PLACES, _BITS = 4093, 6
"""The size of mh's table, a prime (CONFIG_IP_VS_MH_TAB_INDEX 12), and the bits that a weight may have."""
_GOLDEN, _MASK32, _MASK64 = 0x61C88647, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF
_FIRST, _SECOND = 2654435761, 2654446892
"""The keys of mh's hash, which are fixed."""


class HashMember(NamedTuple):
    """A real server, in the kernel's order. `takes`: it has a weight and is not full. `filled`: the weight that mh's
    table was filled with, which a drain does not change."""

    server: ServerKey
    weight: int
    takes: bool
    filled: int


def chosen(
    scheduler: str, members: Sequence[HashMember], client: bytes, virtual: bytes, fallback: bool
) -> ServerKey | None:
    """The server that a client is sent to; None where it is refused. `members` are in the kernel's own order."""
    if not members:
        return None
    if scheduler == "dh":
        member = members[_by_golden(virtual, 0) % len(members)]
        return member.server if member.takes else None
    if scheduler == "mh":
        table = _maglev(members)
        return _looked_up(table, lambda offset: _hash(client, offset, _FIRST) % _PLACES, fallback)
    return _looked_up(_in_turn(members), lambda offset: _by_golden(client, offset), fallback)


def _looked_up(table: Sequence[HashMember | None], place: Callable[[int], int], fallback: bool) -> ServerKey | None:
    first = place(0)
    member = table[first]
    if member is None or member.takes or not fallback:
        return member.server if member is not None and member.takes else None
    for offset in range(len(table)):
        member = table[place((offset + first) % len(table))]
        if member is None:
            return None
        if member.takes:
            return member.server
    return None


def _in_turn(members: Sequence[HashMember]) -> list[HashMember]:
    """sh's table: each server is repeated as often as its weight says; a server without a weight appears once."""
    table: list[HashMember] = []
    while len(table) < _SIZE:
        for member in members:
            table += [member] * min(max(1, member.weight), _SIZE)
            if len(table) >= _SIZE:
                break
    return table[:_SIZE]


def _maglev(members: Sequence[HashMember]) -> list[HashMember | None]:
    """mh's table (ip_vs_mh_populate): servers take turns choosing a free place, each in its own permutation."""
    table: list[HashMember | None] = [None] * _PLACES
    weights = [member.filled for member in members]
    common = gcd(*weights)
    if not common:
        return table
    shift = max(0, (max(weights) // common).bit_length() - _BITS)
    walks = [_hash(member.server.address, member.server.port, _FIRST) % _PLACES for member in members]
    steps = [_hash(member.server.address, member.server.port, _SECOND) % (_PLACES - 1) + 1 for member in members]
    turns = [(weight // common >> shift) or int(weight != 0) for weight in weights]
    taken = 0
    while True:
        for number, member in enumerate(members):
            for _ in range(turns[number]):
                at = walks[number]
                while table[at] is not None:
                    at = (at + steps[number]) % _PLACES
                walks[number] = at
                table[at] = member
                taken += 1
                if taken == _PLACES:
                    return table


def _folded(address: bytes) -> int:
    """An address as 32 bits: the words of an IPv6 address are XORed."""
    folded = 0
    for at in range(0, len(address), 4):
        folded ^= int.from_bytes(address[at : at + 4], "big")
    return folded


def _by_golden(address: bytes, offset: int) -> int:
    return (offset + ((_folded(address) * _GOLDEN & _MASK32) >> 24)) % _SIZE


def _hash(address: bytes, offset: int, key: int) -> int:
    """SipHash-1-3 of four bytes, the lower 32 bits (lib/siphash.c, hsiphash_1u32)."""
    block = 4 << 56 | (_folded(address) + offset & _MASK32)
    v = [0x736F6D6570736575 ^ key, 0x646F72616E646F6D ^ key, 0x6C7967656E657261 ^ key, 0x7465646279746573 ^ key]
    v[3] ^= block
    _round(v)
    v[0] ^= block
    v[2] ^= 0xFF
    for _ in range(3):
        _round(v)
    return (v[0] ^ v[1] ^ v[2] ^ v[3]) & _MASK32


def _round(v: list[int]) -> None:
    v[0] = v[0] + v[1] & _MASK64
    v[1] = _turned(v[1], 13) ^ v[0]
    v[0] = _turned(v[0], 32)
    v[2] = v[2] + v[3] & _MASK64
    v[3] = _turned(v[3], 16) ^ v[2]
    v[0] = v[0] + v[3] & _MASK64
    v[3] = _turned(v[3], 21) ^ v[0]
    v[2] = v[2] + v[1] & _MASK64
    v[1] = _turned(v[1], 17) ^ v[2]
    v[2] = _turned(v[2], 32)


def _turned(value: int, bits: int) -> int:
    return (value << bits | value >> 64 - bits) & _MASK64
