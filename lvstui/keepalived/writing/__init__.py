"""Rules -> what others run: virtual_server blocks for keepalived, and the real servers' own side."""
