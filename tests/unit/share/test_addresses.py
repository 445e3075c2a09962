"""Pseudonyms of addresses: another address, in networks that contain each other as before, and of the same kind."""

from __future__ import annotations

import ipaddress
import random

import pytest

from meshctl.share.addresses import AddressPseudonyms

KINDS = [
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
]
BESIDE = ["192.0.2.9", "192.169.0.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "169.253.0.1"]
WITHIN = ["10.1.2.3", "172.20.0.1", "192.168.1.1", "100.100.0.1", "169.254.1.1"]


def kinds(text: str) -> list[bool]:
    return [ipaddress.ip_address(text) in network for network in KINDS]


@pytest.mark.parametrize("address", BESIDE + WITHIN)
def test_what_is_private_stays_private_and_nothing_else_becomes_so(address: str) -> None:
    for key in range(300):
        assert kinds(AddressPseudonyms(key.to_bytes(2)).address(address)) == kinds(address)


def test_networks_contain_the_same_addresses_as_before() -> None:
    draw = random.Random(7)
    for key in range(40):
        names = AddressPseudonyms(bytes([key]))
        address = ipaddress.IPv4Address(draw.choice([100, 169, 172, 192, 203]) << 24 | draw.getrandbits(24))
        other = ipaddress.IPv4Address(int(address) ^ 1 << draw.randrange(24))
        for bits in range(9, 33):
            network = ipaddress.ip_network((address, bits), strict=False)
            hidden = ipaddress.ip_network(names.address(str(network)))
            for one in (address, other):
                assert (ipaddress.ip_address(names.address(str(one))) in hidden) == (one in network)


def test_a_pseudonym_is_another_address_and_the_same_for_the_same_key() -> None:
    hidden = {AddressPseudonyms(bytes([key])).address("203.0.113.7") for key in range(20)}
    assert len(hidden) > 15 and "203.0.113.7" not in hidden
    again = AddressPseudonyms(b"k")
    assert again.address("203.0.113.7") == AddressPseudonyms(b"k").address("203.0.113.7")
