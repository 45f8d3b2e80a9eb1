"""Runs on the client of the cluster: watches both directors over ssh as view 8 does, until their passwords are told to
be equal, and then until they are told to differ. Prints a line of JSON for each.

    python -m tests.lab.pair_passwords SECRET...    words that must never pass the links
"""

from __future__ import annotations

import json
import sys
import time
import zlib
from contextlib import suppress

from lvstui.director.pair.authentication import Alike
from lvstui.director.pair.compare import compared
from lvstui.director.pair.passwords import alike
from lvstui.director.pair.point import Side
from lvstui.director.source import Scope
from lvstui.director.state import State
from lvstui.remote import link, wire
from lvstui.remote.director import open_remote

SCOPE = Scope(sweep=True, settings=True, vrrp=True, owner=True, facts=True)
DEADLINE = 120.0


def stand_ins(state: State) -> list[str]:
    receives = [one.instance.receives for one in state.vrrp.instances]
    return [each.secret.hex() for each in receives if each is not None]


def main(secrets: list[bytes]) -> None:
    ask, passed, proofs = link.SshLink.ask, bytearray(), [0]

    def watched(self: link.SshLink, line: bytes) -> wire.WireFrame:
        frame = ask(self, line)
        proofs[0] += b'"prove"' in line
        passed.extend(line + frame.payload)
        with suppress(zlib.error):
            passed.extend(zlib.decompress(frame.payload))
        return frame

    setattr(link.SshLink, "ask", watched)  # noqa: B010
    remotes = open_remote("lvs1"), open_remote("lvs2")
    known: Alike = {}
    before, changed, wanted = None, 0, "the same"
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        this, other = (remote.read(SCOPE) for remote in remotes)
        known = alike(this, other, remotes, known)
        points = compared(Side(this), Side(other), 0.0, True, known).points
        told = [[point.this, point.standing] for point in points if point.what == "auth_pass"]
        now = stand_ins(this)
        changed = changed + 1 if before not in (None, now) else 0
        if told and told[0][0] == wanted:
            hidden = not any(secret in passed for secret in secrets)
            said = {"told": told, "reads": changed, "hidden": hidden, "proofs": proofs[0], "passed": len(passed)}
            print(json.dumps(said), flush=True)
            if wanted == "another":
                break
            wanted, before = "another", now
        time.sleep(0.2)
    for remote in remotes:
        remote.close()


if __name__ == "__main__":
    link.SshLink.__init__.__defaults__ = (None, DEADLINE)
    link.SshLink.begin.__defaults__ = (DEADLINE,)
    main([word.encode() for word in sys.argv[1:]])
