"""The files of a release beside the wheel, made from a folder of wheels whose hashes pip has checked:

    make.py pyz FOLDER     dist/lvstui-VERSION.pyz, lvstui and all that it runs with as one file
    make.py tree FOLDER    build/package/, what nfpm packs into a Debian package and an rpm (packaging/nfpm.yaml)

The same wheels make the same file, byte for byte, where zlib is the same: names are sorted, times and modes are fixed.
Only psutil is compiled. In the one file it goes into a folder for each kind of machine, and where none fits lvstui goes
without it; the packages leave it to the distribution.
"""

from __future__ import annotations

import email
import gzip
import hashlib
import io
import re
import shutil
import sys
import tomllib
import zipfile
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_START = b'#!/bin/sh\nexec python3 -I "$0" "$@"\n'
"""Isolated: neither PYTHONPATH nor a user's own packages are looked at. BusyBox's env, which Alpine has, knows no -S to
say so in one line."""
_EPOCH = (1980, 1, 1, 0, 0, 0)


def pyz(wheels: list[Path]) -> None:
    """Writes the file and prints its name, size and checksum."""
    from_wheels = contents(wheels)
    version = version_of(from_wheels)
    data = archive(from_wheels, version)
    target = ROOT / "dist" / f"lvstui-{version}.pyz"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    target.chmod(0o755)
    print(f"{target.relative_to(ROOT)}  {len(data)} bytes  sha256 {hashlib.sha256(data).hexdigest()}")


