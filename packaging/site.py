"""build/site-docs, the pages of the site as mkdocs reads them: README as the first page, docs/, and the pages for
contributors, with the links between them adjusted; the manual page as text. `make site` makes the site."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BESIDE = ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "LICENSE")


def main() -> None:
    """Writes the folder again."""
    target = ROOT / "build/site-docs"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "docs", target, ignore=shutil.ignore_patterns("*.1.in"))
    for name in ("README.md", *_BESIDE):
        text = (ROOT / name).read_text(encoding="utf-8")
        (target / ("index.md" if name == "README.md" else name)).write_text(_moved(text), encoding="utf-8")
    for path in target.glob("*.md"):
        path.write_text(_fenced(_moved(path.read_text(encoding="utf-8"))), encoding="utf-8")
    shutil.copytree(ROOT / "snapshots", target / "snapshots")
    (target / "snapshots/index.md").write_text(_examples(), encoding="utf-8")
    groff = ["groff", "-man", "-Tutf8", "-rLL=100n", "-P-cbou", str(ROOT / "docs/lvstui.1")]
    page = subprocess.run(groff, capture_output=True, text=True, check=True).stdout
    (target / "manual.md").write_text(f"# The manual page\n\n```text\n{page}```\n", encoding="utf-8")


def _moved(text: str) -> str:
    """Links from the top folder, adjusted to the pages' own folder. A folder is what it shows."""
    text = re.sub(r"\]\(docs/", "](", text)
    text = text.replace("](lvstui.1)", "](manual.md)").replace("](snapshots)", "](snapshots/index.md)")
    text = text.replace("](screenshots)", "](screenshots/services.svg)").replace(
        "](monitoring)", "](monitoring/alerts.yml)"
    )
    return text.replace("](README.md", "](index.md").replace("](../README.md", "](index.md")


def _fenced(text: str) -> str:
    """Blocks whose fence says more than the language: the name of a file is a title."""
    text = re.sub(r"^```sh root$", "```sh", text, flags=re.M)
    return re.sub(r"^```(\w+) (\S+)$", r'```\1 title="\2"', text, flags=re.M)


def _examples() -> str:
    """One page with all the examples."""
    parts = ["# Examples\n\nOne for each kind of rule; `lvstui --demo NAME` opens a director that has it.\n"]
    for path in sorted((ROOT / "snapshots").glob("*.toml")):
        rules = path.with_suffix(".rules").read_text(encoding="utf-8")
        toml = path.read_text(encoding="utf-8")
        parts.append(f"## {path.stem}\n\n```toml\n{toml}```\n\n```text\n{rules}```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
