"""The simulated director of `--demo`: connections come and go, servers fail and return, the VRRP role moves.

Everything is a function of the seed, the clock and what operators did, worked out when somebody looks: no threads, and
a world of ten thousand services costs what is looked at.
"""

from lvstui.demo.incident import incident
from lvstui.demo.past import past
from lvstui.demo.world import World

__all__ = ["World", "incident", "past"]
