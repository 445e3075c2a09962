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


def written_by_json(text: str, content: str, **rules: Any) -> Any:
    """What a rule of each type writes of the body's ``k``, and one with a fixed value."""
    found = []
    for kind, fixed in (
        ("PROTOBUF_VALUE", {}),
        ("STRING", {}),
        ("NUMBER", {}),
        ("STRING", {"value": "fixed"}),
    ):
        pair = {"metadata_namespace": "ns", "key": "k"}
        rule = {
            "selectors": [{"key": "k"}],
            "on_present": {**pair, "type": kind, **fixed},
            "on_missing": {**pair, "value": "miss"},
            "on_error": {**pair, "value": "err"},
        }
        http_filter = a_filter("json_to_metadata.v3.JsonToMetadata", request_rules={"rules": [rule], **rules})
        (passage,) = passages((http_filter,), body(text, content))
        assert passage.seen is not None
        found.append(passage.seen.metadata_value("ns", ("k",), absent="nothing"))
    return found


# As a real Envoy 1.40 wrote them.
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"k":1}', [1, "1", 1, "fixed"]),
        ('{"k":1.5}', [1.5, "1.500000", 1.5, "fixed"]),
        ('{"k":1e3}', [1000, "1000.000000", 1000, "fixed"]),
        ('{"k":true}', [True, "1", 1, "fixed"]),
        ('{"k":null}', ["miss", "miss", "miss", "fixed"]),
        ('{"k":" 12 "}', [" 12 ", " 12 ", 12, "fixed"]),
        ('{"k":"0x10"}', ["0x10", "0x10", 16, "fixed"]),
        ('{"k":"1_0"}', ["1_0", "1_0", "miss", "fixed"]),
        ('{"k":""}', ["", "nothing", "miss", "fixed"]),
        ('{"k":{"j":1}}', ["miss", "miss", "miss", "fixed"]),
        ('{"k":[1]}', ["miss", "miss", "miss", "fixed"]),
        ("{}", ["miss", "miss", "miss", "fixed"]),
        ("[1]", ["miss"] * 4),
        ("null", ["miss"] * 4),
        ("", ["miss"] * 4),
        ('{"k":12345678901234567890}', ["err"] * 4),
        ('{"k":NaN}', ["err"] * 4),
        ("{k:1}", ["err"] * 4),
    ],
)
def test_json_to_metadata_by_type(text: str, expected: list[Any]) -> None:
    assert written_by_json(text, "application/json") == expected


@pytest.mark.parametrize(
    ("content", "rules", "expected"),
    [
        ("application/json; charset=utf-8", {}, "err"),
        ("Application/JSON", {}, "err"),
        ("text/json", {}, "err"),
        ("text/json", {"allow_content_types": ["text/json"]}, 1),
        ("text/x-json", {"allow_content_types_regex": {"regex": "text/.*json"}}, 1),
        ("", {}, "err"),
        ("", {"allow_empty_content_type": True}, 1),
    ],
)
def test_a_content_type_that_json_to_metadata_does_not_take_is_an_error(
    content: str, rules: dict[str, Any], expected: Any
) -> None:
    assert written_by_json('{"k":1}', content, **rules)[0] == expected


def test_an_error_of_json_to_metadata_has_the_route_chosen_again() -> None:
    """A query that a filter has changed is routed by, once another filter asks for the route anew."""
    rule = {"selectors": [{"key": "k"}], "on_present": {"key": "k"}, "on_error": {"key": "k", "value": "1"}}
    mutation = {"append": {"record": {"key": "x", "value": "1"}}}
    changes = a_filter(
        "header_mutation.v3.HeaderMutation", mutations={"query_parameter_mutations": [mutation]}
    )
    asks = a_filter("json_to_metadata.v3.JsonToMetadata", request_rules={"rules": [rule]})
    routes = (route("x", {"prefix": "/", "query_parameters": [{"name": "x", "present_match": True}]}),)
    for filters, expected in (((changes,), None), ((changes, asks), "x")):
        (passage,) = passages(filters, get("/", "a.com"), routes=routes)
        assert passage.route_name == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("GgJhYg==", "ab"),
        ("GgJhYg", "ab"),
        ("GgJhYg=", "ab"),
        ("GgJhYg===", "nothing"),
        ("EQAAAAAAAPg/", 1.5),
        ("IAE=", True),
        ("YWI=", "nothing"),
        ("???", "nothing"),
    ],
)
def test_a_header_may_hold_a_value_as_it_goes_over_the_wire(value: str, expected: Any) -> None:
    pair = {"metadata_namespace": "ns", "key": "k", "type": "PROTOBUF_VALUE", "encode": "BASE64"}
    writes = a_filter(
        "header_to_metadata.v3.Config", request_rules=[{"header": "x-v", "on_header_present": pair}]
    )
    (passage,) = passages((writes,), get("/", "a.com", ("x-v", value)))
    assert passage.seen is not None
    assert passage.seen.metadata_value("ns", ("k",), absent="nothing") == expected


