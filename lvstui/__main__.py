"""`python -m lvstui` and the installed command."""

import os
import sys

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line on this process's arguments and leaves with its exit code."""
    try:
        from lvstui.cli import main as run
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)  # ^C while the modules are loaded: nothing was begun, and there is nothing to say
    code = run(sys.argv[1:])
    # The interpreter would free fifty thousand rules one by one. Where threads or a log file may have work left at the
    # end, `threading` is loaded, and it does so.
    if "threading" not in sys.modules and _written():
        os._exit(code)
    sys.exit(code)


def _written() -> bool:
    """Whether everything printed has left this process."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except (OSError, ValueError):
        return False
    return True


if __name__ == "__main__":
    main()
