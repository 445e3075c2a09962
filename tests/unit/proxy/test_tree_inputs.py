"""What a matcher tree of routes may ask of a request, and what is told of the routes that did not take it."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import Peer, RequestView
from meshctl.match.supposing import Undecidable
from meshctl.proxy.model import Stage, Tls
from meshctl.proxy.routing.routes import tree_inputs
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, virtual_host
from tests.unit.proxy.test_policies import MUTUAL

NAMED = Peer(("spiffe://td/a", "spiffe://td/b"), ("a.com", "b.com"), "CN=a")


def view(tls: Tls | None = None, *headers: tuple[str, str]) -> RequestView:
    chain: dict[str, Any] = {"filters": http([virtual_host(route("r", {"prefix": "/"}))])}
    if tls is not None:
        chain.update(MUTUAL)
    (passage,) = ask(proxy([listener([chain])]), get("/x?q=1&q=2", "a.com", *headers), tls=tls)
    assert passage.seen is not None
    return passage.seen


FROM_HEADERS = [  # an input with its fields, the value
    ("HttpRequestHeaderMatchInput", {"header_name": "X-A"}, "1,2"), ("HttpRequestHeaderMatchInput", {"header_name": ":method"}, "GET"), ("HttpRequestHeaderMatchInput", {"header_name": "x-none"}, None), ("HttpRequestHeaderMatchInput", {}, None),
    ("HttpRequestQueryParamMatchInput", {"query_param": "q"}, "1"), ("HttpRequestQueryParamMatchInput", {"query_param": "none"}, None), ("ServerNameInput", {}, None), ("UriSanInput", {}, None), ("SubjectInput", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "value"), FROM_HEADERS)
def test_what_a_tree_reads_of_a_request(kind: str, fields: dict[str, Any], value: str | None) -> None:
    assert tree_inputs(view(None, ("x-a", "1"), ("x-a", "2")))(f"x.y.{kind}", fields) == value


FROM_TLS = [  # the client's certificate, its URIs, DNS names, subject
    (NAMED, ("spiffe://td/a,spiffe://td/b", "a.com,b.com", "CN=a")), (Peer(), (None, None, None)), (Peer(dns=("a.com",)), (None, "a.com", None)),
]  # fmt: skip


@pytest.mark.parametrize(("peer", "values"), FROM_TLS)
def test_what_a_tree_reads_of_a_connection(peer: Peer, values: tuple[str | None, ...]) -> None:
    ask_ = tree_inputs(view(Tls("s.com", (), peer, mesh=True)))
    assert tuple(ask_(kind, {}) for kind in ("UriSanInput", "DnsSanInput", "SubjectInput")) == values
    assert ask_("ServerNameInput", {}) == "s.com"


@pytest.mark.parametrize("kind", ["a.b.HttpResponseHeaderMatchInput", ""])
def test_what_a_tree_cannot_read(kind: str) -> None:
    with pytest.raises(Undecidable, match="is not known before the request is sent"):
        tree_inputs(view())(kind, {})


def told(*routes: dict[str, Any], **host: Any) -> list[tuple[str, str]]:
    built = proxy([listener([{"filters": http([virtual_host(*routes, **host)])}])])
    (passage,) = ask(built, get("/a/b"), silent=False)
    (step,) = [step for step in passage.steps if step.stage is Stage.ROUTE]
    return [(one.name, one.reason) for one in step.rejected]


def test_the_nearest_miss_is_told_first_and_later_routes_are_counted() -> None:
    near = route("near", {"prefix": "/a", "headers": [{"name": "x", "present_match": True}]})
    far, taken = route("far", {"path": "/none"}), route("taken", {"prefix": "/"})
    found = told(far, near, taken, far)
    assert [name for name, _ in found] == ["route `near`", "route `far`", "1 later route"]
    assert found[-1][1] == "an earlier route took it"
    assert told(taken, far, far)[-1] == ("2 later routes", "an earlier route took it")
    assert told(taken) == []


def test_of_many_routes_the_nearest_are_told() -> None:
    misses = [route(f"r{n}", {"path": f"/{n}"}) for n in range(10)]
    found = told(*misses, route("taken", {"prefix": "/"}))
    assert len(found) == 9 and found[-1] == ("2 more routes", "each fails a criterion")
    assert len(told(*misses[:8], route("taken", {"prefix": "/"}))) == 8


INPUT = {"name": "i", "typed_config": {"@type": "x/envoy.type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": "x"}}  # fmt: skip


def test_the_way_through_a_matcher_is_told() -> None:
    other = route("other", {"path": "/none"})
    named = {"action": {"name": "n", "typed_config": {"@type": "x/envoy.config.route.v3.Route", **other}}}
    assert told(matcher={"on_no_match": named}) == [("matcher", "no match: on_no_match")]
    tree = {"input": INPUT, "exact_match_map": {"map": {"a": named}}}
    assert told(matcher={"matcher_tree": tree}) == []
