"""More lines for the real ipvsadm to judge (test_ipvsadm_restore.py): how its words may be written, word by word.

Texts are separated by ` | `, with Python's escapes; HEAD is a line that makes the service 192.0.2.1:80.
"""

from __future__ import annotations

from tests.formats.ipvsadm_lines import HEAD


def _texts(rows: str) -> list[str]:
    words = rows.strip("\n").replace(" |\n", " | ").split(" | ")
    return [word.encode().decode("unicode_escape").replace("HEAD ", HEAD) for word in words]


_METHODS = ("-g", "-m", "-i")

_ENDPOINTS = _texts(r"""
192.0.2.1:+80 | 192.0.2.1:080 | 192.0.2.1:0x50 | 192.0.2.1:-80 | 192.0.2.1:80x | 192.0.2.1:65535 | 192.0.2.1:65536 |
192.0.2.1: | :80 | 192.0.2.256:80 | 192.0.2.1.1:80 | 0:80 | 0.0.0.0:80 | [::1]:80 | [::]:80 | :: |
[::ffff:192.0.2.1]:80 | [2001:DB8::1]:80 | [2001:db8:0:0::1]:0080 | [2001:db8::1]80 | [2001:db8::1]: | []:80 |
[2001:db8::1 | 2001:db8::1]:80 | localhost:80 | 192.0.2.1:http | 0xc0.2.1:80 | 192.0.2.1/32:80 | [fe80::1%lo]:80 |
192.0.2.1:80:80 | 192.0.2.1:HTTP | 192.0.2.1:www
""")

_SERVICE_WORDS = _texts(r"""
-s | -s WRR | -s abcdefghijklmnopqrst | --scheduler=rr | --scheduler rr | --scheduler | --sched rr | -p -s rr |
-p=60 | -p60 | -p +60 | -p 060 | -p 0x3c | -p -60 | -p 60s | -p 2678400 | --persistent=60 | --persistent -s rr |
-p rr | -p 60 60 | -M 255.255.255.0 | -p -M 255.255.255.0 | -p -M 0.0.0.0 | -p -M 255.255.255.256 | -p -M 255.255 |
-p -M 255.0.255.0 | -p -M | -p -M 64 | --netmask=255.0.0.0 -p | -b flag-1,flag-2,flag-3 | -b flag-1,,flag-2 |
-b ,flag-1 | -b flag-1, | -b flag-1 flag-2 | -b flag-4 | -b flag-1,flag-1 | -b sh-port -s sh | -s sh -b mh-port |
-s sh -b sh-port,flag-3 | -s sh -b flag-1 | -s mh -b mh-fallback,mh-port | -s sh --sched-flags=sh-port |
-s sh -b SH-PORT | -s sh -b sh-fallback,flag-2 | --pe sip | --pe=sip | --pe | --pe sip -p 60 | -o -o | -6 | -n | -c |
--timeout | -X | -- | - | -s -p | -sp rr | -srr -p60 | -s=rr | -g | -r 10.0.0.5:80 | -w 5 | -x 5 | -e | --ops=yes |
--exact
""")

_SERVER_WORDS = _texts(r"""
-g | -gw5 | -gw 5 | -g -w=5 | -mw5 | -g -w 05 | -g -w +5 | -g -w 0x5 | -g -w -1 | -g -w 5x | -g -w | -g -w 65535 |
-g -w 65536 | -g -w 0 | -g -x 5 | -g -y 5 | -g -x5 -y5 | -g -x 4 -y 5 | -g -x 2147483647 | -g -x 2147483648 |
-g --u-threshold=9 --l-threshold 3 | --masquerading --weight=7 | --gatewaying | --ipip | -i --tun-type ipip |
--tun-type ipip | -i --tun-type gre | -i --tun-type gre --tun-nocsum | -i --tun-csum |
--tun-type gue --tun-port 6080 -i | -i --tun-port 6080 --tun-type gue --tun-csum | -i --tun-port 6080 |
-i --tun-type gue --tun-port 0 | -i --tun-type gue --tun-port 65536 | -i --tun-type GUE --tun-port 6080 |
-i --tun-type gre --tun-port 5 | -i --tun-type gre --tun-csum --tun-nocsum | -m --tun-type gre | -gm | -s rr | -p |
-6 | -o | -n | -g -g | -gmi | -g extra
""")

_REAL = _texts(r"""
10.0.0.5 | 10.0.0.5:0 | 10.0.0.5:8080 | 10.0.0.5:http | 10.5:80 | [2001:db8::5]:80 | 2001:db8::5 | 224.0.0.1:80 |
0.0.0.0:80 | 255.255.255.255:80 | 127.0.0.1:80 | 10.0.0.5: | localhost:80
""")

