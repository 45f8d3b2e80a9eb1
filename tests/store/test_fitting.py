"""Each value from outside has the type and range of its field; the limits themselves are exact."""

from __future__ import annotations

import pytest

from lvstui.director.model import Service, server_key, service_key
from lvstui.director.vrrp.instances import VirtualAddress
from lvstui.store import fitting
from lvstui.store.json_values import fitted


@pytest.mark.parametrize("value", [-(2**63), -1, 0, 2**64 - 1])
def test_whole_numbers_of_64_bits_are_accepted(value: int) -> None:
    assert fitting.number(value) == value


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**64, True, 1.0, "1", None])
def test_other_numbers_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a whole number, or too large"):
        fitting.number(value)


@pytest.mark.parametrize(
    ("kind", "field", "last"),
    [
        (type(service_key(6, "192.0.2.1", 80)), "protocol", 255),
        (type(service_key(6, "192.0.2.1", 80)), "port", 65535),
        (type(server_key("10.0.0.1", 80)), "port", 65535),
        (VirtualAddress, "prefix", 128),
    ],
)
def test_the_last_number_of_a_range_is_accepted_and_the_next_refused(kind: type, field: str, last: int) -> None:
    assert fitted(kind, field, 0) == 0 and fitted(kind, field, last) == last
    for wrong in (-1, last + 1):
        with pytest.raises(ValueError, match=f"there is no {field} {wrong}"):
            fitted(kind, field, wrong)


def test_a_value_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="expected ServiceKey, found ServerKey"):
        fitted(Service, "key", server_key("10.0.0.1", 80))
