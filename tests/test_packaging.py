"""Packaging: the locks, the sdist, what make installs, the page of the package index, the packages' files."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lvstui import cli

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def locked(name: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Each package of a lock, with its version and its hashes."""
    found = {}
    for entry in re.split(r"^(?=\w)", (ROOT / name).read_text(encoding="utf-8"), flags=re.M)[1:]:
        package, version = re.match(r"([\w.-]+)==(\S+)", entry).groups()  # type: ignore[union-attr]
        found[package] = (version, frozenset(re.findall(r"sha256:[0-9a-f]{64}", entry)))
    return found


def test_the_runtime_lock_has_the_part_of_the_lock_that_lvstui_needs() -> None:
    runtime, everything = locked("packaging/runtime.lock"), locked("requirements.lock")
    assert runtime.items() <= everything.items()
    assert all(hashes for _, hashes in runtime.values())
    wanted: set[tuple[str, str]] = set()
    ahead = list(PROJECT["dependencies"])
    while ahead:
        one = Requirement(ahead.pop())
        name = one.name.lower().replace("_", "-")
        for extra in {*one.extras, ""}:
            if (name, extra) not in wanted:
                wanted.add((name, extra))
                asked = importlib.metadata.requires(name) or ()
                ahead += [text for text in asked if _counts(Requirement(text), extra)]
    assert set(runtime) - {"win-inet-pton"} == {name for name, _ in wanted} - {"win-inet-pton"}


def _counts(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def made(*words: str, **more: str) -> str:
    """The commands that make would run, without running them."""
    done = subprocess.run(
        ["make", "--dry-run", "--always-make", *words], cwd=ROOT, capture_output=True, text=True, env=os.environ | more
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_installs_only_what_lvstui_needs() -> None:
    commands = made("demo")
    assert re.findall(r"pip install .*", commands) == [
        "pip install --disable-pip-version-check --require-hashes -r packaging/runtime.lock"
    ]
    told = re.search(r"^echo .*", commands, re.M)
    assert told is not None
    said = subprocess.run(["bash", "-c", told[0]], cwd=ROOT, capture_output=True, text=True).stdout
    # One of the lock is for Windows.
    assert f"the {len(locked('packaging/runtime.lock')) - 1} packages that lvstui runs with" in said
    assert ".ci/packages" not in commands


def test_nothing_is_installed_from_debian_if_that_is_switched_off() -> None:
    commands = made("test", "PACKAGES=no")
    assert "PACKAGES=no ./.ci/packages" in commands and "PACKAGES=no ./.ci/monitoring" in commands
    done = subprocess.run(
        [ROOT / ".ci/packages", "no-such-package-here"],
        env={**os.environ, "PACKAGES": "no", "CI": "true"},
        capture_output=True,
        text=True,
    )
    said = "packages: PACKAGES=no, so these are not installed: no-such-package-here; tests that need them are skipped\n"
    assert (done.returncode, done.stderr) == (0, said)


def test_the_sdist_has_everything_of_the_checkout(tmp_path: Path) -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("not a clone")
    tracked = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    script = "from hatchling.builders.sdist import SdistBuilder as B\nimport sys\n"
    script += "print(*B(sys.argv[1]).build(directory=sys.argv[2]))"
    subprocess.run([sys.executable, "-c", script, ROOT, tmp_path], check=True, timeout=300)
    (sdist,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(sdist) as opened:
        carried = {name.partition("/")[2] for name in opened.getnames()}
    assert {name for name in tracked if not name.endswith(".keep")} - carried == set()


def test_links_on_the_index_work() -> None:
    pytest.importorskip("hatchling", reason="hatchling is not here: make venv")
    script = "import sys; sys.path.insert(0, 'packaging'); import readme, pathlib\n"
    script += "print(readme.absolute(pathlib.Path('README.md').read_text(), sys.argv[1]))"
    home = PROJECT["urls"]["Homepage"]
    text = subprocess.run(
        [sys.executable, "-c", script, home], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert f"{home}/raw/HEAD/docs/screenshots/incident.svg" in links
    assert f"{home}/blob/HEAD/docs/operating.md" in links
    assert [link for link in links if not re.match(r"https?://|#", link)] == []


def test_the_placeholder_address_is_in_one_place() -> None:
    (host,) = {url.split("/")[2] for url in PROJECT["urls"].values()}
    # What tools keep for themselves comes and goes while other tests run.
    skipped = {".git", ".venv", "build", "dist", "__pycache__", ".hypothesis", ".pytest_cache", ".ruff_cache"}
    skipped |= {".import_linter_cache"}
    having = []
    for top, folders, files in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in skipped and not name.startswith(".mypy")]
        having += [name for name in files if host.encode() in (Path(top) / name).read_bytes()]
    assert having == ["pyproject.toml"]


def test_the_manual_comes_with_every_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--man"]) == 0
    assert capsys.readouterr() == ((ROOT / "docs/lvstui.1").read_text(encoding="utf-8"), "")


def test_the_scripts_of_the_packages_start_nothing() -> None:
    for script in (ROOT / "packaging/scripts").iterdir():
        text = script.read_text(encoding="utf-8")
        assert subprocess.run(["sh", "-n", script]).returncode == 0
        assert not re.search(r"systemctl|service |invoke-rc|deb-systemd|modprobe|daemon-reload", text), script.name


def release(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, root / "packaging/release.py", "check"], capture_output=True, text=True, timeout=300
    )


def test_a_release_is_refused_until_versions_and_changes_agree(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not here")
    for name in ("pyproject.toml", "lvstui/__init__.py", "packaging/release.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    version, changes, readme = PROJECT["version"], tmp_path / "CHANGELOG.md", tmp_path / "README.md"
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]

    def committed(text: str) -> None:
        changes.write_text(text)
        for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "--no-gpg-sign", "-m", "x"]):
            subprocess.run([*git, *words], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})

    committed("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- This.\n")
    assert f"there must be ## [{version}] - DATE" in release(tmp_path).stderr
    committed(f"## [Unreleased]\n\n- This.\n\n## [{version}] - 2026-01-02\n")
    assert "[Unreleased] has entries" in release(tmp_path).stderr
    committed(f"## [Unreleased]\n\n## [{version}] - 2026-01-02\n\n- This.\n")
    assert (release(tmp_path).returncode, release(tmp_path).stderr) == (0, "")
    readme.write_text(f"    install lvstui-0.0.1.pyz lvstui_{version}-1_all.deb\n")
    assert f"README.md: names files of version 0.0.1, and the version is {version}" in release(tmp_path).stderr
    readme.write_text(f"    install lvstui-{version}.pyz\n")
    committed(changes.read_text())
    subprocess.run([*git, "tag", "v99.0"], check=True)
    assert "the tag here is v99.0" in release(tmp_path).stderr
    (tmp_path / "new").touch()
    assert "something is not committed" in release(tmp_path).stderr
    (tmp_path / "lvstui/__init__.py").write_text('__version__ = "0"\n')
    assert f"the version is not pyproject.toml's, {version}" in release(tmp_path).stderr


def test_the_version_is_the_same_everywhere() -> None:
    from lvstui import __version__

    assert __version__ == PROJECT["version"]
