"""Verbs: what lvstui does once and then exits; one file for each. A verb is a generator: it yields text for standard
output as str and warnings as Remark, and returns the exit code. It asks questions through the function it is given. No
verb loads Textual. Errors are LvsError, which the command line turns into an exit code."""
