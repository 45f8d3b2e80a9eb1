"""Rows -> screen, keys -> Change: the only package that imports Textual."""
