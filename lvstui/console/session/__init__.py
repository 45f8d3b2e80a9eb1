"""The state of an open console, and its work beside the screen: reads, sends, the undo stack, the present place."""
