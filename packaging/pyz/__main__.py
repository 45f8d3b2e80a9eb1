# The first code of the one file to run. An old Python must be able to read it, so that it can say that it is too old.
import sys

if sys.version_info < (3, 11):  # noqa: UP036 (an older one is reported here)
    sys.exit(
        "lvstui: this is Python %d.%d, and lvstui needs 3.11 or later\n"  # noqa: UP031
        "        where one is installed beside it: python3.11 %s"
        % (sys.version_info[0], sys.version_info[1], sys.argv[0])
    )

import lvstui_unpacked

sys.exit(lvstui_unpacked.run())
