"""The table of actions, the keys they have, and how operators spell keys. Nothing slow to load."""
