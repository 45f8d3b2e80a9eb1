"""The one file: what it unpacks, where, and what it does not trust. Its payload here is a program of three lines;
`make soak` tries the real one in bare Debian folders (test_bare.py)."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
Run = Callable[..., subprocess.CompletedProcess[str]]

SAYS = b"import sys\ndef main(argv):\n    print(__file__, sys.flags.isolated, *argv)\n    return 7\n"


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make", ROOT / "packaging/make.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def archive(text: bytes = SAYS) -> bytes:
    payload = {
        "site/lvstui/__init__.py": b'__version__ = "1.2.3"\n',
        "site/lvstui/cli.py": text,
        "site/lvstui/trust.py": (ROOT / "lvstui/trust.py").read_bytes(),
    }
    data: bytes = builder().archive(payload, "1.2.3")
    return data


@pytest.fixture
def folder() -> Iterator[Path]:
    """A home that nobody else can write into: as for a real one, the folders above it are root's or ours."""
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="h", dir=os.environ.get("TMPDIR", "/tmp")))
    yield made
    shutil.rmtree(made)


@pytest.fixture
def run(folder: Path) -> Run:
    file = folder / "lvstui.pyz"
    file.write_bytes(archive())

    def go(*words: str, of: Path = file, **more: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "LVSTUI_"))}
        env = {**kept, "HOME": str(folder), "LVSTUI_CACHE": str(folder / "cache"), **more}
        return subprocess.run(
            [sys.executable, "-I", str(of), *words], env=env, capture_output=True, text=True, timeout=120
        )

    return go


def builds(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


def test_the_file_unpacks_once_into_a_private_folder_and_runs_from_there(run: Run, folder: Path) -> None:
    for _ in range(2):
        done = run("--list", "a b")
        (build,) = builds(folder)
        assert (done.returncode, done.stderr) == (7, "")
        assert done.stdout == f"{build}/site/lvstui/cli.py 1 --list a b\n"
        assert build.name.startswith("pyz-1.2.3-")
    assert [path.stat().st_mode & 0o777 for path in (folder / "cache", build)] == [0o700, 0o700]


def test_the_file_starts_by_its_name_with_any_shell(folder: Path) -> None:
    """Nothing but sh and python3 is needed: what BusyBox has beside them differs from other systems."""
    (folder / "bin").mkdir()
    (folder / "bin/python3").symlink_to(sys.executable)
    file = folder / "bin/lvstui"
    file.write_bytes(archive())
    file.chmod(0o755)
    env = {"PATH": str(folder / "bin"), "HOME": str(folder), "LVSTUI_CACHE": str(folder / "cache")}
    shells = [name for name in ("/bin/dash", "/bin/bash", "/bin/busybox") if os.path.exists(name)]
    starts = [["lvstui"], ["/bin/sh", str(file)], *([name, *["sh"] * name.endswith("x"), str(file)] for name in shells)]
    for start in starts:
        done = subprocess.run([*start, "a b", "$c"], env=env, capture_output=True, text=True, timeout=120)
        assert (done.returncode, done.stderr) == (7, ""), start
        assert done.stdout.endswith("/site/lvstui/cli.py 1 a b $c\n"), start


def test_the_umask_changes_nothing(run: Run, folder: Path) -> None:
    before = os.umask(0)
    try:
        assert run().returncode == 7
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o077 for path in (folder / "cache", *builds(folder))] == [0, 0]


def test_files_that_others_can_write_are_not_run(run: Run, folder: Path) -> None:
    run()
    (build,) = builds(folder)
    for where in (build, folder / "cache", folder):
        before = where.stat().st_mode
        where.chmod(0o777)
        done = run()
        where.chmod(before)
        assert f"{where} is writable by everybody (mode 0777), so nothing in it is run" in done.stderr
        assert "for this run alone" in done.stderr
        assert done.returncode == 7
        assert not done.stdout.startswith(str(folder / "cache"))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else too")
