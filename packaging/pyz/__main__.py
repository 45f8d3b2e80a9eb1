# The first that runs of the one file. An old Python must be able to read it, to be told that it is too old.
import sys

if sys.version_info < (3, 11):  # noqa: UP036 (whoever has an older one is told here)
    sys.exit(
        "lvstui: this is Python %d.%d, and lvstui needs 3.11 or later\n"  # noqa: UP031
        "        where one is installed beside it: python3.11 %s"
        % (sys.version_info[0], sys.version_info[1], sys.argv[0])
    )

import lvstui_unpacked

sys.exit(lvstui_unpacked.run())
