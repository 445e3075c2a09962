"""header_mutation: what later filters see of a request."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, passages, settings


def mutation(*mutations: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return a_filter(
        "header_mutation.v3.HeaderMutation", mutations={"request_mutations": list(mutations)}, **fields
    )


def append(name: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD") -> dict[str, Any]:
    return {"append": {"header": {"key": name, "value": value}, "append_action": action}}


def wants(name: str, value: str) -> dict[str, Any]:
    return allow_only({"header": {"name": name, "string_match": {"exact": value}}})


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain", "plain"),
        ("%REQ(:path)%", "/p"),
        ("%REQ(x-no?x-a)%", "1"),
        ("%PROTOCOL%", "HTTP/1.1"),
        ("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.1.1.1"),
        ("100%%", "100%"),
    ],
)
def test_values_with_command_operators(value: str, expected: str) -> None:
    filters = (mutation(append("x-n", value)), wants("x-n", expected))
    assert answer(filters, get("/p", "a.com", ("x-a", "1"))) == VIA


def test_every_level_adds_its_own() -> None:
    filters = (mutation(append("x-f", "1")), wants("x-f", "1"), wants("x-r", "1"), wants("x-v", "1"))
    filters = (filters[0], *({**f, "name": f"rbac{i}"} for i, f in enumerate(filters[1:])))
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(mutation(append("x-r", "1")))}
    host = {"typed_per_filter_config": settings(mutation(append("x-v", "1")))}
    assert answer(filters, routes=(one,), host=host) == VIA


@pytest.mark.parametrize(("wins", "expected"), [(False, "vh"), (True, "route")])
def test_which_level_writes_last(wins: bool, expected: str) -> None:
    over = "OVERWRITE_IF_EXISTS_OR_ADD"
    own = mutation(most_specific_header_mutations_wins=wins)
    one = {
        **route("r", {"prefix": "/"}),
        "typed_per_filter_config": settings(mutation(append("x", "route", over))),
    }
    host = {"typed_per_filter_config": settings(mutation(append("x", "vh", over)))}
    assert answer((own, wants("x", expected)), routes=(one,), host=host) == VIA


def test_query_parameters() -> None:
    edits = [{"remove": "a"}, {"append": {"record": {"key": "c", "value": "3"}}}]
    changed = a_filter("header_mutation.v3.HeaderMutation", mutations={"query_parameter_mutations": edits})
    (passage,) = passages((changed,), get("/p?a=1&b=2"))
    assert passage.upstream_path == "/p?b=2&c=3"


def parameter(name: str, value: str, action: str = "APPEND_IF_EXISTS_OR_ADD") -> dict[str, Any]:
    return {"append": {"record": {"key": name, "value": value}, "action": action}}


OVER, ABSENT, PRESENT = "OVERWRITE_IF_EXISTS_OR_ADD", "ADD_IF_ABSENT", "OVERWRITE_IF_EXISTS"
QUERIES: list[tuple[list[dict[str, Any]], str, str]] = [  # mutations of the query, the path, the path that goes on: sorted by name
    ([], "/p?b=1&a=2", "/p?b=1&a=2"), ([parameter("a", "2")], "/p", "/p?a=2"), ([parameter("a", "2")], "/p?b&a=1", "/p?a=1&a=2&b="),
    ([parameter("a", "2", OVER)], "/p?a=1&a=3", "/p?a=2"), ([parameter("a", "2", OVER)], "/p", "/p?a=2"), ([parameter("a", "2", ABSENT)], "/p?a=1", "/p?a=1"), ([parameter("a", "2", ABSENT)], "/p?b=1", "/p?a=2&b=1"),
    ([parameter("a", "2", PRESENT)], "/p?a=1", "/p?a=2"), ([parameter("a", "2", PRESENT)], "/p?b=1", "/p?b=1"), ([{"remove": "a"}], "/p?a=1&a=2&b=3", "/p?b=3"), ([{"remove": "a"}], "/p?a=1", "/p"), ([{"remove": "a"}], "/p", "/p"),
    ([parameter("a", "%REQ(x)%")], "/p", "/p?a=1"), ([parameter("a b", "c&d")], "/p?e%20f=g", "/p?a%20b=c%26d&e%20f=g"),
]  # fmt: skip


@pytest.mark.parametrize(("mutations", "path", "left"), QUERIES)
def test_parameters_of_the_query(mutations: list[dict[str, Any]], path: str, left: str) -> None:
    own = a_filter("header_mutation.v3.HeaderMutation", mutations={"query_parameter_mutations": mutations})
    (way,) = passages((own,), get(path, "a.com", ("x", "1")))
    assert way.seen is not None and way.seen.first(":path") == left


def test_the_older_spelling_of_a_parameter_leaves_the_path_open() -> None:
    older = {"append": {"entry": {"key": "a", "value": "Mg=="}}}
    own = a_filter("header_mutation.v3.HeaderMutation", mutations={"query_parameter_mutations": [older]})
    found = passages((own, wants(":path", "/p")))
    assert len(found) == 2 and all(way.undetermined for way in found)


_SET = {"key": "j", "value": "1"}
CLEARS = a_filter(
    "json_to_metadata.v3.JsonToMetadata",
    request_rules={"rules": [{"selectors": [{"key": "j"}], "on_missing": _SET, "on_error": _SET}]},
)
TAKES, ASKS = mutation({"remove": "x-b"}), a_filter("rbac.v3.RBAC", rules={"action": "LOG", "policies": {}})
AGAIN: list[tuple[str, tuple[dict[str, Any], ...], str]] = [  # the filters, and the route of a request that had x-b
    ("a route that is asked for once it has changed", (CLEARS, TAKES), "without"),
    ("one that is asked for before", (CLEARS, ASKS, TAKES), "with"),
    ("one that is not chosen again", (TAKES, ASKS), "with"),
    ("one that is chosen again behind the change", (TAKES, CLEARS), "without"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "name"), [one[1:] for one in AGAIN], ids=[one[0] for one in AGAIN])
def test_a_route_is_chosen_again_by_what_the_request_is_when_it_is_asked_for(
    filters: tuple[dict[str, Any], ...], name: str
) -> None:
    present = {"prefix": "/", "headers": [{"name": "x-b", "present_match": True}]}
    routes = (route("with", present), route("without", {"prefix": "/"}))
    (passage,) = passages(filters, get("/", "a.com", ("x-b", "1")), routes=routes)
    assert passage.route_name == name


def test_the_mutations_of_a_route_are_those_of_the_one_chosen_again() -> None:
    present = {"prefix": "/", "headers": [{"name": "x-b", "present_match": True}]}
    per = {"typed_per_filter_config": settings(mutation(append("x-n", "1")))}
    routes = (route("with", present), {**route("without", {"prefix": "/"}), **per})
    asks = {**wants("x-n", "1"), "name": "asks"}
    assert answer((CLEARS, TAKES, asks), get("/", "a.com", ("x-b", "1")), routes=routes) == VIA


def chained(*filters: dict[str, Any]) -> dict[str, Any]:
    """A composite that runs these, whatever the request is."""
    kind = "type.googleapis.com/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction"
    action = {"name": "a", "typed_config": {"@type": kind, "filter_chain": {"typed_config": list(filters)}}}
    return a_filter("composite.v3.Composite", matcher={"on_no_match": {"action": action}})


CHAINS: list[tuple[str, tuple[dict[str, Any], ...], str]] = [
    ("within a chain, once the request has changed", (chained(CLEARS, TAKES),), "without"),
    ("within a chain, before", (chained(CLEARS, ASKS, TAKES),), "with"),
    ("behind a chain", (chained(ASKS, CLEARS), TAKES), "without"),
]  # fmt: skip


@pytest.mark.parametrize(("filters", "name"), [one[1:] for one in CHAINS], ids=[one[0] for one in CHAINS])
def test_a_route_that_a_chain_of_filters_has_chosen_again(
    filters: tuple[dict[str, Any], ...], name: str
) -> None:
    test_a_route_is_chosen_again_by_what_the_request_is_when_it_is_asked_for(filters, name)


DENIES = a_filter("rbac.v3.RBAC", rules={"policies": {}})
DELAYS = a_filter("fault.v3.HTTPFault", delay={"fixed_delay": "1s", "percentage": {"numerator": 100}})
READS = a_filter(
    "json_to_metadata.v3.JsonToMetadata",
    request_rules={"rules": [{"selectors": [{"key": "j"}]}], "allow_empty_content_type": True},
)
WAITS: list[tuple[str, dict[str, Any], str, int]] = [  # what is before the denial in a chain, the body, the answer
    ("nothing waits", ASKS, "x", 403), ("a delay", DELAYS, "", 200),
    ("a buffer", a_filter("buffer.v3.Buffer", max_request_bytes=9), "x", 200), ("a buffer without a body", a_filter("buffer.v3.Buffer", max_request_bytes=9), "", 403),
    ("what reads the body", READS, "x", 200), ("what reads none", READS, "", 403),
]  # fmt: skip


@pytest.mark.parametrize(("first", "body", "code"), [one[1:] for one in WAITS], ids=[one[0] for one in WAITS])
def test_a_chain_of_filters_ends_at_one_that_waits(first: dict[str, Any], body: str, code: int) -> None:
    (passage,) = passages((chained(first, DENIES),), get("/", "a.com", method="POST", body=body))
    assert passage.verdict.code == code
