"""keepalived: whether it runs, what it reports, and what its configuration means. Never writes its configuration."""
