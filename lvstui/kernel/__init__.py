"""Linux -> State and Change -> Linux: generic netlink, the IPVS family over it, /proc, and addresses."""
