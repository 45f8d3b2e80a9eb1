"""What a release needs: `release.py check` before anything is made, `release.py sums` when all of it is in dist/."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_KINDS = ("lvstui-*.whl", "lvstui-*.tar.gz", "lvstui-*.pyz", "lvstui_*.deb", "lvstui-*.rpm")


def faults(root: Path) -> list[str]:
    """The faults that prevent a release, each with how to mend it."""
    found = []
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    own = re.search(r'^__version__ = "(.*)"$', (root / "lvstui/__init__.py").read_text(encoding="utf-8"), re.M)
    if own is None or own[1] != version:
        found.append(f"lvstui/__init__.py: the version is not pyproject.toml's, {version}")
    readme = (root / "README.md").read_text(encoding="utf-8")
    for other in sorted(set(re.findall(r"\blvstui[-_](\d+(?:\.\d+)+)", readme)) - {version}):
        found.append(f"README.md: names files of version {other}, and the version is {version}")
    changes = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?$", changes, re.M)
    if heads[:1] != [("Unreleased", "")] or not heads[1:] or heads[1][0] != version or not heads[1][1]:
        found.append(f"CHANGELOG.md: below an empty [Unreleased] there must be ## [{version}] - DATE")
    elif _between(changes, "Unreleased", version).strip():
        found.append(f"CHANGELOG.md: [Unreleased] has entries; they belong under [{version}]")
    tags = _git(root, "tag", "--points-at", "HEAD").split()
    if any(tag.startswith("v") for tag in tags) and f"v{version}" not in tags:
        found.append(f"the tag here is {', '.join(tags)}, and the version {version}")
    if _git(root, "status", "--porcelain"):
        found.append("git status: something is not committed")
    return found


def _between(text: str, first: str, second: str) -> str:
    return text.partition(f"## [{first}]")[2].partition(f"## [{second}]")[0]


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"release: git {words[0]}: {done.stderr.strip()}")
    return done.stdout


def sums(folder: Path) -> None:
    """Writes SHA256SUMS, and copies the files for the package index into a folder of their own."""
    files = []
    for kind in _KINDS:
        there = sorted(folder.glob(kind))
        if len(there) != 1:
            sys.exit(f"release: {folder}/{kind}: {len(there)} files, and there must be one")
        files += there
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")
    index = folder / "index"
    index.mkdir(exist_ok=True)
    for path in files[:2]:
        shutil.copy(path, index)
    print("".join(lines), end="")


if __name__ == "__main__":
    if sys.argv[1] == "sums":
        sums(ROOT / "dist")
    elif wrong := faults(ROOT):
        sys.exit("release: not yet:\n  " + "\n  ".join(wrong))
