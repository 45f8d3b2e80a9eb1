"""keepalived configurations, each about one rule of the format or about what the daemon makes of it. The real daemon says what
they mean (test_keepalived_conf.py), not this file."""

# ruff: noqa: E501 - a configuration to a line
from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

FILES = Path(__file__).with_name("cases")


class Case(NamedTuple):
    """The main file's text, other files by name, and the config-id."""

    text: str
    files: dict[str, str] = {}  # noqa: RUF012 - never changed
    config_id: str = "lvs1"


RS = "real_server 10.0.0.1 80 { weight 2 }"
HEAD = "lvs_sched wrr\nlvs_method DR\nprotocol TCP\n"


def vs(body: str, head: str = "192.0.2.1 80") -> str:
    return f"virtual_server {head} {{\n{body}\n}}\n"


CASES: dict[str, Case] = {
    # --- how the text is read
    "rejected words of an old article": Case(
        vs(
            "delay_loop 6\nlb_algo wrr\nlb_kind DR\nnat_mask 255.255.255.0\npersistence_timeout 0\nprotocol TCP\n"
            "real_server 10.0.0.2 80 {\nweight 3\nTCP_CHECK {\nconnect_timeout 9\nnb_get_retry 3\n}\n}"
        )
    ),
    "comments inside words": Case(
        vs("lvs_sched wrr!dh\nlvs_method DR#x\n protocol TCP ! udp\nreal_server 10.0.0.1 80 { weight 7#8\n}\n#} {")
    ),
    "a comment ends at the line, quotes hide it": Case(
        vs(f'{HEAD}virtualhost "a#b!c"\n# {{ "\nreal_server 10.0.0.1 80 {{\nvirtualhost "x # }}"\nweight 5\n}}')
    ),
    "escaped comment characters": Case(vs(f"{HEAD}real_server 10.0.0.1 80 {{ weight 5\\#6\n}}\n{RS}")),
    "braces anywhere": Case(
        "virtual_server 192.0.2.1 80\n\n{ lvs_sched rr } virtual_server 192.0.2.2 80 { protocol TCP real\n"
        "real_server 10.0.0.1 80 { weight 3 } real_server 10.0.0.2 80 {\nweight 4 } }\n"
        "virtual_server 192.0.2.3 80 {{ protocol TCP\nreal_server 10.0.0.1 80 {}}\n}}\n"
    ),
    "quoted words": Case(
        vs('lvs_sched "wrr"\n"lvs_method" "DR"\nprotocol"TCP"\nreal_server "10.0.0.1" 80{weight " 4"}')
    ),
    "an open quote": Case(vs(f'{HEAD}virtualhost "abc\n{RS}\nlvs_sched rr "dh\nquorum 1 "x')),
    "CRLF, tabs, no last line end": Case(
        vs("\tlvs_sched\twrr \r\n lvs_method DR\r\nprotocol TCP\r\n" + RS).rstrip("\n")
    ),
    "a comment of any encoding": Case("# d\xe9j\xe0 vu \U0001f600\n" + vs(HEAD + RS)),
    "a line longer than is read at once": Case(
        vs(f"{HEAD}virtualhost {'x' * 1100}\n{' ' * 1010}weight 5 lvs_sched rr\n# {'y' * 1020} lvs_sched sh\n{RS}")
    ),
    "case counts": Case(vs("LVS_SCHED wrr\nlvs_sched WRR\nlvs_method dr\nprotocol tcp\n" + RS)),
    # --- includes
    "includes relative to their file": Case(
        "include parts/*.conf\n" + vs(HEAD + "include servers.inc\n}\ninclude parts/sub/none*.conf\n" + "#"),
        {
            "servers.inc": RS + "\nreal_server 10.0.0.9 80 { include weight.inc\n}\n",
            "weight.inc": "weight 9\n",
            "parts/b.conf": "include sub/s.conf\n",
            "parts/a.conf": vs(HEAD + RS, "192.0.2.7 80"),
            "parts/sub/s.conf": vs(HEAD + "include ../../servers.inc", "192.0.2.8 80"),
        },
    ),
    "includes with braces in the glob": Case(
        "include part{1,3}.conf\n",
        {f"part{n}.conf": vs(HEAD + RS, f"192.0.2.{n} 80") for n in (1, 2, 3)},
    ),
    "a missing include is gone without": Case(f"include no-such-file\ninclude no-such-*\ninclude\n{vs(HEAD + RS)}"),
    "a missing include that must be there": Case(f"includea no-such-file\n{vs(HEAD + RS)}"),
    # --- definitions, sequences, ids
    "definitions": Case(
        "$VIP=192.0.2.9\n$PORT= 8\n$SCHED=w$REST\n$REST=rr\n$UNUSED=1\n"
        + vs("lvs_sched $SCHED\nlvs_method $NONE\nlvs_method DR\nprotocol TCP\n" + RS, "$VIP ${PORT}0")
        + "$VIP=192.0.2.10\n"
        + vs("$HEAD\nlvs_sched $REST2\nreal_server ${VIP} $PORT { weight $PORT\n}", "$VIP $PORT")
    ),
    "definitions of several lines": Case(
        "$COMMON=lvs_sched wrr \\\n  lvs_method DR  \\\n\\\n protocol TCP\n"
        "$SERVERS= \\\n$COMMON \\\nreal_server 10.0.0.1 80 { weight 6 } \\\n real_server 10.0.0.2 80 {\\\n }\n"
        + vs("$COMMON\n" + RS)
        + vs("$SERVERS", "192.0.2.2 80")
        + vs("$COMMON is not replaced here\nlvs_sched ${COMMON}\n" + RS, "192.0.2.3 80")
    ),
    "a definition with a sign of a comment": Case(
        vs(f"{HEAD}lvs_sched rr ${{_HASH}} x\nweight 3 $_BANG\n{RS.replace('weight 2', '')}")
    ),
    "lines for one machine": Case(
        "@lvs1 $W=11\n@lvs2 $W=22\n@^lvs1 $S=rr\n@^lvs2 $S=dh\n@\n@lvs1\n@lvs1x virtual_server 192.0.2.5 80 {\n"
        + vs(f"{HEAD}@lvs1 lvs_sched $S\n@lvs2 lvs_sched lc\nweight $W\n@ lvs_sched sh\nreal_server 10.0.0.1 80 {{\n}}")
    ),
    "lines for another machine": Case(
        vs(f"{HEAD}@lvs1 lvs_sched sh\n@^lvs1 lvs_sched mh\n@director2 weight 9\nreal_server 10.0.0.1 80 {{}}"),
        {},
        "director2",
    ),
    "sequences": Case(
        vs(f"{HEAD}~SEQ(n, 1, 3) real_server 10.0.0.$n 80 {{ weight ${{n}}5 }}")
        + vs(f"{HEAD}~SEQx(n, 9, 2, 13) real_server 2001:db8::$n 80 {{ }}", "2001:db8::1 80")
        + vs(f"{HEAD}~SEQ( n , 5,-2, 1 ) real_server 10.0.1.$n 80 {{\n}}", "192.0.2.3 80")
        + vs(f"{HEAD}~SEQ(n, 2) $R=real_server 10.0.2.$n 80 {{ }}\n$R", "192.0.2.4 80")
        + "$N=2\n~SEQ(a, $N) ~SEQ(b, 1, $N) virtual_server 192.0.3.$a 8$b { "
        + "protocol TCP\n}\n~SEQ(bad) x\n~SEQ(n, 3, 1, 1) x\n~SEQ(n, 0x10, 0x11) virtual_server fwmark $n {\n"
        + RS
        + "\n}\n"
        + RS
        + "\n}\n~ x\n"
    ),
    "lists": Case(
        vs(f"{HEAD}~LST(ip, 10.0.0.1, 10.0.0.2) real_server $ip 80 {{ }}")
        + vs(
            f"{HEAD}~LST({{ip, w}}, {{10.0.1.1, 5}}, {{10.0.1.2}}, {{ 10.0.1.3 , 7 }}) real_server $ip 80 {{ weight 1$w }}",
            "192.0.2.2 80",
        )
        + vs(f"{HEAD}~LST(ip) real_server $ip 80 {{ }}\n~LST(a, {{1, 2}}) x\n{RS}", "192.0.2.3 80")
    ),
    # --- blocks
    "a block behind an unknown keyword belongs to the one around it": Case(
        vs(f"{HEAD}bogus {{\nlvs_sched dh\n{RS}\n}}\nreal_server 10.0.0.3 80 {{ }}\nlvs_sched rr")
        + vs(HEAD + RS, "192.0.2.2 80")
    ),
    "an unknown block at the top": Case(f"nonsense here {{\nweight 3\nmore {{\nx\n}}\n}}\n{vs(HEAD + RS)}"),
    "blocks with a bad address are skipped whole": Case(
        vs(f"bogus {{\n{RS}\n}}\n{RS}", "192.0.2.300 80")
        + vs(HEAD + RS, "192.0.2.1 70000")
        + vs(HEAD + RS, "2001:db8::1.2.3.4:80")
        + vs(HEAD + RS, "fwmark 4294967296")
        + vs(
            f"{HEAD}real_server example.org 80 {{ bogus {{ weight 3\n}}\n weight 5 }}\n{RS}\nreal_server 10.0.0.4 80x {{ }}"
        )
    ),
    "a brace too few in front": Case(
        "virtual_server 192.0.2.1 80\nlvs_sched rr\nprotocol TCP\nreal_server 10.0.0.1 80\nweight 4\n}\n}\n"
    ),
    "braces too many": Case(vs(HEAD + RS) + "}\n}\n" + vs(HEAD + RS, "192.0.2.2 80")),
    "the end inside a block": Case(
        "virtual_server 192.0.2.1 80 {\nprotocol TCP\nlvs_sched sed\nreal_server 10.0.0.1 80 {\nweight 9\n"
    ),
    "a group that is not closed hides what follows": Case("virtual_server_group A {\n192.0.2.1 80\n" + vs(HEAD + RS)),
    "a value that is missing stops the daemon": Case(vs(f"{HEAD}lvs_sched\n{RS}")),
    "blocks of others": Case(
        "global_defs {\nnotification_email { root@localhost\n}\nbogus {\nrouter_id x }\n}\n"
        "vrrp_instance V {\nunknown { here\n}\nvirtual_ipaddress {\n192.0.2.1\n}\n}\n"
        "static_routes { 192.0.2.0/24 dev lo\n}\nvrrp_script s {\nscript /bin/true\n}\n" + vs(HEAD + RS)
    ),
    # --- groups
    "groups": Case(
        "virtual_server_group A {\n192.0.2.1 80\n192.0.2.8-11 81\n192.0.2.16/30 82\n192.0.2.30-192.0.2.33 83\nfwmark 7\n192.0.2.5\n}\n"
        + vs(
            HEAD + "real_server 10.0.0.1 99 { }\nreal_server 10.0.0.2 80 { lvs_method NAT }\nsorry_server 10.0.0.9 80",
            "group A",
        )
        + "virtual_server_group B {\n2001:db8::1-3 80\n2001:db8::fffe-2001:db8::1:1 81\n2001:db8::10/127 82\nfwmark 8 inet6\n}\n"
        + vs(HEAD + "real_server 2001:db8::99 { }", "group B")
    ),
    "groups with faults": Case(
        "virtual_server_group A {\n192.0.2.9/30 80\n192.0.2.9-5 80\n192.0.2.9-300 80\n192.0.2.1-5x 80\n192.0.2.40 x\nfwmark x\n"
        "fwmark 3 inet7\nfwmark -1\n10.0.0.1/33\nhost 80\n2001:db8::1-fffff 80\n192.0.2.50-2001:db8::1 80\n}\n"
        + vs(HEAD + RS, "group A")
        + vs(HEAD + RS, "group NONE")
        + "virtual_server_group EMPTY {\n}\nvirtual_server_group EMPTY2 { }\n"
        + vs(HEAD + RS, "group EMPTY")
        + "virtual_server_group MIXED {\n192.0.2.1 80\n2001:db8::1 80\nfwmark 3\n}\n"
        + vs(HEAD + RS, "group MIXED")
    ),
    "one group, several services": Case(
        "virtual_server_group A {\n192.0.2.1 80\nfwmark 4\n}\n"
        + vs(HEAD + RS, "group A")
        + vs("protocol UDP\nlvs_sched rr\nlvs_method NAT\npersistence_granularity 255.255.0.0\n" + RS, "group A")
        + vs("protocol TCP\nlvs_sched dh\nlvs_method NAT\nreal_server 10.0.0.7 70 { }", "group A")
        + "virtual_server_group A {\n192.0.2.99 80\n}\n"
    ),
    "a group of both families": Case(
        "virtual_server_group A {\n192.0.2.1 80\n2001:db8::1 80\nfwmark 4 inet\nfwmark 4 inet6\n}\n"
        + vs("protocol TCP\nlvs_method TUN\nlvs_sched rr\n" + RS + "\nreal_server 2001:db8::5 80 { }", "group A")
        + vs("protocol UDP\nlvs_method DR\n" + RS, "group A")
        + vs("protocol UDP\nlvs_method TUN\nip_family inet\n" + RS, "group A")
    ),
    "groups of firewall marks": Case(
        "virtual_server_group M {\nfwmark 1\nfwmark 2\n}\nvirtual_server_group N {\nfwmark 5\nfwmark 6 inet6\n}\n"
        + vs(HEAD + RS, "group M")
        + vs("lvs_method DR\nreal_server 2001:db8::5 80 { }", "group M")
        + vs("lvs_method TUN\nreal_server 2001:db8::5 80 { }", "group N")
        + vs("lvs_method TUN\nops\n" + RS, "group M")
    ),
    "nftables makes a group into a mark": Case(
        "global_defs {\nnftables_ipvs\nnftables_ipvs_start_fwmark 500\n}\nvirtual_server_group A {\n192.0.2.1 80\n192.0.2.5-9 443\n}\n"
        "virtual_server_group B {\n192.0.2.2 80\nfwmark 3\n}\n"
        + vs(HEAD + "persistence_granularity 255.255.255.0\nreal_server 10.0.0.1 99 { }", "group A")
        + vs("protocol UDP\nlvs_method NAT\nlvs_sched rr\nreal_server 10.0.0.2 99 { }", "group A")
        + vs(HEAD + RS, "group B")
    ),
    # --- sorry servers and quorum
    "a sorry server waits": Case(vs(f"{HEAD}sorry_server 10.0.0.9 80\n{RS}")),
    "alpha starts with the sorry server": Case(
        vs(
            f"{HEAD}alpha\nsorry_server 10.0.0.9 8080\nreal_server 10.0.0.1 80 {{ TCP_CHECK {{ }} }}\nreal_server 10.0.0.2 80 {{\nPING_CHECK {{ }} }}"
        )
        + vs(
            f"{HEAD}alpha\nsorry_server 10.0.0.9 80\nreal_server 10.0.0.1 80 {{ TCP_CHECK {{ }} }}\n{RS.replace('0.1', '0.2')}",
            "192.0.2.2 80",
        )
        + vs(
            f"{HEAD}real_server 10.0.0.1 80 {{ alpha\nTCP_CHECK {{ }} }}\nreal_server 10.0.0.2 80 {{ TCP_CHECK {{ alpha\n}} }}\nreal_server 10.0.0.3 80 {{\nalpha\nTCP_CHECK {{ alpha no\n}} }}",
            "192.0.2.3 80",
        )
    ),
    "inhibit and alpha": Case(
        vs(
            f"{HEAD}inhibit_on_failure\nalpha\nsorry_server 10.0.0.9 80\nsorry_server_inhibit\nreal_server 10.0.0.1 80 {{ weight 5\nTCP_CHECK {{ }} }}\nreal_server 10.0.0.2 80 {{ inhibit_on_failure false\nTCP_CHECK {{ }} }}"
        )
        + vs(f"{HEAD}sorry_server 10.0.0.9 80\nsorry_server_inhibit\n{RS}", "192.0.2.2 80")
        + vs(
            f"{HEAD}sorry_server 10.0.0.1 80\nsorry_server_inhibit\n{RS}\nreal_server 10.0.0.2 80 {{ inhibit_on_failure maybe }}",
            "192.0.2.3 80",
        )
        + vs("lvs_method NAT\nprotocol TCP\nsorry_server_inhibit\nsorry_server 10.0.0.1 80\n" + RS, "192.0.2.4 80")
    ),
    "a quorum that is not reached": Case(
        vs(
            f"{HEAD}quorum 3\nhysteresis 2\nsorry_server 10.0.0.9 80\n{RS}\nreal_server 10.0.0.2 80 {{ inhibit_on_failure\nweight 2 }}"
        )
        + vs(f"{HEAD}quorum 9\n{RS}\nsorry_server 10.0.0.9 80", "192.0.2.2 80")
        + vs(f"{HEAD}quorum 0\nhysteresis 7\n{RS}\nsorry_server 10.0.0.9 80", "192.0.2.3 80")
        + vs(f"{HEAD}real_server 10.0.0.1 80 {{ weight 0 }}\nsorry_server 10.0.0.9 80", "192.0.2.4 80")
        + vs(f"{HEAD}quorum 2\nhysteresis 1\n{RS}", "192.0.2.5 80")
    ),
    "sorry servers of every kind": Case(
        vs("lvs_method NAT\nprotocol TCP\nalpha\nsorry_server 10.0.0.9\nreal_server 10.0.0.1 { TCP_CHECK { }\n}")
        + vs(
            "lvs_method NAT\nprotocol TCP\nalpha\nsorry_server 10.0.0.8 1\nsorry_server 10.0.0.9 90\nsorry_server_lvs_method TUN type gre csum\nreal_server 10.0.0.1 { TCP_CHECK { }\n}",
            "192.0.2.2 80",
        )
        + vs(
            "lvs_method DR\nprotocol TCP\nalpha\nsorry_server 2001:db8::9 90\nreal_server 10.0.0.1 { TCP_CHECK { }\n}",
            "192.0.2.3 80",
        )
        + vs(
            "lvs_method TUN\nprotocol TCP\nalpha\nsorry_server 2001:db8::9 90\nreal_server 10.0.0.1 { TCP_CHECK { }\n}",
            "192.0.2.4 80",
        )
        + vs(
            "sorry_server_lvs_method DR\nsorry_server 10.0.0.9 90\nlvs_method TUN\nprotocol TCP\nalpha\nreal_server 10.0.0.1 { TCP_CHECK { }\n}",
            "192.0.2.5 80",
        )
        + vs("lvs_method DR\nalpha\nsorry_server 10.0.0.9 90\nreal_server 10.0.0.1 { TCP_CHECK { }\n}", "fwmark 5")
    ),
    # --- services
    "methods": Case(
        "".join(
            vs(
                f"protocol TCP\nlvs_sched rr\nlvs_method {method}\n{RS}\nreal_server 10.0.0.2 8080 {{ lvs_method {method}\n}}",
                f"192.0.2.{n} 80",
            )
            for n, method in enumerate(
                (
                    *("NAT", "DR", "TUN", "TUN type ipip", "TUN type gue port 6080", "TUN port 6080 csum type gue"),
                    *("TUN type gue port 6080 remcsum", "TUN type gre", "TUN type gre csum", "TUN type gre remcsum"),
                    *("TUN type gue", "TUN type gue port 0", "TUN csum", "TUN type", "TUN type vxlan", "FULLNAT"),
                    *("DR type gue port 5", "NAT bogus", "TUN type gre nocsum", "TUN type gue port 6080 nocsum"),
                ),
                1,
            )
        )
        + vs(f"protocol TCP\n{RS}", "192.0.2.99 80")
    ),
    "the order of methods and servers": Case(
        vs(
            "protocol TCP\nreal_server 10.0.0.1 80 { }\nlvs_method TUN type gre\nreal_server 10.0.0.2 80 { }\nlvs_method DR\nreal_server 10.0.0.3 80 { lvs_method TUN }\nsorry_server 10.0.0.9 80\nlvs_method NAT"
        )
    ),
    "schedulers": Case(
        "".join(
            vs(f"protocol TCP\nlvs_method DR\nlvs_sched {name}\n{RS}", f"192.0.2.{n} 80")
            for n, name in enumerate(
                ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "mh", "sed", "nq", "fo", "ovf", "none", "wlcx"],
                1,
            )
        )
    ),
    "scheduler flags": Case(
        vs("protocol TCP\nlvs_sched sh\nsh-port\nsh-fallback\n" + RS, "192.0.2.1 80")
        + vs("protocol TCP\nlvs_sched mh\nmh-port\nsh-fallback\nhashed\n" + RS, "192.0.2.2 80")
        + vs("protocol TCP\nsh-port\nlvs_sched sh\n" + RS, "192.0.2.3 80")
        + vs("protocol TCP\nlvs_sched rr\nflag-1\nflag-2\nflag-3\nmh-port\nhashed\n" + RS, "192.0.2.4 80")
        + vs("protocol TCP\nlvs_sched sh\nsh-port\nlvs_sched rr\n" + RS, "192.0.2.5 80")
    ),
    "persistence": Case(
        "".join(
            vs(f"protocol TCP\nlvs_sched rr\n{lines}\n{RS}", f"192.0.2.{n} 80")
            for n, lines in enumerate(
                (
                    *(
                        "persistence_timeout",
                        "persistence_timeout 50",
                        "persistence_timeout 2678401",
                        "persistence_timeout 9x",
                    ),
                    *(
                        "persistence_granularity 255.255.255.0",
                        "persistence_granularity 24",
                        "persistence_granularity x",
                    ),
                    *(
                        "persistence_timeout 60\npersistence_timeout 0",
                        "persistence_granularity 0.0.0.0\npersistence_timeout 7",
                    ),
                    *(
                        "persistence_granularity 255.255.255.255",
                        "persistence_timeout 5\npersistence_granularity 0xffffff00",
                    ),
                    *(
                        "persistence_engine sip",
                        "persistence_engine sip\npersistence_timeout 3",
                        "persistence_timeout 3\npersistence_engine sipp",
                    ),
                ),
                1,
            )
        )
        + vs("persistence_granularity 64\nprotocol TCP\nreal_server 2001:db8::5 80 { }", "2001:db8::1 80")
        + vs("persistence_granularity 128\nprotocol TCP\nreal_server 2001:db8::5 80 { }", "2001:db8::2 80")
        + vs("persistence_granularity 0\nprotocol TCP\nreal_server 2001:db8::5 80 { }", "2001:db8::3 80")
        + vs("persistence_granularity 64\nreal_server 2001:db8::5 80 { }\n" + RS, "fwmark 9")
        + vs("persistence_granularity 255.255.0.0\nreal_server 2001:db8::5 80 { }\n" + RS, "fwmark 10")
    ),
    "protocols and ops": Case(
        vs("lvs_sched rr\n" + RS, "192.0.2.1 80")
        + vs("protocol udp\nops\n" + RS, "192.0.2.2 80")
        + vs("protocol Tcp\nops\n" + RS, "192.0.2.3 80")
        + vs("protocol SCTP\nops\n" + RS, "192.0.2.4 80")
        + vs("protocol ICMP\nops\n" + RS, "192.0.2.5 80")
        + vs("protocol TCP\nops\n" + RS, "fwmark 5")
        + vs("ops\n" + RS, "fwmark 4294967295")
    ),
    "no port means all ports and persistence": Case(
        vs(HEAD + RS, "192.0.2.1")
        + vs(HEAD + "persistence_timeout 5\n" + RS, "192.0.2.2 0")
        + vs("lvs_method NAT\nprotocol UDP\n" + RS + "\nreal_server 10.0.0.3 { }", "192.0.2.3 000")
    ),
    "ports of servers": Case(
        vs(
            "lvs_method NAT\nprotocol TCP\nreal_server 10.0.0.1 { }\nreal_server 10.0.0.2 8080 { }\nreal_server 10.0.0.3 0 { }"
        )
        + vs(
            "lvs_method DR\nprotocol TCP\nreal_server 10.0.0.1 { }\nreal_server 10.0.0.2 8080 { }\nreal_server 10.0.0.2 80 { weight 9 }",
            "192.0.2.2 80",
        )
        + vs(
            "lvs_method DR\nreal_server 10.0.0.1 { }\nreal_server 10.0.0.2 8080 { }\nreal_server 10.0.0.3 90 { lvs_method NAT }",
            "fwmark 3",
        )
    ),
    "weights": Case(
        vs(
            "protocol TCP\nweight 7\nreal_server 10.0.0.1 80 { }\nreal_server 10.0.0.2 80 { weight 0 }\nreal_server 10.0.0.3 80 { weight 2147483647 }\n"
            "real_server 10.0.0.4 80 { weight 2147483648 }\nreal_server 10.0.0.5 80 { weight -1 }\nreal_server 10.0.0.6 80 { weight 5x }\nreal_server 10.0.0.7 80 { weight abc }\n"
            'real_server 10.0.0.8 80 { weight 99999999999999999999999 }\nreal_server 10.0.0.9 80 { weight +4 }\nreal_server 10.0.0.10 80 { weight "" }\nreal_server 10.0.0.11 80 { weight 0x10 }\nweight 8\nweight 0'
        )
    ),
    "thresholds": Case(
        vs(
            "protocol TCP\nlvs_sched rr\nreal_server 10.0.0.1 80 { uthreshold 100\nlthreshold 50 }\nreal_server 10.0.0.2 80 { uthreshold 10\nlthreshold 20 }\n"
            "real_server 10.0.0.3 80 { lthreshold 5 }\nreal_server 10.0.0.4 80 { uthreshold 5\nuthreshold -5 }\nreal_server 10.0.0.5 80 { uthreshold 2147483647 }"
        )
    ),
    "one service twice": Case(
        vs(HEAD + RS)
        + vs(
            "protocol TCP\nlvs_sched rr\nlvs_method NAT\npersistence_timeout 5\nreal_server 10.0.0.1 80 { weight 9 }\nreal_server 10.0.0.2 8080 { }"
        )
        + vs("lvs_sched rr\n" + RS, "fwmark 3")
        + vs("lvs_sched dh\nreal_server 10.0.0.3 80 { }", "fwmark 3")
        + vs("lvs_sched dh\nreal_server 2001:db8::3 80 { }", "fwmark 3")
    ),
    "one server twice": Case(
        vs(
            f"{HEAD}{RS}\nreal_server 10.0.0.1 80 {{ weight 9 }}\nreal_server 10.0.0.1 {{ weight 8 }}\nreal_server 10.0.0.1 81 {{ weight 7 }}"
        )
    ),
    "services without servers": Case(
        vs(HEAD) + vs(HEAD + "sorry_server 10.0.0.9 80", "192.0.2.2 80") + vs(HEAD + RS, "192.0.2.3 80")
    ),
    "families": Case(
        vs("lvs_method DR\nprotocol TCP\nreal_server 2001:db8::5 80 { }\n" + RS)
        + vs("lvs_method TUN\nprotocol TCP\nreal_server 2001:db8::5 80 { }\n" + RS, "192.0.2.2 80")
        + vs("lvs_method TUN\nprotocol TCP\n" + RS, "2001:db8::2 80")
        + vs("lvs_method DR\nreal_server 2001:db8::5 80 { }\n" + RS, "fwmark 1")
        + vs("lvs_method TUN\nreal_server 2001:db8::5 80 { }\n" + RS, "fwmark 2")
        + vs("lvs_method TUN\nreal_server 2001:db8::5 80 { }\n", "fwmark 3")
        + vs("lvs_method TUN\nip_family inet6\nip_family inet\nip_family inet4\n" + RS, "fwmark 4")
        + vs("lvs_method DR\nsorry_server 2001:db8::5 80\nreal_server 2001:db8::5 80 { }\n", "fwmark 5")
        + vs("protocol TCP\nip_family inet6\n" + RS, "192.0.2.3 80")
    ),
    "addresses that the kernel refuses": Case(
        vs(
            "protocol TCP\nlvs_sched rr\n"
            + "\n".join(
                f"real_server {a} 80 {{ }}"
                for a in (
                    "0.0.0.1",
                    "224.0.0.5",
                    "255.255.255.255",
                    "240.0.0.1",
                    "127.0.0.1",
                    "10.0.0.1/24",
                    "10.0.0.2-9",
                )
            )
        )
        + vs(
            "protocol TCP\nlvs_sched rr\n"
            + "\n".join(
                f"real_server {a} 80 {{ }}"
                for a in ("::", "ff02::1", "fe80::1", "::ffff:10.0.0.1", "::1", "2001:DB8:0::7")
            ),
            "2001:db8::1 80",
        )
        + vs(HEAD + RS, "0.0.0.0 80")
        + vs(HEAD + RS, "192.0.2.1/32 90")
        + vs(HEAD + RS, "239.1.1.1 80")
        + vs(HEAD + RS, "fwmark 0")
    ),
    # --- settings
    "timeouts": Case(
        "global_defs {\nlvs_timeouts tcp 1000 tcpfin 99 bogus 3 udp 44x\nlvs_timeouts udp 55 tcp\n}\n" + vs(HEAD + RS)
    ),
    "timeouts where every service is dropped": Case("global_defs {\nlvs_timeouts tcp 1000\n}\n" + vs(HEAD)),
    "a sync daemon": Case(
        "global_defs {\nlvs_sync_daemon void id 7 maxlen 1400 port 8849 ttl 3 group 224.0.0.99 bogus\nlvs_sync_daemon lo\n}\n"
        + vs("lvs_method TUN\nprotocol TCP\nreal_server 2001:db8::5 80 { }\n" + RS)
    ),
    "a sync daemon without options": Case("global_defs {\nlvs_sync_daemon void\n}\n" + vs(HEAD + RS)),
    "a sync daemon of a VRRP instance": Case(
        "global_defs {\nlvs_sync_daemon void V 5\n}\nvrrp_instance V {\ninterface void\nvirtual_router_id 3\n}\n"
        + vs(HEAD + RS)
    ),
    # --- checkers
    "checkers and their keywords": Case(
        "track_file t {\nfile /nonexistent\nweight 1\n}\n"
        + vs(
            f"{HEAD}ha_suspend\nvirtualhost a.b\nquorum_up /bin/true\nomega\nretry 3\n"
            "real_server 10.0.0.1 80 { notify_up /bin/true\nHTTP_GET {\nurl {\npath /\nstatus_code 200\n}\nconnect_timeout 3\nnb_get_retry 4\nfwmark 3\n}\n}\n"
            "real_server 10.0.0.2 80 { SMTP_CHECK {\nhelo_name x\nhost {\nconnect_ip 10.0.0.2\n}\n}\nTCP_CHECK {\nweight 5\nconnect_port x\n}\n}\n"
            "real_server 10.0.0.3 80 { DNS_CHECK {\ntype a\nname x\n}\nUDP_CHECK {\npayload 00\n}\nPING_CHECK {\n}\n}\n"
            "real_server 10.0.0.4 80 { smtp_alert no\nvirtualhost x\nMISC_CHECK {\nmisc_timeout 3\n}\n}"
        )
    ),
}

