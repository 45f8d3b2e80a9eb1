"""--print-config: the settings in effect as a commented settings file, with the origin of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.config import Settings
from lvstui.config.gathering import OptionOrigins
from lvstui.config.sample import DefaultEntry, sample
from lvstui.verbs.verb import Verb


def run(
    settings: Settings, origins: OptionOrigins, files: Sequence[str], defaults: Mapping[str, Sequence[DefaultEntry]]
) -> Verb:
    """Prints the settings. Returns 2 when something in the files could not be understood, so that a file can be tested
    before it is rolled out."""
    yield from sample(settings, origins, files, defaults)
    return 2 if settings.complaints else 0
