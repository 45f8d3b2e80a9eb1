"""ipvsadm's own text: what `ipvsadm -S -n` prints and `ipvsadm -R` loads, written and read."""

from lvstui.formats.ipvsadm.read import read
from lvstui.formats.ipvsadm.write import losses, write

__all__ = ["losses", "read", "write"]