def tree(wheels: list[Path]) -> None:
    """Writes the files of the packages, and values.env with what packaging/nfpm.yaml leaves open."""
    from lvstui.verbs import unit

    target = ROOT / "build/package"
    shutil.rmtree(target, ignore_errors=True)
    found = {name.removeprefix("site/"): data for name, data in contents(wheels).items() if name.startswith("site/")}
    for name, data in found.items():
        path = target / "lvstui" / name
        if "/licenses/" not in name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    version = version_of({f"site/{name}": data for name, data in found.items()})
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = project["urls"]["Homepage"]
    maintainer = f"The lvstui developers <lvstui@{home.split('/')[2]}>"
    program, rules = "/usr/bin/lvstui", Path("/etc/lvstui/boot.toml")
    metrics = Path("/var/lib/prometheus/node-exporter/lvstui.prom")
    texts = {
        "lvstui-restore.service": unit.restoring(program, rules),
        **dict(zip(("lvstui-metrics.service", "lvstui-metrics.timer"), unit.measuring(program, metrics), strict=True)),
        "config.toml": settings(),
        "copyright": copyright_of(found, home),
        "values.env": f"VERSION={version}\nHOMEPAGE={home}\nMAINTAINER='{maintainer}'\n",
    }
    for name, text in texts.items():
        (target / name).write_text(text, encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_bytes()
    packed = {
        "lvstui.1.gz": (ROOT / "docs/lvstui.1").read_bytes(),
        "changelog.gz": changes,
        "changelog.Debian.gz": _debian_changes(version, changes.decode(), maintainer).encode(),
    }
    for name, data in packed.items():
        (target / name).write_bytes(gzip.compress(data, 9, mtime=0))
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    print(f"build/package: lvstui {version} with {len(found)} files")


def settings() -> str:
    """/etc/lvstui/config.toml as it is installed: every setting with its default, each commented out."""
    from lvstui.config.gathering import gather
    from lvstui.config.sample import DefaultEntry, sample
    from lvstui.console.keys.key_names import written_key
    from lvstui.console.keys.keymap import mapped

    chosen, origins = gather([], {})
    keys = [DefaultEntry(action.id, tuple(map(written_key, action.keys)), action.help) for action in mapped({})[0]]
    return "".join(sample(chosen, origins, ["/etc/lvstui/config.toml", "~/.config/lvstui/config.toml"], {"keys": keys}))


def copyright_of(found: dict[str, bytes], home: str) -> str:
    """Debian's copyright file: our licence, and that of each library which travels with lvstui."""
    parts = [
        f"lvstui, {home}\n\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}",
        "The package carries these libraries, unchanged, below /usr/share/lvstui:\n",
    ]
    for name in sorted(name for name in found if name.endswith(".dist-info/METADATA")):
        about = email.message_from_bytes(found[name])
        folder = name.removesuffix("METADATA")
        texts = [data for path, data in sorted(found.items()) if path.startswith(folder) and path != name]
        licence = about["License-Expression"] or about["License"] or "see below"
        if not texts and not about["License-Expression"]:
            raise ValueError(f"{name} names no licence")
        parts.append(f"{'-' * 70}\n{about['Name']} {about['Version']}: {licence}\n")
        for text in texts:
            common = next((file for words, file in _COMMON.items() if words in text[:500]), "")
            parts.append(f"See {common} on Debian.\n" if common else text.decode("utf-8", "replace"))
    return "\n".join(parts)


def _debian_changes(version: str, changes: str, maintainer: str) -> str:
    """The newest entry in Debian's form; CHANGELOG.md beside it describes the changes."""
    dated = re.search(r"^## \[\d[^\]]*\] - (\d{4}-\d\d-\d\d)$", changes, re.M)
    when = datetime.fromisoformat(dated[1] if dated else "1980-01-01").replace(tzinfo=UTC)
    return f"""\
lvstui ({version}-1) unstable; urgency=medium

  * Release {version}; /usr/share/doc/lvstui/changelog.gz tells what changed.

 -- {maintainer}  {format_datetime(when)}
"""


_COMMON = {
    b"Apache License": "/usr/share/common-licenses/Apache-2.0",
    b"GNU GENERAL PUBLIC LICENSE": "/usr/share/common-licenses/GPL-2",
}
"""Licences that Debian has once, for all packages."""


def contents(wheels: list[Path]) -> dict[str, bytes]:
    """What is in the wheels, by the name that it gets. Raises ValueError where two wheels have the same name."""
    found: dict[str, bytes] = {}
    for wheel in wheels:
        machine = re.search(r"_(x86_64|aarch64)\.whl$", wheel.name)
        folder = f"site-{machine[1]}" if machine else "site"
        with zipfile.ZipFile(wheel) as opened:
            for name in opened.namelist():
                if name.endswith("/") or not _wanted(name):
                    continue
                place = f"{folder}/{name}"
                if place in found:
                    raise ValueError(f"{place} is in two wheels: {', '.join(one.name for one in wheels)}")
                found[place] = opened.read(name)
    return found


def _wanted(name: str) -> bool:
    """Left out is what pip alone reads, what a package tests itself with, and lvstui's own metadata."""
    top, _, rest = name.partition("/")
    if top.endswith(".data") or (top.startswith("lvstui-") and top.endswith(".dist-info")):
        return False
    if top.endswith(".dist-info"):
        return rest.startswith("licenses/") or rest in ("METADATA", "LICENSE", "LICENSE.txt")
    return not re.match(r"(psutil|pyroute2)/tests?/", name)


def archive(payload: dict[str, bytes], version: str) -> bytes:
    """The whole file."""
    packed = _zip(payload, zipfile.ZIP_DEFLATED)
    start = (ROOT / "packaging/pyz/lvstui_unpacked.py").read_bytes()
    build = f"{version}-{hashlib.sha256(packed).hexdigest()[:32]}"
    members = {
        "__main__.py": (ROOT / "packaging/pyz/__main__.py").read_bytes(),
        "lvstui_trust.py": payload["site/lvstui/trust.py"],
        "lvstui_unpacked.py": start.replace(b"@BUILD@", build.encode()),
        "payload.zip": packed,
    }
    return _START + _zip(members, zipfile.ZIP_STORED)


def _zip(members: dict[str, bytes], how: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name in sorted(members):
            about = zipfile.ZipInfo(name, _EPOCH)
            about.create_system, about.external_attr, about.compress_type = 3, 0o100644 << 16, how
            target.writestr(about, members[name], compresslevel=9)
    return made.getvalue()


def version_of(payload: dict[str, bytes]) -> str:
    """The version of the lvstui that is carried."""
    source = payload["site/lvstui/__init__.py"].decode()
    found = re.search(r'^__version__ = "([^"]+)"$', source, re.M)
    if found is None:
        raise ValueError("lvstui/__init__.py names no version")
    return found[1]


if __name__ == "__main__":
    {"pyz": pyz, "tree": tree}[sys.argv[1]](sorted(Path(sys.argv[2]).glob("*.whl")))
