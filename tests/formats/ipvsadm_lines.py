"""Lines of ipvsadm, good, odd and bad: what our reader makes of them (test_ipvsadm_read.py), and whether the real
`ipvsadm -R` makes the same (tests/lab/test_ipvsadm_restore.py)."""

from __future__ import annotations

from lvstui.director.model import Service, Tunnel

HEAD = "-A -t 192.0.2.1:80 -s wrr\n"

ONE_SERVICE = [
    "-A -t 192.0.2.1:80 -s wrr -p 300",
    "-At192.0.2.1:80 -swrr -p300",
    "-A -t=192.0.2.1:80 -s=wrr -p=300",
    "--add-service --tcp-service 192.0.2.1:80 --scheduler wrr --persistent 300",
    "--add-service --tcp-service=192.0.2.1:80 --scheduler=wrr --persistent=300",
    "ipvsadm -A -t 192.0.2.1:80 -s wrr -p 300",
    "  -A\t-t 192.0.2.1:80   -s wrr -p 300 \r",
    "-A -p 300 -s wrr -t 192.0.2.1:80",
    "-A -t 192.0.2.1:0080 -s wrr -p 0300",
    "-A -t 192.0.2.1:80 -s wrr -p 300 --",
    "\ufeff-A -t 192.0.2.1:80 -s wrr -p 300",
    "\n\n# a comment\n#\n-A -t 192.0.2.1:80 -s wrr -p 300\n   \n",
]
"""One service, however it is written."""

SERVICES = [
    ("", Service._field_defaults),
    ("-p", {"persistence": 360}),
    ("-p -M 255.255.255.0", {"persistence": 360, "netmask": 0xFFFFFF00}),
    ("-p 60 -M 255.255.255.255", {"persistence": 60, "netmask": None}),
    ("-p 60 -M 255.0.255.0", {"persistence": 60, "netmask": 0xFF00FF00}),
    ("-s sh -b sh-fallback,sh-port", {"scheduler": "sh", "flags": 3}),
    ("-s mh -b mh-port", {"scheduler": "mh", "flags": 2}),
    ("-s mh -b flag-1,flag-3", {"scheduler": "mh", "flags": 5}),
    ("-b flag-2", {"flags": 2}),
    ("-b flag-1,,flag-3,", {"flags": 5}),
    ("--pe sip", {"engine": "sip"}),
    ("-o", {"one_packet": True}),
    ("--ops", {"one_packet": True}),
]
"""Options of `-A -u 192.0.2.1:53`, and the attributes they set."""

NAMES = [
    ("-A -t [2001:db8::1]:80", "tcp [2001:db8::1]:80"),
    ("-A -t 2001:db8::1 -p", "tcp [2001:db8::1]:0"),
    ("-A -t 192.0.2.1 -p", "tcp 192.0.2.1:0"),
    ("-A --sctp-service 192.0.2.1:2905", "sctp 192.0.2.1:2905"),
    ("-A -f 7", "fwmark 7"),
    ("-A -f 7 -6", "fwmark 7 ipv6"),
    ("-A -f4294967295", "fwmark 4294967295"),
]
"""A service's line, and how we name that service."""

SERVERS = [
    ("-r 10.0.0.5", {"forward": 3, "weight": 1, "upper": None, "lower": None}),
    ("-r 10.0.0.5:80 -m -w 2147483647", {"forward": 0, "weight": 2**31 - 1}),
    ("-r 10.0.0.5:80 -g -x 100", {"upper": 100, "lower": 0}),
    ("-r 10.0.0.5:80 -g -w 1 -x 100 -y 50", {"upper": 100, "lower": 50}),
    ("-r 10.0.0.5:80 -i", {"forward": 2, "tunnel": Tunnel(0, 0, 0)}),
    ("-r 10.0.0.5:80 -i --tun-type gue --tun-port 6080", {"tunnel": Tunnel(1, 6080, 0)}),
    ("-r 10.0.0.5:80 -i --tun-type=gue --tun-port=6080 --tun-remcsum", {"tunnel": Tunnel(1, 6080, 2)}),
    ("-r 10.0.0.5:80 -i --tun-type gre --tun-csum", {"tunnel": Tunnel(2, 0, 1)}),
    ("-r 10.0.0.5:80 -i -w 1 --tun-type ipip -x 9 -y 3", {"upper": 9, "lower": 3, "forward": 2}),
]
"""Options of `-a -t 192.0.2.1:80`, and the attributes they set."""

