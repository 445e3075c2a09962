"""Filters whose answer another server, a session or a cache decides; and a filter that a matcher or discovery names."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, answer, ends
from tests.unit.proxy.filters.test_small_filters import ABORT, ONE, composite

Json = dict[str, Any]
D, U, N, F = Disposition.DELIVERED, Disposition.UNDETERMINED, Disposition.DENIED, Disposition.FAULT
THERE, GONE = {"envoy_grpc": {"cluster_name": "d"}}, {"envoy_grpc": {"cluster_name": "none"}}


def with_settings(http_filter: Json, kind: str, **fields: Any) -> tuple[Json, ...]:
    one = {**route("r", {"prefix": "/"})}
    one["typed_per_filter_config"] = {
        http_filter["name"]: {"@type": f"type.googleapis.com/envoy.extensions.filters.http.{kind}", **fields}
    }
    return (one,)


NOTHING = {"request_header_mode": "SKIP", "response_header_mode": "SKIP"}

PROCESSED: list[tuple[Json, Json, set[Disposition]]] = [  # ext_proc, its settings of the route, how it may end
    ({"grpc_service": THERE}, {}, {D, U}),
    ({"grpc_service": GONE}, {}, {N}),
    ({"grpc_service": GONE, "failure_mode_allow": True}, {}, {D}),
    ({"grpc_service": GONE, "processing_mode": NOTHING}, {}, {D}),
    ({"grpc_service": GONE, "processing_mode": {"request_header_mode": "SEND"}}, {}, {N}),
    ({"grpc_service": GONE}, {"disabled": True}, {D}),
    ({"grpc_service": GONE}, {"overrides": {"grpc_service": THERE}}, {D, U}),
    ({"grpc_service": THERE}, {"overrides": {"grpc_service": GONE}}, {N}),
    ({"grpc_service": GONE}, {"overrides": {"failure_mode_allow": True}}, {D}),
    ({"grpc_service": GONE, "failure_mode_allow": True}, {"overrides": {"failure_mode_allow": False}}, {N}),
    ({"grpc_service": GONE}, {"overrides": {"processing_mode": NOTHING}}, {D}),
    ({"grpc_service": GONE, "processing_mode": {"request_header_mode": "SKIP"}}, {"overrides": {"processing_mode": {"request_header_mode": "SEND"}}}, {N}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "settings", "expected"), PROCESSED)
def test_an_external_processor(fields: Json, settings: Json, expected: set[Disposition]) -> None:
    one = a_filter("ext_proc.v3.ExternalProcessor", **fields)
    routes = with_settings(one, "ext_proc.v3.ExtProcPerRoute", **settings) if settings else ()
    assert ends((one,), routes=routes) == expected
    if expected == {N}:
        assert answer((one,), routes=routes) == (500, "ext_proc_error_gRPC_error_14")


OAUTH = a_filter(
    "oauth2.v3.OAuth2", config={"pass_through_matcher": [{"name": "x", "string_match": {"exact": "1"}}]}
)
CACHE = a_filter("cache.v3.CacheConfig")


@pytest.mark.parametrize(
    ("http_filter", "request_", "expected"),
    [
        (OAUTH, get("/", "a.com"), {D, U}),
        (OAUTH, ONE, {D}),
        (a_filter("oauth2.v3.OAuth2"), ONE, {D, U}),
        (CACHE, get("/", "a.com", method="POST"), {D}),
        (a_filter("cache.v3.CacheConfig", disabled=True), get("/", "a.com"), {D}),
    ],
)
def test_a_session_or_a_cache(http_filter: Json, request_: Any, expected: set[Disposition]) -> None:
    assert ends((http_filter,), request_) == expected


def test_a_get_may_be_answered_from_the_cache() -> None:
    assert len(ends((CACHE,), get("/", "a.com"))) == 2
    assert ends((CACHE,), get("/", "a.com", method="HEAD")) == ends((CACHE,), get("/", "a.com"))


EXECUTE = "t/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction"
COMPOSITE = a_filter("composite.v3.Composite")
HALF = {"default_value": {"numerator": 50}}
NAMED: list[tuple[Json, Json, set[Any]]] = [  # an action, the filter it wraps, how the request that it names may end
    ({"@type": EXECUTE, "typed_config": ABORT}, COMPOSITE, {F}),
    ({"@type": EXECUTE, "typed_config": ABORT, "sample_percent": {"default_value": {"numerator": 0}}}, COMPOSITE, {D}),
    ({"@type": EXECUTE, "typed_config": ABORT, "sample_percent": HALF}, COMPOSITE, {D, F}),
    ({"@type": EXECUTE, "dynamic_config": {"name": "f", "config_discovery": {"default_config": ABORT["typed_config"]}}}, COMPOSITE, {F}),
    ({"@type": EXECUTE, "dynamic_config": {"name": "f"}}, COMPOSITE, {D, U}),
    ({"@type": EXECUTE}, COMPOSITE, {D, U}),
    ({"@type": EXECUTE, "typed_config": ABORT}, ABORT, {D, U}),  # not an action for a filter that is no composite
    ({"@type": "t/some.Action"}, COMPOSITE, {D, U}),
    ({"@type": "t/some.Action"}, ABORT, {D, U}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "inner", "expected"), NAMED)
def test_what_a_matchers_action_does(action: Json, inner: Json, expected: set[Any]) -> None:
    filters = (composite(action=action, inner=inner),)
    assert ends(filters, ONE) == expected
    assert answer(filters) == (VIA if inner is COMPOSITE else (500, "fault_filter_abort"))


def test_a_matcher_in_the_old_form_is_not_followed() -> None:
    one = composite(action={}, inner=ABORT)
    one["typed_config"]["matcher"] = one["typed_config"].pop("xds_matcher")
    assert ends((one,)) == {D, U}
