"""What an errno of the IPVS family means, in an operator's words (net/netfilter/ipvs/ip_vs_ctl.c)."""

from __future__ import annotations

import errno
import os

from lvstui.director.change import (
    AddServer,
    AddService,
    Change,
    DeleteServer,
    EditServer,
    EditService,
    StartSync,
    StopSync,
)
from lvstui.director.errors import Refused
from lvstui.director.spell import spell
from lvstui.kernel.loopback import loopback_is_up
from lvstui.kernel.privilege import lacking


def refusal(change: Change, code: int) -> Refused:
    """The refusal of one change. Every known pair of change and errno has its own words; others name the errno."""
    why, mend = _explain(change, code)
    return Refused(f"ipvsadm {spell(change)}", why, mend, code)


def _explain(change: Change, code: int) -> tuple[str, str]:
    if code == errno.EPERM:
        return lacking()
    if code == errno.ENOMEM:
        return "the kernel is out of memory", "free some memory and try again"
    if code == errno.EAFNOSUPPORT:
        return "this kernel does not speak that address family", "is IPv6 disabled? see sysctl net.ipv6.conf.all"
    if isinstance(change, (AddService, EditService)):
        service = change.service
        if code == errno.EEXIST:
            return "a service with this address or mark exists already", "edit it instead"
        if code == errno.ENOENT:
            names = f"scheduler {service.scheduler}"
            modules = f"modprobe ip_vs_{service.scheduler}"
            if service.engine:
                names += f" or persistence engine {service.engine}"
                modules += f" ip_vs_pe_{service.engine}"
            return f"{names} is not available in this kernel", modules
        if code == errno.EINVAL:
            return "the kernel takes no service with these values", "check scheduler name and netmask"
    elif isinstance(change, (AddServer, EditServer)):
        if code == errno.EEXIST:
            return "this real server is in the service already", "edit it instead"
        if code == errno.ENOENT:
            return "no such real server in this service", "it is gone: look again"
        if code == errno.ERANGE:
            return "weight or thresholds are out of range", "lower must not be above upper, weight below 2^31"
        if code == errno.EINVAL and loopback_is_up() is False:
            why = "the kernel takes no real server while lo is down, as it is in a new network namespace"
            return why, "ip link set lo up (in this namespace)"
        if code == errno.EINVAL:
            reasons = "the address must be one host's (no multicast, broadcast or link-local)"
            if change.server.tunnel.kind == 1:
                reasons += ", a gue tunnel needs a port"
            reasons += "; another address family needs a tunnel and no sync daemon"
            return "the kernel takes no real server with these values", reasons
    elif isinstance(change, DeleteServer):
        if code == errno.ENOENT:
            return "no such real server in this service", "it is gone: look again"
    elif isinstance(change, StartSync):
        if code == errno.EEXIST:
            return f"a {change.daemon.role} sync daemon runs already", "stop it first"
        if code == errno.ENODEV:
            return f"there is no interface {change.daemon.interface}", "see ip link"
        if code == errno.EINVAL:
            return "the kernel takes no sync daemon with these values", "check group, port and mixed-family servers"
    elif isinstance(change, StopSync) and code == errno.ESRCH:
        return f"no {change.role} sync daemon runs", "look again"
    if code == errno.ESRCH:
        return "no such service", "it is gone: look again"
    return f"the kernel answered {errno.errorcode.get(code, code)}, {os.strerror(code)}", ""
