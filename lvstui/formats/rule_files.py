"""Rule files by name: which kind a file is, reading one whole, and rendering contents in a kind."""

from __future__ import annotations

from _collections_abc import Iterator
from os.path import splitext

from lvstui.director.errors import BadInput
from lvstui.director.model import RuleSet
from lvstui.director.remarks import Remark
from lvstui.formats import KINDS
from lvstui.formats.contents import Contents, Header
from lvstui.values import NamedTuple

_MOST = 256 << 20
"""The most bytes of a rule file; anything larger is a device or a mistake."""
_SUFFIXES = {".toml": "toml", ".json": "json", ".conf": "keepalived", ".sh": "realserver"}


class RuleFile(NamedTuple):
    """A file that was read: its rules, remarks on its lines, its kind, and its header (empty for ipvsadm)."""

    rules: RuleSet
    remarks: list[Remark]
    kind: str
    header: Header


def kind_of(path: str) -> str:
    """The kind of a file by its name: `.toml`, `.json`, `.conf` and `.sh` (keepalived's and a real server's, which the
    verbs handle), and ipvsadm text for every other name."""
    return _SUFFIXES.get(splitext(path)[1].lower(), "ipvsadm")


def read_rules(path: str, kind: str = "", *, resolve: bool = False) -> RuleFile:
    """Reads a rule file; `-` is standard input. `kind` overrides the kind in its name; `resolve` looks up host names in
    ipvsadm text. Raises BadInput with file and line when it cannot be read or understood."""
    name = "standard input" if path == "-" else path
    text = text_of(path, name)
    kind = kind or kind_of(path)
    return parse(text, kind, name, resolve=resolve)


def parse(text: str, kind: str, name: str = "text", *, resolve: bool = False) -> RuleFile:
    """Parses text of a known kind. Raises BadInput."""
    if kind not in KINDS:
        raise BadInput(name, f"a {kind} file cannot be used here", "lvstui --convert makes a rule file of it")
    if kind == "ipvsadm":
        from lvstui.formats import ipvsadm

        rules, remarks = ipvsadm.read(text, name, resolve=resolve)
        return RuleFile(rules, remarks, kind, Header())
    if kind == "toml":
        from lvstui.formats import toml

        return _stated(toml.read(text, name), kind)
    from lvstui.formats import json

    return _stated(json.read(text, name), kind)


def render(contents: Contents, kind: str) -> Iterator[str]:
    """Renders contents as text, in chunks. Raises BadInput for a kind that cannot be written."""
    if kind not in KINDS:
        raise BadInput(f"{kind} file", "is written by --convert only", "name it .toml, .json or .rules")
    if kind == "ipvsadm":
        from lvstui.formats import ipvsadm

        return ipvsadm.write(contents)
    if kind == "toml":
        from lvstui.formats import toml

        return toml.write(contents)
    from lvstui.formats import json

    return json.write(contents)


def _stated(loaded: tuple[RuleSet, Header], kind: str) -> RuleFile:
    return RuleFile(loaded[0], [], kind, loaded[1])


def text_of(path: str, name: str) -> str:
    """The text of a file; `-` is standard input; `name` is its name in complaints. Raises BadInput."""
    from lvstui import opening

    try:
        data = opening.standard_input(_MOST + 1) if path == "-" else opening.read(path, _MOST + 1)
    except OSError as error:
        raise BadInput(name, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL in the name
        raise BadInput(repr(name), f"is not a file name: {error}") from None
    if len(data) > _MOST:
        raise BadInput(name, f"is larger than {_MOST >> 20} MiB", "a million servers fit into half of that")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(f"{name} line {line}", f"byte {data[error.start]:#04x} is not UTF-8 text") from None
