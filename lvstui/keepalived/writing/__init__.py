"""Writes rules for other programs: virtual_server blocks for keepalived, and the script for real servers."""
