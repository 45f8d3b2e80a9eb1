"""The console: shows rows on the screen and turns keys into Changes. The only package that imports Textual."""

import os

# Textual reads these when it is imported. Nothing here moves, so that nothing is sent that says nothing.
os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
