"""What is sent to a director elsewhere: the standard library is enough for it, old Pythons run it, and it holds nothing
that could change a director."""

from __future__ import annotations

import ast
import builtins
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from lvstui.remote import boot, older_python
from lvstui.remote.carried import CARRIED
from tests.keepalived.test_dump import DUMPS
from tests.kernel.captured import FOLDER
from tests.remote.closure import OPTIONAL, ROOT, WRITERS, closure, imported
from tests.remote.interpreters import VERSIONS, pythons

IMPORTS = """\
import importlib, sys
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
from lvstui.remote.older_python import complete
complete()
for name in sys.argv[3:]:
    importlib.import_module(name)
known = set(getattr(sys, "stdlib_module_names", [*sys.argv[2].split(), "_bootlocale"]))
print("outside:", *sorted({name.partition(".")[0] for name in sys.modules} - known - {"lvstui", "__main__"}))
"""


def test_everything_that_is_imported_is_sent_and_nothing_else() -> None:
    assert sorted(CARRIED) == sorted(str(path.relative_to(ROOT)) for path in closure().values())


def test_the_reader_has_nothing_that_changes_a_director() -> None:
    assert not {name.replace(".", "/") + ".py" for name in WRITERS} & set(CARRIED)
    # keepalived is asked for its dump by a signal: signalling.py is there.
    words = ("writer", "writing", "control", "restor", "journal")
    assert not [name for name in CARRIED if any(word in name for word in words)]
    needed = {name for path in closure().values() for name, loads in imported(path) if loads}
    assert not needed & WRITERS


def test_what_is_sent_is_the_same_without_its_docstrings() -> None:
    """Line by line, so that an error there names the line of the source; and no more than docs/fleet.md says."""

    def bare(text: bytes) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Expr)
                and isinstance(node.value, ast.Constant)
                and isinstance(node.value.value, str)
            ):
                node.value.value = ""
        return ast.dump(tree)

    for name in CARRIED:
        text = (ROOT / name).read_bytes()
        sent = boot.undocumented(text)
        assert bare(sent) == bare(text), name
        assert sent.count(b"\n") == text.count(b"\n") and b'"""Reads' not in sent, name
    said = re.search(r"a reader of about (\d+) KB", (ROOT / "docs/fleet.md").read_text())
    assert said is not None and len(boot.sent(b"0" * 16)) < 1050 * int(said[1])


def test_no_library_from_outside_is_needed() -> None:
    named = {name.split(".")[0] for path in closure().values() for name, _ in imported(path)}
    assert named - set(sys.stdlib_module_names) - {"lvstui"} <= OPTIONAL


def test_the_reader_has_the_syntax_of_the_oldest_python() -> None:
    for path in closure().values():
        ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=boot.OLDEST)


ADDED = (
    "zip(strict)",
    "typing.TypeAlias",  # for mypy alone
    *(f"{place.__name__}.{name}" for place, name, _ in older_python.LACKING if place is not builtins),
)
"""What older_python.py adds, in vermin's words, and what is never loaded."""


def test_the_reader_asks_for_nothing_that_came_after_the_oldest_python() -> None:
    """Also where no such Python is here: vermin knows in which version each name of the standard library came. It takes
    every `|` of two names for one of two types, and so it is asked for none."""
    oldest = ".".join(map(str, boot.OLDEST))
    words = ["-c", "import vermin; vermin.main()", f"-t={oldest}-", "--violations", "--no-tips", "--no-parse-comments"]
    words += [word for name in ADDED for word in ("--exclude", name)]
    done = subprocess.run([sys.executable, *words, *map(str, closure().values())], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    for path in closure().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
                assert not isinstance(node.args[1], ast.BinOp), f"{path}:{node.lineno}: a tuple of types, for {oldest}"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_reader_is_loaded_from_the_archive_by_each_python(version: str, tmp_path: Path) -> None:
    """All of it, also what stands inside functions, with nothing installed beside."""
    python = pythons().get(version)
    if python is None:
        pytest.skip(f"no python{version} is here")
    archive = tmp_path / "reader.zip"
    archive.write_bytes(zlib.decompress(boot.archive()))
    done = subprocess.run(
        [python, "-I", "-S", "-c", IMPORTS, str(archive), " ".join(sys.stdlib_module_names), *closure()],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "outside:\n")


CONFIGURATION = """\
global_defs {
    lvs_timeouts tcp 100 udp 30
    lvs_sync_daemon eth0 V1 id 5
    lvs_flush_on_stop
    nftables_ipvs
    nftables_ipvs_start_fwmark 7
}
virtual_server_group web {
    192.0.2.1-3 80
    fwmark 9
}
virtual_server group web {
    protocol TCP
    lvs_sched wrr
    lvs_method DR
    real_server 10.0.0.1 80 { weight 3 }
    ~SEQ(n, 2, 4) real_server 10.0.0.$n 80 { TCP_CHECK { } }
}
vrrp_instance V1 {
    interface eth0
    virtual_router_id 51
    priority 100
    virtual_ipaddress { 192.0.2.1/24 dev eth0 }
}
"""


def test_the_recordings_of_kernels_and_of_keepalived_are_read_the_same_by_each_python(tmp_path: Path) -> None:
    found = pythons()
    if len(found) < 2:
        pytest.skip("only one Python is here")
    archive = tmp_path / "reader.zip"
    archive.write_bytes(zlib.decompress(boot.archive()))
    (tmp_path / "keepalived.conf").write_text(CONFIGURATION)
    words = map(str, (Path(__file__).with_name("recorded.py"), archive, FOLDER, DUMPS, tmp_path / "keepalived.conf"))
    line = ["-I", "-S", *words]
    told = {
        version: subprocess.run([python, *line], capture_output=True, text=True, timeout=120)
        for version, python in found.items()
    }
    assert {version: one.stderr for version, one in told.items()} == dict.fromkeys(found, "")
    (printed,) = {one.stdout for one in told.values()}
    assert "-A -t 192.0.2.12:443 -s wrr" in printed and "'V1'" in printed
