"""A configuration that explodes ends at a stated limit with one line, in little memory; a large one is still read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lvstui.keepalived.conf.included_files import braces, matches
from lvstui.keepalived.conf.limits import FILES, NAMES, REPEATS
from tests.keepalived.conf import SERVICE, meant
from tests.sampling import some

# Reads a configuration within 800 MB and a minute of the processor, at which the system ends it; prints what it said.
BOUNDED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (800 * 2**20,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
from lvstui.director.errors import BadInput
from lvstui.keepalived.conf import read_config
try:
    read_config(sys.argv[1])
except BadInput as error:
    print(error.why)
"""

DOUBLING = "".join(f"$A{n + 1}=$A{n} $A{n}\n" for n in range(40))
EMPTY_DOUBLING = "$A0=\n" + "".join(f"$A{n + 1}=${{A{n}}}${{A{n}}}\n" for n in range(40))
LINES_DOUBLING = "$A0=weight 1\n" + "".join(f"$A{n + 1}= \\\n$A{n} \\\n$A{n}\n" for n in range(40))


@pytest.mark.parametrize(
    ("text", "why"),
    some([
        (f"{EMPTY_DOUBLING}x $A40\n", "grows without end"),
        (f"{LINES_DOUBLING}$A40\n", "puts definitions of several lines in more than"),
        ("~SEQ(a, 1, 100000) x $a\n", "repeats more than"),
        ("~SEQ(a, 1, 60000) ~SEQ(b, 1, 60000) $X=1\n", "repeats more than"),
        ("~SEQ(a, 1000000000, -1, 0) @other x\n", "repeats more than"),
        ("~LST(a, 1, 2, 3, 4, 5, 6, 7, 8, 9) " * 6 + "x\n", "repeats more than"),
        ("$L= \\\n" + "x \\\n" * 50 + "\n~SEQ(a, 1, 60000) $L\n", "comes to more than 500,000 lines"),
        (f"include {'{a,b}' * 24}\n", "looks at more than"),
        (f"include {'{a,b}' * 24}/*\n", "looks at more than"),
        ("include many.conf\n" * 300, "includes more than"),
        ("include big*.conf\n", "includes more than 33,554,432 bytes"),
        ("include hundreds.conf\n" * 300, "includes the same files again, for more than 8,388,608 characters"),
        ("include nowhere/none.conf\n" * 41_000, "looks at more than 400,000 names of files"),
        ("include prose*.txt\n", "includes more than 50,000 lines that keepalived does not know"),
        ("virtual_server_group G {\n10.0.0.0/15 80\n}\n" + "virtual_server group G {\nreal_server 10.0.0.1 80 { }\n"
         "~SEQ(n, 2, 200) real_server 10.0.0.$n 80 { }\n}\n", "makes more than 250,000 rules"),
    ], 7),
)  # fmt: skip
def test_too_large_a_configuration_ends_with_one_line(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "keepalived.conf").write_text(text)
    (tmp_path / "many.conf").write_text("include none.conf\n" * 10 + "include one.conf\n" * 200)
    (tmp_path / "one.conf").write_text("x\n")
    (tmp_path / "big.conf").write_text(("#" * 999 + "\n") * 1000)
    for name in range(40):
        (tmp_path / f"big{name}.conf").hardlink_to(tmp_path / "big.conf")
    (tmp_path / "hundreds.conf").write_text("include weights.conf\n" * 300)
    (tmp_path / "weights.conf").write_text("weight 7\n" * 300)
    for name in range(30):
        (tmp_path / f"prose{name}.txt").write_text("It was the best of times.\n" * 2_000)
    argv = [sys.executable, "-c", BOUNDED, str(tmp_path / "keepalived.conf")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert why in done.stdout and done.stdout.count("\n") == 1


def test_a_tree_of_folders_is_searched_up_to_a_limit(tmp_path: Path) -> None:
    for folder in range(12):
        for name in range(900):
            path = tmp_path / "tree" / str(folder) / str(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x\n")
    (tmp_path / "keepalived.conf").write_text("include tree/**/*\n")
    argv = [sys.executable, "-c", BOUNDED, str(tmp_path / "keepalived.conf")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert f"includes more than {FILES:,} files" in done.stdout and done.stderr == ""


def test_a_folder_of_many_services_and_a_check_that_all_of_them_include_are_read(tmp_path: Path) -> None:
    """Lines that keepalived knows, however many, and what each service takes from one file, are no explosion."""
    (tmp_path / "check.inc").write_text("TCP_CHECK {\n" + "connect_timeout 3\n" * 8 + "}\n")
    (tmp_path / "conf.d").mkdir()
    server = "real_server 10.1.{}.{} 80 {{\nweight 3\ninclude ../check.inc\n}}\n"
    for service in range(50):
        servers = "".join(server.format(service, number) for number in range(1, 101))
        (tmp_path / "conf.d" / f"{service}.conf").write_text(
            SERVICE.replace("192.0.2.1", f"192.0.2.{service}").replace("real_server 10.0.0.1 80 { weight 3 }", servers)
        )
    found = meant(tmp_path, "include conf.d/*.conf\n")
    assert sum(len(entry.servers) for entry in found.rules.rules.values()) == 5_000
    assert found.remarks == []


def test_definitions_that_double_are_replaced_up_to_the_longest_line(tmp_path: Path) -> None:
    found = meant(tmp_path, f"$A0=x\n{DOUBLING}" + SERVICE.replace("protocol TCP", "protocol TCP\nvirtualhost $A40"))
    assert len(found.rules.rules) == 1
    assert any("too long" in remark.text for remark in found.remarks)


def test_thirty_thousand_servers_by_a_sequence_are_read(tmp_path: Path) -> None:
    servers = "~SEQ(a, 0, 117) ~SEQ(b, 0, 255) real_server 10.1.${a}.$b 80 { weight 3 }"
    found = meant(tmp_path, SERVICE.replace("real_server 10.0.0.1 80 { weight 3 }", servers))
    (entry,) = found.rules.rules.values()
    assert len(entry.servers) == 118 * 256 > 30_000
    assert {server.weight for server in entry.servers.values()} == {3}


def test_three_hundred_services_of_a_hundred_servers_with_random_values_are_read(tmp_path: Path) -> None:
    found = meant(
        tmp_path,
        "$SERVER= \\\nreal_server 10.1.0.${b} 80 { \\\nweight ${_RANDOM 4 10} \\\nTCP_CHECK { \\\n"
        "connect_timeout 3 \\\nretry 3 \\\ndelay_before_retry ${_RANDOM 1 3} \\\n} \\\n}\n"
        "$SERVICE= \\\nvirtual_server 192.0.2.1 ${a} { \\\nlvs_sched wrr \\\nprotocol TCP \\\nlvs_method NAT \\\n"
        "delay_loop ${_RANDOM 5 10} \\\n~SEQ(b, 1, 100) $SERVER \\\n}\n~SEQ(a, 1, 300) $SERVICE\n",
    )
    assert len(found.rules.rules) == 300
    assert {len(entry.servers) for entry in found.rules.rules.values()} == {100}
    assert {server.weight for entry in found.rules.rules.values() for server in entry.servers.values()} == {4}
    assert [remark.text.partition(":")[0] for remark in found.remarks] == ["${_RANDOM} changes at each start"]


def test_any_number_of_unknown_words_is_read(tmp_path: Path) -> None:
    """A remark, and the nearest word, for some; not for all."""
    found = meant(tmp_path, "".join(f"lvs_schod{n} rr\n" for n in range(9000)))
    assert len(found.remarks) == 5001
    assert any("5,000 remarks" in remark.text for remark in found.remarks)
    assert sum("did you mean" in remark.text for remark in found.remarks) <= 200


def test_a_file_that_would_block_is_not_read(tmp_path: Path) -> None:
    """A pipe that nobody writes to, and files that two names lead to."""
    import os

    os.mkfifo(tmp_path / "a.inc")
    (tmp_path / "b.inc").write_text("$W=4\n")
    (tmp_path / "c.inc").symlink_to("b.inc")
    found = meant(tmp_path, "include *.inc\n" + SERVICE.replace("weight 3", "weight $W"))
    assert [server.weight for entry in found.rules.rules.values() for server in entry.servers.values()] == [4]
    assert ["not a regular file" in remark.text for remark in found.remarks] == [True]


def test_the_paths_of_a_pattern(tmp_path: Path) -> None:
    for name in ("a1.conf", "a2.conf", ".a3.conf", "sub/a4.conf", "sub/.hidden/a5.conf", "b[1].conf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    counted: list[int] = []

    def found(pattern: str) -> list[str]:
        paths = (path for one in braces(pattern, lambda names: None) for path in matches(str(tmp_path), one, count))
        return [str(Path(path).relative_to(tmp_path)) for path in paths]

    def count(names: int) -> None:
        counted.append(names)

    assert found("*.conf") == ["a1.conf", "a2.conf", "b[1].conf"]
    assert found(".*.conf") == [".a3.conf"]
    assert found("{s*,nothing}/a?.conf") == ["sub/a4.conf"]
    assert found("*/*/*") == []
    assert found("*/.h*/*") == ["sub/.hidden/a5.conf"]
    assert found("**/*.conf") == ["sub/a4.conf"]
    assert found("a[12].conf") == found("a{1,2}.conf") == ["a1.conf", "a2.conf"]
    assert found("sub/../a1.conf") == ["sub/../a1.conf"]
    assert found(f"{tmp_path}/a1.conf") == ["a1.conf"]
    assert found("") == found("none*") == found("a1.conf/*") == []
    assert 20 < sum(counted) < NAMES < REPEATS * 10
