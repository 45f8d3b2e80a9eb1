"""Settings: the choices of files and flags, as one frozen value."""

from lvstui.config.settings import Chosen, Settings

__all__ = ["Chosen", "Settings"]
