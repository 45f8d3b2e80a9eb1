"""Drift: where the table differs from what keepalived programmed, and what will become of each difference."""
