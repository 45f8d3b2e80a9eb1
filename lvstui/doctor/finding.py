"""Finding: one thing that is wrong, or that may be."""

from __future__ import annotations

from collections.abc import Mapping

from lvstui.director.model import ServerKey, ServiceKey, server_text, service_text
from lvstui.values import NamedTuple

NOTICE, WARNING, CRITICAL = 0, 1, 2
"""Severities. A NOTICE is a doubt, or something worth knowing; it raises no alarm."""
SEVERITIES = ("notice", "warning", "critical")

Identity = tuple[str, str]
"""Id and subject: the identity of a finding from sweep to sweep."""


class Evidence(NamedTuple):
    """One value that supports a finding, and where it was read."""

    name: str
    value: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.value}" + (f"  ({self.where})" if self.where else "")


class Finding(NamedTuple):
    """`id` names the check, `subject` what it is about: a service, a server, an interface, a switch. `text`: one
    sentence that follows the subject. `seen`: the evidence. `risk`: the effect on users. `do`: the remedy, as commands
    or words; `here`: what this console can do meanwhile. `since`: seconds of the epoch, None where it existed at the
    first examination. `service`: the service that shows it, if any. `counted`: it has a badge of its own in the
    masthead (a service that is down, drift, VRRP), and is not counted again."""

    id: str
    severity: int
    subject: str
    text: str
    seen: tuple[Evidence, ...] = ()
    risk: str = ""
    do: tuple[str, ...] = ()
    here: str = ""
    since: float | None = None
    service: ServiceKey | None = None
    counted: bool = False

    @property
    def identity(self) -> Identity:
        return self.id, self.subject

    @property
    def sentence(self) -> str:
        """`tcp 192.0.2.1:80: no server takes new connections`"""
        return f"{self.subject}: {self.text}"


def of_service(
    check: str,
    severity: int,
    service: ServiceKey,
    text: str,
    seen: tuple[Evidence, ...],
    risk: str = "",
    do: tuple[str, ...] = (),
    here: str = "",
    *,
    counted: bool = False,
) -> Finding:
    """A finding on a virtual service."""
    return Finding(check, severity, service_text(service), text, seen, risk, do, here, None, service, counted)


def of_server(
    check: str,
    severity: int,
    service: ServiceKey,
    server: ServerKey,
    text: str,
    seen: tuple[Evidence, ...],
    risk: str = "",
    do: tuple[str, ...] = (),
    here: str = "",
) -> Finding:
    """A finding on a real server of a virtual service."""
    subject = f"{server_text(server)} in {service_text(service)}"
    return Finding(check, severity, subject, text, seen, risk, do, here, service=service)


def silenced(finding: Finding, silence: Mapping[str, str]) -> str | None:
    """The reason why a finding is silenced, None where it is not. A key of `silence` is an id, or an id and a subject:
    `no-sync`, `full 10.0.0.5:80`."""
    for key in (f"{finding.id} {finding.subject}", finding.id):
        if key in silence:
            return silence[key]
    return None
