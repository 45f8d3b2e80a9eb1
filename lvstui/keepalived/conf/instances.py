"""The VRRP instances of a configuration: their names, addresses and priorities, where nobody tells how they stand. Of
their passwords only what tells equal ones is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lvstui.director.model import address_packed
from lvstui.director.vrrp.instances import HmacKey, Instance, Receiving, Tracked, VirtualAddress
from lvstui.director.vrrp.passwords import stand_in_for, stand_in_for_key
from lvstui.keepalived.conf.keywords import GLOBAL, STARTS_VRRP, VRRP
from lvstui.keepalived.conf.logical_lines import chosen, read_lines
from lvstui.keepalived.conf.notes import Notes
from lvstui.keepalived.conf.tree import Node, blocks
from lvstui.values import NamedTuple

_TRACKS = ("interface", "script", "file", "process", "bfd")
_WEIGHED = {
    "vrrp_script": "script",
    "track_file": "file",
    "vrrp_track_file": "file",
    "vrrp_track_process": "process",
    "bfd_instance": "bfd",
}
"""Blocks that say the weight of what instances track, with its kind."""
_PRIORITY, _OWNER = 100, 255
"""Priorities where none is given: of an instance, and of one that is to start as MASTER."""
_INTEGER = re.compile("[+-]?[0-9]{1,9}")


class _Around(NamedTuple):
    """What an instance takes from elsewhere in its file: the node and name of its group by its own name, the weights of
    scripts and whatever else is tracked by kind and name, what holds for all instances, the names of VMACs that are
    taken so far, and of the groups that have an instance of the priority of an owner."""

    groups: Mapping[str, Node]
    weights: Mapping[tuple[str, str], int]
    settings: Mapping[str, tuple[str, ...]]
    taken: set[str]
    owned: frozenset[str]


def read_instances(path: str | Path, config_id: str | None = "") -> tuple[Instance, ...]:
    """The instances in a configuration file, with state "", which a file does not have. Raises BadInput when it cannot
    be read."""
    notes = Notes()  # what is odd in the file is said where it is read for its rules
    with notes.guarded():
        return _read(path, config_id, notes)


def _read(path: str | Path, config_id: str | None, notes: Notes) -> tuple[Instance, ...]:
    lines = read_lines(path, chosen(config_id), notes)
    outline = blocks(lines, GLOBAL, notes)
    if not any(node.words[0] in STARTS_VRRP for node in outline):
        return ()
    tree = [node for node in blocks(lines, VRRP, notes) if not node.skipped]
    groups = {
        name: node
        for node in tree
        if node.words[0] == "vrrp_sync_group"
        for words in _lines(node, "group")
        for name in words
    }
    weights = {
        (_WEIGHED[node.words[0]], node.words[1]): _number(
            _single(node), "weight", 1 if _WEIGHED[node.words[0]] == "file" else 0
        )
        for node in tree
        if node.words[0] in _WEIGHED
    }
    settings = {
        name: words for node in outline if node.words[0] == "global_defs" for name, words in _single(node).items()
    }
    nodes: dict[str, Node] = {}
    for node in tree:
        if node.words[0] == "vrrp_instance":
            nodes.setdefault(node.words[1], node)  # a second one of the same name is ignored
    owners = (name for name, node in nodes.items() if _priority(_single(node)) == _OWNER)
    owned = frozenset(groups[name].words[1] for name in owners if name in groups)
    around = _Around(groups, weights, settings, set(filter(None, map(_named_vmac, nodes.values()))), owned)
    return tuple(_instance(node, around) for node in nodes.values())


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
    master = _word(single, "state") == "MASTER"
    priority = _priority(single)
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
        # keepalived ignores nopreempt where it would not work (vrrp.c, vrrp_complete_instance).
        preempt="nopreempt" not in single or master or priority == _OWNER,
        addresses=tuple(_addresses(node, "virtual_ipaddress", places, family)),
        excluded=tuple(_addresses(node, "virtual_ipaddress_excluded", places)),
        group=group.words[1] if group is not None else "",
        vmac=vmac,
        peers=_peers(node, family if "native_ipv6" in single or bare else None),
        tracked=(*_own_tracked(node, around, interface, priority, group), *_group_tracked(group, around)),
        tracks="dont_track_primary" not in single,
        receives=_receives(node, single, around.settings, version),
    )


def _receives(
    node: Node, single: Mapping[str, tuple[str, ...]], settings: Mapping[str, tuple[str, ...]], version: int
) -> Receiving:
    """The adverts that an instance accepts (vrrp.c, vrrp_complete_instance)."""
    said = {words[0]: words[1] for words in _lines(node, "authentication") if len(words) > 1}
    auth, password = said.get("auth_type", ""), said.get("auth_pass", "").encode()[:8]
    strict = _on(single, "strict_mode") if "strict_mode" in single else _on(settings, "vrrp_strict")
    if auth not in ("PASS", "AH") or version == 3 or strict or not password:
        auth = ""
    receiving = Receiving(
        auth,
        stand_in_for(password) if auth in ("PASS", "AH") else b"",
        _on(single, "check_unicast_src") or _on(settings, "vrrp_check_unicast_src"),
        _on(single, "v3_checksum_as_v2") or _on(settings, "v3_checksum_as_v2"),
    )
    if any(inner.words[0] == "auth_hmac" for inner in node.inside):
        return _signed(node, receiving, strict)
    return receiving


def _signed(node: Node, receiving: Receiving, strict: bool) -> Receiving:
    """The same with auth_hmac in place of a password (vrrp_parser.c, vrrp_auth_hmac_key_handler). Without the key that
    it is to sign with, keepalived does without both."""
    keys: dict[int, bytes] = {}
    active, mode = 0, "enforce"
    for name, word, *rest in (words for words in _lines(node, "auth_hmac") if len(words) > 1):
        number = int(word) if _KEY_NUMBER.fullmatch(word) else 0
        if name == "key" and 0 < number < 256 and rest and number not in keys:
            if rest[0].startswith("file:"):
                keys[number] = b""
            elif len(key := _hmac_key(rest[0])) in _HMAC_KEY:
                keys[number] = stand_in_for_key(key)
        elif name == "active_key" and 0 < number < 256:
            active = number
        elif name == "mode" and word in ("enforce", "permissive", "receive-only"):
            mode = word
    if active not in keys:
        return receiving._replace(auth="", secret=b"")
    mode = "enforce" if strict else mode
    held = tuple(HmacKey(number, key) for number, key in sorted(keys.items()))
    return receiving._replace(auth="HMAC", secret=b"", keys=held, active=active, mode=mode)


_KEY_NUMBER = re.compile("[+]?[0-9]{1,9}")
_HMAC_KEY = range(32, 65)
"""Bytes that a key of auth_hmac may have."""


def _hmac_key(text: str) -> bytes:
    """A key in hexadecimal digits, or a text; b"" where it is none."""
    if not text.startswith("hex:"):
        return text.encode()
    parts = text[4:].split(" ")
    if not re.fullmatch("[0-9a-fA-F]*", "".join(parts)):
        return b""
    return bytes(int(part[place : place + 2], 16) for part in parts for place in range(0, len(part), 2))


def _on(single: Mapping[str, tuple[str, ...]], name: str) -> bool:
    """Whether a switch is on; without a value it is."""
    return name in single and (_word(single, name) or "on") in ("on", "true", "yes")


def _named_vmac(node: Node) -> str:
    """The name that use_vmac or use_ipvlan gives its interface, "" when it gives none (vrrp_parser.c)."""
    single = _single(node)
    for word in single.get("use_vmac", ())[1:3]:
        if ":" not in word:  # a MAC address has colons, a name does not
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
"""The most letters of an interface name."""


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


def _peers(node: Node, family: int | None) -> tuple[str, ...]:
    """The unicast peers. Those of another family than the instance's are skipped; where nothing else gives the family,
    the first peer does."""
    peers = []
    for words in _lines(node, "unicast_peer"):
        try:
            own = 4 if len(address_packed(words[0])) == 4 else 6
        except ValueError:
            continue
        family = family or own
        if own == family:
            peers.append(words[0])
    return tuple(peers)


def _priority(single: Mapping[str, tuple[str, ...]]) -> int:
    """The priority of an instance; keepalived uses the default for a value out of range."""
    master = _word(single, "state") == "MASTER"
    priority = _number(single, "priority", _OWNER if master and "priority" not in single else _PRIORITY)
    return priority if 1 <= priority <= _OWNER else _PRIORITY


def _own_tracked(node: Node, around: _Around, interface: str, priority: int, group: Node | None) -> Iterator[Tracked]:
    """What an instance tracks itself. With the priority of an owner, or in a group that does not say otherwise, nothing
    changes its priority: keepalived ignores what has a weight, but for processes; a file of the usual weight, and in a
    group an interface, count without theirs (vrrp.c, vrrp_complete_instance)."""
    grouped = group is not None and not any(word in _single(group) for word in _WEIGHING)
    for tracked in _tracked(node, around.weights, interface):
        if not tracked.weight or tracked.kind == "process" or not (grouped or priority == _OWNER):
            yield tracked
        elif (tracked.kind == "file" and tracked.weight == 1) or (tracked.kind == "interface" and grouped):
            yield tracked._replace(weight=0)


_WEIGHING = ("sync_group_tracking_weight", "global_tracking")
"""Switches of a group that keep the weights of what its instances track."""


def _group_tracked(group: Node | None, around: _Around) -> Iterator[Tracked]:
    """What a group tracks for its instances, without weights where one of them has an owner's priority."""
    if group is not None:
        for tracked in _tracked(group, around.weights):
            yield tracked._replace(weight=0) if group.words[1] in around.owned else tracked


