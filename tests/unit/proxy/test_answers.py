"""What a route adds to answers: the Location of them all, whoever gives them."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Request
from meshctl.trace.answers import Answer, behind
from tests.unit.proxy.build import cluster, get, http, listener, proxy, route, routed, virtual_host
from tests.unit.proxy.filters.chains import a_filter, settings

Json = dict[str, Any]

ALL: Json = {"prefix": "/"}
MOVED: Json = {"response_headers_to_add": [{"header": {"key": "Location", "value": "/moved/%REQ(x)%"}}]}
INSTEAD = {
    "response_headers_to_add": [
        {**MOVED["response_headers_to_add"][0], "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    ]
}
REDIRECT: Json = {"match": ALL, "redirect": {"path_redirect": "/r", "response_code": "FOUND"}}
DENIES = a_filter("rbac.v3.RBAC", rules={"policies": {}})
UNKNOWN: Json = {
    "response_headers_to_add": [{"header": {"key": "location", "value": "%UPSTREAM_METADATA(a:b)%"}}]
}
OF_X: Json = {"response_headers_to_add": [{"header": {"key": "Location", "value": "%REQ(x)%"}}]}
OTHER_X: Json = {
    "request_headers_to_add": [
        {"header": {"key": "x", "value": "2"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    ]
}
NAMED = cluster("named", "10.0.0.1:8080")
NAMED["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]["hostname"] = "host.com"
CLUSTERS = cluster("c", "10.0.0.1:8080"), cluster("nobody"), NAMED
ATTEMPTS: Json = {"include_request_attempt_count": True}
_SENT = (
    ":PATH",
    ":AUTHORITY",
    "X-ENVOY-ORIGINAL-PATH",
    "X-ENVOY-ORIGINAL-HOST",
    "X-FORWARDED-HOST",
    "X-ENVOY-ATTEMPT-COUNT",
)


def sent(cluster: str, weight: Json | None = None, **action: Any) -> Json:
    """A route that rewrites path and host, and adds a Location made of what it sends."""
    one = route("r", ALL, to=cluster)
    one["route"] |= action or {"prefix_rewrite": "/new/", "host_rewrite_literal": "h"}
    if weight is not None:
        one["route"]["weighted_clusters"] = {
            "clusters": [{"name": one["route"].pop("cluster"), "weight": 1, **weight}]
        }
    value = ",".join(f"%REQ({name})%" for name in _SENT)
    return {**one, "response_headers_to_add": [{"header": {"key": "location", "value": value}}]}


ANSWERS: list[tuple[str, Json, tuple[Json, ...], Json, str | None]] = [
    ("an upstream's", {**route("r", ALL), **MOVED}, (), {}, "/moved/1"),
    ("a direct response", {"match": ALL, "direct_response": {"status": 200}, **MOVED}, (), {}, "/moved/1"),
    ("appended to a redirect's own", {**REDIRECT, **MOVED}, (), {}, "http://a.com/r,/moved/1"),
    ("in place of it", {**REDIRECT, **INSTEAD}, (), {}, "/moved/1"),
    ("taken away", {**REDIRECT, "response_headers_to_remove": ["location"]}, (), {}, None),
    ("a virtual host's", route("r", ALL), (), MOVED, "/moved/1"),
    ("a filter's denial", {**route("r", ALL), **MOVED}, (DENIES,), {}, "/moved/1"),
    ("a filter's denial where the route forwards nothing", {**REDIRECT, **INSTEAD}, (DENIES,), {}, None),
    ("the router's own", {**route("r", ALL, to="nowhere"), **MOVED}, (), {}, "/moved/1"),
    ("of a header that the route adds", {**route("r", ALL), **MOVED, **OTHER_X}, (), {}, "/moved/2"),
    ("of one that it takes away", {**route("r", ALL), **OF_X, "request_headers_to_remove": ["x"]}, (), {}, None),
    ("of one that it adds, without a cluster", {**route("r", ALL, to="nowhere"), **MOVED, **OTHER_X}, (), {}, "/moved/1"),
    ("of one that it adds, without a host", {**route("r", ALL, to="nobody"), **MOVED, **OTHER_X}, (), {}, "/moved/2"),
    ("of the path and the host that are sent", sent("c"), (), ATTEMPTS, "/new/,h,/,a.com,,1"),
    ("of them, without a host", sent("nobody"), (), ATTEMPTS, "/new/,h,/,a.com,,1"),
    ("of the name of the host that is chosen", sent("named", auto_host_rewrite=True, append_x_forwarded_host=True), (), {}, "/,host.com,,a.com,a.com,"),
    ("of the host that a weight writes, which nothing notes", sent("c", {"host_rewrite_literal": "w"}, append_x_forwarded_host=True), (), {}, "/,w,,,,"),
    ("of the host that a route writes over it", sent("c", {"host_rewrite_literal": "w"}, host_rewrite_literal="r", append_x_forwarded_host=True), (), {}, "/,r,,w,w,"),
    ("of a weight, which takes away what is not there yet", sent("c", {"response_headers_to_remove": ["location"]}, timeout="1s"), (), {}, "/,a.com,,,,"),
    ("of them, without a cluster", sent("nowhere"), (), ATTEMPTS, "/,a.com,,,,"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "filters", "host", "location"), [a[1:] for a in ANSWERS], ids=[a[0] for a in ANSWERS]
)
def test_the_location_of_an_answer(
    one: Json, filters: tuple[Json, ...], host: Json, location: str | None
) -> None:
    built = proxy([listener([{"filters": http([virtual_host(one, **host)], filters=filters)}])], CLUSTERS)
    assert routed(built, get("/", "a.com", ("x", "1"))).location == location


@pytest.mark.parametrize("last", [True, False])
def test_a_weights_changes_come_first_whoever_wins(last: bool) -> None:
    one = sent("c", {"response_headers_to_remove": ["location"]}, timeout="1s")
    filters = http([virtual_host(one)])
    filters[0]["typed_config"]["route_config"]["most_specific_header_mutations_wins"] = last
    assert routed(proxy([listener([{"filters": filters}])]), get()).location == "/,a.com,,,,"


HOSTS = [((), "a.com"), (("x",), "x,a.com"), (("x,a.com",), "x,a.com"), (("a.com", "x"), "a.com,x,a.com")]


@pytest.mark.parametrize(("before", "told"), HOSTS)
def test_a_host_is_told_once_where_it_is_the_last_one_told(before: tuple[str, ...], told: str) -> None:
    one = route("r", ALL, host_rewrite_literal="h", append_x_forwarded_host=True)
    headers = [("x-forwarded-host", value) for value in before]
    passage = routed(proxy([listener([{"filters": http([virtual_host(one)])}])]), get("/", "a.com", *headers))
    assert passage.upstream is not None and passage.upstream.request is not None
    assert ",".join(v for n, v in passage.upstream.request.headers if n == "x-forwarded-host") == told


TUNNEL: Json = {"connect_matcher": {}}
NO_PATH: list[tuple[Json, Json, int]] = [
    ({"match": TUNNEL, "redirect": {"host_redirect": "x.com"}}, {}, 301),
    ({"match": TUNNEL, "direct_response": {"status": 302}}, {}, 302),
    (route("r", TUNNEL), {"require_tls": "ALL"}, 301),
]


@pytest.mark.parametrize(("one", "host", "code"), NO_PATH)
def test_a_tunnel_is_redirected_nowhere_as_it_has_no_path(one: Json, host: Json, code: int) -> None:
    upgrades = {"upgrade_configs": [{"upgrade_type": "CONNECT"}]}
    built = proxy([listener([{"filters": http([virtual_host(one, **host)], **upgrades)}])])
    passage = routed(built, Request("CONNECT", "b.com:443", None))
    assert (passage.verdict.code, passage.location) == (code, None)


def test_the_answer_of_a_preflight_is_no_local_reply_and_gets_no_location() -> None:
    allows = a_filter(
        "cors.v3.CorsPolicy", "envoy.filters.http.cors", allow_origin_string_match=[{"prefix": ""}]
    )
    one = {**route("r", ALL), **MOVED, "typed_per_filter_config": settings(allows)}
    built = proxy([listener([{"filters": http([virtual_host(one)], filters=(a_filter("cors.v3.Cors"),))}])])
    wants = ("origin", "http://b.com"), ("access-control-request-method", "GET")
    passage = routed(built, get("/", "a.com", *wants, method="OPTIONS"))
    assert (passage.verdict.details, passage.location) == ("cors_response", None)


CAME_BACK: list[tuple[str, Json, str | None]] = [
    ("as it came", {}, "/back"),
    ("appended to", MOVED, "/back,/moved/1"),
    ("replaced", INSTEAD, "/moved/1"),
    ("taken away", {"response_headers_to_remove": ["location"]}, None),
]


@pytest.mark.parametrize(("changes", "location"), [c[1:] for c in CAME_BACK], ids=[c[0] for c in CAME_BACK])
def test_the_location_of_a_redirect_that_comes_back(changes: Json, location: str | None) -> None:
    built = proxy([listener([{"filters": http([virtual_host({**route("r", ALL), **changes})])}])])
    passage = routed(built, get("/", "a.com", ("x", "1")))
    answer = Answer(Disposition.REDIRECTED, 302, location="/back")
    assert behind(passage, answer, passage.verdict).location == location


def test_a_location_that_is_filled_in_with_what_is_not_known_is_named() -> None:
    built = proxy([listener([{"filters": http([virtual_host({**REDIRECT, **UNKNOWN})])}])])
    assert "Location" in routed(built, get()).undetermined[0]
