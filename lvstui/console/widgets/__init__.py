"""The parts of the main screen: the grid, the lines around it, the bottom line with its prompt."""
