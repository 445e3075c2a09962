"""CORS: which preflights the proxy answers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, answer

CORS = a_filter("cors.v3.Cors")
ANSWERED = (200, "cors_response")
PREFLIGHT = get(
    "/", "a.com", ("origin", "http://b.com"), ("access-control-request-method", "GET"), method="OPTIONS"
)


def policy(**fields: Any) -> dict[str, Any]:
    return {CORS["name"]: {"@type": "t/envoy.extensions.filters.http.cors.v3.CorsPolicy", **fields}}


def at(route_settings: dict[str, Any] | None = None, host: dict[str, Any] | None = None, **more: Any) -> Any:
    one = {**route("r", {"prefix": "/"}, **more), "typed_per_filter_config": route_settings or {}}
    return answer((CORS,), PREFLIGHT, routes=(one,), host={"typed_per_filter_config": host or {}})


@pytest.mark.parametrize(
    ("name", "origins", "expected"),
    [
        ("the origin", [{"exact": "http://b.com"}], ANSWERED),
        ("another origin goes upstream", [{"exact": "http://c.com"}], VIA),
        ("an exact star is any", [{"exact": "*"}], ANSWERED),
        ("none", [], VIA),
    ],
)
def test_origins(name: str, origins: list[dict[str, str]], expected: tuple[int, str]) -> None:
    assert at(policy(allow_origin_string_match=origins)) == expected


def test_a_preflight_that_does_not_match_is_answered_where_it_is_not_forwarded() -> None:
    assert at(policy(forward_not_matching_preflights=False)) == ANSWERED


def test_each_property_is_the_first_that_a_level_sets() -> None:
    origins = policy(allow_origin_string_match=[{"exact": "http://b.com"}])
    assert at(policy(max_age="1"), origins) == ANSWERED


def test_the_older_policy_of_a_route_counts_where_no_level_has_settings() -> None:
    assert at(cors={"allow_origin_string_match": [{"exact": "http://b.com"}]}) == ANSWERED


def test_without_a_route_that_forwards_it_does_nothing() -> None:
    redirect = {
        "match": {"prefix": "/"},
        "redirect": {"host_redirect": "b"},
        "typed_per_filter_config": policy(),
    }
    host = {"typed_per_filter_config": policy(allow_origin_string_match=[{"exact": "*"}])}
    assert answer((CORS,), PREFLIGHT, routes=(redirect,), host=host) == (301, "direct_response")
    missing = route("r", {"path": "/else"})
    assert answer((CORS,), PREFLIGHT, routes=(missing,), host=host) == (404, "route_not_found")


def test_a_route_with_a_non_forwarding_action_counts_as_one_that_forwards() -> None:
    """Envoy gives it a RouteEntry: only a redirect and a direct response have none."""
    one = {"match": {"prefix": "/"}, "non_forwarding_action": {}}
    host = {"typed_per_filter_config": policy(allow_origin_string_match=[{"exact": "*"}])}
    assert answer((CORS,), PREFLIGHT, routes=(one,), host=host) == ANSWERED
    assert answer((CORS,), PREFLIGHT, routes=(one,)) == (503, "cluster_not_found")
