"""Writes the real servers' side of direct routing as a script: each virtual address on lo, and never announced to the
LAN.

It uses `ip`, `sysctl` and a check of the result, where older recipes used ifconfig aliases. arp_ignore=1 stops the
machine from answering for an address on lo, arp_announce=2 from announcing it as its own
(Documentation/networking/ip-sysctl.rst); the larger value of `all` and the interface applies. IPv6 has no such sysctls:
an address on lo with /128 is not announced, because neighbour discovery answers only for the interface that was asked.
"""

from __future__ import annotations

from lvstui.director.model import Forward, RuleSet, address_text, service_text

_SCRIPT = """\
#!/bin/sh
# The real server's side of direct routing (LVS-DR): run it on every real server behind these virtual addresses.
#   {name} start    adds the addresses to lo, and keeps them quiet
#   {name} stop     takes them away
#   {name} check    says whether it took; exit 0 when all did
# Written by lvstui.

V4="{v4}"
V6="{v6}"
wrong=0

is_set() {{
    [ "$(cat /proc/sys/net/ipv4/conf/all/"$1" 2>/dev/null)" -ge "$2" ] || {{
        echo "net.ipv4.conf.all.$1 is not $2: this machine may answer for the virtual address" >&2
        wrong=1
    }}
}}

has() {{
    ip -o addr show dev lo to "$1" | grep -q . || {{
        echo "$1 is not on lo" >&2
        wrong=1
    }}
}}

check() {{
    for vip in $V4; do has "$vip/32"; done
    for vip in $V6; do has "$vip/128"; done
    [ -z "$V4" ] || {{ is_set arp_ignore 1; is_set arp_announce 2; }}
    [ "$wrong" = 0 ] && echo "ready: $V4 $V6"
    return "$wrong"
}}

case "$1" in
start)
    # Quiet first, so that the address is never announced in between.
    if [ -n "$V4" ]; then
        sysctl -q -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2 || exit 1
    fi
    for vip in $V4; do ip addr replace "$vip/32" dev lo || exit 1; done
    for vip in $V6; do ip -6 addr replace "$vip/128" dev lo || exit 1; done
    ip link set lo up
    check
    ;;
stop)
    for vip in $V4; do ip addr del "$vip/32" dev lo 2>/dev/null; done
    for vip in $V6; do ip -6 addr del "$vip/128" dev lo 2>/dev/null; done
    # The sysctls stay: other virtual addresses may need them.
    ;;
check)
    check
    ;;
*)
    echo "usage: $0 start|stop|check" >&2
    exit 2
    ;;
esac
"""


def write(rules: RuleSet, name: str = "realserver.sh") -> tuple[str, list[str]]:
    """The script, and what it leaves out, in words: services whose servers are not reached by direct routing, and
    firewall marks, whose addresses the rules do not have."""
    lost: list[str] = []
    addresses: set[bytes] = set()
    for key in sorted(rules.rules):
        entry = rules.rules[key]
        if not any(server.forward == Forward.ROUTE for server in entry.servers.values()):
            lost.append(f"{service_text(key)}: none of its servers is reached by direct routing")
        elif key.fwmark:
            lost.append(f"{service_text(key)}: a firewall mark does not tell its virtual addresses")
        else:
            addresses.add(key.address)
    v4, v6 = (" ".join(address_text(a) for a in sorted(addresses) if len(a) == size) for size in (4, 16))
    return _SCRIPT.format(name=name, v4=v4, v6=v6), lost
