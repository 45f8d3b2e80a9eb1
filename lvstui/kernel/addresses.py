"""The addresses on this network namespace's interfaces, over rtnetlink: who holds a virtual address.

pyroute2 does the work. It costs a fifth of a second to import, so only a console ever makes one of these, and in the
thread that reads."""

from __future__ import annotations

from typing import Protocol, cast

from lvstui.director.model import address_packed


class _Route(Protocol):
    def get_addr(self) -> list[object]: ...
    def close(self) -> None: ...


class Addresses:
    """Reads addresses in the network namespace it was made in."""

    def __init__(self) -> None:
        from pyroute2 import IPRoute

        self._route = cast(_Route, IPRoute())

    def held(self) -> frozenset[bytes]:
        """Every packed address on an interface that is not loopback: on a loopback it answers nobody outside."""
        found = set()
        for message in self._route.get_addr():
            fields = cast("dict[str, object]", message)
            attributes = dict(cast("list[tuple[str, object]]", fields["attrs"]))
            text = attributes.get("IFA_LOCAL") or attributes.get("IFA_ADDRESS")
            if text and fields.get("index") != 1:
                found.add(address_packed(str(text)))
        return frozenset(found)

    def close(self) -> None:
        self._route.close()
