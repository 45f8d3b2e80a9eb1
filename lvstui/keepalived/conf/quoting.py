"""Which words of a configuration may be repeated in a remark.

Where a keyword or a blank is missing, a password can be anywhere. So a word is repeated only where it is a known word
of keepalived, up to one letter, a plain number, or has the form of an address; for others the line number must do.
"""

from __future__ import annotations

import re
from functools import cache

from lvstui.director.remarks import shown

_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,6})?|(?=.*[.:])[0-9a-fA-F]{0,4}([.:/-][0-9a-fA-F]{0,4}){2,24}")
_OTHERS = (
    "true false on off yes no inet inet6 fwmark group type port csum nocsum remcsum ipip gue gre NAT DR TUN TCP UDP"
    " SCTP rr wrr lc wlc lblc sh mh dh fo ovf lblcr sed nq twos sip tcp tcpfin udp inst id maxlen ttl"
    " auth_type auth_pass accept no_accept strict_mode track_src_ip promote_secondaries state_dump_file sni_name"
    " tls_compliant no_virtual_ipaddress v3_checksum_as_v2 owner_ignore_adverts nat_mask virtual_routes global_tracking"
    " sync_group_tracking_weight lower_prio_no_advert higher_prio_send_advert linkbeat_use_polling lb_sched url host"
)
"""Words that are not keywords themselves, or belong to other blocks and versions."""
_SHORTEST = 4
"""The least length of a known word that may match with one letter different."""


def quoted(word: str, *, keyword: bool = False) -> str:
    """A word in quotes, or '...' for one that may be a password. `keyword`: it is where a keyword belongs, so even a
    number may be a password whose keyword is missing."""
    return shown(word) if harmless(word) and not (keyword and word.isdecimal()) else "'...'"


def named(word: str) -> str:
    """The same without quotes."""
    return word if harmless(word) else "..."


def harmless(word: str) -> bool:
    """Whether a word cannot be a password."""
    known, almost = _known()
    if word in known or word in "{}" or _PLAIN.fullmatch(word):
        return True
    if len(word) < _SHORTEST or word.lower().startswith(("auth", "pass")):
        return False
    lower = word.lower()
    return lower in almost or any(lower[:at] + lower[at + 1 :] in almost for at in range(min(len(lower), 40)))


def strange(word: str) -> bool:
    """Whether a line that begins with this word is probably not a line of a configuration: neither a keyword of any
    block, nor a brace, a number or an address."""
    return word not in _known()[0] and word[:1] not in "{}0123456789" and ":" not in word


@cache
def _known() -> tuple[frozenset[str], frozenset[str]]:
    """The known words, and their lower-case forms, whole and with one letter removed."""
    from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL, VRRP, Keywords

    words = set(_OTHERS.split())

    def gather(keywords: Keywords) -> None:
        for word, keyword in keywords.items():
            words.add(word)
            if keyword.inside is not None:
                gather(keyword.inside)

    for keywords in (CHECKER, GLOBAL, VRRP):
        gather(keywords)
    long = {word.lower() for word in words if len(word) > _SHORTEST}
    return frozenset(words), frozenset(
        {*long, *(word[:at] + word[at + 1 :] for word in long for at in range(len(word)))}
    )
