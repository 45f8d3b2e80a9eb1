"""What is made from the code and kept in the repository: `make docs` writes it, test_generated.py holds it up to date.

The one parser becomes the manual page and the completions of three shells; the tables of options and actions become
those of docs/configuration.md."""
