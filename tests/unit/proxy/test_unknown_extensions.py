"""An extension that meshctl does not know leaves open what it decides, and nothing besides."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import RequestView
from meshctl.proxy.model import Disposition as D
from tests.unit.proxy.build import ask, cluster, get, http, listener, proxy, route, routed, virtual_host

Json = dict[str, Any]

ALL: Json = {"prefix": "/"}
MY: Json = {"name": "mine", "typed_config": {"@type": "type.googleapis.com/my.Extension"}}
BY_PATH = [{"header": {"header_name": ":path"}}]


def with_routes(*routes: Json, clusters: tuple[Json, ...] = (), **more: Any) -> Any:
    return proxy([listener([{"filters": http([virtual_host(*routes)], **more)}])], clusters)


def test_a_path_rewrite_leaves_the_path_open_and_tells_the_rest() -> None:
    passage = routed(with_routes(route("r", ALL, path_rewrite_policy=MY)), get("/x"))
    assert (passage.verdict.disposition, dict(passage.upstream_hosts)) == (
        D.DELIVERED,
        {"10.0.0.1:8080": 1.0},
    )
    assert passage.undetermined == ("the path that is sent: the path rewrite policy mine is not evaluated",)
    assert passage.upstream_req_host == "a.com"
    assert passage.upstream is not None
    assert passage.upstream.request is not None
    by = "the path rewrite policy mine"
    assert passage.upstream.request.opaque == {":path": by, "x-envoy-original-path": by}


@pytest.mark.parametrize(
    ("asked", "open_"), [(":path", True), (":authority", False), ("x-envoy-original-path", True)]
)
def test_what_reads_the_path_that_is_sent_is_open(asked: str, open_: bool) -> None:
    many = cluster("c", "10.0.0.1:1", "10.0.0.2:1", lb_policy="RING_HASH")
    hashed = route("r", ALL, path_rewrite_policy=MY, hash_policy=[{"header": {"header_name": asked}}])
    passage = routed(with_routes(hashed, clusters=(many,)), get("/x"))
    assert any("hash key" in reason for reason in passage.undetermined) is open_


def test_the_next_proxy_does_not_know_the_path_and_knows_the_rest() -> None:
    """Both routes are followed there, by the same question."""
    sent = get("/x", "a.com", opaque={":path": "the path rewrite policy mine"})
    passages = ask(with_routes(route("a", {"path": "/x"}), route("b", ALL)), sent)
    assert sorted((p.route_name or "", p.decided) for p in passages) == [("a", False), ("b", False)]
    by_method = {"prefix": "/", "headers": [{"name": ":method", "string_match": {"exact": "GET"}}]}
    assert routed(with_routes(route("m", by_method)), sent).route_name == "m"


def test_a_view_whose_path_is_open_knows_host_and_method() -> None:
    view = RequestView({":path": ["/x"], ":method": ["GET"], ":authority": ["a"]}, opaque={":path": "X"})
    assert (view.first(":method"), view.first("host"), view.is_connect) == ("GET", "a", False)
