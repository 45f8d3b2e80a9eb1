"""The way down: what an action is about, the questions before a change, the operation that carries it out, its undo."""
