"""The VRRP instances of a configuration: their names, addresses and priorities, where nobody tells how they stand. Of
their passwords only what tells equal ones is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lvstui.director.model import address_packed
from lvstui.director.vrrp.adverts import veiled
from lvstui.director.vrrp.instances import Instance, Receiving, Tracked, VirtualAddress
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
    *("strict_mode", "check_unicast_src", "v3_checksum_as_v2"),
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
    scripts, what holds for all instances, and the names of VMACs that are taken so far."""

    groups: Mapping[str, Node]
    weights: Mapping[str, int]
    settings: Mapping[str, tuple[str, ...]]
    taken: set[str]


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
    nodes = [node for node in tree if node.words[0] == "vrrp_instance"]
    around = _Around(groups, weights, settings, set(filter(None, map(_named_vmac, nodes))))
    return tuple(_instance(node, around) for node in nodes)


def _instance(node: Node, around: _Around) -> Instance:
    name = node.words[1]
    single = _single(node)
    interface = _word(single, "interface")
    vrid = _number(single, "virtual_router_id", 0)
    bare = [packed for words in _lines(node, "virtual_ipaddress") if (packed := _packed(words)) is not None]
    family = 6 if "native_ipv6" in single or (bare and len(bare[0]) == 16) else 4
    prefix = _word(around.settings, "vmac_prefix") or "vrrp"
    vmac = ""
    if "use_vmac" in single or "use_ipvlan" in single:
        vmac = _named_vmac(node) or _vmac_name(prefix, vrid, family, around.taken)
    places = _Places(
        interface,
        vmac if "use_vmac" in single else "",  # addresses of an ipvlan instance stand on the interface below
        vrid,
        family,
        "use_vmac_addr" in single,
        _word(around.settings, "vmac_addr_prefix") or prefix,
        around.taken,
        {},
    )
    priority = _number(single, "priority", 100)
    version = _number(single, "version", 3 if family == 6 else _number(around.settings, "vrrp_version", 2))
    group = around.groups.get(name)
    return Instance(
        name=name,
        state="",
        interface=interface,
        vrid=vrid,
        family=family,
        version=version,
        priority=priority,
        effective=priority,
        advert=_seconds(single, version),
        # keepalived takes nopreempt back where it would not work (vrrp.c, vrrp_complete_instance).
        preempt="nopreempt" not in single or _word(single, "state") == "MASTER" or priority == 255,
        addresses=tuple(_addresses(node, "virtual_ipaddress", places, family)),
        excluded=tuple(_addresses(node, "virtual_ipaddress_excluded", places)),
        group=group.words[1] if group is not None else "",
        vmac=vmac,
        peers=tuple(words[0] for words in _lines(node, "unicast_peer")),
        tracked=(*_tracked(node, around.weights), *(_tracked(group, around.weights) if group is not None else ())),
        tracks="dont_track_primary" not in single,
        receives=_receives(node, single, around.settings, version),
    )


def _receives(
    node: Node, single: Mapping[str, tuple[str, ...]], settings: Mapping[str, tuple[str, ...]], version: int
) -> Receiving:
    """What it wants of the adverts it hears (vrrp.c, vrrp_complete_instance)."""
    said = {words[0]: words[1] for words in _lines(node, "authentication") if len(words) > 1}
    auth, password = said.get("auth_type", ""), said.get("auth_pass", "").encode()[:8]
    strict = _on(single, "strict_mode") if "strict_mode" in single else _on(settings, "vrrp_strict")
    if auth not in ("PASS", "AH") or version == 3 or strict or not password:
        auth = ""
    if any(inner.words[0] == "auth_hmac" for inner in node.inside):
        auth = "HMAC"
    return Receiving(
        auth,
        veiled(password) if auth == "PASS" else b"",
        _on(single, "check_unicast_src") or _on(settings, "vrrp_check_unicast_src"),
        _on(single, "v3_checksum_as_v2") or _on(settings, "v3_checksum_as_v2"),
    )


