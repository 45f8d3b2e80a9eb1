"""VRRP: instances, adverts, and the status of each instance."""
