"""What an operator does to a director. Each operation is written once, for the console and for the verbs.

An operation is a generator that knows no screen, no stream and no thread. It yields steps (steps.py) to ask, read, send
or wait, and its runner answers each step. verbs/runner.py runs an operation from start to end;
console/editing/editor.py runs it beside the screen. The rules that every operation follows are here and nowhere else:
the lock, the automatic snapshot, the second look before sending, and the memory of drained weights.
"""