REMARKED = [
    (HEAD + HEAD, "line 2: service tcp 192.0.2.1:80 stands above once more: the line has no effect"),
    (
        HEAD + "-A -t 192.0.2.1:80 -s rr",
        "line 2: service tcp 192.0.2.1:80 stands above already, with other options",
    ),
    ("-a -f 1 -r 10.0.0.5:80", "line 1: no service fwmark 1 by then"),
    ("-E -f 1", "no service fwmark 1"),
    ("-D -f 1", "no service fwmark 1"),
    (HEAD + "-d -t 192.0.2.1:80 -r 10.0.0.5", "no server 10.0.0.5:80 in tcp 192.0.2.1:80"),
    (HEAD + "-e -t 192.0.2.1:80 -r 10.0.0.5", "no server 10.0.0.5:80 in tcp 192.0.2.1:80"),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 1\n" * 2, "line 3: server 10.0.0.5:80 of tcp"),
    (
        HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:81 -g -w 1",
        "direct routing keeps the port: 10.0.0.5:81 understood as",
    ),
    (
        HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:81 -i -w 1",
        "a tunnel keeps the port: 10.0.0.5:81 understood as port 80",
    ),
    (HEAD + "-a -r 10.0.0.5 -t 192.0.2.1:80 -m", "-r stands before the service"),
    ("-A -M 64 -t [2001:db8::1]:80 -p", "-M stands before the address"),
    ("-A -6 -f 1", "-6 stands before -f"),
    ("-A -t [10.0.0.1]:80", "[10.0.0.1]:80: ipvsadm loses a port behind brackets"),
    ("-A -f -294967296", "fwmark -294967296 understood as 4000000000"),
    ("-A -u 192.0.2.1:53 -s rr ops", "ops understood as -o"),
    ("-A -u 192.0.2.1:53 -s rr -p 60 pe sip ops", "pe sip understood as --pe sip"),
    ("-A -t 192.0.2.1:80 -s sh -b", "the empty -b understood as flag-3"),
    ("-A -t 192.0.2.1:80 -s sh -b ", "the empty -b understood as flag-3"),
    ("-A -t 192.0.2.1:http", "port http understood as 80"),
    ("-A -u 192.0.2.1:domain", "port domain understood as 53"),
    ("-A -t 192.0.2.1:80 -p -M 24", "netmask 24 understood as a prefix length"),
    ("-A -t 10.1:80", "address 10.1 understood as 10.0.0.1"),
    ("-A -t 010.0.0.1:80", "address 010.0.0.1 understood as 8.0.0.1"),
    ("-A -t 192.0.2.1:80 -s wwlc", "scheduler wwlc is not one of the kernel's own; did you mean wlc?"),
    ("-A -t 192.0.2.1:80 -s none", "scheduler none: the kernel refuses every new connection"),
    ("-A -t 192.0.2.1:80 -o", "-o is for udp and fwmark services"),
    ("-A -t 192.0.2.1:0", "port 0 without -p"),
    ("-A -t 192.0.2.1:80 --pe foo", "did you mean sip?"),
    ("-t 192.0.2.1:80 -A", "-A does not stand first"),
    ("   # indented", "an indented comment"),
    ("-Z", "-Z zeroes counters"),
    ("-L -n", "-L only prints"),
    ("-S", "-S only prints"),
    ("--set 0 0 0", "leaves every timeout as it is"),
    ("--start-daemon master", "no --mcast-interface: understood as eth0"),
    ("--stop-daemon master", "no master sync daemon is started above"),
]
"""Texts, and what must be remarked on them."""