def _on(single: Mapping[str, tuple[str, ...]], name: str) -> bool:
    """Whether a switch is on: it is without a value."""
    return name in single and (_word(single, name) or "on") in ("on", "true", "yes")


def _named_vmac(node: Node) -> str:
    """The name that use_vmac or use_ipvlan gives its interface, "" when it gives none (vrrp_parser.c)."""
    single = _single(node)
    for word in single.get("use_vmac", ())[1:3]:
        if ":" not in word:  # which its MAC address has, and no name
            return word
    for word in single.get("use_ipvlan", ())[1:]:
        if word not in ("bridge", "private", "vepa") and _packed((word,)) is None:
            return word
    return ""


def _vmac_name(prefix: str, vrid: int, family: int, taken: set[str]) -> str:
    """The first name that is free: prefix.VRID, else prefix6.VRID or prefix1.VRID (vrrp.c, create_vmac_name)."""
    numbers = ("", "6", *map(str, range(1, 6)), *map(str, range(7, 256)))
    if family == 4:
        numbers = ("", *map(str, range(1, 256)))
    for number in numbers:
        end = f"{number}.{vrid}"
        name = prefix[: _NAME - len(end)] + end
        if name not in taken:
            taken.add(name)
            return name
    return f"{prefix}.{vrid}"


_NAME = 15
"""Letters of an interface's name at the most."""


class _Places(NamedTuple):
    """What decides on which interface an address is put: the instance's own, its VMAC, whether every address that the
    VMAC does not carry has one of its own, how that is called, and those there are by interface and family."""

    interface: str
    vmac: str
    vrid: int
    family: int
    everywhere: bool
    prefix: str
    taken: set[str]
    made: dict[tuple[str, int], str]

    def of(self, packed: bytes, words: Sequence[str]) -> tuple[str, str]:
        """The interface of an address, and the one below where that is a VMAC (vrrp.c, vrrp_complete_instance)."""
        named = words[words.index("dev") + 1] if "dev" in words[:-1] else ""
        family = 6 if len(packed) == 16 else 4
        own = named in ("", self.interface)
        if own and self.vmac and family == self.family:
            return self.vmac, self.interface
        base = self.interface if own else named
        if "use_vmac" in words or (self.everywhere and not (own and family == self.family)):
            if (base, family) not in self.made:
                self.made[base, family] = _vmac_name(self.prefix, self.vrid, family, self.taken)
            return self.made[base, family], base
        return base, ""


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


def _addresses(node: Node, name: str, places: _Places, family: int = 0) -> Iterator[VirtualAddress]:
    """Those of a list; keepalived passes over one that is not of its `family`, where that matters."""
    for words in _lines(node, name):
        packed = _packed(words)
        if packed is not None and len(packed) != {4: 16, 6: 4}.get(family):
            prefix = words[0].partition("/")[2]
            length = int(prefix) if prefix.isdecimal() else len(packed) * 8
            yield VirtualAddress(packed, length, *places.of(packed, words))


def _packed(words: Sequence[str]) -> bytes | None:
    """The address at the beginning of a line, None where there is none."""
    try:
        return address_packed(words[0].partition("/")[0])
    except ValueError:
        return None


def _word(single: Mapping[str, tuple[str, ...]], name: str) -> str:
    words = single.get(name, ())
    return words[1] if len(words) > 1 else ""


def _number(single: Mapping[str, tuple[str, ...]], name: str, default: int) -> int:
    word = _word(single, name)
    return int(word) if word.lstrip("+-").isdecimal() else default


def _seconds(single: Mapping[str, tuple[str, ...]], version: int) -> float:
    """Its interval: whole seconds in version 2, hundredths of one in version 3; keepalived rounds."""
    try:
        seconds = float(_word(single, "advert_int") or 1)
    except ValueError:
        return 1.0
    if not 0 < seconds < 2**32:
        return 1.0
    return min(255.0, max(1.0, float(int(seconds + 0.5)))) if version == 2 else round(seconds, 2)
