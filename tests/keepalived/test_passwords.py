"""A password is never in a remark on a configuration, even where its keyword, or a blank, is missing."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lvstui.director.daemon import Daemon
from lvstui.director.errors import BadInput
from lvstui.keepalived.conf.keywords import CHECKER, GLOBAL, VRRP, Keywords
from lvstui.keepalived.conf.programmed import passwords
from lvstui.keepalived.conf.secrets import HIDDEN, SecretFilter, quoted
from lvstui.keepalived.control import complaints_of, judged
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
def test_a_password_is_never_in_a_remark(password: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for text in places(password):
            try:
                said = "\n".join(str(remark) for remark in meant(Path(folder), text).remarks)
            except BadInput as error:
                said = str(error)
            assert password not in said, text


AUTH = "vrrp_instance V {{\nauthentication {{\nauth_type PASS\nauth_pass {}\n}}\n}}\n"
COMMON = ("weight", "lb_kind", "12345678", "255", "70000", "web", "10.0.0.1", "on", "protocl", "wieght")
"""Passwords that are keywords, almost, or numbers, names, addresses."""
PLACES = (
    SERVICE.replace("protocol TCP", "protocol TCP\n{0} x"),
    SERVICE.replace("protocol TCP", "protocol TCP\nquorum {0}\nha_suspend\nalpha {0}\npersistence_timeout {0}"),
    SERVICE.replace("weight 3", "weight {0}\nuthreshold {0}"),
    "virtual_server group {0} {{\nprotocol TCP\nreal_server 10.0.0.9 80 {{ }}\n}}\n",
    "virtual_server_group {0} {{\n}}\nvirtual_server_group {0} {{\n{0}\n10.0.0.9 {0}\n}}\n",
    "virtual_server {0} {0} {{\n}}\n",
    "global_defs {{\nlvs_timeouts tcp {0}\nlvs_sync_daemon eth0 {0} id {0}\n}}\n",
    "include {0}\ninclude {0}/x\n~SEQ({0}) x\n",
    "{0}\n",
)


@pytest.mark.parametrize("form", ["{}", '"{}"', "$PASSWORD"])
@pytest.mark.parametrize("password", COMMON)
def test_a_password_that_is_also_a_keyword_a_number_or_a_name_is_never_in_a_remark(
    tmp_path: Path, password: str, form: str
) -> None:
    """No remark on a line that holds it has it, were it a word of ours there."""
    tried = 0
    defined = f"$PASSWORD={password}\n" if form.startswith("$") else ""
    concealed = SecretFilter({password})
    for place in PLACES:
        text = place.replace("{{", "{").replace("}}", "}").replace("{0}", password)
        for whole in (
            f"{text}{defined}{AUTH.format(form.format(password))}",
            f"{defined}{AUTH.format(form.format(password))}{text}",
        ):
            lines = whole.splitlines()
            try:
                said = [(remark.text, lines[remark.line - 1]) for remark in meant(tmp_path, whole).remarks]
            except BadInput as error:
                said = [(error.why, lines[int(error.what.rpartition(" ")[2]) - 1])]
            assert not [one for one, line in said if concealed.words(one) and concealed.words(line)], whole
            tried += HIDDEN in [one for one, _ in said]
    assert tried or password == "on"


def test_other_remarks_are_unchanged(tmp_path: Path) -> None:
    """Also where a password is a word of theirs, or of ours."""
    broken = SERVICE.replace("protocol TCP", "protocl TCP\nquorum 0\nlvs_schod rr")
    before = [remark.text for remark in meant(tmp_path, broken).remarks]
    for password in ("keepalived", "is", "on", "2001"):
        after = [remark.text for remark in meant(tmp_path, broken + AUTH.format(password)).remarks]
        assert after == before and len(before) > 2
    after = [remark.text for remark in meant(tmp_path, broken + AUTH.format("protocl")).remarks]
    assert [one for one in after if one != HIDDEN] == [one for one in before if "'protocl'" not in one]
    assert HIDDEN in after


def test_a_password_that_is_a_number_or_a_keyword_is_never_in_a_complaint_of_keepalived() -> None:
    said = "(x: Line 5) weight 12345678 is outside range [-253, 253]\n(x: Line 7) Unknown keyword 'lb_kint'\n"
    daemon = Daemon(7, "x", "", "", "")
    told = [str(one) for one in judged(daemon, 5, said, {"12345678", "qwertz"}).complaints]
    assert "12345678" not in told[0] and told[0].startswith("x line 5: this complaint is hidden")
    assert told[1] == "x line 7: Unknown keyword 'lb_kint'"
    assert judged(daemon, 5, said).complaints[0].words == "weight 12345678 is outside range [-253, 253]"


def test_the_passwords_of_a_file(tmp_path: Path) -> None:
    """With those of other machines, of included files, and of definitions."""
    (tmp_path / "keepalived.conf").write_text(
        '@other auth_pass one\nauth_pass "two three" # four\n$P=five\nauth_pass $P\nauth_pass\nsix\ninclude a.inc\n'
        "authentication {\nauth_type PASS\n}\nSSL {\npassword seven\n}\n"
    )
    (tmp_path / "a.inc").write_text("auth_pass\teight }\n")
    found = passwords(tmp_path / "keepalived.conf")
    assert found >= {"one", "two three", "five", "six", "seven", "eight"}
    assert not found & {"PASS", "four", "authentication", "auth_type", "SSL"}


def test_a_remark_names_the_place_of_a_hidden_word(tmp_path: Path) -> None:
    """Else nothing would be tried."""
    texts = places("s3cr3t0")
    remarks = [len(meant(tmp_path, text).remarks) for text in texts]
    assert sum(remarks) > 200 and all(remarks[at] for at in (0, 1, 3, 4)), remarks


@pytest.mark.parametrize(
    "word", ["lb_kint", "nat_mask", "protocl", "wieght", "weight", "70000", "-1", "10.0.0.300", "2001:db8::1"]
)
def test_a_hidden_word_leaves_a_useful_remark(word: str) -> None:
    assert quoted(word) == f"'{word}'"


def test_a_number_is_shown_only_if_the_setting_needs_one(tmp_path: Path) -> None:
    text = f"vrrp_instance V {{\n12345678\n}}\n12345678 {{\n}}\n{SERVICE.replace('protocol TCP', '12345678')}"
    said = [str(remark) for remark in meant(tmp_path, text).remarks]
    assert any("does not know '...'" in one for one in said) and not any("12345678" in one for one in said)
    assert [one.words for one in complaints_of("(Line 3) Unknown keyword '12345678'\n", "x")] == [
        "Unknown keyword '...'"
    ]


COMPLAINTS = (
    "(x: Line 5) invalid number '{}'",
    "(x: Line 5) weight {} is outside range [-253, 253]",
    "(x: Line 5) (VI_1) Advert interval ({}) not valid! Must be > 0 - ignoring",
    "(x: Line 5) (VI_1): VRID '{}' not valid - must be between 1 & 255",
    "(x: Line 5) Configuration error: VRRP instance[VI_1] malformed unicast peer address[{}]. Skipping...",
    "(x: Line 5) VRRP parsed invalid IP {}. skipping IP...",
    "(x: Line 5) Invalid vrrp_instance smtp_alert parameter {}",
    "(x: Line 5) Unknown option {} specified for lvs_timeouts",
    "(x: Line 5) (VI_1) tracked interface {} doesn't exist",
    "(x: Line 5) connect_timeout {} invalid - ignoring",
    "(x: Line 5) *** Configuration line starting `{}` is missing a parameter after keyword `{}` at word position 2",
    "(Line 6) Unterminated quote 'auth_pass \"{} }}'",
    "(VI_1) unknown authentication type '{}'",
    'some complaint of a later version: {}={}, "{}"',
)
"""Complaints of keepalived with a bare password in each place where it repeats a word."""


@given(PASSWORDS | st.from_regex(r"[a-z]{3}[qxz]{2}[a-z]{2,8}", fullmatch=True), st.sampled_from(COMPLAINTS))
@example("hunter2", COMPLAINTS[1])
def test_a_password_is_never_in_keepalived_s_own_complaints(password: str, complaint: str) -> None:
    (found,) = complaints_of(complaint.format(password, password, password), "x")
    assert password not in found.words and "..." in found.words


@pytest.mark.parametrize(
    "words",
    [
        "(VI_1) Unknown interface!",
        "WARNING - interface eth7 for vrrp_instance VI_1 doesn't exist",
        "WARNING - script '/etc/keepalived/check.sh' is not executable - disabling.",
        "number '300' outside range [1, 255]",
        "(VI_1) Priority not valid! must be between 1 & 255. Using default 100",
        "Unknown keyword 'lb_kint'",
        "Unable to find configuration file /etc/keepalived/keepalived.conf",
        "Virtual server [10.0.0.1]:tcp:80: no scheduler set, setting default 'wlc'",
        "WARNING - default user 'keepalived_script' for script execution does not exist - please create.",
        "There are 1 missing '}'s or extra '{'s",
        "Unknown option --config-test",
    ],
)
def test_the_useful_part_of_a_complaint_is_shown(words: str) -> None:
    assert [one.words for one in complaints_of(words, "x")] == [words]
