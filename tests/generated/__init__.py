"""Files made from the code and kept in the repository: `make docs` writes them, test_generated.py checks that they
are current.

The one parser becomes the manual page and the completions of three shells; the tables of options and actions become
those of docs/configuration.md."""
