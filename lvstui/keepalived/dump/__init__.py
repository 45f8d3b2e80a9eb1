"""The dump files that a running keepalived writes about itself on a signal, in its temporary folder."""
