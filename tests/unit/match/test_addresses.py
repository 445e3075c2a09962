"""CIDR ranges against Python's own ipaddress: what a range holds, and which of several is asked first."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from meshctl.match.address_ranges import Range, RangeMap, contains, number, parse


def cidr(text: str) -> Range:
    address, _, length = text.partition("/")
    found = parse({"address_prefix": address, "prefix_len": int(length)})
    assert found is not None
    return found


READ = [
    ("as written", {"address_prefix": "10.1.0.0", "prefix_len": 16}, "10.1.0.0/16"),
    ("masked to its length", {"address_prefix": "10.1.2.3", "prefix_len": 16}, "10.1.0.0/16"),
    ("without a length it holds everything", {"address_prefix": "10.1.2.3"}, "0.0.0.0/0"),
    ("a length of null is none", {"address_prefix": "10.1.2.3", "prefix_len": None}, "0.0.0.0/0"),
    ("a length too long is the whole address", {"address_prefix": "10.1.2.3", "prefix_len": 33}, "10.1.2.3/32"),
    ("IPv6 as written", {"address_prefix": "fd00:1::", "prefix_len": 32}, "fd00:1::/32"),
    ("IPv6 masked", {"address_prefix": "fd00:1:2::3", "prefix_len": 32}, "fd00:1::/32"),
    ("IPv6 too long", {"address_prefix": "fd00::3", "prefix_len": 200}, "fd00::3/128"),
    ("no address", {"address_prefix": "somewhere", "prefix_len": 8}, None),
    ("nothing", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "text"), [case[1:] for case in READ], ids=[case[0] for case in READ])
def test_reading_a_range(message: dict[str, object], text: str | None) -> None:
    found = parse(message)
    assert (found.text if found else None) == text


addresses = some.one_of(some.ip_addresses(v=4), some.ip_addresses(v=6), some.sampled_from([
    ipaddress.ip_address(text) for text in ("10.0.0.0", "10.255.255.255", "11.0.0.0", "0.0.0.0", "::", "::1", "::ffff:10.0.0.1")
]))  # fmt: skip
ranges = some.builds(
    lambda address, length: f"{address}/{length % (33 if address.version == 4 else 129)}",
    addresses,
    some.integers(0, 128),
)


@given(ranges, addresses)
def test_a_range_holds_what_ipaddress_says(text: str, address: ipaddress.IPv4Address) -> None:
    network = ipaddress.ip_network(text, strict=False)
    assert contains(cidr(text), str(address)) == (address in network)
    assert contains(cidr(text), str(network.network_address))
    assert contains(cidr(text), str(network[-1]))


@given(some.lists(ranges, max_size=6), addresses)
def test_ranges_are_asked_from_the_longest(texts: list[str], address: ipaddress.IPv4Address) -> None:
    held: RangeMap[str] = RangeMap()
    for text in texts:
        held.set(cidr(text), cidr(text).text)
    networks = {ipaddress.ip_network(text, strict=False) for text in texts}
    expected = sorted((n for n in networks if address in n), key=lambda n: -n.prefixlen)
    assert list(held.matches(str(address))) == [str(n) for n in expected]


def test_a_range_set_after_a_look_up_is_found_too() -> None:
    held: RangeMap[str] = RangeMap()
    held.set(cidr("10.0.0.0/8"), "wide")
    assert list(held.matches("10.1.1.1")) == ["wide"]
    held.set(cidr("10.1.0.0/16"), "narrow")
    assert list(held.matches("10.1.1.1")) == ["narrow", "wide"]
    assert held.get(cidr("10.1.0.0/16")) == "narrow"
    assert held.get(cidr("10.2.0.0/16")) is None


@pytest.mark.parametrize("text", ["", "name", "10.1.1", "10.1.1.1:80"])
def test_what_is_no_address_is_in_no_range(text: str) -> None:
    held: RangeMap[str] = RangeMap()
    held.set(cidr("0.0.0.0/0"), "all")
    assert number(text) is None
    assert not contains(cidr("0.0.0.0/0"), text)
    assert list(held.matches(text)) == []
