"""From a route to its cluster and what is sent there: weights, names from headers, what is missing, retries, upgrades."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage, Request
from meshctl.proxy.routing.router import COPY
from tests.unit.proxy.build import ask, cluster, get, http, listener, proxy, route, virtual_host

Json = dict[str, Any]
D = Disposition.DELIVERED


def ways(
    action: Json,
    request: Request | None = None,
    *,
    runtime: Json | None = None,
    host: Json | None = None,
    clusters: tuple[Json, ...] = (),
    **manager: Any,
) -> list[Passage]:
    one = {"name": "r", "match": {"prefix": "/"}, "route": action}
    chain = {"filters": http([virtual_host(one, **(host or {}))], **manager)}
    known = clusters or (cluster("c", "10.0.0.1:1"), cluster("d", "10.0.0.2:1"))
    bootstrap = {"layered_runtime": {"layers": [{"name": "s", "static_layer": runtime or {}}]}}
    return ask(proxy([listener([chain])], known, bootstrap), request or get())


def weighted(*clusters: tuple[str, int], **more: Any) -> Json:
    return {
        "weighted_clusters": {
            "clusters": [{"name": name, "weight": weight} for name, weight in clusters],
            **more,
        }
    }


HEADER = ("x-n", "7")
TARGETS = [  # an action, headers, the runtime, the share of each cluster (None: no cluster)
    ({"cluster": "c"}, [], {}, {"c": 1.0}), ({"cluster": "none"}, [], {}, {None: 1.0}), ({"cluster_header": "X-C"}, [("x-c", "d")], {}, {"d": 1.0}), ({"cluster_header": "X-C"}, [], {}, {None: 1.0}),
    (weighted(("c", 3), ("d", 1)), [], {}, {"c": 0.75, "d": 0.25}), (weighted(("c", 1), ("d", 0)), [], {}, {"c": 1.0}), (weighted(("c", 1), ("none", 1)), [], {}, {"c": 0.5, None: 0.5}),
    (weighted(("c", 3), ("d", 1), runtime_key_prefix="k"), [], {"k": {"c": 1}}, {"c": 0.5, "d": 0.5}), (weighted(("c", 3), ("d", 1), runtime_key_prefix="k"), [], {}, {"c": 0.75, "d": 0.25}),
    (weighted(("c", 3), ("d", 1)), [], {"k": {"c": 1}}, {"c": 0.75, "d": 0.25}), (weighted(("c", 3), ("d", 1), header_name="X-N"), [HEADER], {}, {"d": 1.0}),
    (weighted(("c", 3), ("d", 1), header_name="X-N"), [("x-n", "6")], {}, {"c": 1.0}), (weighted(("c", 3), ("d", 1), header_name="X-N"), [("x-n", "x")], {}, {"c": 0.75, "d": 0.25}),
    (weighted(("c", 3), ("d", 1), header_name="X-N"), [], {}, {"c": 0.75, "d": 0.25}), (weighted(("c", 3), ("d", 1)), [HEADER], {}, {"c": 0.75, "d": 0.25}),
    ({"weighted_clusters": {"clusters": [{"cluster_header": "X-C", "weight": 1}]}}, [("x-c", "d")], {}, {"d": 1.0}),
    ({"weighted_clusters": {"clusters": [{"name": "c", "cluster_header": "X-C", "weight": 1}]}}, [("x-c", "d")], {}, {"c": 1.0}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "headers", "runtime", "shares"), TARGETS)
def test_where_a_route_sends(
    action: Json, headers: list[tuple[str, str]], runtime: Json, shares: dict[str | None, float]
) -> None:
    found: dict[str | None, float] = {}
    for passage in ways(action, get("/", "a.com", *headers), runtime=runtime):
        found[passage.cluster] = found.get(passage.cluster, 0.0) + passage.probability
        assert (passage.verdict.disposition is D) is (passage.cluster is not None)
    assert found == pytest.approx(shares)


@pytest.mark.parametrize(
    ("said", "code"),
    [(None, 503), ("SERVICE_UNAVAILABLE", 503), ("NOT_FOUND", 404), ("INTERNAL_SERVER_ERROR", 500)],
)
def test_a_cluster_that_is_missing(said: str | None, code: int) -> None:
    (passage,) = ways({"cluster": "none", **({"cluster_not_found_response_code": said} if said else {})})
    verdict = passage.verdict
    assert (verdict.code, verdict.flags, verdict.details, verdict.reason) == (
        code,
        "NC",
        "cluster_not_found",
        "cluster none does not exist",
    )


@pytest.mark.parametrize(
    "action",
    [{"cluster_specifier_plugin": "p"}, {"inline_cluster_specifier_plugin": {"extension": {"name": "p"}}}],
)
def test_a_plugin_that_chooses_is_not_known(action: Json) -> None:
    (passage,) = ways(action)
    assert passage.verdict.disposition is Disposition.UNDETERMINED
    assert passage.undetermined == ("the cluster specifier plugin p chooses the cluster",)


RETRIES = [  # the route's policy, the virtual host's, what is tried again
    (None, None, set()), ({"retry_on": "5xx, reset"}, None, {"5xx", "reset"}), ({"retry_on": "5xx", "num_retries": 0}, None, set()), ({"retry_on": "5xx", "num_retries": 2}, None, {"5xx"}), ({}, {"retry_on": "reset"}, set()),
    (None, {"retry_on": "reset"}, {"reset"}), ({"retry_on": "5xx"}, {"retry_on": "reset"}, {"5xx"}), ({"retry_on": ""}, None, set()),
]  # fmt: skip


@pytest.mark.parametrize(("own", "of_host", "words"), RETRIES)
def test_what_is_tried_again(own: Json | None, of_host: Json | None, words: set[str]) -> None:
    (passage,) = ways(
        {"cluster": "c", **({"retry_policy": own} if own is not None else {})},
        host={"retry_policy": of_host} if of_host else {},
    )
    assert passage.upstream is not None
    assert passage.upstream.retries == words


LABELS = [  # metadata_match of the route and of the weighted cluster, the host
    ({}, {}, {"10.0.0.1:1", "10.0.0.2:1"}), ({"v": "1"}, {}, {"10.0.0.1:1"}), ({"v": "1"}, {"v": "2"}, {"10.0.0.2:1"}), ({}, {"v": "2"}, {"10.0.0.2:1"}),
]  # fmt: skip


@pytest.mark.parametrize(("of_route", "of_cluster", "hosts"), LABELS)
def test_the_subset_that_a_route_asks_for(of_route: Json, of_cluster: Json, hosts: set[str]) -> None:
    def wanting(labels: Json) -> Json:
        return {"metadata_match": {"filter_metadata": {"envoy.lb": labels}}} if labels else {}

    one = cluster(
        "c",
        "10.0.0.1:1",
        "10.0.0.2:1",
        lb_subset_config={"fallback_policy": "ANY_ENDPOINT", "subset_selectors": [{"keys": ["v"]}]},
    )
    for index, host in enumerate(one["load_assignment"]["endpoints"][0]["lb_endpoints"], 1):
        host["metadata"] = {"filter_metadata": {"envoy.lb": {"v": str(index)}}}
    action = {
        "weighted_clusters": {"clusters": [{"name": "c", "weight": 1, **wanting(of_cluster)}]},
        **wanting(of_route),
    }
    (passage,) = ways(action, clusters=(one,))
    assert {host for host, _ in passage.upstream_hosts} == hosts


WEBSOCKET = get("/", "a.com", ("connection", "upgrade"), ("upgrade", "websocket"))
ALLOWED, OFF = [{"upgrade_type": "WebSocket"}], [{"upgrade_type": "websocket", "enabled": False}]
TUNNEL = Request("CONNECT", "a.com:443", None)
UPGRADES = [  # upgrade_configs of the route and of the manager, a request; (code, details, flags)
    (None, None, WEBSOCKET, (403, "upgrade_failed", None)), (ALLOWED, None, WEBSOCKET, (101, "downstream_remote_disconnect", "DC")), (None, ALLOWED, WEBSOCKET, (101, "downstream_remote_disconnect", "DC")),
    (OFF, ALLOWED, WEBSOCKET, (403, "upgrade_failed", None)), (ALLOWED, OFF, WEBSOCKET, (101, "downstream_remote_disconnect", "DC")), (None, OFF, WEBSOCKET, (403, "upgrade_failed", None)),
    ([{"upgrade_type": "other"}], None, WEBSOCKET, (403, "upgrade_failed", None)), (None, None, get("/", "a.com", ("upgrade", "websocket")), (200, "via_upstream", None)),
]  # fmt: skip


@pytest.mark.parametrize(("of_route", "of_manager", "request_", "expected"), UPGRADES)
def test_upgrades(
    of_route: list[Json] | None, of_manager: list[Json] | None, request_: Request, expected: tuple[Any, ...]
) -> None:
    manager = {"upgrade_configs": of_manager} if of_manager else {}
    (passage,) = ways(
        {"cluster": "c", **({"upgrade_configs": of_route} if of_route else {})}, request_, **manager
    )
    assert (passage.verdict.code, passage.verdict.details, passage.verdict.flags) == expected


@pytest.mark.parametrize(
    ("config", "path", "onward"), [({}, None, True), ({"connect_config": {}}, None, False)]
)
def test_a_tunnel_goes_on_or_ends_here(config: Json, path: str | None, onward: bool) -> None:
    one = {
        "name": "r",
        "match": {"connect_matcher": {}},
        "route": {"cluster": "c", "upgrade_configs": [{"upgrade_type": "CONNECT", **config}]},
    }
    (passage,) = ask(proxy([listener([{"filters": http([virtual_host(one)])}])]), TUNNEL)
    assert (passage.verdict.code, passage.verdict.flags, passage.upstream_path) == (200, "DC", path)
    assert passage.upstream is not None
    assert (passage.upstream.request is not None, passage.upstream_req_host) == (
        onward,
        "a.com:443" if onward else None,
    )


def test_hosts_by_name_are_apart_where_the_name_becomes_the_host() -> None:
    one = cluster("c", "10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1")
    for host, name in zip(
        one["load_assignment"]["endpoints"][0]["lb_endpoints"], ("x", "y", "x"), strict=True
    ):
        host["endpoint"]["hostname"] = name
    found = {
        p.upstream_req_host: (p.probability, dict(p.upstream_hosts))
        for p in ways({"cluster": "c", "auto_host_rewrite": True}, clusters=(one,))
    }
    assert found == {
        "x": (pytest.approx(2 / 3), pytest.approx({"10.0.0.1:1": 0.5, "10.0.0.3:1": 0.5})), "y": (pytest.approx(1 / 3), pytest.approx({"10.0.0.2:1": 1.0})),
    }  # fmt: skip
    (together,) = ways({"cluster": "c"}, clusters=(one,))
    assert together.upstream_req_host == "a.com"


NOTED: list[tuple[dict[str, Any], list[str]]] = [  # what else a route's action has, what is noted
    ({}, []), ({"timeout": "0s"}, []), ({"timeout": "1.5s"}, ["the route's timeout is 1.5s"]),
    ({"retry_policy": {"retry_on": "5xx"}}, ["retried up to 1 times on 5xx"]), ({"retry_policy": {"retry_on": "5xx", "num_retries": 3}}, ["retried up to 3 times on 5xx"]),
    ({"request_mirror_policies": [{"cluster": "m"}]}, ["goes to cluster m"]), ({"request_mirror_policies": [{"cluster": "m", "runtime_fraction": {"default_value": {"numerator": 25}}}]}, ["of 25 % goes to cluster m"]),
    ({"request_mirror_policies": [{"cluster_header": "x-m"}]}, ["goes to cluster x-m"]),
]  # fmt: skip


@pytest.mark.parametrize(("action", "noted"), NOTED)
def test_what_else_a_route_does_is_noted_for_who_reads(action: dict[str, Any], noted: list[str]) -> None:
    one = route("r", {"prefix": "/"}, **action)
    built = proxy([listener([{"filters": http([virtual_host(one)])}])])
    (told,) = ask(built, get(), silent=False)
    (silent,) = ask(built, get())
    assert [note.removeprefix(COPY) for note in told.notes if note not in silent.notes] == noted
