"""Which adverts keepalived discards, and why: the rules of vrrp_check_packet (keepalived/vrrp/vrrp.c, 2.2.7), in its
order. Pure.

keepalived ignores a discarded advert completely, so its sender is no master for it, and two directors that discard each
other's adverts are both masters. From 2.3.3 on, keepalived accepts adverts with a different address list and only logs
that. Where the running version is known it decides; otherwise what is heard decides (instance_status.py).
"""

from __future__ import annotations

from collections.abc import Collection

from lvstui.director.model import address_packed, address_text
from lvstui.director.vrrp.adverts import HOP_LIMIT, Advert
from lvstui.director.vrrp.instances import Instance
from lvstui.values import NamedTuple

TAKES_UNEQUAL = (2, 3, 3)
"""The first version that accepts adverts with a different address list."""
_AUTHENTICATED = {"": "without a password", "PASS": "with a password", "AH": "by AH", "HMAC": "by auth_hmac"}


class Discard(NamedTuple):
    """A discarded advert: why, in words that continue "its adverts:". `lists`: because of its address list; `taken`:
    this keepalived accepts it all the same; `foreign`: none of its addresses belongs to the instance."""

    advert: Advert
    why: str
    lists: bool = False
    foreign: bool = False
    taken: bool = False


def discarded(instance: Instance, advert: Advert, listed: Collection[bytes]) -> Discard | None:
    """Why an instance discards another director's advert; None where it accepts it, or where that is not known.
    `listed`: the addresses that the instance announces, empty where that is not known."""
    announced = set(advert.addresses)
    foreign = bool(announced) and bool(listed) and announced.isdisjoint(listed)
    if not instance.priority:  # only its name and state are known
        why = ""
    else:
        why = _of_packet(instance, advert) or _of_authentication(instance, advert) or _of_interval(instance, advert)
        why = why or _of_sender(instance, advert)
    if why:
        return Discard(advert, why, foreign=foreign)
    why = _of_addresses(advert, listed)
    taken = instance.receives is not None and instance.receives.unequal
    return Discard(advert, why, True, foreign, taken) if why else None


def _of_packet(instance: Instance, advert: Advert) -> str:
    lenient = instance.receives is not None and instance.receives.lenient and instance.version == 3
    if not advert.sound and not lenient:
        return "they are malformed (length or checksum)"
    if not instance.peers and advert.hops != HOP_LIMIT:
        return f"they have passed a router (TTL {advert.hops}, must be {HOP_LIMIT})"
    if advert.version != instance.version:
        return f"they are of VRRP version {advert.version}, here it is version {instance.version}"
    return ""


def _of_authentication(instance: Instance, advert: Advert) -> str:
    wanted = instance.receives
    if wanted is None or (instance.version == 3 and "HMAC" not in (wanted.auth, advert.auth)):
        return ""
    if wanted.auth != advert.auth:
        theirs = _AUTHENTICATED.get(advert.auth, f"by {advert.auth}")
        return f"they are authenticated {theirs}, here {_AUTHENTICATED.get(wanted.auth, wanted.auth)}".replace(
            "authenticated without", "sent without"
        )
    if wanted.auth == "PASS" and wanted.secret != advert.secret:
        return "their password (auth_pass) differs"
    return ""


def _of_interval(instance: Instance, advert: Advert) -> str:
    if instance.version == 2 and advert.interval != instance.advert:
        return f"they come every {advert.interval:g} s, here advert_int is {instance.advert:g}"
    return ""


def _of_sender(instance: Instance, advert: Advert) -> str:
    if advert.group and instance.peers:
        return "they are sent by multicast, here unicast peers are configured"
    if not advert.group and not instance.peers:
        return "they are sent by unicast, here no unicast peer is configured"
    strict = instance.receives is not None and instance.receives.sources
    if strict and advert.source not in peers(instance):
        return "their sender is not a unicast peer here (check_unicast_src)"
    return ""


def _of_addresses(advert: Advert, listed: Collection[bytes]) -> str:
    theirs, ours = set(advert.addresses), set(listed)
    if not ours or theirs == ours:
        return ""
    words = [f"they announce {_texts(theirs - ours)} too"] if theirs - ours else []
    words += [f"they do not announce {_texts(ours - theirs)}"] if ours - theirs else []
    return " and ".join(words).replace(" and they ", " and ")


def peers(instance: Instance) -> frozenset[bytes]:
    """The unicast peers of an instance, packed."""
    addresses = set()
    for text in instance.peers:
        try:
            addresses.add(address_packed(text))
        except ValueError:
            continue
    return frozenset(addresses)


_SHOWN = 3
"""The most addresses named in a message."""


def _texts(addresses: Collection[bytes]) -> str:
    texts = [address_text(address) for address in sorted(addresses, key=lambda address: (len(address), address))]
    more = f" and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
