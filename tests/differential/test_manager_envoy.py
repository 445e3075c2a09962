"""What a connection manager does before and around routing, against a real Envoy started here."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.differential.test_trace_envoy import disagreements, hosts, needs_envoy, to

Json = dict[str, Any]
Asked = list[tuple[str, str, list[tuple[str, str]]]]
ANY: Json = {"prefix": "/"}
_HTTP = "type.googleapis.com/envoy.extensions.http"


def is_(name: str, value: str) -> Json:
    return {"prefix": "/", "headers": [{"name": name, "string_match": {"exact": value}}]}


def by_header(name: str, *values: str) -> Json:
    """A route for each value of a header, and the rest."""
    return hosts(*[to(f"{name}={value}", is_(name, value)) for value in values], to("rest", ANY))


def extension(kind: str, **config: Any) -> Json:
    return {"name": kind, "typed_config": {"@type": f"{_HTTP}.{kind}", **config}}


CUSTOM = "original_ip_detection.custom_header.v3.CustomHeaderConfig"
XFF = "original_ip_detection.xff.v3.XffConfig"
EARLY = "early_header_mutation.header_mutation.v3.HeaderMutation"
OVERWRITE = "OVERWRITE_IF_EXISTS_OR_ADD"
NESTED = {"prefix": "/", "headers": [{"name": "x-a", "string_match": {"exact": "1"}}]}


def status(op: str, value: int) -> Json:
    return {
        "status_code_filter": {
            "comparison": {"op": op, "value": {"default_value": value, "runtime_key": "k"}}
        }
    }


CASES: dict[str, tuple[Json, Asked]] = {
    "path_rewrite": (
        {"route_config": hosts(to("r", ANY, path_rewrite="/n%REQ(x-h)%"))},
        [("GET", "/a?q=1", []), ("GET", "/a?q=1", [("x-h", "/z")]), ("GET", "/a?q=1", [("x-h", "/z?w")])],
    ),
    "redirect with path_rewrite": (
        {"route_config": hosts({"name": "r", "match": ANY, "redirect": {"path_rewrite": "/n%REQ(x-h)%"}})},
        [("GET", "/a?q=1", []), ("GET", "/a?q=1", [("x-h", "/z?w")])],
    ),
    "custom header detection": (
        {"original_ip_detection_extensions": [extension(CUSTOM, header_name="x-ip", reject_with_status={"code": "Unauthorized"})],
         "route_config": hosts(to("r", ANY))},
        [("GET", "/", []), ("GET", "/", [("x-ip", "1.2.3.4")]), ("GET", "/", [("x-ip", "bad")])],
    ),
    "a rejection that is no error": (
        {"original_ip_detection_extensions": [extension(CUSTOM, header_name="x-ip", reject_with_status={"code": "OK"})],
         "route_config": hosts(to("r", ANY))},
        [("GET", "/", [])],
    ),
    "xff detection": (
        {"original_ip_detection_extensions": [extension(XFF, xff_num_trusted_hops=1)],
         "internal_address_config": {"cidr_ranges": [{"address_prefix": "1.0.0.0", "prefix_len": 8}]},
         "route_config": by_header("x-envoy-internal", "true")},
        [("GET", "/", [("x-forwarded-for", "1.1.1.1, 2.2.2.2")]), ("GET", "/", [("x-forwarded-for", "1.1.1.1")])],
    ),
    "internal by x-forwarded-for": (
        {"internal_address_config": {"cidr_ranges": [{"address_prefix": "1.0.0.0", "prefix_len": 8}]},
         "route_config": by_header("x-envoy-internal", "true")},
        [("GET", "/", [("x-forwarded-for", v)]) for v in ("1.1.1.1", "2.1.1.1", "1.1.1.1, 1.1.1.1", "x", "")],
    ),
    "early mutation": (
        {"early_header_mutation_extensions": [extension(EARLY, mutations=[
            {"append": {"header": {"key": "x-b", "value": "%REQ(x-a)%-%PROTOCOL%"}}}, {"remove": "x-a"}])],
         "route_config": by_header("x-b", "1-HTTP/1.1", "-HTTP/1.1")},
        [("GET", "/", []), ("GET", "/", [("x-a", "1")])],
    ),
    "te, expect and via": (
        {"via": "me", "route_config": hosts(to("t", is_("te", "trailers")), to("te", {"prefix": "/", "headers": [{"name": "te", "present_match": True}]}),
            to("e", {"prefix": "/", "headers": [{"name": "expect", "present_match": True}]}), to("v", is_("via", "me")), to("vv", is_("via", "you, me")), to("r", ANY))},
        [("GET", "/", h) for h in ([], [("te", "gzip")], [("te", "gzip, trailers")], [("expect", "100-continue")], [("via", "you")])],
    ),
    "local replies": (
        {"local_reply_config": {"mappers": [
            {"filter": {"and_filter": {"filters": [status("GE", 400), {"header_filter": {"header": {"name": "x-a", "present_match": True}}}]}}, "status_code": 418},
            {"filter": {"or_filter": {"filters": [status("EQ", 301), {"response_flag_filter": {"flags": ["NR"]}}]}}, "status_code": 302,
             "headers_to_add": [{"header": {"key": "location", "value": "/x"}, "append_action": OVERWRITE}]}]},
         "route_config": hosts({"name": "dr", "match": {"prefix": "/dr"}, "direct_response": {"status": 404}},
            {"name": "rd", "match": {"prefix": "/rd"}, "redirect": {"https_redirect": True}}, to("ok", {"prefix": "/ok"}))},
        [("GET", p, h) for p in ("/dr", "/rd", "/ok", "/none") for h in ([], [("x-a", "1")])],
    ),
    "grpc is told 200": (
        {"route_config": hosts({"name": "dr", "match": {"prefix": "/dr"}, "direct_response": {"status": 404}})},
        [("POST", p, [("content-type", t), ("content-length", "0")]) for p in ("/dr", "/none")
         for t in ("application/grpc", "application/grpc+x", "application/grpc;x", "application/grpc-web")],
    ),
    "non-forwarding": ({"route_config": hosts({"name": "n", "match": ANY, "non_forwarding_action": {}})}, [("GET", "/", [])]),
    "upgrades": (
        {"upgrade_configs": [{"upgrade_type": "websocket"}], "route_config": hosts(to("r", {"prefix": "/r"}),
            {"name": "dr", "match": {"prefix": "/dr"}, "direct_response": {"status": 200}})},
        [("GET", p, [("connection", "upgrade"), ("upgrade", u)]) for p in ("/dr", "/none") for u in ("websocket", "h2c", "other")],
    ),
    "escaped slashes and dots": (
        {"normalize_path": True, "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT", "route_config": hosts(to("r", ANY))},
        [("GET", "/a%2Fb", []), ("GET", "/a%2Fb", [("content-type", "application/grpc")]), ("GET", "/a/../b", []), ("GET", "/a%5c..%2fb?x=%2f", [])],
    ),
    "cookies": (
        {"route_config": hosts(to("c", {"prefix": "/", "cookies": [{"name": "a", "string_match": {"exact": "1"}}]}), to("r", ANY))},
        [("GET", "/", [("cookie", c)]) for c in ("a=1", " a=1", "a =1", "a= 1", "b=2;a=1", 'a="1"', "a=1;a=2", "a=2;a=1", "a=1 ;b")],
    ),
}  # fmt: skip


@pytest.mark.envoy
@pytest.mark.parametrize("name", CASES)
def test_a_real_envoy_agrees(name: str, tmp_path: pathlib.Path) -> None:
    needs_envoy()
    wrong = disagreements(tmp_path, *CASES[name])
    assert not wrong, "\n".join(map(str, wrong))
