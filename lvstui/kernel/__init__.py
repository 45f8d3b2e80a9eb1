"""Reads Linux into States and carries out Changes: generic netlink, the IPVS family over it, /proc, and addresses."""
