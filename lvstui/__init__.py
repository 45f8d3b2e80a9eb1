"""lvstui: a console for Linux Virtual Server. This module imports nothing, so that every verb starts fast."""

__version__ = "0.1.0"