TO = {"metadata_namespace": "ns", "key": "k"}
REWRITE = {"pattern": {"regex": "v([0-9]+)"}, "substitution": "\\1"}
SELECTED: list[tuple[dict[str, Any], Any]] = [  # a rule, what stands in metadata for x-v: v1, x-v: v2, x-n: 5 and cookie c=d
    ({"header": "X-V", "on_header_present": TO}, "v1,v2"), ({"header": "x-n", "on_header_present": {**TO, "type": "NUMBER"}}, 5), ({"header": "x-v", "on_header_present": {**TO, "type": "NUMBER"}}, None),
    ({"header": "x-n", "on_header_present": {**TO, "value": "other"}}, "other"), ({"header": "x-v", "on_header_present": {**TO, "regex_value_rewrite": REWRITE}}, "1,2"), ({"header": "x-none", "on_header_present": TO}, None),
    ({"header": "x-none", "on_header_missing": {**TO, "value": "none"}}, "none"), ({"header": "x-n", "on_header_missing": {**TO, "value": "none"}}, None), ({"header": "x-none", "on_header_missing": TO}, None),
    ({"cookie": "c", "on_header_present": TO}, "d"), ({"cookie": "e", "on_header_present": TO}, None), ({"cookie": "e", "on_header_missing": {**TO, "value": "none"}}, "none"), ({"cookie": "empty", "on_header_missing": {**TO, "value": "none"}}, "none"),
    ({"header": ":authority", "on_header_present": TO}, "a.com"), ({"header": "host", "on_header_present": TO}, "a.com"), ({"header": "x-n", "on_header_present": {"key": "k"}}, None),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "value"), SELECTED)
def test_what_a_header_or_a_cookie_leaves_in_metadata(rule: dict[str, Any], value: Any) -> None:
    writes = a_filter("header_to_metadata.v3.Config", request_rules=[rule])
    headers = (("x-v", "v1"), ("x-v", "v2"), ("x-n", "5"), ("cookie", "c=d; empty="))
    (way,) = passages((writes,), get("/", "a.com", *headers))
    assert way.seen is not None and way.seen.metadata_value("ns", ("k",)) == value
    own = way.seen.metadata_value("envoy.filters.http.header_to_metadata", ("k",))
    assert own == ("5" if rule.get("on_header_present") == {"key": "k"} else None)


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


RULE = {"selectors": [{"key": "o"}, {"key": "v"}], "on_present": TO, "on_missing": {**TO, "value": "missing"}, "on_error": {**TO, "value": "error"}}  # fmt: skip
READ: list[tuple[dict[str, Any], dict[str, Any], str, str, Any]] = [  # settings, more of the rule, the body, its content type, the value
    ({}, {}, '{"o":{"v":"x"}}', "application/json", "x"), ({}, {}, '{"o":{}}', "application/json", "missing"), ({}, {}, '{"o":1}', "application/json", "missing"), ({}, {}, "no", "application/json", "error"), ({}, {}, '{"o":{"v":null}}', "application/json", "missing"),
    ({}, {}, '{"o":{"v":{}}}', "application/json", "missing"), ({}, {}, '{"o":{"v":NaN}}', "application/json", "error"), ({}, {}, '{"o":{"v":36893488147419103232}}', "application/json", "error"),
    ({}, {"on_present": {**TO, "type": "NUMBER"}}, '{"o":{"v":"5"}}', "application/json", 5), ({}, {"on_present": {**TO, "type": "NUMBER"}}, '{"o":{"v":"x"}}', "application/json", "missing"), ({}, {"on_present": {**TO, "value": "fixed"}}, '{"o":{"v":1}}', "application/json", "fixed"),
    # the content types that are read
    ({}, {}, '{"o":{"v":"x"}}', "text/json", "error"), ({}, {}, '{"o":{"v":"x"}}', "", "error"), ({"allow_empty_content_type": True}, {}, '{"o":{"v":"x"}}', "", "x"),
    ({"allow_content_types": ["text/json"]}, {}, '{"o":{"v":"x"}}', "text/json", "x"), ({"allow_content_types": ["text/json"]}, {}, '{"o":{"v":"x"}}', "application/json", "error"),
    ({"allow_content_types_regex": {"regex": "text/.*"}}, {}, '{"o":{"v":"x"}}', "text/plain", "x"), ({"allow_content_types_regex": {"regex": "text"}}, {}, '{"o":{"v":"x"}}', "text/plain", "error"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "rule", "text", "kind", "value"), READ)
def test_what_is_read_of_a_body(
    fields: dict[str, Any], rule: dict[str, Any], text: str, kind: str, value: Any
) -> None:
    reads = a_filter(
        "json_to_metadata.v3.JsonToMetadata", request_rules={"rules": [{**RULE, **rule}], **fields}
    )
    headers = (("content-type", kind),) if kind else ()
    sized = (*headers, ("content-length", str(len(text))))
    (way,) = passages((reads,), get("/", "a.com", *sized, method="POST", body=text))
    assert way.seen is not None and way.seen.metadata_value("ns", ("k",)) == value
