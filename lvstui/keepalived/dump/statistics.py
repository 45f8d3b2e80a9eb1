"""Reads keepalived.json for what keepalived.data lacks: how often each instance changed state, and the exact priority
(vrrp/vrrp_json.c). It is also the only source where keepalived.data cannot be read."""

from __future__ import annotations

import json
from typing import Any

from lvstui.director.vrrp.instances import Instance, Transitions
from lvstui.keepalived.dump.instances import address

_STATES = {0: "INIT", 1: "BACKUP", 2: "MASTER", 3: "FAULT", 97: "DELETED", 98: "STOP"}
"""include/vrrp.h, VRRP_STATE_*."""


def instances(text: str) -> tuple[Instance, ...]:
    """The instances of a keepalived.json, version 1 (an array, to 2.2.7) or 2 (an object with `vrrp`). Raises
    ValueError when it is not such a file, or is cut."""
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if isinstance(data, dict):
        data = data.get("vrrp")
    if not isinstance(data, list):
        raise ValueError("neither an array nor an object with vrrp in it")
    return tuple(_instance(item) for item in data)


def _instance(item: Any) -> Instance:
    try:
        data, stats = item["data"], item.get("stats", {})
        device = str(data.get("ifp_ifname", ""))
        addresses = tuple(a for text in data.get("vips", ()) if (a := address(str(text), device)))
        return Instance(
            name=str(data["iname"]),
            state=_STATES.get(data["state"], "INIT"),
            since=float(data["last_transition"]) or None,
            interface=device,
            vrid=int(data["vrid"]),
            family=6 if addresses and len(addresses[0].address) == 16 else 4,
            version=int(data["version"]),
            priority=int(data["base_priority"]),
            effective=int(data["effective_priority"]),
            advert=float(data["adver_int"]),
            preempt=not data["nopreempt"],
            addresses=addresses,
            excluded=tuple(a for text in data.get("evips", ()) if (a := address(str(text), device))),
            master_priority=int(data.get("master_priority", 0)),
            vmac=str(data.get("vmac_ifname", "")),
            transitions=Transitions(int(stats["become_master"]), int(stats["release_master"])) if stats else None,
        )
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"an instance without {error}") from None
