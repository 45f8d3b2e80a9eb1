"""Whole-screen pages over the table: text to read, forms, files to pick, themes, the command palette."""
