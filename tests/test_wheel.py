"""The wheel, installed into an empty environment: what it must find there is inside it."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from lvstui.verbs.completion import FILES

CHECKOUT = Path(__file__).parents[1]


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` of an environment that has the wheel and nothing else; no network is used."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--no-cache-dir")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "-w", folder, CHECKOUT, cwd=folder)
    (wheel,) = folder.glob("lvstui-*.whl")
    venv.create(folder / "env", symlinks=True)
    python = folder / "env/bin/python"
    run(*pip, "--python", python, "install", "--no-deps", "--no-index", wheel, cwd=folder)
    return python.parent


def test_the_wheel_finds_its_themes_and_snapshots(installed: Path, tmp_path: Path) -> None:
    script = (
        "from lvstui import places\n"
        "for folder in (places.themes(), places.snapshots()):\n"
        "    print(folder)\n"
        "    print(*sorted(path.name for path in folder.iterdir()))\n"
    )
    themes, their_names, snapshots, our_names = run(installed / "python", "-c", script, cwd=tmp_path).splitlines()
    assert Path(themes).is_relative_to(installed.parent)
    assert Path(snapshots).is_relative_to(installed.parent)
    assert their_names.split() == names("themes")
    assert our_names.split() == names("snapshots")


def test_the_wheel_has_completions_and_the_manual(installed: Path, tmp_path: Path) -> None:
    for shell, name in FILES.items():
        script = run(installed / "lvstui", "--completion", shell, cwd=tmp_path)
        assert script == (CHECKOUT / "completions" / name).read_text(encoding="utf-8")
    page = installed.parent / "share/man/man1/lvstui.1"
    assert page.read_bytes() == (CHECKOUT / "docs/lvstui.1").read_bytes()


def test_the_command_of_the_wheel_works(installed: Path, tmp_path: Path) -> None:
    assert run(installed / "lvstui", "--version", cwd=tmp_path).startswith("lvstui ")
    assert "import re" not in (installed / "lvstui").read_text(), "pip's own script loads what no verb needs"
    world = run(installed / "lvstui", "--demo", "nat", "--list", "--format", "ipvsadm", cwd=tmp_path)
    assert world == (CHECKOUT / "snapshots/nat.rules").read_text(encoding="utf-8")


def test_the_wheel_has_nothing_else(installed: Path) -> None:
    (packages,) = (installed.parent / "lib").glob("python*/site-packages")
    assert {path.name.partition("-")[0] for path in packages.iterdir()} == {"lvstui"}


def names(folder: str) -> list[str]:
    return sorted(path.name for path in (CHECKOUT / folder).iterdir() if not path.name.startswith("."))
