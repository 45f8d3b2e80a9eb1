"""Turns States into rows and columns. Pure; used by the console and the verbs."""
