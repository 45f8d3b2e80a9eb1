"""A director on another host, over the user's own OpenSSH: a reader is sent there and runs from memory."""