_TEXTS = _texts(r"""
-A -f 1 | -A -f1 | -A -f +1 | -A -f 01 | -A -f 1.5 | -A -f 4294967295 | -A -f 4294967296 | -A -f x | -A -f 1 -6 |
-Af 1 -6 | -A -f=1 -6 | -A -f 1 --ipv6 -o | -A -f 1 -s rr -p 60 -M 255.255.0.0 | -A -f | -A -f 1 -6 -p 60 -M 64 |
-A -f 1 -p 60 -M 64 -6 | -A -f 1 -6 -M 64 | -A --fwmark-service=7 | -A -f 1 -t 192.0.2.1:80 |
-A -t 2001:db8::1 -p -M 64 | -A -t [2001:db8::1]:80 -p -M 128 | -A -t [2001:db8::1]:80 -p -M 0 | -A -u 192.0.2.1 -p |
-A -t [2001:db8::1]:80 -p -M 64x | -A -t [2001:db8::1]:80 -p -M 255.255.0.0 | -A -u [2001:db8::1]:53 -o |
-A --sctp-service 192.0.2.1:80 -o | -A -f 1 -o | -A -u 192.0.2.1:5060 -p 60 --pe sip -o -b flag-3 |
-Aou 192.0.2.1:53 | -A -f 1\n-a -f 1 -r 10.0.0.5 -g | -A -f 1\n-a -f 1 -r 10.0.0.5 -m |
-A -f 1\n-a -f 1 -r 10.0.0.5 -i | -A -f 1\n-a -f 1 -r 10.0.0.5:8080 -g | -A -f 1\n-a -f 1 -r 10.0.0.5:8080 -m |
-A -f 1\n-a -f 1 -r 10.0.0.5:8080 -i | -A -f 1 -6\n-a -f 1 -6 -r [2001:db8::5]:0 -m |
-A -f 1 -6\n-a -f 1 -r 10.0.0.5:0 | -A -f 1\n-a -f 1 -r [2001:db8::5]:80 -i | HEAD -E -t 192.0.2.1:80 |
HEAD -E -t 192.0.2.1:80 -s rr -p 60 | HEAD -D -t 192.0.2.1:80 | HEAD -D -t 192.0.2.1:80 -n | HEAD -C | HEAD -C -C |
HEAD -D -u 192.0.2.1:80 | HEAD -Z | HEAD -Z -t 192.0.2.1:80 | HEAD -Z -f 1 | HEAD -L | HEAD -Ln | HEAD -l -n |
HEAD -L -t 192.0.2.1:80 -n | HEAD -S | HEAD -S -n | HEAD -v | HEAD -h |
HEAD -a -t 192.0.2.1:80 -r 10.0.0.5:80 -m -w 3 -x 9 -y 5\n-e -t 192.0.2.1:80 -r 10.0.0.5:80 |
HEAD -a -t 192.0.2.1:80 -r 10.0.0.5:81 -m -w 3\n-e -t 192.0.2.1:80 -r 10.0.0.5:81 -m |
HEAD -a -t 192.0.2.1:80 -r 10.0.0.5:81 -m -w 3\n-e -t 192.0.2.1:80 -r 10.0.0.5:81 -w 0 |
HEAD -a -t 192.0.2.1:80 -r 10.0.0.5:81 -m\n-d -t 192.0.2.1:80 -r 10.0.0.5:81\n-d -t 192.0.2.1:80 -r 10.0.0.5 |
HEAD -a -t 192.0.2.1:80 -r 10.0.0.5 -g\n-a -t 192.0.2.1:80 -r 10.0.0.5 -m | HEAD -a -t 192.0.2.1 -r 10.0.0.5 |
HEAD -a -u 192.0.2.1:80 -r 10.0.0.5 | --set 1 2 3 | --set 0 0 10 | --set 100 0 0\n--set 0 50 0 | --set 2678401 1 1 |
--set 1 2 | --set 1 2 3 4 | --set | --set=1 2 3 | --set -1 2 3 | --set 0 0 0 | --set 1 2 3x | 1 --set 2 3 |
--start-daemon  | --start-daemon master | --start-daemon both | --start-daemon master --mcast-interface lo |
--start-daemon backup --mcast-interface=lo --syncid 7 |
--start-daemon master --mcast-interface lo\n--start-daemon backup --mcast-interface lo\n--stop-daemon master |
--start-daemon=master --mcast-interface lo --syncid=255 --sync-maxlen 1400 --mcast-port 8849 --mcast-ttl 2 |
--start-daemon master --mcast-interface lo --syncid 256 | --stop-daemon master | --stop-daemon x | --stop-daemon |
--start-daemon master --mcast-interface lo --sync-maxlen 0 |
--start-daemon master --mcast-interface lo --mcast-ttl 256 |   -A -t 192.0.2.1:80 -s wrr\n\n\n\t\n-A -f 2\n |
-A -t 192.0.2.1:80 -s wrr\r\n-A -f 2\r\n | ipvsadm -A -t 192.0.2.1:80 -s wrr\nipvsadm -A -f 2 |
/sbin/ipvsadm -A -t 192.0.2.1:80 -s wrr\n | HEAD #\n-A -f 2 | HEAD -A -f 2 # two | #-A -f 1 | HEAD -A -f 0\n-A -f 2 |
HEAD -A -t 192.0.2.1:80 -s wrr\n-A -f 2 | -A ipvsadm -f 1 | -A -f 1\n-A -t 192.0.2.1:80 --bogus\n-A -f 2 |
--add-service --tcp 192.0.2.1:80 | --add -f 1 | -AD -f 1 | -A -E -f 1 | -An -f 1 | -6Af 1 | -f 1 -A | -f 1 -6 -A |
-fA 1 | A -f 1 | -A f 1 | --add-service=1 -f 1 | -A\t-f\t1\x0b | -A -f 1\x00 | -A -f 1\x0c-s rr
""")

LINES = (
    *(f"-A -t {endpoint} -s rr" for endpoint in _ENDPOINTS),
    *(f"-A -t {endpoint} -p" for endpoint in ("[10.0.0.1]:80", "[10.0.0.1]", "192.0.2.1:0", "2001:db8::1")),
    *(f"-A -t 192.0.2.1:80 {words}" for words in _SERVICE_WORDS),
    *(f"{HEAD}-a -t 192.0.2.1:80 -r 10.0.0.5:80 {words}" for words in _SERVER_WORDS),
    *(f"{HEAD}-a -t 192.0.2.1:80 -r {real} {method}" for real in _REAL for method in _METHODS),
    *(f"-A -f 1\n-a -f 1 -r {real} {method}" for real in ("10.0.0.5", "10.0.0.5:8080") for method in _METHODS),
    *("", "\n", *_TEXTS),
)
