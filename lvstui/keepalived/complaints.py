"""Which parts of keepalived's complaints about its configuration may be repeated.

A password can be where a keyword or a number belongs, and keepalived repeats it. So a word of a complaint is shown only
where it is one of keepalived's own words (from its messages, versions 2.2 to 2.4, and its keywords), a number, an
address, or a name where a name belongs. Every other word is shown as "...": a newer version may show less than it
could, but never more than it should.
"""

from __future__ import annotations

import re

from lvstui.keepalived.conf.secrets import harmless, quoted

_SECRET = re.compile(r"(?i)(auth_\w+|pass\w*)(['\"`:= ]+).*")
_UNKNOWN = re.compile(r"(Unknown keyword )'(.*)'")
_CUT = ("Unmatched quote", "Unterminated quote", "String '")
"""Complaints that repeat the rest of a line."""
_OPTION = re.compile(r"Unknown option --?[\w-]+")
"""A complaint about the words that it was started with."""
_INSTANCE = re.compile(r"\([^()\s]+\):?(?= )")
"""The name of the instance that a complaint is about, at its beginning."""
_QUOTED = r"'[^']*'|`[^`']*[`']|\"[^\"]*\""
_PART = re.compile(rf"[A-Za-z]+n't\b|{_QUOTED}|[^\s()\[\]{{}}<>,;='\"`]+")
_NAMING = re.compile(
    r"\b(instance|vrrp_instance|(?<!tracked )interface|user|(?<!track )files?|files missing)[ \[]*$", re.IGNORECASE
)
"""Words that precede a name. Tracked things are excluded: they are a list, in which a password may be alone."""
_PIECES = re.compile(r"[/:]?\w+([/:]\w+)+|[/:]\w+")
_RANGE = re.compile(r"-?[0-9]+-[0-9]+")


def without_passwords(words: str) -> str:
    """A complaint without anything that may be a password."""
    if _OPTION.fullmatch(words):
        return words
    unknown = _UNKNOWN.fullmatch(words)
    if unknown is not None:
        return unknown[1] + quoted(unknown[2], keyword=True)
    if words.startswith(_CUT):
        words = re.sub(r"'.*'", "'...'", words)
    instance = _INSTANCE.match(words)
    begin = instance[0] if instance is not None else ""
    rest = _SECRET.sub(r"\1\2...", words[len(begin) :])
    return begin + _PART.sub(lambda part: _part(part, rest), rest)


def _part(part: re.Match[str], words: str) -> str:
    text, before = part[0], words[: part.start()]
    named = _NAMING.search(before) is not None
    if text[0] in "'`\"":
        inside = text[1:-1]
        # The path of a script, without its arguments.
        shown = (named or before.endswith("script ")) and len(inside.split()) == 1
        return text if shown or _own(inside) else f"{text[0]}...{text[-1]}"
    bare = text.rstrip(".:!?")
    return text if named or _own(bare) else "..." + text[len(bare) :]


def _own(word: str) -> bool:
    """Whether a word is keepalived's own, or harmless. `up/down` and `:tcp:80` are two."""
    pieces = re.split("[/:]", word) if _PIECES.fullmatch(word) and not harmless(word) else [word]
    return all(_plain(piece) for piece in pieces)


def _plain(word: str) -> bool:
    bare = not any(map(str.isalnum, word))
    return bare or word.lower() in _VOCABULARY or harmless(word) or _RANGE.fullmatch(word) is not None


_WORDS = (
    "a accept accessible action address addresses advert advertisement after against all allowed alpha already "
    "always an and another any appears applies are arp as assign at auth authentication automatically available "
    "backup be been before beginning being below between bfd bindto bit bits blackhole block both broadcast build "
    "but by can can't cannot chain character characters check checker checksum clear clearing code combined comply "
    "config configuration configured conflict conflicts connection context create debug decimal declaration deduced "
    "default defaulting defined definition delay deprecated dest destination dev device died differs digest digit "
    "directory disable disabling discarded dns do does doesn't don't down dport dropping dsfield dst due duplicate "
    "duplicated duplicates either embedded empty enabled encap encapsulation end enforce entries entry errno error "
    "errors ethernet evip evips exceeds excess excluded executable executed execution exist exists exit expires "
    "exponential extension extra fail failed fall families family fault feature fields file files filesystem find "
    "first folder for form forwarding found from fwmark fwmarks garp garps gid given global goto gre greater group "
    "gue gw has have having helo hex hop hoplimit http hysteresis id if igmp ignore ignored ignoring iif ila in "
    "include includer inclusive incompatible ing inhibit init initial initialise insecure instance instances "
    "instead integer interface interfaces interpret interval invalid ip ipaddress ipip ipproto ipset iptables ipv "
    "ipvlan ipvs is isn't it json kernel key keyword label large least legacy len length less limit line link "
    "link-local linkbeat list load loading local locator long longer loop loopback lower lst lthreshold mac macvlan "
    "malformed many mask master match matches matching max maximum maxlen mcast mdev member members method min "
    "minimum misc mismatch missing mix mixed mld mode monitored monitoring monotonic more moved mpls ms mtu "
    "multicast multihop multiline multiple multiplier must name names nat needs negative netmask next nexthop "
    "nexthops nftables no non non-empty non-existent non-root none nop nopreempt not notify nuls number numbers "
    "numeric of offset oif omitted on once one only open opened option options or other others otherwise out "
    "outside overwriting own owner packet packets parameter parameters parse parsed parser password path payload "
    "peer peers permissions permissive persistent places please policy port ports position positive preempt pref "
    "preference prefix previously priority probably proc process prohibit protocol quorum quote random range rather "
    "read readable real real-time realm realms realpath reason receive-only recognised recognized reducing regex "
    "regular remote remove removing repeat replace replacing reply require required requires resetting respawning "
    "retry rfc rise root rounding route router routerid routes routing rs rtt rttvar rule rules s same scheduler "
    "scheduling scope script scripts second seconds security sensible seq seqx server servers services set setting "
    "sh should shutdown signal since size skipping smtp snmp socket solid some sorry source space specification "
    "specified specify specifying sport src ssl start starting state static stats status strict string strings "
    "subsequent support supported suppressor sync syncid syntax table target tc tcp tcpfin terminating than the "
    "there this time timeout to too tos total track tracked tracking trailing treating truncating trying ttl tunnel "
    "tunnel-id tunnels type udp uid uidrange umask unable unexpected unicast units unknown unmatched unreachable "
    "unreadable unsafe unsigned unterminated up update uptime url urls usage use used user username uses using "
    "uthreshold valid value values version via violation vip vips virtual virtualhost vmac vmacs vrf vrid vroute "
    "vrrp vrrpv vs warmup warning weight weighted weights what when will with without won't word work writable "
    "writing yes zero"
)
"""The words in the messages that keepalived passes to report_config_error."""
_VOCABULARY = frozenset(_WORDS.split())
