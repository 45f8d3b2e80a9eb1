"""What a director is and what may be done to it: frozen values and pure functions; the Source protocol and its
in-memory and simulated forms. Imports nothing else of ours."""
