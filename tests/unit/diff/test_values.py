"""Two messages compared: what counts, what does not, and how a difference is named."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.diff.values import Kind, compare, ordered

Json = dict[str, Any]


def told(before: Any, after: Any) -> list[tuple[str, str]]:
    return [(one.kind.value, one.path) for one in compare(ordered(before), ordered(after))]


def route(prefix: str, timeout: str = "1s", **more: Any) -> Json:
    return {"match": {"prefix": prefix, **more}, "route": {"timeout": timeout}}


A, B, C = route("/a"), route("/b"), route("/c")
H1, H2 = {"name": "h1", "string_match": {"exact": "1"}}, {"name": "h2", "present_match": True}

CASES = [
    ({"a": 1}, {"a": 1}, []),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
    ({"a": 1}, {"a": 2}, [("changed", "a")]),
    ({"a": {"b": 1}}, {"a": {}}, [("removed", "a.b")]),
    ({}, {"a": 1}, [("added", "a")]),
    ({"domains": ["a", "b"]}, {"domains": ["b", "a"]}, []),
    ({"domains": ["a", "b"]}, {"domains": ["a", "c"]}, [("removed", "domains[]"), ("added", "domains[]")]),
    ({"routes": [A, B]}, {"routes": [A, route("/b", "2s")]}, [("changed", "routes[prefix /b].route.timeout")]),
    ({"routes": [A, B]}, {"routes": [A, C, B]}, [("added", "routes[prefix /c]")]),
    ({"routes": [A, B, C]}, {"routes": [C, A, B]}, [("moved", "routes[prefix /c]")]),
    ({"routes": [route("/a", headers=[H1, H2])]}, {"routes": [route("/a", headers=[H2, H1])]}, []),
    ({"virtual_hosts": [{"name": "x"}, {"name": "y"}]}, {"virtual_hosts": [{"name": "y"}, {"name": "x"}]}, []),
    ({"http_filters": [{"name": n} for n in "xyz"]}, {"http_filters": [{"name": n} for n in "zxy"]}, [("moved", "http_filters[z]")]),
    ({"filters": [1, 2, 3]}, {"filters": [1, 3]}, [("removed", "filters[#2]")]),
    ({"request_headers_to_add": [{"header": {"key": "k", "value": "1"}}]}, {"request_headers_to_add": [{"header": {"key": "k", "value": "2"}}]},
     [("changed", "request_headers_to_add[k].header.value")]),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_what_differs_and_where(before, after, expected):
    assert told(before, after) == expected


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_turned_round_added_is_removed(before, after, expected):
    turned = {"added": "removed", "removed": "added"}
    kinds = sorted(turned.get(kind, kind) for kind, _ in expected)
    assert sorted(kind for kind, _ in told(after, before)) == kinds


def test_the_nearest_istio_resource_is_told():
    config = {
        "filter_metadata": {
            "istio": {"config": "/apis/networking.istio.io/v1/namespaces/a/virtual-service/b"}
        }
    }
    before = {"routes": [{**A, "metadata": config}, B]}
    after = {"routes": [{**route("/a", "9s"), "metadata": config}, route("/b", "9s")]}
    assert [one.origin for one in compare(before, after)] == ["VirtualService a/b", ""]


def test_moved_items_say_from_where_to_where():
    (one,) = compare({"routes": [A, B, C]}, {"routes": [B, C, A]})
    assert (one.kind, one.before, one.after) == (Kind.MOVED, 1, 3)
