"""Filters that ask a service: whether they ask at all, and what of the request its answer may have changed."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import cluster, get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, ends, passages, settings

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


def _authz(**fields: Any) -> dict[str, Any]:
    return a_filter(
        "ext_authz.v3.ExtAuthz", **{"grpc_service": {"envoy_grpc": {"cluster_name": "none"}}, **fields}
    )


ERROR, TOO_LARGE = (403, "ext_authz_error"), (413, "request_payload_too_large")
OFF = {"filter_enabled": {"default_value": {"numerator": 0}}}
META_IS = {"filter_enabled_metadata": {"filter": "ns", "path": [{"key": "k"}], "value": {"string_match": {"exact": "v"}}}}  # fmt: skip
DENY_OFF = {"deny_at_disable": {"default_value": True, "runtime_key": "deny"}}
BODY = {"with_request_body": {"max_request_bytes": 3}}
CHECKED: list[tuple[dict[str, Any], dict[str, Any], str, tuple[int, str]]] = [  # an authorizer that cannot be reached, settings of the route, the body; the answer
    ({}, {}, "", ERROR), ({}, {"disabled": True}, "", VIA), ({"status_on_error": {"code": 503}}, {}, "", (503, "ext_authz_error")), ({"failure_mode_allow": True}, {}, "", VIA),
    (OFF, {}, "", VIA), ({**OFF, **DENY_OFF}, {}, "", ERROR), ({**OFF, "deny_at_disable": {"default_value": False}}, {}, "", VIA), ({**OFF, **DENY_OFF, "status_on_error": {"code": 500}}, {}, "", (500, "ext_authz_error")),
    (META_IS, {}, "", VIA), ({**META_IS, **DENY_OFF}, {}, "", ERROR),
    # a body that is sent along whole must fit
    (BODY, {}, "abc", ERROR), (BODY, {}, "abcd", TOO_LARGE), ({"with_request_body": {"max_request_bytes": 3, "allow_partial_message": True}}, {}, "abcd", ERROR),
    ({}, {"check_settings": BODY}, "abcd", TOO_LARGE), (BODY, {"check_settings": {"with_request_body": {"max_request_bytes": 4}}}, "abcd", ERROR), (BODY, {"check_settings": {"disable_request_body_buffering": True}}, "abcd", ERROR),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "own", "body", "expected"), CHECKED)
def test_when_an_authorizer_is_asked(
    fields: dict[str, Any], own: dict[str, Any], body: str, expected: tuple[int, str]
) -> None:
    authorizer = _authz(**fields)
    per_route = a_filter("ext_authz.v3.ExtAuthzPerRoute", authorizer["name"], **own)
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(per_route) if own else {}}
    found = answer((authorizer,), get("/", method="POST", body=body), routes=(one,))
    assert found == expected


def test_metadata_turns_an_authorizer_on() -> None:
    written = a_filter("set_metadata.v3.Config", metadata=[{"metadata_namespace": "ns", "value": {"k": "v"}}])
    assert answer((written, _authz(**META_IS))) == ERROR


@pytest.mark.parametrize("told", [True, False])
def test_a_request_that_passes_without_an_answer_may_be_marked(told: bool) -> None:
    (way,) = passages((_authz(failure_mode_allow=True, failure_mode_allow_header_add=told),))
    assert way.seen is not None
    assert way.seen.first("x-envoy-auth-failure-mode-allowed") == ("true" if told else "")
