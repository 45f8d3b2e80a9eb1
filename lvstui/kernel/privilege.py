"""Why the kernel does not let this process change IPVS, and what would help. IPVS requires CAP_NET_ADMIN in the initial
user namespace, so root of a container or of another user namespace may still be refused."""

from __future__ import annotations

import os

from lvstui.values import NamedTuple

_NET_ADMIN = 12
"""CAP_NET_ADMIN, include/uapi/linux/capability.h."""
_WHOLE = (0, 0, 2**32 - 1)
"""The map of users in the initial user namespace."""
_USUAL = "run as root, or with CAP_NET_ADMIN"


class MissingPermission(NamedTuple):
    """Why permission is missing, and the remedy."""

    why: str
    mend: str


def lacking() -> MissingPermission:
    """What this process lacks, after the kernel has refused it."""
    try:
        with open("/proc/self/uid_map", "rb") as uid_map, open("/proc/self/status", "rb") as status:
            return judged(os.geteuid(), uid_map.read().decode(), status.read().decode())
    except OSError:
        return MissingPermission("no permission", _USUAL)


def judged(user: int, uid_map: str, status: str) -> MissingPermission:
    """`uid_map` and `status` as /proc/self has them."""
    fields = tuple(int(word) for word in uid_map.split() if word.isdecimal())
    effective = f"\n{status}".partition("\nCapEff:")[2].partition("\n")[0].strip()
    admin = bool(int(effective or "0", 16) >> _NET_ADMIN & 1)
    if fields != _WHOLE and (user == 0 or admin):
        who = "root" if user == 0 else "CAP_NET_ADMIN"
        return MissingPermission(
            f"no permission: this is {who} of a user namespace (a rootless or remapped container?), and IPVS "
            "belongs to the machine's own root",
            "on the host, as its root: lvstui --netns /proc/PID/ns/net, where PID is a process in here",
        )
    if user == 0 and not admin:
        return MissingPermission(
            "no permission: this root has no CAP_NET_ADMIN (a container?)",
            "give it (docker run --cap-add NET_ADMIN), or on the host: lvstui --netns /proc/PID/ns/net",
        )
    return MissingPermission("no permission", _USUAL)
