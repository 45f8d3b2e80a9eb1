"""The real keepalived complains of a password in every place that a keyword or a number could have; what lvstui repeats
of its complaints holds none."""

from __future__ import annotations

import json

from lvstui.keepalived.control import complaints_of
from tests.keepalived.test_passwords import places
from tests.lab.director import Director

# Reads configurations as a JSON list, and prints what keepalived's own test says of each.
JUDGE = """
import json, subprocess, sys
said = []
for text in json.load(sys.stdin):
    open("/run/judged.conf", "w").write(text)
    done = subprocess.run(["keepalived", "--config-test", "-f", "/run/judged.conf"], capture_output=True, text=True)
    said.append(done.stderr)
print(json.dumps(said))
"""


def test_no_password_is_repeated(director: Director) -> None:
    for password in ("hunter2x", "sekrazq"):
        said = json.loads(director.python(JUDGE, stdin=json.dumps(places(password)), timeout=300).ok())
        repeated = sum(text.count(password) for text in said)
        assert repeated > 100, "keepalived repeats too few to judge by"
        found = [one for text in said for one in complaints_of(text, "/run/judged.conf")]
        assert [str(one) for one in found if password in str(one)] == []
