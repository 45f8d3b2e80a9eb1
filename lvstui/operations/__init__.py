"""What an operator does to a director, written once for the console and for the verbs.

An operation is a generator. It knows no screen, no stream and no thread: it yields what it wants asked, read, sent or
waited for (steps.py), and whoever runs it answers. verbs/runner.py runs it from start to end; console/editing/runner.py
runs it beside the screen. What an operation must keep to stands here and nowhere else: the lock, the automatic
snapshot, the second look before it sends, the memory of drained weights.
"""
