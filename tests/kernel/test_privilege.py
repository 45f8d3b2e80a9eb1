"""Why permission is lacking, by who asks: an ordinary user, root of a container, root without the capability."""

from __future__ import annotations

import pytest

from lvstui.kernel.privilege import judged

WHOLE = "         0          0 4294967295\n"
ALL, NONE = "CapEff:\t000001ffffffffff\n", "CapEff:\t0000000000000000\n"


@pytest.mark.parametrize(
    ("user", "uid_map", "status", "why", "mend"),
    [
        (1000, WHOLE, NONE, "no permission", "run as root, or with CAP_NET_ADMIN"),
        (0, WHOLE, NONE, "no CAP_NET_ADMIN", "--cap-add NET_ADMIN"),
        (0, "0 1000 1\n", ALL, "root of a user namespace", "on the host"),
        (0, "0 100000 65536\n", NONE, "root of a user namespace", "on the host"),
        (1000, "1000 1000 1\n", ALL, "CAP_NET_ADMIN of a user namespace", "on the host"),
        (1000, "", "", "no permission", "run as root"),
    ],
)
def test_the_reason_for_a_missing_privilege(user: int, uid_map: str, status: str, why: str, mend: str) -> None:
    found = judged(user, uid_map, status)
    assert why in found.why and mend in found.mend
    assert user != 0 or "run as root" not in found.mend
