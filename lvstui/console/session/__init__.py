"""What an open console knows and does beside the screen: reads, sends, the undo stack, where one is."""
