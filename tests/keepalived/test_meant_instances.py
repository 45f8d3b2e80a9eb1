"""VRRP instances of a configuration, as keepalived 2.2 reads them."""

from __future__ import annotations

from pathlib import Path

import pytest

from lvstui.director.errors import BadInput
from lvstui.director.vrrp.passwords import stand_in_for_key
from lvstui.keepalived.conf import read_config
from lvstui.keepalived.conf.instances import read_instances
from tests.keepalived.conf import SERVICE

INSTANCE = """vrrp_instance {} {{
    interface eth1
    virtual_router_id 51
    virtual_ipaddress {{
        10.9.0.100/24
    }}
{}
}}
"""


def instances(folder: Path, text: str) -> dict[str, object]:
    (folder / "keepalived.conf").write_text(text)
    return {one.name: one for one in read_instances(folder / "keepalived.conf", "x")}


@pytest.mark.parametrize(
    ("lines", "priority"),
    [
        ("", 100),
        ("state BACKUP", 100),
        ("state MASTER", 255),
        ("state MASTER\npriority 150", 150),
        ("state MASTER\npriority 256", 100),
        ("priority 0", 100),
    ],
)
def test_the_priority(tmp_path: Path, lines: str, priority: int) -> None:
    (one,) = instances(tmp_path, INSTANCE.format("V", lines)).values()
    assert (one.priority, one.effective) == (priority, priority)  # type: ignore[attr-defined]


def test_the_tracked_things_and_their_weights(tmp_path: Path) -> None:
    blocks = (
        "track_file f { file /f\nweight -5\n}\ntrack_file g { file /g\n}\n"
        "vrrp_track_process p { process p\nweight 7\n}\n"
        "bfd_instance b { neighbor_ip 10.0.0.1\nweight 9\n}\nvrrp_script s { script /bin/true\nweight 3\n}\n"
    )
    tracks = (
        "track_interface {\neth1\neth2 weight 4\n}\ntrack_file {\nf\ng\n}\ntrack_process {\np\n}\ntrack_bfd {\nb\n}\n"
        "track_script {\ns\n}"
    )
    (one,) = instances(tmp_path, blocks + INSTANCE.format("V", tracks)).values()
    assert {(t.kind, t.name): t.weight for t in one.tracked} == {  # type: ignore[attr-defined]
        ("interface", "eth2"): 4,
        ("file", "f"): -5,
        ("file", "g"): 1,
        ("process", "p"): 7,
        ("bfd", "b"): 9,
        ("script", "s"): 3,
    }


