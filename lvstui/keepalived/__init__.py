"""The daemon beside the kernel: whether one runs, and what its configuration means. Never writes that."""
