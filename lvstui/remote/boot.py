"""What is sent to a director elsewhere: a reader. A shell there finds a Python, which takes it from standard input and
runs it from memory. Nothing is written on any disk of the far side.

    near -> far    LENGTH \\n  CODE of that length  ARCHIVE  and then requests

The first line of the code is `#lvstui PROTOCOL NONCE ARCHIVE'S-LENGTH`. An lvstui that is installed there and answers
in place of the shell (--serve-stdio) reads that line, passes over the rest, and answers in the same words.
"""

from __future__ import annotations

import shlex
import zlib
from functools import cache
from pkgutil import get_data
from typing import BinaryIO

from lvstui.remote.carried import CARRIED
from lvstui.remote.wire import PROTOCOL, Broken

OLDEST = (3, 9)
"""The oldest Python that can run the reader."""
_PYTHONS = ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9")
_LONGEST = 1 << 16

# The Python found may be a script that starts another (pyenv); from here on that one is called by its own path.
_FIND = """\
for p in {pythons}; do
q=$($p -Ic "import sys;print(sys.executable*(sys.version_info>={oldest}))" </dev/null 2>/dev/null)
[ -n "$q" ] || continue
{before}"$q" -Ic {code}
done
echo "lvstui: no Python {words} or later here: $(python3 -V 2>&1)" >&2
exit 127"""
# Standard output is redirected first, so that no stray print can end up between the frames.
_CODE = """\
import os, sys, zlib
data = zlib.decompress(i.read({size}))
out = os.dup(1)
os.dup2(2, 1)
file = os.memfd_create("lvstui")
with open(file, "wb", closefd=False) as stream:
    stream.write(data)
sys.path.insert(0, "/proc/self/fd/%d" % file)
sys.dont_write_bytecode = True
from lvstui.remote.older_python import complete
complete()
from lvstui.remote.reader import serve
os._exit(serve(i, out, {nonce!r}))
"""


_BY_SUDO = """\
allowed() {{ sudo -n -l "$@" </dev/null >/dev/null 2>&1; }}
allowed "$q" -Ic {code} || ! allowed lvstui --serve-stdio ||
exec sudo -n lvstui --serve-stdio
exec sudo -n """
"""Where sudo allows an installed lvstui and no Python, that one answers. Where it allows neither it says why."""


def command(sudo: bool = False) -> str:
    """The command for the far shell: it finds a Python by running it, and starts the reader."""
    code = shlex.quote("import sys;i=sys.stdin.buffer;exec(i.read(int(i.readline())))")
    find = _FIND.format(
        pythons=" ".join(_PYTHONS),
        oldest=repr(OLDEST).replace(" ", ""),
        before=_BY_SUDO.format(code=code) if sudo else "exec ",
        code=code,
        words=".".join(map(str, OLDEST)),
    )
    return "exec sh -c " + shlex.quote(find)


def sent(nonce: bytes, files: bytes | None = None) -> bytes:
    """The bytes for its standard input before the first request."""
    files = archive() if files is None else files
    head = b"#lvstui %d %s %d\n" % (PROTOCOL, nonce, len(files))
    code = head + _CODE.format(size=len(files), nonce=nonce).encode()
    return b"%d\n%s%s" % (len(code), code, files)


@cache
def archive() -> bytes:
    """The reader and everything that it imports, as a zip that is compressed as a whole."""
    return packed({name: undocumented(get_data("lvstui", name.partition("/")[2]) or b"") for name in CARRIED})


def undocumented(text: bytes) -> bytes:
    """Source text with empty docstrings and the same number of lines: docstrings are a quarter of what would be sent,
    and nobody reads them there."""
    import re

    documents = re.compile(rb'^([ \t]*)"""(?:[^"\\]|\\.|"(?!""))*"""$', re.MULTILINE | re.DOTALL)
    return documents.sub(lambda match: match[1] + b'""' + b"\n" * match[0].count(b"\n"), text)


def packed(files: dict[str, bytes]) -> bytes:
    import io
    from zipfile import ZIP_STORED, ZipFile, ZipInfo

    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(ZipInfo(name), data)
    return zlib.compress(out.getvalue(), 6)


def nonce_of(stdin: BinaryIO) -> bytes:
    """The nonce of the bytes sent for a shell, where an installed lvstui answers instead; the rest of these bytes is
    skipped. Raises Broken."""
    try:
        size = int(stdin.readline(20))
        if not 0 < size <= _LONGEST:
            raise ValueError
        word, protocol, nonce, length = stdin.read(size).partition(b"\n")[0].split()
        # The near side refuses a different protocol: the hello names the version used here.
        if word != b"#lvstui" or not protocol.isdigit() or len(nonce) > 64 or not nonce.isalnum():
            raise ValueError
        left = int(length)
    except ValueError:
        raise Broken("the other side does not speak lvstui's protocol") from None
    while left > 0:
        data = stdin.read(min(left, 1 << 16))
        if not data:
            break
        left -= len(data)
    return nonce
