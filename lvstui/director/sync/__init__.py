"""Connection sync: the daemons, and whose connections there are."""
