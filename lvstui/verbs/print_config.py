"""--print-config: the settings in effect as a commented settings file, and where each came from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lvstui.config import Settings
from lvstui.config.gathering import Origins
from lvstui.config.sample import Known, sample
from lvstui.verbs.verb import Verb


def run(settings: Settings, origins: Origins, files: Sequence[str], known: Mapping[str, Sequence[Known]]) -> Verb:
    """Exit code 2 when something in the files could not be understood, so that it can be asked before a file is
    rolled out."""
    yield from sample(settings, origins, files, known)
    return 2 if settings.complaints else 0
