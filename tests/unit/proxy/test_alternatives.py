"""A condition that cannot be decided leaves both ways: what follows if it holds, and what follows if it does not."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.entry import MOST_ALTERNATIVES
from meshctl.proxy.model import Disposition, Passage
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, virtual_host
from tests.unit.proxy.filters.chains import a_filter, allow_only

Json = dict[str, Any]

REST = route("rest", {"prefix": "/"})
ASKED = get(hidden="the log line")  # its method, host and path are known, its headers are not


def has(name: str, value: str = "1") -> Json:
    return {"name": name, "string_match": {"exact": value}}


def ways(*routes: Json, filters: tuple[Json, ...] = (), **host: Any) -> list[Passage]:
    built = proxy([listener([{"filters": http([virtual_host(*routes, **host)], filters=filters)}])])
    found = ask(built, ASKED)
    assert sum(passage.probability for passage in found) == pytest.approx(1)
    assert all(passage.undetermined and not passage.decided for passage in found)
    return found


def names(found: list[Passage]) -> list[str | None]:
    return [passage.route_name for passage in found]


def test_a_route_that_may_match_takes_the_request_or_leaves_it_to_the_next() -> None:
    one = route("one", {"prefix": "/", "headers": [has("x")]})
    assert names(ways(one, REST)) == ["one", "rest"]
    two = route("two", {"prefix": "/", "headers": [has("y")]})
    assert names(ways(one, two, REST)) == ["one", "two", "rest"]
    assert names(ways(one)) == ["one", None]


def test_the_same_condition_has_the_same_answer_in_every_route() -> None:
    one = route("one", {"prefix": "/", "headers": [has("x")]})
    again = route("again", {"prefix": "/", "headers": [has("x"), has("y")]})
    assert names(ways(one, again, REST)) == ["one", "rest"]


def test_the_same_condition_has_the_same_answer_in_a_filter_behind_the_route() -> None:
    one = route("one", {"prefix": "/", "headers": [has("x")]})
    found = ways(one, REST, filters=(allow_only({"header": has("x")}),))
    told = {passage.route_name: passage.verdict.disposition for passage in found}
    assert told == {"one": Disposition.DELIVERED, "rest": Disposition.DENIED}


def test_a_condition_that_fails_for_sure_leaves_nothing_open() -> None:
    never = route("never", {"path": "/other", "headers": [has("x")]})
    built = proxy([listener([{"filters": http([virtual_host(never, REST)])}])])
    (passage,) = ask(built, ASKED)
    assert (passage.route_name, passage.decided, passage.undetermined) == ("rest", True, ())


def test_both_ways_are_told_with_what_was_supposed() -> None:
    one = route("one", {"prefix": "/", "headers": [has("x")]})
    built = proxy([listener([{"filters": http([virtual_host(one, REST)])}])])
    steps = [
        [step.chosen for step in p.steps if "supposed" in step.chosen]
        for p in ask(built, ASKED, silent=False)
    ]
    assert steps == [["supposed: header `x` exact `1`"], ["supposed: not (header `x` exact `1`)"]]


def test_more_alternatives_than_are_followed_are_said_to_be() -> None:
    many = [route(f"r{i}", {"prefix": "/", "headers": [has(f"x{i}")]}) for i in range(2 * MOST_ALTERNATIVES)]
    found = ways(*many, REST)
    *followed, cut = found
    assert names(followed) == [f"r{i}" for i in range(MOST_ALTERNATIVES - 1)]
    assert cut.verdict.disposition is Disposition.UNDETERMINED
    assert f"more than {MOST_ALTERNATIVES} alternatives" in cut.verdict.reason


def test_a_header_that_picks_the_cluster_may_pick_each() -> None:
    parts = [{"name": "a", "weight": 10}, {"name": "none", "weight": 0}, {"name": "b", "weight": 90}]
    one = {
        "name": "r",
        "match": {"prefix": "/"},
        "route": {"weighted_clusters": {"clusters": parts, "header_name": "x"}},
    }
    assert [passage.verdict.reason for passage in ways(one)] == [
        "cluster a does not exist",
        "cluster b does not exist",
    ]


def test_a_header_that_names_the_cluster_leaves_the_filters_before_the_router_decided() -> None:
    one = {"name": "r", "match": {"prefix": "/"}, "route": {"cluster_header": "x"}}
    denies = a_filter("rbac.v3.RBAC", rules={"policies": {}})
    for filters, expected in (((), Disposition.UNDETERMINED), ((denies,), Disposition.DENIED)):
        built = proxy([listener([{"filters": http([virtual_host(one)], filters=filters)}])])
        (passage,) = ask(built, ASKED)
        assert passage.verdict.disposition is expected


def test_hosts_whose_metadata_were_not_shown_may_be_in_the_subset_or_not() -> None:
    wanted = {"metadata_match": {"filter_metadata": {"envoy.lb": {"v": "1"}}}}
    statuses = [{"name": "s", "host_statuses": [endpoint_status("10.0.0.1"), endpoint_status("10.0.0.2")]}]
    config = {"subset_selectors": [{"keys": ["v"]}]}
    cluster = {"name": "s", "type": "EDS", "lb_subset_config": config}
    built = proxy(
        [listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}, "s", **wanted))])}])],
        (cluster,),
    )
    built._statuses = {one["name"]: one for one in statuses}  # type: ignore[misc]
    found = ask(built, get())
    assert {p.verdict.disposition for p in found} == {Disposition.DELIVERED, Disposition.NO_HEALTHY_ENDPOINT}
    assert all("metadata of the endpoints" in p.undetermined[0] and not p.decided for p in found)


def endpoint_status(ip: str) -> Json:
    return {
        "address": {"socket_address": {"address": ip, "port_value": 80}},
        "health_status": {"eds_health_status": "HEALTHY"},
    }


def test_require_tls_may_redirect() -> None:
    manager = {"early_header_mutation_extensions": [{"name": "x"}]}
    hosts = [virtual_host(REST, require_tls="EXTERNAL_ONLY")]
    chain = {"filters": http(hosts, **manager)}
    found = ask(proxy([listener([chain])]), get())
    assert Disposition.UNDETERMINED in {passage.verdict.disposition for passage in found}


MATCHER = {
    "matcher_list": {
        "matchers": [
            {
                "predicate": {
                    "single_predicate": {
                        "input": {"name": "i", "typed_config": {
                            "@type": "x/envoy.type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": "x"}},
                        "value_match": {"exact": "1"},
                    }
                },
                "on_match": {"action": {"name": "a", "typed_config": {"@type": "x/envoy.config.route.v3.Route", **route("tree", {"prefix": "/"})}}},
            }
        ]
    },
    "on_no_match": {"action": {"name": "b", "typed_config": {"@type": "x/envoy.config.route.v3.Route", **REST}}},
}  # fmt: skip
BY_MAP = {
    "matcher_tree": {
        "input": MATCHER["matcher_list"]["matchers"][0]["predicate"]["single_predicate"]["input"],  # type: ignore[index]
        "exact_match_map": {"map": {
            name: {"action": {"name": name, "typed_config": {"@type": "x/envoy.config.route.v3.Route", **route(name, {"prefix": "/"})}}}
            for name in ("a", "b")
        }},
    }
}  # fmt: skip


def test_a_matcher_tree_is_followed_both_ways() -> None:
    assert names(ways(matcher=MATCHER)) == ["tree", "rest"]
    assert names(ways(matcher=BY_MAP)) == ["a", "b", None]


def _action(kind: str, **config: Any) -> Json:
    named = {"name": "n", "typed_config": {"@type": f"x/envoy.config.route.v3.{kind}", **config}}
    return {"on_no_match": {"action": named}}


ACTIONS = [  # what a matcher of routes comes to, the route of the request
    (_action("Route", **REST), "rest"), (_action("Route", **route("never", {"path": "/other"})), None),
    (_action("RouteList", routes=[route("never", {"path": "/other"}), REST, route("late", {"prefix": "/"})]), "rest"), (_action("RouteList", routes=[]), None), (_action("RouteList"), None),
]  # fmt: skip


@pytest.mark.parametrize(("matcher", "name"), ACTIONS)
def test_a_matcher_comes_to_a_route_or_to_a_list_of_them(matcher: Json, name: str | None) -> None:
    built = proxy([listener([{"filters": http([virtual_host(matcher=matcher)])}])])
    (passage,) = ask(built, get())
    assert passage.route_name == name
    assert not passage.undetermined


def test_an_action_that_is_no_route_is_open() -> None:
    built = proxy([listener([{"filters": http([virtual_host(matcher=_action("Filter"))])}])])
    found = ask(built, get())
    assert all(
        "the action envoy.config.route.v3.Filter" in "".join(one.undetermined) + (one.verdict.reason or "")
        for one in found
    )


HTTP_FILTERS: list[tuple[str, Json, set[tuple[int, str]]]] = [
    (
        "fault",
        a_filter("fault.v3.HTTPFault", headers=[has("x")],
                 abort={"http_status": 418, "percentage": {"numerator": 100}}),
        {(200, "DELIVERED"), (418, "FAULT")},
    ),
    (
        "jwt_authn",
        a_filter("jwt_authn.v3.JwtAuthentication", rules=[{"match": {"prefix": "/", "headers": [has("x")]}, "requires": {}}]),
        {(200, "DELIVERED")},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("a", "expected"), [f[1:] for f in HTTP_FILTERS], ids=[f[0] for f in HTTP_FILTERS])
def test_a_filter_whose_condition_is_open_does_both(a: Json, expected: set[tuple[int, str]]) -> None:
    found = ways(REST, filters=(a,))
    assert {(p.verdict.code, p.verdict.disposition.value) for p in found} == expected


def test_a_filter_that_reads_what_is_not_known_may_do_all_that_its_kind_may() -> None:
    csrf = a_filter(
        "csrf.v3.CsrfPolicy", filter_enabled={"default_value": {"numerator": 100, "denominator": "HUNDRED"}}
    )
    built = proxy([listener([{"filters": http([virtual_host(REST)], filters=(csrf,))}])])
    found = ask(built, get(method="POST", hidden="the log line"))
    assert [passage.verdict.disposition for passage in found] == [
        Disposition.DELIVERED,
        Disposition.UNDETERMINED,
    ]
    assert "origin" in found[0].undetermined[0] and "csrf" in found[0].undetermined[0]
