"""keepalived.conf as a source of rules: what the daemon programs when it starts with this file.

lines.py and definitions.py make logical lines of the text, tree.py blocks of the lines (keywords.py knows their words),
written.py services of the blocks; programmed.py says what the kernel then holds. The judge of all of it is the daemon
itself (tests/lab/test_keepalived_conf.py).
"""

from __future__ import annotations

from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lvstui.director.meant import Meant


def read_config(path: str | Path, config_id: str | None = "") -> Meant:
    """What a configuration file means. `config_id` chooses its @id lines, by default the host name up to the first dot,
    as keepalived's own does; None: it is not known, and a file that needs it is refused. Raises BadInput
    where it cannot be read or understood, naming file and line."""
    from lvstui.keepalived.conf import programmed

    return programmed.read(path, config_id)