def _tracked(node: Node, weights: Mapping[tuple[str, str], int], own: str = "") -> Iterator[Tracked]:
    """What a block tracks, with the weight that its own block has where none is said here. An instance's `own`
    interface is not among it: keepalived watches that anyway and ignores the line. Of two lines of one name the first
    counts."""
    seen: set[tuple[str, str]] = set()
    for kind in _TRACKS:
        for words in _lines(node, f"track_{kind}"):
            said = words[words.index("weight") + 1] if "weight" in words[:-1] else ""
            number = int(said) if _INTEGER.fullmatch(said) else weights.get((kind, words[0]), 0)
            if (kind, words[0]) not in seen and (kind, words[0]) != ("interface", own):
                seen.add((kind, words[0]))
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
    """The address at the beginning of a line, None for none."""
    try:
        return address_packed(words[0].partition("/")[0])
    except ValueError:
        return None


def _word(single: Mapping[str, tuple[str, ...]], name: str) -> str:
    words = single.get(name, ())
    return words[1] if len(words) > 1 else ""


def _number(single: Mapping[str, tuple[str, ...]], name: str, default: int) -> int:
    word = _word(single, name)
    return int(word) if _INTEGER.fullmatch(word) else default


def _seconds(single: Mapping[str, tuple[str, ...]], version: int) -> float:
    """The advert interval: whole seconds in version 2, hundredths of a second in version 3; keepalived rounds."""
    try:
        seconds = float(_word(single, "advert_int") or 1)
    except ValueError:
        return 1.0
    if not 0 < seconds < 2**32:
        return 1.0
    return min(255.0, max(1.0, float(int(seconds + 0.5)))) if version == 2 else round(seconds, 2)
