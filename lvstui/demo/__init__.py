"""The simulated director of `--demo`: connections come and go, servers fail and return, the VRRP role moves.

Everything is a function of the seed, the clock and what operators did, and is calculated when it is read: there are
no threads, and a large world costs only what is read of it.
"""

from lvstui.demo.incident import incident
from lvstui.demo.prehistory import past
from lvstui.demo.world import World

__all__ = ["World", "incident", "past"]
