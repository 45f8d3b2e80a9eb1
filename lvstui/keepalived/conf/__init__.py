"""keepalived.conf as a source of rules: what keepalived programs when it starts with this file.

included_files.py reads the text and logical_lines.py turns it into logical lines, tree.py turns lines into blocks
(keywords.py has their words), virtual_servers.py turns blocks into services, and programmed.py computes the kernel's
rules. keepalived itself is the reference for all of it (tests/lab/test_keepalived_conf.py).
"""

from __future__ import annotations

from lvstui.values import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lvstui.director.configured import Configured


def read_config(path: str | Path, config_id: str | None = "") -> Configured:
    """Reads a configuration file into its meaning. `config_id` selects its @id lines, by default the host name up to
    the first dot, as in keepalived; None: it is not known, and a file that needs it is refused. Raises BadInput with
    file and line where it cannot be read or understood."""
    from lvstui.keepalived.conf import programmed

    return programmed.read(path, config_id)