def test_files_that_another_user_placed_are_not_run(run: Run, folder: Path) -> None:
    run()
    (build,) = builds(folder)
    poisoned = build / "site/lvstui/cli.py"
    poisoned.write_text("def main(argv): raise SystemExit('poisoned')\n")
    os.chown(build, 65534, 65534)
    done = run()
    assert f"{build} belongs to user 65534" in done.stderr and "poisoned" not in done.stderr
    assert done.returncode == 7
    (folder / "laid").symlink_to(folder / "cache")
    os.chown(folder / "laid", 65534, 65534, follow_symlinks=False)
    assert "laid is a link of user 65534" in run(LVSTUI_CACHE=str(folder / "laid")).stderr


def test_without_a_place_for_a_cache_the_file_runs_and_leaves_nothing(run: Run, folder: Path) -> None:
    (folder / "file").touch()
    (folder / "tmp").mkdir()
    done = run(LVSTUI_CACHE=str(folder / "file/cache"), TMPDIR=str(folder / "tmp"))
    assert done.returncode == 7
    assert f"{folder}/file/cache is no cache: Not a directory" in done.stderr
    assert done.stdout.startswith(f"{folder}/tmp/lvstui-")
    assert list((folder / "tmp").iterdir()) == []


def test_a_temporary_folder_that_another_could_replace_is_not_used(run: Run, folder: Path) -> None:
    (folder / "file").touch()
    (folder / "tmp").mkdir(0o777)
    (folder / "tmp").chmod(0o777)
    done = run(LVSTUI_CACHE=str(folder / "file/cache"), TMPDIR=str(folder / "tmp"))
    assert done.returncode == 7 and "for this run alone" in done.stderr
    assert not done.stdout.startswith(str(folder)) and list((folder / "tmp").iterdir()) == []


def test_another_build_replaces_those_that_nobody_runs(run: Run, folder: Path) -> None:
    import fcntl

    run()
    (first,) = builds(folder)
    second = folder / "second.pyz"
    second.write_bytes(archive(SAYS + b"# newer\n"))
    running = os.open(first, os.O_RDONLY)
    fcntl.flock(running, fcntl.LOCK_SH)
    (folder / "cache/notes").mkdir()
    run(of=second)
    assert len(builds(folder)) == 3 and first in builds(folder)
    os.close(running)
    third = folder / "third.pyz"
    third.write_bytes(archive(SAYS + b"# newest\n"))
    run(of=third)
    assert first not in builds(folder)
    assert len(builds(folder)) == 2 and folder / "cache/notes" in builds(folder)


def test_several_starts_at_once_do_not_disturb_each_other(run: Run, folder: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        done = [one.result() for one in [pool.submit(run) for _ in range(4)]]
    assert [(one.returncode, one.stderr) for one in done] == [(7, "")] * 4
    assert len(builds(folder)) == 1


def test_the_same_wheels_make_the_same_file() -> None:
    assert archive() == archive()
    assert archive() != archive(SAYS + b"#\n")


def test_a_file_in_two_wheels_is_an_error(tmp_path: Path) -> None:
    import zipfile

    for name in ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl"):
        with zipfile.ZipFile(tmp_path / name, "w") as wheel:
            wheel.writestr("same.py", "")
    with pytest.raises(ValueError, match=r"site/same\.py is in two wheels"):
        builder().contents(sorted(tmp_path.iterdir()))


def test_an_old_python_gets_a_message_that_it_is_too_old() -> None:
    source = (ROOT / "packaging/pyz/__main__.py").read_text()
    ast.parse(source, feature_version=(3, 6))
    script = f"import sys\nsys.version_info = (3, 9, 2)\nsys.argv = ['lvstui.pyz']\nexec({source!r})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert "this is Python 3.9, and lvstui needs 3.11 or later" in done.stderr
    assert "python3.11 lvstui.pyz" in done.stderr