def test_what_a_group_tracks_has_no_weight_if_it_has_an_address_owner(tmp_path: Path) -> None:
    files = "track_file f { file /f\nweight -5\n}\n"
    group = "vrrp_sync_group G {\ngroup {\nV\nW\n}\ntrack_file {\nf\n}\n}\n"
    for lines, weight in (("", -5), ("state MASTER", 0)):
        text = files + group + INSTANCE.format("V", "") + INSTANCE.format("W", lines)
        for one in instances(tmp_path, text).values():
            assert [(t.name, t.weight) for t in one.tracked] == [("f", weight)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("switch", ["sync_group_tracking_weight", "global_tracking"])
def test_a_group_whose_instances_may_have_weights(tmp_path: Path, switch: str) -> None:
    for line, weight in (("", 0), (switch, 4)):
        group = f"vrrp_sync_group G {{\ngroup {{\nV\n}}\n{line}\n}}\n"
        (one,) = instances(tmp_path, group + INSTANCE.format("V", "track_interface {\neth2 weight 4\n}")).values()
        assert [(t.name, t.weight) for t in one.tracked] == [("eth2", weight)]  # type: ignore[attr-defined]


def test_peers_of_the_other_family_are_skipped(tmp_path: Path) -> None:
    peers = "unicast_peer {\n10.9.0.2\n2001:db8::2\n10.9.0.3\nnonsense\n}"
    (one,) = instances(tmp_path, INSTANCE.format("V", peers)).values()
    assert one.peers == ("10.9.0.2", "10.9.0.3")  # type: ignore[attr-defined]


def test_an_address_behind_notification_email(tmp_path: Path) -> None:
    """The parent takes the lines up to the next brace for addresses. Of what follows it knows nothing, and starts no
    VRRP for it; where it starts VRRP for another instance, that process reads both."""
    bare = "global_defs {\n  notification_email ops@site.example\n  router_id X\n}\n" + INSTANCE.format("VI_1", "")
    assert list(instances(tmp_path, bare)) == []
    assert list(instances(tmp_path, bare + INSTANCE.format("VI_2", ""))) == ["VI_1", "VI_2"]


@pytest.mark.parametrize(
    "block", ["vrrp_script {\n}\n", "vrrp_sync_group G {\nnotify\n}\n", INSTANCE.format("W", "priority")]
)
def test_a_missing_value_in_vrrp_ends_all_of_keepalived(tmp_path: Path, block: str) -> None:
    (tmp_path / "keepalived.conf").write_text(INSTANCE.format("V", "") + block + SERVICE)
    with pytest.raises(BadInput, match="lacks a value"):
        read_config(tmp_path / "keepalived.conf")
    (tmp_path / "keepalived.conf").write_text("vrrp_script {\n}\n" + SERVICE)  # no process that does VRRP reads it
    assert len(read_config(tmp_path / "keepalived.conf").rules.rules) == 1


ZEROS, TEXT = b"0" * 32, b"0123456789abcdef0123456789abcdef"
SPACED = f'key 1 "hex:{"30 " * 32}"\nactive_key 1'


@pytest.mark.parametrize(
    ("lines", "keys", "active", "mode"),
    [
        (f"key 1 {TEXT.decode()}\nactive_key 1", {1: TEXT}, 1, "enforce"),
        (f"key 1 hex:{'30' * 32}\nactive_key 1", {1: ZEROS}, 1, "enforce"),
        (SPACED, {1: ZEROS}, 1, "enforce"),
        (f"key 1 hex:{'30' * 32}0\nactive_key 1", {1: ZEROS + b"\0"}, 1, "enforce"),
        (f"key 7 {'0' * 32}\nkey 7 {'1' * 32}\nactive_key 7\nmode permissive", {7: ZEROS}, 7, "permissive"),
        (f"key 2 file:/k\nkey 1 {'0' * 32}\nactive_key 2\nmode receive-only", {1: ZEROS, 2: b""}, 2, "receive-only"),
        (f"key 1 {'0' * 31}\nkey 2 {'0' * 32}\nactive_key 2\nmode x", {2: ZEROS}, 2, "enforce"),
        (f"key 0 {'0' * 32}\nkey 256 {'0' * 32}\nkey 2 {'0' * 65}\nkey 3 {'0' * 64}\nactive_key 3", {3: b"0" * 64}, 3,
         "enforce"),
        (f"strict\nkey 1 {'0' * 32}\nactive_key 1\nmode permissive", {1: ZEROS}, 1, "enforce"),
        (f"key +1 {'0' * 32} x\nkey 2 {'0' * 32}\nactive_key 01\nactive_key 300", {1: ZEROS, 2: ZEROS}, 1, "enforce"),
        (f"key 0x1 {'0' * 32}\nactive_key 1", {}, 0, ""),
        (f"key 1 {'0' * 32}\nactive_key 2", {}, 0, ""),
        (f"key 1 hex:{'3x' * 32}\nactive_key 1", {}, 0, ""),
        ("", {}, 0, ""),
    ],
)  # fmt: skip
def test_the_keys_of_auth_hmac(tmp_path: Path, lines: str, keys: dict[int, bytes], active: int, mode: str) -> None:
    """As keepalived 2.4.3 says in its dump that it takes them. Without the key to sign with there is no authentication,
    not even the password."""
    password = "authentication {\nauth_type PASS\nauth_pass 1111\n}\n"
    strict = "strict_mode on\n" if lines.startswith("strict") else ""
    block = f"{strict}{password}auth_hmac {{\n{lines.removeprefix('strict')}\n}}"
    (one,) = instances(tmp_path, INSTANCE.format("V", block)).values()
    receives = one.receives  # type: ignore[attr-defined]
    assert receives.auth == ("HMAC" if keys else "") and not receives.secret
    assert (receives.active, receives.mode) == (active, mode)
    assert dict(receives.keys) == {number: stand_in_for_key(key) if key else b"" for number, key in keys.items()}
