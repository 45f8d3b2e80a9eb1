"""What keepalived's checks make of the real servers."""
