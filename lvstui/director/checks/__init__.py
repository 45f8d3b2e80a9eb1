"""keepalived's checks of the real servers."""
