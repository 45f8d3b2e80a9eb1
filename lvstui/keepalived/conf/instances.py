"""The VRRP instances of a configuration: their names, addresses and priorities, where nobody tells how they stand. Of
their authentication nothing is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from lvstui.director.model import address_packed
from lvstui.director.vrrp import Instance, Tracked, VirtualAddress
from lvstui.keepalived.conf.keywords import CHECKER
from lvstui.keepalived.conf.lines import read_lines
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.programmed import host_id
from lvstui.keepalived.conf.tree import Keyword, Keywords, Node, blocks

_LISTS = ("virtual_ipaddress", "virtual_ipaddress_excluded", "unicast_peer", "track_interface", "track_script")
_INSTANCE: Keywords = {
    **dict.fromkeys((*_LISTS, "virtual_routes", "virtual_rules", "track_file", "track_process"), Keyword(values=True)),
    **dict.fromkeys(("track_bfd", "authentication", "auth_hmac"), Keyword(values=True)),
    **dict.fromkeys(("state", "interface", "virtual_router_id", "priority", "advert_int", "version"), Keyword()),
    **dict.fromkeys(("nopreempt", "preempt", "preempt_delay", "use_vmac"), Keyword()),
}
_VRRP: Keywords = {
    **dict.fromkeys(CHECKER, Keyword(foreign=True)),
    "vrrp_instance": Keyword(_INSTANCE, least=2),
    "vrrp_sync_group": Keyword(
        {
            "group": Keyword(values=True),
            **dict.fromkeys(("track_interface", "track_script", "track_file", "track_process"), Keyword(values=True)),
        },
        least=2,
    ),
}


def read_instances(path: str | Path, config_id: str = "") -> tuple[Instance, ...]:
    """The instances of a configuration file, with state "": that is not for it to tell. Raises BadInput when it cannot
    be read."""
    notes = Notes()  # what is odd in the file is said where it is read for its rules
    tree = blocks(read_lines(path, config_id or host_id(), notes), _VRRP, notes)
    groups = {
        name: node.words[1]
        for node in tree
        if node.words[0] == "vrrp_sync_group"
        for inner in node.inside
        if inner.words[0] == "group"
        for member in inner.inside
        for name in member.words
    }
    return tuple(_instance(node, groups) for node in tree if node.words[0] == "vrrp_instance")


def _instance(node: Node, groups: Mapping[str, str]) -> Instance:
    name = node.words[1]
    single = {inner.words[0]: inner.words for inner in node.inside}
    device = _word(single, "interface")
    addresses = tuple(_addresses(node, "virtual_ipaddress", device))
    tracked = [Tracked("interface", words[0]) for words in _lines(node, "track_interface")]
    tracked += [Tracked("script", words[0]) for words in _lines(node, "track_script")]
    return Instance(
        name=name,
        state="",
        interface=device,
        vrid=_number(single, "virtual_router_id", 0),
        family=6 if addresses and len(addresses[0].address) == 16 else 4,
        version=_number(single, "version", 2),
        priority=_number(single, "priority", 100),
        effective=_number(single, "priority", 100),
        advert=_seconds(single),
        preempt="nopreempt" not in single,
        addresses=addresses,
        excluded=tuple(_addresses(node, "virtual_ipaddress_excluded", device)),
        group=groups.get(name, ""),
        vmac=(single["use_vmac"][1:2] or ("vrrp." + _word(single, "virtual_router_id"),))[0]
        if "use_vmac" in single
        else "",
        peers=tuple(words[0] for words in _lines(node, "unicast_peer")),
        tracked=tuple(tracked),
    )


def _vmac(single: Mapping[str, tuple[str, ...]]) -> str:
    """The interface that use_vmac makes: the one it names, else vrrp.VRID."""
    if "use_vmac" not in single:
        return ""
    return _word(single, "use_vmac") or f"vrrp.{_word(single, 'virtual_router_id')}"


def _lines(node: Node, name: str) -> Iterator[tuple[str, ...]]:
    return (line.words for inner in node.inside if inner.words[0] == name for line in inner.inside)


def _addresses(node: Node, name: str, device: str) -> Iterator[VirtualAddress]:
    for words in _lines(node, name):
        bare, _, prefix = words[0].partition("/")
        try:
            packed = address_packed(bare)
        except ValueError:
            continue
        on = words[words.index("dev") + 1] if "dev" in words[:-1] else device
        yield VirtualAddress(packed, int(prefix) if prefix.isdecimal() else len(packed) * 8, on)


def _word(single: Mapping[str, tuple[str, ...]], name: str) -> str:
    return single.get(name, (name, ""))[1] if len(single.get(name, (name, ""))) > 1 else ""


def _number(single: Mapping[str, tuple[str, ...]], name: str, default: int) -> int:
    word = _word(single, name)
    return int(word) if word.isdecimal() else default


def _seconds(single: Mapping[str, tuple[str, ...]]) -> float:
    try:
        return float(_word(single, "advert_int") or 1)
    except ValueError:
        return 1.0
