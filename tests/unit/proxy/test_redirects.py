"""What a proxy makes of a redirect that it follows itself: the request, and whether it follows at all."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Request
from tests.unit.proxy.build import get, http, listener, proxy, route, routed, virtual_host

Json = dict[str, Any]


def made(
    request: Request, code: int | None, location: str | None, policy: Json | None = None, *more: Json
) -> Request | None:
    """The request that follows; None where the client gets the redirect."""
    redirecting = route("from", {"prefix": "/a"}, internal_redirect_policy=policy or {})
    hosts = [virtual_host(redirecting, *more, route("to", {"prefix": "/new"}))]
    built = proxy([listener([{"filters": http(hosts)}])])
    upstream = routed(built, request).upstream
    assert upstream is not None and upstream.follow is not None
    (found,) = upstream.follow(code, location)
    return found.request


URL = "http://a.com/new"
ALL = {"redirect_response_codes": [301, 302, 303, 307, 308]}
FOLLOWED: list[tuple[Json, int | None, str | None, bool]] = [  # a policy, the answer's code and Location, whether it is followed
    ({}, 302, URL, True), ({}, 301, URL, False), ({}, 200, URL, False), ({}, None, URL, False), (ALL, 301, URL, True), (ALL, 308, URL, True), (ALL, 304, URL, False), ({"redirect_response_codes": [304]}, 304, URL, False),
    ({"redirect_response_codes": [301]}, 302, URL, False), ({}, 302, None, False), ({}, 302, "/new", False), ({}, 302, "//a.com/new", False), ({}, 302, "http://a.com/none", False), ({}, 302, "http:///new", False),
    ({}, 302, "http://b.com/new", True), ({}, 302, "http://me:x@a.com/new", True), ({}, 302, "https://a.com/new", False), ({"allow_cross_scheme_redirect": True}, 302, "https://a.com/new", True),
    ({"max_internal_redirects": 0}, 302, URL, False), ({"max_internal_redirects": 1}, 302, URL, True),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "code", "location", "followed"), FOLLOWED)
def test_whether_a_redirect_is_followed(
    policy: Json, code: int | None, location: str | None, followed: bool
) -> None:
    assert (made(get("/a"), code, location, policy) is not None) is followed


def test_the_request_has_the_place_of_the_location_and_what_it_had() -> None:
    sent = get("/a?x", "a.com", ("x-a", "1"), ("x-a", "2"), ("content-length", "1"), method="POST", body="b")
    found = made(sent, 302, "http://me@b.com:81/new?q#f")
    assert found is not None and found.recreated is not None
    assert (found.method, found.scheme, found.authority, found.path) == ("POST", "http", "b.com:81", "/new?q")
    assert (found.body, found.absolute_form) == ("b", "")
    assert found.recreated.headers["x-envoy-original-url"] == ["http://a.com/a?x"]
    assert [value for name, value in found.headers if name == "x-a"] == ["1", "2"]
    assert not [name for name, _ in found.headers if name.startswith(":")]
    assert (found.recreated.count, found.recreated.loops) == (1, False)


@pytest.mark.parametrize(("method", "becomes", "body"), [("POST", "GET", ""), ("GET", "GET", "b"), ("HEAD", "HEAD", "b")])  # fmt: skip
def test_see_other_is_a_get(method: str, becomes: str, body: str) -> None:
    found = made(get("/a", method=method, body="b"), 303, URL, ALL)
    assert found is not None and (found.method, found.body) == (becomes, body)


def test_a_redirect_to_where_it_was_is_a_loop() -> None:
    found = made(get("/a"), 302, "http://a.com/a")
    assert found is not None and found.recreated is not None
    assert found.recreated.loops and found.recreated.seen == {("GET", "http://a.com/a")}


PREDICATES = "type.googleapis.com/envoy.extensions.internal_redirect."


@pytest.mark.parametrize(
    ("kind", "fields", "followed"),
    [
        ("previous_routes.v3.PreviousRoutesConfig", {}, True),
        ("allow_listed_routes.v3.AllowListedRoutesConfig", {"allowed_route_names": ["to"]}, True),
        ("allow_listed_routes.v3.AllowListedRoutesConfig", {"allowed_route_names": ["from"]}, False),
        ("safe_cross_scheme.v3.SafeCrossSchemeConfig", {}, True),
    ],
)
def test_a_predicate_may_refuse_the_target_route(kind: str, fields: Json, followed: bool) -> None:
    predicate = {"name": "p", "typed_config": {"@type": f"{PREDICATES}{kind}", **fields}}
    assert (made(get("/a"), 302, URL, {"predicates": [predicate]}) is not None) is followed


@pytest.mark.parametrize(
    ("location", "cross", "followed"),
    [(URL, True, True), ("https://a.com/new", True, False), ("https://a.com/new", False, False)],
)
def test_a_safe_redirect_does_not_go_from_http_to_https(location: str, cross: bool, followed: bool) -> None:
    kind = f"{PREDICATES}safe_cross_scheme.v3.SafeCrossSchemeConfig"
    policy = {
        "allow_cross_scheme_redirect": cross,
        "predicates": [{"name": "p", "typed_config": {"@type": kind}}],
    }
    assert (made(get("/a"), 302, location, policy) is not None) is followed


def test_a_predicate_that_is_not_evaluated_leaves_both_answers() -> None:
    redirecting = route(
        "from",
        {"prefix": "/a"},
        internal_redirect_policy={"predicates": [{"name": "mine", "typed_config": {"@type": "x/mine.P"}}]},
    )
    built = proxy(
        [listener([{"filters": http([virtual_host(redirecting, route("to", {"prefix": "/new"}))])}])]
    )
    upstream = routed(built, get("/a")).upstream
    assert upstream is not None and upstream.follow is not None
    found = list(upstream.follow(302, URL))
    assert {one.request is not None for one in found} == {True, False}
    assert all("predicate mine" in one.open[0] for one in found)
