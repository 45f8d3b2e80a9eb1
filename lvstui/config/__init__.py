"""Settings: the choices of files and flags, as one frozen value."""

from lvstui.config.settings import Settings, WordsEntry

__all__ = ["Settings", "WordsEntry"]
