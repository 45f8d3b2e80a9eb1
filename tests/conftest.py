"""No settings but those of the tests; how thoroughly properties are tried, usually and by `make soak`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# Whoever runs the tests may have settings of their own.
os.environ["LVSTUI_CONFIG"] = os.devnull

# What runs the tests may say how large its terminal is; ours have sizes of their own.
for name in ("COLUMNS", "LINES"):
    os.environ.pop(name, None)

# How long an example takes says more about the machine than about the program.
settings.register_profile("usual", deadline=None)
settings.register_profile(
    "soak", deadline=None, max_examples=1000, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
if os.environ.get("CI") != "true":  # there hypothesis has a profile of its own, which repeats itself
    settings.load_profile("usual")
