"""The VRRP instances of a configuration: their names, addresses and priorities, where nobody tells how they stand. Of
their authentication nothing is kept."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from lvstui.director.model import address_packed
from lvstui.director.vrrp.instances import Instance, Tracked, VirtualAddress
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL
from lvstui.keepalived.conf.lines import read_lines
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.programmed import chosen
from lvstui.keepalived.conf.tree import Keyword, Keywords, Node, blocks

_TRACKS = ("interface", "script", "file", "process", "bfd")
_LISTS = (
    *("virtual_ipaddress", "virtual_ipaddress_excluded", "unicast_peer", "virtual_routes", "virtual_rules"),
    *("authentication", "auth_hmac", *(f"track_{kind}" for kind in _TRACKS)),
)
_WORDS = (
    *("state", "interface", "virtual_router_id", "priority", "advert_int", "version", "native_ipv6"),
    *("nopreempt", "preempt", "preempt_delay", "use_vmac", "use_ipvlan", "use_vmac_addr", "dont_track_primary"),
)
_INSTANCE: Keywords = {**dict.fromkeys(_LISTS, Keyword(values=True)), **dict.fromkeys(_WORDS, Keyword())}
_VRRP: Keywords = {
    **dict.fromkeys(CHECKER, Keyword(foreign=True)),
    "global_defs": GLOBAL["global_defs"],
    "vrrp_instance": Keyword(_INSTANCE, least=2),
    "vrrp_script": Keyword(dict.fromkeys(("script", "interval", "weight", "rise", "fall", "user"), Keyword()), least=2),
    "vrrp_sync_group": Keyword(
        dict.fromkeys(("group", *(f"track_{kind}" for kind in _TRACKS)), Keyword(values=True)), least=2
    ),
}


class _Around(NamedTuple):
    """What an instance takes from elsewhere in its file: the node and name of its group by its own name, the weights of
    scripts, what holds for all instances."""

    groups: Mapping[str, Node]
    weights: Mapping[str, int]
    settings: Mapping[str, tuple[str, ...]]


def read_instances(path: str | Path, config_id: str | None = "") -> tuple[Instance, ...]:
    """The instances of a configuration file, with state "": that is not for it to tell. Raises BadInput when it cannot
    be read."""
    notes = Notes()  # what is odd in the file is said where it is read for its rules
    tree = blocks(read_lines(path, chosen(config_id), notes), _VRRP, notes)
    groups = {
        name: node
        for node in tree
        if node.words[0] == "vrrp_sync_group"
        for words in _lines(node, "group")
        for name in words
    }
    weights = {node.words[1]: _number(_single(node), "weight", 0) for node in tree if node.words[0] == "vrrp_script"}
    settings = {name: words for node in tree if node.words[0] == "global_defs" for name, words in _single(node).items()}
    around = _Around(groups, weights, settings)
    found: list[Instance] = []
    for node in tree:
        if node.words[0] == "vrrp_instance":
            found.append(_instance(node, around, {one.vmac for one in found}))
    return tuple(found)


def _instance(node: Node, around: _Around, taken: Collection[str]) -> Instance:
    name = node.words[1]
    single = _single(node)
    interface = _word(single, "interface")
    vrid = _number(single, "virtual_router_id", 0)
    bare = tuple(_addresses(node, "virtual_ipaddress", interface))
    family = 6 if "native_ipv6" in single or (bare and len(bare[0].address) == 16) else 4
    vmac = _vmac(single, vrid, family, _word(around.settings, "vmac_prefix") or "vrrp", taken)
    device = vmac or interface
    priority = _number(single, "priority", 100)
    group = around.groups.get(name)
    return Instance(
        name=name,
        state="",
        interface=interface,
        vrid=vrid,
        family=family,
        version=_number(single, "version", 3 if family == 6 else _number(around.settings, "vrrp_version", 2)),
        priority=priority,
        effective=priority,
        advert=_seconds(single),
        # keepalived takes nopreempt back where it would not work (vrrp.c, vrrp_complete_instance).
        preempt="nopreempt" not in single or _word(single, "state") == "MASTER" or priority == 255,
        addresses=tuple(_addresses(node, "virtual_ipaddress", device)),
        excluded=tuple(_addresses(node, "virtual_ipaddress_excluded", device)),
        group=group.words[1] if group is not None else "",
        vmac=vmac,
        peers=tuple(words[0] for words in _lines(node, "unicast_peer")),
        tracked=(*_tracked(node, around.weights), *(_tracked(group, around.weights) if group is not None else ())),
        tracks="dont_track_primary" not in single,
    )


def _vmac(single: Mapping[str, tuple[str, ...]], vrid: int, family: int, prefix: str, taken: Collection[str]) -> str:
    """The interface that use_vmac or use_ipvlan makes: the one it names, else prefix.VRID, or prefix6.VRID where
    another instance has that (vrrp.c, create_vmac_name); "" without either."""
    if "use_vmac" not in single and "use_ipvlan" not in single:
        return ""
    for word in (*single.get("use_vmac", ())[1:], *single.get("use_ipvlan", ())[1:]):
        if not set(":.") & set(word) and word not in ("bridge", "private", "vepa"):
            return word  # neither its MAC address, nor an IP address, nor a mode
    plain = f"{prefix}.{vrid}"
    if plain not in taken:
        return plain
    numbers = (6, *range(1, 6)) if family == 6 else range(1, 10)
    return next((name for number in numbers if (name := f"{prefix}{number}.{vrid}") not in taken), plain)


def _tracked(node: Node, weights: Mapping[str, int]) -> Iterator[Tracked]:
    """What a block tracks. A script has the weight of its own block where none is said here."""
    for kind in _TRACKS:
        for words in _lines(node, f"track_{kind}"):
            said = words[words.index("weight") + 1] if "weight" in words[:-1] else ""
            number = int(said) if said.lstrip("+-").isdecimal() else weights.get(words[0], 0) if kind == "script" else 0
            yield Tracked(kind, words[0], number)


def _single(node: Node) -> dict[str, tuple[str, ...]]:
    return {inner.words[0]: inner.words for inner in node.inside}


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
    words = single.get(name, ())
    return words[1] if len(words) > 1 else ""


def _number(single: Mapping[str, tuple[str, ...]], name: str, default: int) -> int:
    word = _word(single, name)
    return int(word) if word.lstrip("+-").isdecimal() else default


def _seconds(single: Mapping[str, tuple[str, ...]]) -> float:
    try:
        return float(_word(single, "advert_int") or 1)
    except ValueError:
        return 1.0
