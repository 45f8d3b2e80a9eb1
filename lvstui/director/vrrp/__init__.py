"""VRRP: instances, adverts, and how each stands."""
