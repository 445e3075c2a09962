"""Scoped routes: which route configuration a request's headers name."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Request
from meshctl.proxy.proxy import Proxy
from tests.unit.proxy.build import (
    HTTP_MANAGER,
    ROUTER,
    ask,
    get,
    listener,
    proxy,
    route,
    routed,
    virtual_host,
)

Json = dict[str, Any]


def scope(*key: str) -> Json:
    name = "/".join(key)
    table = {"name": name, "virtual_hosts": [virtual_host(route(name, {"prefix": "/"}))]}
    return {
        "name": name,
        "key": {"fragments": [{"string_key": part} for part in key]},
        "route_configuration": table,
    }


def header(name: str, **more: Any) -> Json:
    return {"header_value_extractor": {"name": name, **more}}


def scoped_routes(fragments: list[Json], scopes: list[Json]) -> Proxy:
    scoped = {
        "name": "scopes",
        "scope_key_builder": {"fragments": fragments},
        "scoped_route_configurations_list": {"scoped_route_configurations": scopes},
    }
    manager = {"@type": HTTP_MANAGER, "scoped_routes": scoped, "http_filters": [ROUTER], "access_log": [{}]}
    return proxy([listener([{"filters": [{"name": "http", "typed_config": manager}]}])])


def taken(fragments: list[Json], scopes: list[Json], *headers: tuple[str, str]) -> tuple[str | None, str]:
    """The route that a request takes, else the details of its answer."""
    found = routed(scoped_routes(fragments, scopes), get("/", "a.com", *headers))
    return found.route_name, found.verdict.details or ""


THIRD, BY_KEY = (
    {"element_separator": ",", "index": 2},
    {"element_separator": ";", "element": {"separator": "=", "key": "k"}},
)
NONE = (None, "route_not_found")
TAKEN: list[tuple[list[Json], list[tuple[str, str]], tuple[str | None, str]]] = [  # what the key is made of, headers, the route
    # the whole of a header, its first value
    ([header("X-Scope", index=0)], [("x-scope", "a")], ("a", "via_upstream")), ([header("X-Scope", index=0)], [("x-scope", "b")], ("b", "via_upstream")), ([header("x-scope", index=0)], [("x-scope", "a"), ("x-scope", "b")], ("a", "via_upstream")),
    ([header("x-scope", index=0)], [("x-scope", "none")], NONE), ([header("x-scope", index=0)], [], NONE), ([header("x-scope", index=1)], [("x-scope", "a")], NONE),
    # one of its elements, by place or by name; the value goes to the end of the element
    ([header("x-scope", **THIRD)], [("x-scope", "b,b,a")], ("a", "via_upstream")), ([header("x-scope", **THIRD)], [("x-scope", "b,b")], NONE),
    ([header("x-scope", **BY_KEY)], [("x-scope", "j=b;k=a;k=b")], ("a", "via_upstream")), ([header("x-scope", **BY_KEY)], [("x-scope", "k=a=b")], ("a=b", "via_upstream")), ([header("x-scope", **BY_KEY)], [("x-scope", "j=a")], NONE),
    # every part of the key must be the scope's
    ([header("x", index=0), header("y", index=0)], [("x", "a"), ("y", "b")], ("a/b", "via_upstream")), ([header("x", index=0), header("y", index=0)], [("x", "b"), ("y", "a")], NONE), ([header("x", index=0), header("y", index=0)], [("x", "a")], NONE),
]  # fmt: skip
SCOPES = [scope("a"), scope("b"), scope("a=b"), scope("a", "b"), {**scope("c"), "key": None}]


@pytest.mark.parametrize(("fragments", "headers", "found"), TAKEN)
def test_the_scope_of_a_request(
    fragments: list[Json], headers: list[tuple[str, str]], found: tuple[str | None, str]
) -> None:
    assert taken(fragments, SCOPES, *headers) == found


def test_a_scope_may_name_its_routes() -> None:
    named = {"name": "n", "key": {"fragments": [{"string_key": "a"}]}, "route_configuration_name": "absent"}
    assert taken([header("x", index=0)], [named], ("x", "a"))[0] is None


UNKNOWN: Json = {"my_extractor": {}}
MAY_BE: list[tuple[list[Json], dict[str, Any], list[str | None]]] = [
    ([UNKNOWN], {}, [None, "a", "a=b", "b"]),
    ([{}], {}, [None, "a", "a=b", "b"]),  # no word of what it is built from
    ([header("x", element={"separator": "=", "key": 1})], {"headers": (("x", "1=a"),)}, [None, "a", "a=b", "b"]),
    ([UNKNOWN, header("y", index=0)], {}, [None]),  # no header, no key
    ([UNKNOWN, header("y", index=0)], {"headers": (("y", "b"),)}, [None, "a/b"]),
    ([UNKNOWN, header("y", index=0)], {"headers": (("y", "c"),)}, [None]),
    ([header("x", index=0)], {"headers": (("x", "a"),), "opaque": {"x": "filter lua"}}, [None, "a", "a=b", "b"]),
]  # fmt: skip


@pytest.mark.parametrize(("fragments", "asked", "routes"), MAY_BE)
def test_every_scope_that_the_key_may_be_of_is_followed(
    fragments: list[Json], asked: dict[str, Any], routes: list[str | None]
) -> None:
    request = Request("GET", "a.com", "/", **asked)
    passages = ask(scoped_routes(fragments, SCOPES), request)
    assert sorted((p.route_name for p in passages), key=str) == sorted(routes, key=str)
    assert all(p.decided == (len(routes) == 1) for p in passages)
    assert all(p.verdict.code in (200, 404) for p in passages)
    assert len(routes) == 1 or all("the scope key" in p.undetermined[0] for p in passages)
