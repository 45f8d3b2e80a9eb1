"""The passwords of a configuration, and the rule that none of their words is repeated.

A password may be a word that is also used elsewhere: a keyword, a number, a name. A remark that would repeat such a
word says only that it is hidden: hiding the one word would reveal which one it is. The own words of a remark, which
are the same for every file, are left alone.

Where a keyword or a blank is missing, a password can be anywhere. So a word is repeated only where it is a known word
of keepalived, up to one letter, a plain number, or has the form of an address; for others the line number must do.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from functools import cache

from lvstui.director.remarks import shown

HIDDEN = "this remark is hidden: a word of the line is also a password in this file"

_KEYWORDS = ("auth_pass", "passw", "passp")
"""How a keyword begins that a password follows."""
_RAW = re.compile(rb"(?:auth_pass|password)[ \t]+([^\r\n!#{}]+)")
"""Also matches in lines for another machine, and in values of definitions."""
_MOST = 10_000


def secret(words: Sequence[str]) -> bool:
    """Whether the words after the first are passwords."""
    return words[0].startswith(_KEYWORDS)


def written(data: bytes) -> set[str]:
    """The passwords in the raw text of a file."""
    from lvstui.keepalived.conf.tokens import split_words

    return {
        word for match in _RAW.finditer(data) for word in split_words(match[1].decode("utf-8", "replace").strip())[0]
    }


def said(lines: Iterable[Sequence[str]]) -> set[str]:
    """The passwords in logical lines: with definitions inserted, and on a separate line below their keyword."""
    passwords: set[str] = set()
    before: Sequence[str] = ("",)
    for words in lines:
        if secret(words):
            passwords.update(words[1:])
        if len(before) == 1 and secret(before) and words[0] not in "{}":
            passwords.update(words)
        before = words
    return passwords


class SecretFilter:
    """Whether a text repeats one of these passwords as a word, or a part of a word."""

    def __init__(self, passwords: Collection[str]) -> None:
        some = sorted(filter(None, passwords), key=len, reverse=True)[:_MOST]
        any_of = "|".join(map(re.escape, some))
        self._search = re.compile(rf"(?<![A-Za-z0-9_])(?:{any_of})(?![A-Za-z0-9_])") if some else None

    def words(self, text: str) -> set[str]:
        """The passwords that stand in it."""
        return set(self._search.findall(text)) if self._search is not None else set()


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
