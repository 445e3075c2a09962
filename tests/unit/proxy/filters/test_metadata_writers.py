"""What filters write to dynamic metadata and filter state, and who reads it."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, ends, passages

NONE = (403, "rbac_access_denied_matched_policy[none]")


def wants(value: dict[str, Any], key: str = "k", namespace: str = "ns") -> dict[str, Any]:
    return allow_only({"metadata": {"filter": namespace, "path": [{"key": key}], "value": value}})


SET = a_filter(
    "set_metadata.v3.Config", metadata=[{"metadata_namespace": "ns", "value": {"k": "v", "n": None}}]
)


def test_set_metadata() -> None:
    assert answer((SET, wants({"string_match": {"exact": "v"}}))) == VIA
    assert answer((SET, wants({"null_match": {}}, "n"))) == VIA
    assert answer((SET, wants({"null_match": {}}, "absent"))) == NONE


@pytest.mark.parametrize(("overwrite", "expected"), [(True, "w"), (False, "v")])
def test_an_existing_namespace_is_left_alone_unless_it_may_be_overwritten(
    overwrite: bool, expected: str
) -> None:
    more = [{"metadata_namespace": "ns", "value": {"k": "w"}, "allow_overwrite": overwrite}]
    filters = (SET, a_filter("set_metadata.v3.Config", "again", metadata=more))
    assert answer((*filters, wants({"string_match": {"exact": expected}}))) == VIA


HEADER = a_filter(
    "header_to_metadata.v3.Config",
    request_rules=[
        {
            "header": "x-ver",
            "on_header_present": {"metadata_namespace": "ns", "key": "k"},
            "on_header_missing": {"metadata_namespace": "ns", "key": "k", "value": "none"},
            "remove": True,
        }
    ],
)


def test_header_to_metadata_and_the_header_is_taken_away() -> None:
    asked = get("/", "a.com", ("x-ver", "1"))
    assert answer((HEADER, wants({"string_match": {"exact": "1"}})), asked) == VIA
    assert answer((HEADER, wants({"string_match": {"exact": "none"}}))) == VIA
    gone = allow_only({"not_rule": {"header": {"name": "x-ver", "present_match": True}}})
    assert answer((HEADER, gone), asked) == VIA


JSON = a_filter(
    "json_to_metadata.v3.JsonToMetadata",
    request_rules={
        "rules": [{"selectors": [{"key": "v"}], "on_present": {"metadata_namespace": "ns", "key": "k"}}]
    },
)


def body(text: str, kind: str = "application/json") -> Any:
    headers = ("content-type", kind), ("content-length", str(len(text)))
    return get("/", "a.com", *headers, method="POST", body=text)


def test_json_to_metadata_chooses_the_route_again() -> None:
    match = {
        "prefix": "/",
        "dynamic_metadata": [
            {"filter": "ns", "path": [{"key": "k"}], "value": {"string_match": {"exact": "1"}}}
        ],
    }
    routes = (route("m", match, "d"), route("rest", {"prefix": "/"}))
    for request, name in (
        (body('{"v":"1"}'), "m"),
        (body('{"v":"2"}'), "rest"),
        (body('{"v":"1"}', "text/plain"), "rest"),
    ):
        (passage,) = passages((JSON,), request, routes=routes)
        assert passage.route_name == name


def test_json_to_metadata_may_leave_what_is_there() -> None:
    present = {"metadata_namespace": "ns", "key": "k", "preserve_existing_metadata_value": True}
    keeps = a_filter(
        "json_to_metadata.v3.JsonToMetadata",
        request_rules={"rules": [{"selectors": [{"key": "v"}], "on_present": present}]},
    )
    assert answer((SET, keeps, wants({"string_match": {"exact": "v"}})), body('{"v":"new"}')) == VIA


def test_json_of_a_body_that_is_not_known_leaves_metadata_open() -> None:
    unknown = get("/", "a.com", ("content-type", "application/json"), ("content-length", "9"), method="POST")
    filters = (JSON, wants({"string_match": {"exact": "1"}}))
    assert ends(filters, unknown) == {Disposition.DELIVERED, Disposition.DENIED}
    assert all("json_to_metadata" in way.undetermined[0] for way in passages(filters, unknown))


def test_filter_state() -> None:
    states = [
        {"object_key": "my.key", "format_string": {"text_format_source": {"inline_string": "%REQ(x-u)%"}}}
    ]
    written = a_filter("set_filter_state.v3.Config", on_request_headers=states)
    bob = {"filter_state": {"key": "my.key", "string_match": {"exact": "bob"}}}
    policy = {"permissions": [{"any": True}], "principals": [bob]}
    reads = a_filter("rbac.v3.RBAC", rules={"policies": {"p": policy}})
    assert answer((written, reads), get("/", "a.com", ("x-u", "bob"))) == VIA
    assert answer((written, reads), get("/", "a.com", ("x-u", "eve"))) == NONE
    assert answer((reads,)) == NONE
