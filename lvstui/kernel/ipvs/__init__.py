"""The IPVS generic-netlink family, complete for the kernel's UAPI (include/uapi/linux/ip_vs.h)."""