_CHECKED = vs(HEAD + "real_server 10.0.0.1 80 {{ {} }}".format("weight 2\n%s\n"))


MISSING: dict[str, Case] = {
    f"without a value: {keyword}": Case(text)
    for keyword, text in {
        **{word: vs(f"{HEAD}{word}\n{RS}") for word in ("quorum_up", "quorum_down", "persistence_engine")},
        **{word: _CHECKED % word for word in ("notify_up", "notify_down", "uthreshold")},
        "nb_get_retry": _CHECKED % "HTTP_GET {\nurl {\npath /\nstatus_code 200\n}\nnb_get_retry\n}",
        "path": _CHECKED % "HTTP_GET {\nurl {\npath\n}\n}",
        "url": _CHECKED % "HTTP_GET {\nconnect_timeout 3\n}",
        "path of a url": _CHECKED % "SSL_GET {\nurl {\nstatus_code 200\n}\n}",
        "digest": _CHECKED % "SSL_GET {\nurl {\npath /\ndigest\n}\n}",
        **{
            word: f"global_defs {{\n{word}\n}}\n{vs(HEAD + RS)}"
            for word in ("smtp_server", "smtp_connect_timeout", "vrrp_version", "nftables_ipvs_start_fwmark", "umask")
        },
        "notify_up, a file": (FILES / "missing-value.conf").read_text(),
        "child_wait_time": f"child_wait_time\n{vs(HEAD + RS)}",
        "track_file": f"track_file {{\nfile /x\n}}\n{vs(HEAD + RS)}",
    }.items()
}
"""Something is missing: the daemon ends, whichever of its processes finds it, or crashes."""

CASES |= MISSING
CASES |= {
    "without a value, and the daemon continues": Case(
        "vrrp_script {\n}\n"
        + (_CHECKED % "HTTP_GET {\nurl {\npath /\nstatus_code\nvirtualhost\n}\nvirtualhost\n}\nsnmp_name\nvirtualhost")
    ),
    "a url of two that has no path": Case(
        _CHECKED % "HTTP_GET {\nurl {\npath /\n}\nurl {\nstatus_code 200\n}\n}\nalpha"
    ),
    "a random value": Case(
        vs(f"{HEAD}delay_loop ${{_RANDOM 1 10}}\nlvs_sched rr\n{RS}")
        + vs(f"{HEAD}quorum ${{_RANDOM 1 1}}\nreal_server 10.0.0.1 80 {{ weight ${{_RANDOM 7 7}}\n}}", "192.0.2.2 80")
    ),
    "a random value, a file": Case((FILES / "random-value.conf").read_text()),
    "values that stand behind their block": Case(
        "global_defs {\nnotification_email ops@site.example\nrouter_id X\n}\n"
        + vs(HEAD + RS)
        + vs(HEAD + RS, "192.0.2.2 80")
    ),
}
