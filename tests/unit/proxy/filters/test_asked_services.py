"""Filters that ask a service: whether they ask at all, and what of the request its answer may have changed."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import cluster, get, route
from tests.unit.proxy.filters.chains import a_filter, allow_only, ends, passages

D, N = Disposition.DELIVERED, Disposition.DENIED
THERE = (cluster("asked", "10.0.0.9:1"),)
GRPC = {"grpc_service": {"envoy_grpc": {"cluster_name": "asked"}}}
SERVER = {"server_uri": {"uri": "http://asked/", "cluster": "asked", "timeout": "1s"}}
PATTERNS = {"patterns": [{"exact": "x-user"}]}


def http(**answer: Any) -> dict[str, Any]:
    return {"http_service": {**SERVER, **({"authorization_response": answer} if answer else {})}}


HEADER = allow_only({"header": {"name": "x-user", "string_match": {"exact": "me"}}})
META = allow_only(
    {
        "metadata": {
            "filter": "envoy.filters.http.ext_authz",
            "path": [{"key": "k"}],
            "value": {"string_match": {"exact": "v"}},
        }
    }
)
WRITES: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    # an authorizer, a filter that looks at what it may have written: whether a request that it allows may pass that
    (GRPC, HEADER, True), (GRPC, META, True), (http(), HEADER, False), (http(), META, False), (http(allowed_upstream_headers=PATTERNS), HEADER, True), (http(allowed_upstream_headers=PATTERNS), META, False),
    (http(allowed_upstream_headers_to_append=PATTERNS), HEADER, True), (http(dynamic_metadata_from_headers=PATTERNS), META, True), (http(dynamic_metadata_from_headers=PATTERNS), HEADER, False), (http(allowed_client_headers=PATTERNS), HEADER, False), (http(allowed_upstream_headers={}), HEADER, False),
]  # fmt: skip


@pytest.mark.parametrize(("service", "reader", "open_"), WRITES)
def test_what_an_authorizer_that_allows_may_have_written(
    service: dict[str, Any], reader: dict[str, Any], open_: bool
) -> None:
    found = passages(
        (a_filter("ext_authz.v3.ExtAuthz", failure_mode_allow=True, **service), reader), clusters=THERE
    )
    assert {way.verdict.disposition for way in found if way.verdict.details != "ext_authz_denied"} == (
        {D, N} if open_ else {N}
    )


CLEARED = [  # clear_route_cache, whether headers may have changed: whether another route may be taken
    (True, GRPC, {"c", "d"}), (False, GRPC, {"c"}), (True, http(), {"c"}), (True, http(allowed_upstream_headers=PATTERNS), {"c", "d"}),
]  # fmt: skip


@pytest.mark.parametrize(("clear", "service", "clusters"), CLEARED)
def test_another_route_is_taken_only_where_it_is_looked_for_again(
    clear: bool, service: dict[str, Any], clusters: set[str]
) -> None:
    mine = {"prefix": "/", "headers": [{"name": "x-user", "string_match": {"exact": "me"}}]}
    routes = (route("mine", mine, "d"), route("rest", {"prefix": "/"}, "c"))
    authorizer = a_filter(
        "ext_authz.v3.ExtAuthz", failure_mode_allow=True, clear_route_cache=clear, **service
    )
    found = passages((authorizer,), routes=routes, clusters=THERE)
    passed = [way for way in found if way.verdict.details != "ext_authz_denied"]
    assert {way.cluster for way in passed} == clusters
    assert (len(passed) > 1) is (len(clusters) > 1)


def limited(**fields: Any) -> dict[str, Any]:
    return a_filter("ratelimit.v3.RateLimit", domain="x", rate_limit_service=GRPC, **fields)


LIMITS = [{"actions": [{"remote_address": {}}]}]
ASKED: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any], bool]] = [
    # the filter, the runtime, the request's headers: whether the service is asked
    ({}, {}, {}, True), ({}, {"ratelimit.http_filter_enabled": 0}, {}, False), ({}, {"ratelimit.http_filter_enabled": 100}, {}, True), ({"request_type": "both"}, {}, {"x-envoy-internal": "true"}, True),
    ({"request_type": "external"}, {}, {}, True), ({"request_type": "internal"}, {}, {}, False), ({"stage": 3}, {}, {}, False),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "runtime", "headers", "asked"), ASKED)
def test_whether_a_rate_limit_is_asked(
    fields: dict[str, Any], runtime: dict[str, Any], headers: dict[str, str], asked: bool
) -> None:
    found = ends(
        (limited(**fields),),
        get("/", "a.com", *headers.items()),
        routes=({**route("r", {"prefix": "/"}), "route": {"cluster": "c", "rate_limits": LIMITS}},),
        clusters=THERE,
        runtime=runtime,
    )
    assert (N in found) is asked


POLICIES: list[tuple[dict[str, Any], bool]] = [  # of a route with limits of its own for another stage: whether its host's count
    ({}, False), ({"include_vh_rate_limits": True}, True),
]  # fmt: skip


@pytest.mark.parametrize(("more", "asked"), POLICIES)
def test_the_virtual_hosts_limits_count_where_the_route_has_none_or_says_so(
    more: dict[str, Any], asked: bool
) -> None:
    own = {"cluster": "c", "rate_limits": [{**LIMITS[0], "stage": 5}], **more}
    found = ends(
        (limited(),),
        routes=({**route("r", {"prefix": "/"}), "route": own},),
        clusters=THERE,
        host={"rate_limits": LIMITS},
    )
    assert (N in found) is asked
