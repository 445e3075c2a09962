"""Istio's cluster names, its odd cases included."""

from __future__ import annotations

import pytest

from meshctl.views.subset_key import SubsetKey, atoi, has_key, parse, sort_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("outbound|80||a.b", SubsetKey("outbound", "", "a.b", 80)),
        ("inbound-vip|80|http/v1|a", SubsetKey("inbound-vip", "http/v1", "a", 80)),
        ("outbound_.80_._.a.b", SubsetKey("outbound", "", "a.b", 80)),
        ("outbound|x||a", SubsetKey("outbound", "", "a", 0)),
        ("a|b|c|d|e", SubsetKey("a", "c", "", 0)),
        ("inbound|80||", SubsetKey("inbound", "", "", 80)),
        ("outbound_.80_.v1_.a.b", SubsetKey("outbound", "v1", "a.b", 80)),
        ("inbound_.80", SubsetKey("inbound")),
        ("xds-grpc", SubsetKey()),
        ("a|80", SubsetKey("a")),
        ("a|80|v1", SubsetKey("a", "", "", 80)),
    ],
)
def test_parse(name, key):
    assert parse(name) == key


def test_only_names_with_four_parts_are_keys():
    assert has_key("outbound|80||a")
    assert not has_key("xds-grpc")


def test_order_is_host_subset_port_direction():
    names = ["outbound|80|v1|b", "outbound|443||b", "inbound|443||b", "a", "outbound|80||b"]
    assert sorted(names, key=sort_key) == [
        "a",
        "outbound|80||b",
        "inbound|443||b",
        "outbound|443||b",
        "outbound|80|v1|b",
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("80", 80), ("+80", 80), ("-80", -80), ("", None), ("8x", None), ("²", None), ("1" * 17, int("1" * 17)), ("1" * 18, int("1" * 18)),
        (str(2**63 - 1), 2**63 - 1), (str(2**63), 2**63 - 1), (str(-(2**63)), -(2**63)), (str(-(2**63) - 1), -(2**63)),
    ],
)  # fmt: skip
def test_numbers_are_read_as_go_reads_them(text, number):
    assert atoi(text) == number
