"""How the screen reaches the terminal, and keys reach the console: all that is below Textual's widgets."""
