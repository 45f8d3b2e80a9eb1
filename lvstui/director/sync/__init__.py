"""Connection synchronisation: the daemons, and the origin of connections."""
