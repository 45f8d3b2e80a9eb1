"""What a director is and what can be done to it: frozen values, pure functions, and the Source protocol. Imports no
other package of lvstui."""
