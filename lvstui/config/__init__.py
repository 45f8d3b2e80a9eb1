"""Settings: what files and flags choose, as one frozen value that is handed to whoever needs it."""

from lvstui.config.settings import Chosen, Settings

__all__ = ["Chosen", "Settings"]
