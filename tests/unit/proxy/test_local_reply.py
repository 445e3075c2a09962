"""What a client gets where the proxy answers itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.build import cluster, get, http, listener, proxy, route, routed, virtual_host

Json = dict[str, Any]
ROUTES = virtual_host(
    {"name": "dr", "match": {"prefix": "/dr"}, "direct_response": {"status": 404}},
    {"name": "rd", "match": {"prefix": "/rd"}, "redirect": {"https_redirect": True}},
    route("nc", {"prefix": "/nc"}, "missing"),
    route("ok", {"prefix": "/ok"}),
)


def code(path: str, *headers: tuple[str, str], mapper: Json | None = None) -> tuple[int | None, str | None]:
    settings = {"local_reply_config": {"mappers": [mapper]}} if mapper else {}
    built = proxy([listener([{"filters": http([ROUTES], **settings)}])])
    passage = routed(built, get(path, "a.com", *headers))
    return passage.verdict.code, passage.location


def status(op: str, value: int) -> Json:
    return {
        "status_code_filter": {
            "comparison": {"op": op, "value": {"default_value": value, "runtime_key": "k"}}
        }
    }


FLAGGED = {"response_flag_filter": {"flags": ["NR", "NC"]}}
MAPPED = [
    ("a status", status("EQ", 404), "/dr", 418), ("or above", status("GE", 400), "/nc", 418),
    ("not this status", status("EQ", 404), "/rd", 301), ("a flag", FLAGGED, "/none", 418),
    ("without the flag", FLAGGED, "/dr", 404), ("every answer", None, "/rd", 418),
    ("both", {"and_filter": {"filters": [FLAGGED, status("EQ", 503)]}}, "/nc", 418),
    ("one of them", {"or_filter": {"filters": [FLAGGED, status("EQ", 404)]}}, "/dr", 418),
    ("no health check", {"not_health_check_filter": {}}, "/dr", 418), ("what comes from upstream", None, "/ok", 200),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "path", "expected"), [m[1:] for m in MAPPED], ids=[m[0] for m in MAPPED])
def test_the_first_mapper_that_takes_the_answer(wanted: Json | None, path: str, expected: int) -> None:
    assert code(path, mapper={"status_code": 418, **({"filter": wanted} if wanted else {})})[0] == expected


def test_a_mapper_may_add_a_location() -> None:
    mapper = {"headers_to_add": [{"header": {"key": "Location", "value": "/x"}}]}
    assert code("/dr", mapper=mapper) == (404, "/x")
    assert code("/rd", mapper=mapper) == (301, "https://a.com/rd")


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("application/grpc", 200), ("application/grpc+proto", 200), ("application/grpc;v=1", 404),
        ("application/grpc-web", 404), ("Application/grpc", 404),
    ],
)  # fmt: skip
def test_grpc_is_told_in_its_own_status(kind: str, expected: int) -> None:
    assert code("/dr", ("content-type", kind))[0] == expected


def test_what_a_mapper_asks_and_nobody_knows_is_named() -> None:
    mapper = {"filter": {"runtime_filter": {"runtime_key": "k"}}, "status_code": 418}
    built = proxy([listener([{"filters": http([ROUTES], local_reply_config={"mappers": [mapper]})}])])
    (unknown,) = routed(built, get("/dr")).undetermined
    assert "runtime_filter" in unknown


def test_a_header_filter_reads_the_request_as_the_filters_left_it() -> None:
    kind = "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation"
    removes = {
        "name": "m",
        "typed_config": {"@type": kind, "mutations": {"request_mutations": [{"remove": "x-a"}]}},
    }
    mapper = {
        "filter": {"header_filter": {"header": {"name": "x-a", "present_match": True}}},
        "status_code": 418,
    }
    built = proxy(
        [
            listener(
                [{"filters": http([ROUTES], filters=(removes,), local_reply_config={"mappers": [mapper]})}]
            )
        ]
    )
    assert code("/dr", ("x-a", "1"), mapper=mapper)[0] == 418
    assert routed(built, get("/dr", "a.com", ("x-a", "1"))).verdict.code == 404


@pytest.mark.parametrize(("name", "path"), [("empty", "/sent"), ("missing", "/sent"), ("full", "/sent")])
def test_a_header_filter_reads_the_request_as_the_route_sends_it_on_where_a_host_is_missing(
    name: str, path: str
) -> None:
    """A cluster that is not there is found out before."""
    mapper = {
        "filter": {"header_filter": {"header": {"name": "x-a", "string_match": {"exact": "route"}}}},
        "status_code": 418,
    }
    writes = [{"header": {"key": "x-a", "value": "route"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}]
    one = {**route("r", {"prefix": path}, name), "request_headers_to_add": writes}
    full = {**cluster("full", "10.0.0.1:80"), "circuit_breakers": {"thresholds": [{"max_requests": 0}]}}
    chain = {"filters": http([virtual_host(one)], local_reply_config={"mappers": [mapper]})}
    built = proxy([listener([chain])], (cluster("empty"), full))
    passage = routed(built, get(path, "a.com", ("x-a", "client")))
    assert passage.verdict.code == {"empty": 418, "missing": 503, "full": 418}[name]
