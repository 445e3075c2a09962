"""Tests of router_check_tool: what of a route configuration each name of ``validate`` is compared with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.trace import router_check
from meshctl.trace.expectations import Problem

Json = dict[str, Any]
_ADMIN = "type.googleapis.com/envoy.admin.v3."


def route(name: str, prefix: str, **more: Any) -> Json:
    return {"name": name, "match": {"prefix": prefix}, **more}


def to(cluster: str = "c", **more: Any) -> Json:
    return {"route": {"cluster": cluster, **more}}


def header(key: str, value: str) -> Json:
    return {"header": {"key": key, "value": value}}


HOST = {
    "name": "vh", "domains": ["a.com"], "virtual_clusters": [{"name": "vc", "headers": [{"name": ":method", "exact_match": "PUT"}]}],
    "request_headers_to_add": [header("x-host", "1")], "response_headers_to_add": [header("x-answer", "2")],
    "routes": [
        route("long", "/long", **to(prefix_rewrite="/short", host_rewrite_literal="b.com", timeout="7s")),
        route("split", "/split", route={"weighted_clusters": {"clusters": [{"name": "v1", "weight": 75, "request_headers_to_add": [header("x-v", "1")]}, {"name": "v2", "weight": 25}]}}),
        route("moved", "/moved", redirect={"host_redirect": "new.com", "response_code": "FOUND"}), route("answer", "/answer", direct_response={"status": 418, "body": {"inline_string": "né"}}),
        {"name": "half", "match": {"prefix": "/half", "runtime_fraction": {"default_value": {"numerator": 50}, "runtime_key": "k"}}, **to("half")},
        route("meta", "/meta", **to(), metadata={"filter_metadata": {"ns": {"key": "value"}}}), route("none", "/nothing", non_forwarding_action={}), route("rest", "/", **to()),
    ],
}  # fmt: skip
TLS = {"name": "tls", "domains": ["tls.com"], "require_tls": "ALL", "routes": [route("r", "/", **to())]}
TABLES = [
    {"name": "80", "virtual_hosts": [HOST, TLS]},
    {
        "name": "90",
        "virtual_hosts": [{"name": "other", "domains": ["*"], "routes": [route("o", "/", **to("other"))]}],
    },
]


def proxy_of(*tables: Json) -> Proxy:
    notes = Notes()
    dump = {
        "configs": [
            {
                "@type": f"{_ADMIN}RoutesConfigDump",
                "dynamic_route_configs": [{"route_config": table} for table in tables],
            }
        ]
    }
    return Proxy(
        snapshot.load(documents.read(json.dumps(dump).encode(), "test", notes), "test", notes), "test", 0.0
    )


PROXY = proxy_of(*TABLES)


def problems(given: Json, validate: Json, table: str = "80") -> list[str]:
    asked = {"method": "GET", "authority": "a.com", "path": "/", **given}
    found = router_check.check(
        PROXY, router_check.tables(PROXY), {"input": asked, "validate": validate, "route_config": table}
    )
    assert not any(problem.open for problem in found)
    return [problem.text for problem in found]


def matches(name: str, value: str) -> Json:
    return {"request_header_matches": [{"name": name, "string_match": {"exact": value}}]}


def answers(name: str, value: str) -> Json:
    return {"response_header_matches": [{"name": name, "string_match": {"exact": value}}]}


HOLDS = [  # the input, what holds of it
    ({}, {"cluster_name": "c", "virtual_host_name": "vh", "path_rewrite": "/", "host_rewrite": "a.com", "path_redirect": "", "virtual_cluster_name": "other", "timeout": "15s"}),
    ({"method": "PUT"}, {"virtual_cluster_name": "vc"}), ({"path": "/long/x?q"}, {"path_rewrite": "/short/x?q", "host_rewrite": "b.com", "timeout": "7s"}),
    ({"path": "/long"}, matches(":path", "/short")), ({"path": "/long"}, matches(":authority", "b.com")), ({}, matches("x-host", "1")), ({}, matches(":scheme", "http")),
    ({"ssl": True}, matches("x-forwarded-proto", "https")), ({"ssl": "true"}, matches(":scheme", "https")), ({"internal": True}, matches("x-envoy-internal", "true")),
    ({"additional_request_headers": [{"key": "X-A", "value": "1"}, {"key": "x-a", "value": "2"}]}, {"request_header_fields": [{"key": "x-a", "value": "1,2"}]}),
    ({"additional_headers": [{"field": "X-A", "value": "1"}]}, {"header_fields": [{"field": "X-A", "value": "1"}]}), ({}, answers("x-answer", "2")), ({}, {"response_header_fields": [{"key": "x-answer", "value": "2"}]}),
    ({"path": "/moved/x"}, {"path_redirect": "http://new.com/moved/x", "code_redirect": 302, "cluster_name": ""}), ({"path": "/moved", "ssl": True}, {"path_redirect": "https://new.com/moved"}),
    ({"path": "/answer"}, {"code_redirect": 418, "cluster_name": ""}), ({"path": "/answer"}, answers(":status", "418")), ({"path": "/answer"}, answers("content-length", "3")),
    ({"path": "/answer"}, answers("content-type", "text/plain")), ({"path": "/answer"}, answers("x-answer", "2")),
    ({"path": "/split", "random_value": 74}, {"cluster_name": "v1"}), ({"path": "/split", "random_value": 75}, {"cluster_name": "v2"}), ({"path": "/split"}, matches("x-v", "1")),
    ({"path": "/half", "random_value": 49}, {"cluster_name": "c"}), ({"path": "/half", "random_value": 49, "runtime": "k"}, {"cluster_name": "half"}), ({"path": "/half", "random_value": 50, "runtime": "k"}, {"cluster_name": "c"}),
    ({"path": "/half", "random_value": 49, "runtime": "other"}, {"cluster_name": "c"}), ({"path": "/meta"}, {"route_metadata": [{"namespace": "ns", "key": "key", "value": "value"}]}),
    ({"authority": "tls.com"}, {"path_redirect": "https://tls.com/", "code_redirect": 301, "cluster_name": ""}), ({"authority": "tls.com", "ssl": True}, {"cluster_name": "c", "path_redirect": ""}),
    ({"authority": "nobody.com"}, {"cluster_name": "", "virtual_host_name": "", "timeout": ""}), ({"path": "/nothing"}, {"cluster_name": "", "virtual_host_name": ""}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "validate"), HOLDS)
def test_what_holds(given: Json, validate: Json) -> None:
    assert problems(given, validate) == []


WRONG = [  # the input, what is asked, what is wrong with it
    ({}, {"cluster_name": "d"}, "cluster_name is `c`, expected `d`"), ({}, {"virtual_host_name": ""}, "virtual_host_name is `vh`, expected ``"), ({}, {"timeout": "1s"}, "timeout is `15s`, expected `1s`"),
    ({"path": "/meta"}, {"route_metadata": [{"namespace": "ns", "key": "none", "value": "x"}]}, "route_metadata ns none is ``, expected `x`"),
    ({"path": "/meta"}, {"route_metadata": [{"namespace": "ns", "key": "key", "value": "x"}]}, "route_metadata ns key is `value`, expected `x`"),
    ({}, matches("x-host", "9"), "header `x-host` is `1`, wants exact `9`"), ({}, answers("x-answer", "9"), "header `x-answer` is `2`, wants exact `9`"),
    ({}, {"custom_header_fields": [{"key": "x-host", "value": "9"}]}, "header x-host is `1`, expected `9`"), ({}, {"response_header_fields": [{"key": "x-answer"}]}, "header x-answer is `2`, expected ``"),
    ({"authority": "nobody.com"}, {"timeout": "15s"}, "timeout is ``, expected `15s`"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "validate", "problem"), WRONG)
def test_what_is_wrong(given: Json, validate: Json, problem: str) -> None:
    assert problems(given, validate) == [problem]


def check(validate: Json, **more: Any) -> list[Problem]:
    test = {"input": {"authority": "a.com", "path": "/"}, "validate": validate, **more}
    return router_check.check(PROXY, router_check.tables(PROXY), test)


def test_the_table_that_fits_best_or_the_one_that_is_named() -> None:
    assert [table.name for table in router_check.tables(PROXY)] == ["80", "90"]
    assert check({"cluster_name": "other"}) == check({"cluster_name": "c"}) == []
    assert check({"cluster_name": "c"}, route_config="90") == [
        Problem("cluster_name is `other`, expected `c`")
    ]
    assert check({"cluster_name": "c"}, route_config="99") == [Problem("there is no route configuration 99")]


def test_what_cannot_be_known_is_open() -> None:
    unknown = {"name": "r", "match": {"prefix": "/", "new_field": 1}, **to()}
    proxy = proxy_of({"name": "80", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [unknown]}]})
    (problem,) = router_check.check(
        proxy, router_check.tables(proxy), {"input": {"path": "/"}, "validate": {"cluster_name": "c"}}
    )
    assert problem.open and "new_field" in problem.text


def test_metadata_of_the_input_is_set_in_order() -> None:
    matcher = {"filter": "ns", "path": [{"key": "k"}], "value": {"string_match": {"exact": "2"}}}
    asked = {"name": "r", "match": {"prefix": "/", "dynamic_metadata": [matcher]}, **to()}
    proxy = proxy_of({"name": "80", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": [asked]}]})
    for second, fits in (({"allow_overwrite": True}, True), ({}, False), ({"allow_overwrite": "true"}, True)):
        metadata = [
            {"metadata_namespace": "ns", "value": {"k": "1"}},
            {"metadata_namespace": "ns", "value": {"k": "2"}, **second},
        ]
        found = router_check.check(
            proxy,
            router_check.tables(proxy),
            {"input": {"path": "/", "dynamic_metadata": metadata}, "validate": {"cluster_name": "c"}},
        )
        assert (found == []) is fits
