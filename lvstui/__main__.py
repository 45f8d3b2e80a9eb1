"""`python -m lvstui` and the installed command."""

import sys

from lvstui.cli import main as run


def main() -> None:
    """Runs the command line on this process's arguments and leaves with its exit code."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
