"""A password never stands in a remark on a configuration, also where its keyword, or a blank, is missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL, VRRP
from lvstui.keepalived.conf.quoting import quoted
from lvstui.keepalived.conf.tree import Keywords
from lvstui.keepalived.control import complaints_of
from tests.keepalived.conf import SERVICE, meant

PASSWORDS = st.from_regex(r"[A-Za-z]{2}[0-9!@%+=][A-Za-z0-9@%+=_-]{4,12}", fullmatch=True)
NAMES = (
    "virtual_server_group",
    "vrrp_instance",
    "vrrp_script",
    "vrrp_sync_group",
    "vrrp_track_process",
    "bfd_instance",
)
"""Keywords whose value is a name, and may be told."""


def lines_of(keywords: Keywords, password: str) -> list[str]:
    """A line for each keyword with a password where its value belongs, attached to it, and alone."""
    found = []
    for word, keyword in keywords.items():
        if keyword.inside is not None:
            found += [f"{word} 10.0.0.1 80 {{", *lines_of(keyword.inside, password), "}"]
        elif keyword.values:
            found += [f"{word} {{", password, f"{password} 80", f"fwmark {password}", f"10.0.0.1 {password}", "}"]
        elif not keyword.foreign:
            found += [f"{word} {password}", f"{word} 7 {password}", f"{word} 7 type {password}", f"{word}={password}"]
    return [*found, password, f"{password} x", f"auth_pass {password}", "auth_pass", password, f"auth_pass{password}"]


def places(password: str) -> list[str]:
    """Configurations with the password in every place that a keyword or a number could have."""
    service = lines_of(CHECKER["virtual_server"].inside or {}, password)
    instance = "\n".join(lines_of(VRRP["vrrp_instance"].inside or {}, password))
    overall = "\n".join(lines_of(GLOBAL["global_defs"].inside or {}, password))
    return [
        SERVICE.replace("protocol TCP", "\n".join(["protocol TCP", *service])),
        f"global_defs {{\n{overall}\n}}\n{SERVICE}",
        f"vrrp_instance V {{\n{instance}\n}}\n{SERVICE}",
        f"SSL {{\npassword {password}\nkey\n{password}\n}}\nvirtual_server_group G {{\n{password}\n"
        f"10.0.0.1 {password}\n10.0.0.1-{password} 80\n10.0.0.0/{password}\nfwmark {password}\n"
        f"fwmark 1 {password}\n}}\n",
        f"global_defs {{\nnotification_email {password}\n}}\nvrrp_instance V {{\nauthentication {{\nauth_type PASS\n"
        f"auth_pass {password}\n{password}\n}}\n}}\n{password} {{\n}}\n",
        *(
            f"virtual_server {at} {{\nprotocol TCP\n}}\n"
            for at in (f"10.0.0.1 {password}", f"{password} 80", f"fwmark {password}", f"10.0.0.1 80{password}")
        ),
        SERVICE.replace("10.0.0.1 80", f"10.0.0.1 80{password}"),
        SERVICE.replace("10.0.0.1 80", f"{password} 80"),
        f"~SEQ({password}) x\n~LST({password}\n~SEQ(n, {password}, 3) x\n@{password} x\n${password}=1\n$X={password}\n",
        f'"{password}\nweight "{password}"\n{{ {password} }} {password}\n',
    ]


@settings(max_examples=5, deadline=None)
@given(PASSWORDS)
@example("hunter2hunter2")
@example("s3cr3t!x")
def test_it_never_stands_in_a_remark(password: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for text in places(password):
            try:
                said = "\n".join(str(remark) for remark in meant(Path(folder), text).remarks)
            except BadInput as error:
                said = str(error)
            assert password not in said, text


def test_the_places_are_remarked_on(tmp_path: Path) -> None:
    """Else nothing would be tried."""
    texts = places("s3cr3t0")
    remarks = [len(meant(tmp_path, text).remarks) for text in texts]
    assert sum(remarks) > 200 and all(remarks[at] for at in (0, 1, 3, 4)), remarks


@pytest.mark.parametrize(
    "word", ["lb_kint", "nat_mask", "protocl", "wieght", "weight", "70000", "-1", "10.0.0.300", "2001:db8::1"]
)
def test_what_helps_is_told(word: str) -> None:
    assert quoted(word) == f"'{word}'"


def test_nor_in_keepalived_s_own_complaints() -> None:
    said = "(Line 3) Unknown keyword 'hunter2'\n(Line 4) Unknown keyword 'lb_kint'\n"
    assert [one.words for one in complaints_of(said, "x.conf")] == [
        "Unknown keyword '...'",
        "Unknown keyword 'lb_kint'",
    ]
