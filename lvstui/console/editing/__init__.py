"""From an action to a change: its target, the questions before it, the operation that carries it out, and its undo."""
