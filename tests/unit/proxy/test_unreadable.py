"""A value of a wrong kind, or outside the schema, costs what depends on it and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, routed, virtual_host

Json = dict[str, Any]
OPEN = Disposition.UNDETERMINED


def told(
    *hosts: Json, host: str = "a.com", path: str = "/", **settings: Any
) -> tuple[str | None, Disposition]:
    passage = routed(proxy([listener([{"filters": http(list(hosts), **settings)}])]), get(path, host))
    return passage.route_name, passage.verdict.disposition


REST = route("rest", {"prefix": "/"})
ODD = [
    ("a condition of tomorrow", {"prefix": "/odd", "of_tomorrow": {}}),
    ("a path of tomorrow", {"path_of_tomorrow": "/odd", "headers": [{"name": ":path", "exact_match": "/odd"}]}),
    ("a header condition of tomorrow", {"prefix": "/odd", "headers": [{"name": "x", "match_of_tomorrow": "1"}]}),
    ("a string condition of tomorrow", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"like": "x"}}]}),
    ("a custom string matcher", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"custom": {"name": "c"}}}]}),
    ("a header list that is none", {"prefix": "/odd", "headers": "x"}),
    ("a regex that RE2 refuses", {"prefix": "/odd", "headers": [{"name": ":path", "string_match": {"safe_regex": {"regex": "(?=x)"}}}]}),
    ("a path policy of tomorrow", {"path_match_policy": {"name": "p", "typed_config": {"@type": "x/vendor.Policy"}},
                                   "headers": [{"name": ":path", "exact_match": "/odd"}]}),
]  # fmt: skip


@pytest.mark.parametrize("match", [o[1] for o in ODD], ids=[o[0] for o in ODD])
def test_what_is_not_known_of_a_match_never_counts_as_met(match: Json) -> None:
    hosts = virtual_host(route("odd", match), REST)
    assert told(hosts, path="/odd") == (None, OPEN)
    assert told(hosts, path="/else") == ("rest", Disposition.DELIVERED)


def test_a_route_that_is_none_costs_the_routes_behind_it() -> None:
    hosts = virtual_host(route("first", {"prefix": "/first"}), {"name": "odd", "match": "x"}, REST)
    assert told(hosts, path="/first") == ("first", Disposition.DELIVERED)
    assert told(hosts) == (None, OPEN)


def test_domains_that_cannot_be_read_cost_all_but_exact_ones() -> None:
    odd = {"name": "odd", "domains": "a.com", "routes": [REST]}
    exact = virtual_host(REST, domains=("b.com",))
    assert told(odd, exact, host="b.com") == ("rest", Disposition.DELIVERED)
    assert told(odd, exact, virtual_host(REST), host="c.com") == (None, OPEN)


OLD = [
    ({"regex": "/a.*"}, "/abc", True), ({"regex": "/a"}, "/abc", False),
    ({"prefix": "/", "headers": [{"name": ":path", "regex_match": "/a.*"}]}, "/abc", True),
    ({"prefix": "/", "headers": [{"name": ":path", "exact_match": "/a"}]}, "/a", True),
    ({"prefix": "/", "headers": [{"name": ":path", "prefix_match": "/a"}]}, "/abc", True),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1"}]}, "/?q=1", True),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1"}]}, "/?q=2", False),
    ({"prefix": "/", "query_parameters": [{"name": "q", "value": "1.", "regex": True}]}, "/?q=12", True),
    ({"prefix": "/", "query_parameters": [{"name": "q"}]}, "/?q", True),
]  # fmt: skip


@pytest.mark.parametrize(("match", "path", "taken"), OLD)
def test_old_spellings(match: Json, path: str, taken: bool) -> None:
    assert told(virtual_host(route("old", match), REST), path=path)[0] == ("old" if taken else "rest")


def test_a_set_field_that_nobody_evaluates_leaves_the_answer_open() -> None:
    odd = {**REST, "of_tomorrow": 1}
    built = proxy([listener([{"filters": http([virtual_host(odd)])}])])
    passages = ask(built, get())
    assert {p.verdict.disposition for p in passages} == {Disposition.DELIVERED, OPEN}
    assert sum(p.probability for p in passages) == pytest.approx(1)
    assert all("Route.of_tomorrow" in p.undetermined[0] for p in passages)
