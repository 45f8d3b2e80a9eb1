"""Where the table is not what keepalived made of it, and what becomes of that."""
