"""The daemon beside the kernel. Never reads or writes its configuration; today it only tells whether one runs."""
