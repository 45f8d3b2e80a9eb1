"""Everything below Textual's widgets: how the screen reaches the terminal, and how keys reach the console."""
