"""What a running keepalived writes about itself when it is asked by signal: files in its temporary folder."""
