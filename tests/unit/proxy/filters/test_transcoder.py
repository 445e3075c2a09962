"""JSON to gRPC: which requests are transcoded, refused, or passed on as they came."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from google.protobuf import descriptor_pb2 as pb

from meshctl.proxy.model import Request
from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, passages
from tests.unit.proxy.filters.test_grpc_methods import a_field, method, rule

Json = dict[str, Any]

INT32, BOOL, DOUBLE = 5, 8, 1
ORDER = pb.DescriptorProto(
    name="Order",
    field=[
        a_field("id", INT32),
        a_field("paid", BOOL),
        a_field("sum", DOUBLE),
        a_field("inner", 11, ".shop.Order"),
    ],
)
SERVICE = pb.ServiceDescriptorProto(
    name="Orders",
    method=[method("Get", rule("get", "/orders/{id}")), method("Put", rule("put", "/orders/{id}", "*"))],
)
SET = pb.FileDescriptorSet(
    file=[pb.FileDescriptorProto(name="s.proto", package="shop", message_type=[ORDER], service=[SERVICE])]
)
BOUND = {
    "proto_descriptor_bin": base64.b64encode(SET.SerializeToString()).decode(),
    "services": ["shop.Orders"],
}
GRPC, PLAIN = ["grpc"], ["plain"]
INVALID = [400, "grpc_json_transcode_failure{INVALID_ARGUMENT}"]
INVALID_EARLY = [400, "grpc_json_transcode_failure_early{INVALID_ARGUMENT}"]
UNKNOWN = [404, "grpc_json_transcode_failure_early{NOT_FOUND}"]
REFUSES = {
    "request_validation_options": {"reject_unknown_method": True, "reject_unknown_query_parameters": True}
}
PUT = {"method": "PUT"}
TRANSCODED: list[tuple[Json, Request, list[Any]]] = [  # settings, a request, the route or the answer of each way
    ({}, get("/orders/7"), [GRPC]),
    ({"match_incoming_request_route": True}, get("/orders/7"), [PLAIN]),
    ({}, get("/else"), [PLAIN]),
    (REFUSES, get("/else"), [UNKNOWN]),
    # a variable and a query parameter are read as their field's type
    ({}, get("/orders/seven"), [INVALID_EARLY]),
    ({}, get("/orders/7?paid=true&sum=1.5"), [GRPC]),
    ({}, get("/orders/7?paid=maybe"), [INVALID_EARLY]),
    ({}, get("/orders/7?sum=much"), [INVALID_EARLY]),
    # a parameter that is no field, or a message, is not transcoded, unless it is passed over
    ({}, get("/orders/7?other=1"), [PLAIN]),
    ({}, get("/orders/7?inner=1"), [PLAIN]),
    ({}, get("/orders/7?inner.id=1"), [GRPC]),
    (REFUSES, get("/orders/7?other=1"), [INVALID_EARLY]),
    ({"ignore_unknown_query_parameters": True}, get("/orders/7?other=1"), [GRPC]),
    ({"ignored_query_parameters": ["other"]}, get("/orders/7?other=1"), [GRPC]),
    ({"ignored_query_parameters": ["else"]}, get("/orders/7?other=1"), [PLAIN]),
    # a body must be an object where the rule maps it; whether it is one is open where the body is not told
    ({}, get("/orders/7", body='{"paid": true}', **PUT), [GRPC]),
    ({}, get("/orders/7", **PUT), [GRPC]),
    ({}, get("/orders/7", body="[]", **PUT), [GRPC, INVALID]),
    ({}, get("/orders/7", body="no", **PUT), [GRPC, INVALID]),
    ({"match_incoming_request_route": True}, get("/orders/7", body="no", **PUT), [PLAIN, INVALID]),
    ({}, get("/orders/seven", body="{}", **PUT), [INVALID]),
    ({}, get("/orders/7", body="no"), [GRPC]),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "request_", "ends"), TRANSCODED)
def test_what_becomes_of_a_request(fields: Json, request_: Request, ends: list[Any]) -> None:
    transcoder = a_filter("grpc_json_transcoder.v3.GrpcJsonTranscoder", **BOUND, **fields)
    routes = (route("grpc", {"prefix": "/shop.Orders/"}), route("plain", {"prefix": "/"}))
    found = passages((transcoder,), request_, routes=routes)
    shown = [
        [way.route_name]
        if (way.verdict.code, way.verdict.details) == VIA
        else [way.verdict.code, way.verdict.details]
        for way in found
    ]
    assert shown == ends
    assert all(bool(way.undetermined) is (len(ends) > 1) for way in found)


def test_a_transcoded_request_keeps_where_it_came_from() -> None:
    transcoder = a_filter("grpc_json_transcoder.v3.GrpcJsonTranscoder", **BOUND)
    sized = (("content-type", "application/json"), ("content-length", "2"))
    (way,) = passages((transcoder,), get("/orders/7", "a.com", *sized, body="{}", **PUT))
    assert way.seen is not None
    expected = {
        ":method": "POST",
        ":path": "/shop.Orders/Put",
        "x-envoy-original-method": "PUT",
        "x-envoy-original-path": "/orders/7",
        "content-type": "application/grpc",
        "te": "trailers",
        "content-length": "",
    }
    assert {name: way.seen.first(name) for name in expected} == expected