REFUSED = [
    ("foo bar", ["f line 1", "'foo'"]),
    ("-A -t 192.0.2.1:80 # trailing", ["'#'", "lines of their own"]),
    ("--bogus", ["unknown option '--bogus'"]),
    ("--add-servise -t 192.0.2.1:80", ["'--add-servise'", "--add-service?"]),
    ("-A -t 192.0.2.1:80 -q", ["'-q'"]),
    ("-A -t 192.0.2.1:80 -s", ["-s needs a value"]),
    ("-A -t 192.0.2.1:80 -s rr -s wrr", ["-s is given twice"]),
    ("-A -D -t 192.0.2.1:80", ["two commands"]),
    ("-t 192.0.2.1:80", ["not a command"]),
    ("-A", ["no service is named"]),
    ("-A -t 192.0.2.1:80 -f 1", ["two services"]),
    ("-A -t 192.0.2.1", ["no port, and no -p"]),
    ("-A -t 192.0.2.1:99999", ["port '99999'", "0 to 65535"]),
    ("-A -t 192.0.2.1:", ["port ''"]),
    ("-A -t 192.0.2.1:nosuchport", ["'nosuchport'", "ipvsadm -S -n"]),
    ("-A -t www.example.org:80", ["'www.example.org' is a name", "ipvsadm -S -n"]),
    ("-A -t 80", ["not an address"]),
    ("-A -t [2001:db8::1]", ["not an address with a port"]),
    ("-A -t [10.0.0]:80", ["not an IPv6 address"]),
    ("-A -t 2001:db8:80", ["not an IPv6 address"]),
    ("-A -t 192.0.2.1:80 -p 0", ["persistence '0'", "1 to 2678400"]),
    ("-A -t 192.0.2.1:80 -p 2678401", ["persistence"]),
    ("-A -t 192.0.2.1:80 -p x", ["not a number"]),
    ("-A -t [2001:db8::1]:80 -p -M 129", ["1 to 128"]),
    ("-A -t 192.0.2.1:80 -b sh-port", ["not a flag of scheduler wlc"]),
    ("-A -t 192.0.2.1:80 -s sh -b sh-prot", ["'sh-prot'", "did you mean sh-port?"]),
    ("-A -t 192.0.2.1:80 -s rr -b", ["not a flag of scheduler rr"]),
    ('-A -t 192.0.2.1:80 -s "wrr"', ["scheduler", "write wrr"]),
    ("-A -t 192.0.2.1:80 -w 3", ["-w does not go with -A"]),
    ("-A -t 192.0.2.1:80 -6", ["-6 works only with -f"]),
    ("-A -f 0", ["fwmark '0'"]),
    ("-A -f 1\f", ["fwmark '1\\x0c' is not a number"]),
    ("-A -f 1 -- -6", ["unexpected word '-6'"]),
    ("-A -f -2147483649", ["fwmark"]),
    ("-A --xxx-service 192.0.2.1:0 -s rr", ["--xxx-service"]),
    ("-a -t 192.0.2.1:80", ["no real server"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 (null) -w 1", ["f line 2", "(null)"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -m", ["two forwarding methods"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -w 2147483648", ["weight '2147483648'"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g -w 1 -x 1 -y 2", ["lower threshold 2 is above"]),
    (HEAD + "-a -t 192.0.2.1:80 -r [2001:db8::5]:80 -g -w 1", ["two address families"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -g --tun-type gre", ["--tun-type works only with -i"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gue", ["needs --tun-port"]),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type grre", ["did you mean gre?"]),
    (
        HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gre --tun-remcsum",
        ["does not go with --tun-type gre"],
    ),
    (HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-port 5", ["does not go with --tun-type ipip"]),
    (
        HEAD + "-a -t 192.0.2.1:80 -r 10.0.0.5:80 -i --tun-type gue --tun-port 5 --tun-csum --tun-nocsum",
        ["exclude"],
    ),
    ("-R", ["-R cannot be used"]),
    ("-h", ["-h cannot be used"]),
    ("-C now", ["'now'"]),
    ("-C --ops=1", ["takes no value"]),
    ("--set 1 2", ["three numbers"]),
    ("--set 1 2 x", ["udp timeout 'x'"]),
    ("--start-daemon boss", ["'boss'", "master or backup"]),
    ("--start-daemon master --mcast-interface eth1 --syncid 256", ["--syncid", "0 to 255"]),
    ("--start-daemon master --mcast-interface eth1 --mcast-group foo", ["not an address"]),
    ("--start-daemon master --mcast-interface averyveryverylongname", ["not the name of an interface"]),
]
"""Texts, and words of the refusal."""
