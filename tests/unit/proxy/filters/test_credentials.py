"""Basic auth, API keys, injected credentials, rate limits and tags: what passes, what is refused, what goes on changed."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import cluster, get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, ends, passages, settings

Json = dict[str, Any]
D, N = Disposition.DELIVERED, Disposition.DENIED


def has(name: str, value: str | None) -> Json:
    """An RBAC filter that lets only requests with this header pass; None: without it."""
    if value is None:
        return allow_only({"header": {"name": name, "present_match": False}})
    return allow_only({"header": {"name": name, "string_match": {"exact": value}}})


def path_is(value: str) -> Json:
    return has(":path", value)


def basic(user: str, password: str) -> tuple[str, str]:
    return "authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


BOB = "bob:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="  # the password is "password"
USERS = {"users": {"inline_string": f"# comment\n{BOB}\n"}}
WRONG = (401, "invalid_credential_for_basic_auth")
BASIC = [  # settings of basic_auth, headers, the answer
    (USERS, [basic("bob", "password")], VIA), (USERS, [basic("bob", "x")], WRONG), (USERS, [basic("eve", "password")], WRONG), (USERS, [], (401, "no_credential_for_basic_auth")),
    ({"users": {"inline_bytes": base64.b64encode(BOB.encode()).decode()}}, [basic("bob", "password")], VIA), ({"users": {"inline_string": ""}}, [basic("bob", "password")], WRONG),
    ({**USERS, "authentication_header": "X-Auth"}, [("x-auth", basic("bob", "password")[1])], VIA), ({**USERS, "authentication_header": "X-Auth"}, [basic("bob", "password")], (401, "no_credential_for_basic_auth")),
    (USERS, [("authorization", "Basic !")], (401, "invalid_format_for_basic_auth")),
    ({**USERS, "allow_missing": True}, [basic("bob", "x")], WRONG), ({**USERS, "allow_missing": True}, [("authorization", "Basic Ym9i")], (401, "invalid_format_for_basic_auth")),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "headers", "expected"), BASIC)
def test_basic_auth(fields: Json, headers: list[tuple[str, str]], expected: tuple[int, str]) -> None:
    assert answer((a_filter("basic_auth.v3.BasicAuth", **fields),), get("/", "a.com", *headers)) == expected


def test_the_user_goes_on_in_a_header_and_a_route_has_users_of_its_own() -> None:
    forwarding = a_filter("basic_auth.v3.BasicAuth", **USERS, forward_username_header="X-User")
    assert answer((forwarding, has("x-user", "bob")), get("/", "a.com", basic("bob", "password"))) == VIA
    own = a_filter(
        "basic_auth.v3.BasicAuthPerRoute",
        forwarding["name"],
        users={"inline_string": BOB.replace("bob", "eve")},
    )
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(own)}
    assert answer((forwarding,), get("/", "a.com", basic("eve", "password")), routes=(one,)) == VIA
    assert answer((forwarding,), get("/", "a.com", basic("bob", "password")), routes=(one,)) == WRONG


KEYS = {"credentials": [{"key": "k1", "client": "one"}, {"key": "k2", "client": "two"}]}
SOURCES = {"key_sources": [{"header": "X-Key"}, {"query": "key"}, {"cookie": "key"}]}
API_KEYS = [  # settings, path and headers, the answer
    (KEYS, "/", [], (401, "missing_key_sources")), (SOURCES, "/", [], (401, "missing_credentials")), ({**KEYS, **SOURCES}, "/", [], (401, "missing_api_key")),
    ({**KEYS, **SOURCES}, "/?key=k1", [], VIA), ({**KEYS, **SOURCES}, "/?key=%6b1", [], VIA), ({**KEYS, **SOURCES}, "/", [("cookie", "key=k2")], VIA), ({**KEYS, **SOURCES}, "/", [("x-key", "k2")], VIA),
    ({**KEYS, **SOURCES}, "/?key=k1", [("x-key", "no")], (401, "unknown_api_key")), ({**KEYS, **SOURCES}, "/?key=no", [("x-key", "k1")], VIA),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "path", "headers", "expected"), API_KEYS)
def test_api_keys(fields: Json, path: str, headers: list[tuple[str, str]], expected: tuple[int, str]) -> None:
    assert (
        answer((a_filter("api_key_auth.v3.ApiKeyAuth", **fields),), get(path, "a.com", *headers)) == expected
    )


def test_clients_that_a_route_allows() -> None:
    keys = a_filter("api_key_auth.v3.ApiKeyAuth", **KEYS, **SOURCES)
    own = a_filter("api_key_auth.v3.ApiKeyAuthPerRoute", keys["name"], allowed_clients=["two"])
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(own)}
    assert answer((keys,), get("/?key=k2"), routes=(one,)) == VIA
    assert answer((keys,), get("/?key=k1"), routes=(one,)) == (403, "client_not_allowed")


HIDDEN = [  # forwarding, path and headers, what the request shows behind the filter
    ({}, "/?key=k1&x=1", [], path_is("/?key=k1&x=1")), ({"hide_credentials": True}, "/?key=k1&x=1", [], path_is("/?x=1")), ({"hide_credentials": True}, "/?key=k1", [], path_is("/")),
    ({"hide_credentials": True}, "/?keys=1&key=k1", [], path_is("/?keys=1")), ({"hide_credentials": True}, "/", [("x-key", "k1")], has("x-key", None)), ({}, "/", [("x-key", "k1")], has("x-key", "k1")),
    ({"header": "X-Client"}, "/", [("x-key", "k2")], has("x-client", "two")),
]  # fmt: skip


@pytest.mark.parametrize(("forwarding", "path", "headers", "shown"), HIDDEN)
def test_a_key_may_be_hidden_and_its_client_told(
    forwarding: Json, path: str, headers: list[tuple[str, str]], shown: Json
) -> None:
    keys = a_filter("api_key_auth.v3.ApiKeyAuth", **KEYS, **SOURCES, forwarding=forwarding)
    assert answer((keys, shown), get(path, "a.com", *headers)) == VIA


def test_a_redacted_key_leaves_both_answers_open() -> None:
    hidden = a_filter(
        "api_key_auth.v3.ApiKeyAuth", credentials=[{"key": "[redacted]", "client": "x"}], **SOURCES
    )
    assert ends((hidden,), get("/?key=k1")) == {D, N}
    assert ends((hidden,), get("/")) == {N}


def injected(**fields: Any) -> Json:
    generic = {
        "@type": "t/envoy.extensions.http.injected_credentials.generic.v3.Generic",
        **fields.pop("credential", {}),
    }
    return a_filter(
        "credential_injector.v3.CredentialInjector",
        credential={"name": "g", "typed_config": generic},
        **fields,
    )


INJECTED = [  # the filter, headers, the ends
    (injected(), [], {D, N}), (injected(allow_request_without_credential=True), [], {D}), (injected(), [("authorization", "x")], {D}), (injected(overwrite=True), [("authorization", "x")], {D, N}),
    (injected(credential={"header": "X-C"}), [("authorization", "x")], {D, N}), (injected(credential={"header": "X-C"}), [("x-c", "x")], {D}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "headers", "expected"), INJECTED)
def test_an_injected_credential(
    one: Json, headers: list[tuple[str, str]], expected: set[Disposition]
) -> None:
    assert ends((one,), get("/", "a.com", *headers)) == expected


def percent(number: int) -> Json:
    return {"default_value": {"numerator": number}}


BUCKET = {"token_bucket": {}}  # no tokens at all
LIMITS = [  # settings of a local limit, the share that is refused, its code
    ({**BUCKET, "filter_enabled": percent(50), "filter_enforced": percent(50)}, 0.25, 429), ({**BUCKET, "filter_enabled": percent(100)}, 0.0, 0), ({**BUCKET, "filter_enforced": percent(100)}, 0.0, 0),
    ({**BUCKET, "filter_enabled": percent(100), "filter_enforced": percent(100), "status": {"code": "ServiceUnavailable"}}, 1.0, 503),
    ({**BUCKET, "filter_enabled": percent(100), "filter_enforced": percent(100), "status": {"code": "OK"}}, 1.0, 429), ({"filter_enabled": percent(100), "filter_enforced": percent(100)}, 0.0, 0),
    ({**BUCKET, "filter_enabled": percent(100), "filter_enforced": percent(100), "status": {"code": "BadRequest"}}, 1.0, 400),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "share", "code"), LIMITS)
def test_local_limits(fields: Json, share: float, code: int) -> None:
    found = {
        way.verdict.code: way.probability
        for way in passages((a_filter("local_ratelimit.v3.LocalRateLimit", **fields),))
    }
    assert found == {c: pytest.approx(p) for c, p in ((200, 1.0 - share), (code, share)) if p}


def test_descriptors_leave_a_local_limit_open() -> None:
    fields = {"descriptors": [{}], "filter_enabled": percent(100), "filter_enforced": percent(100)}
    assert ends((a_filter("local_ratelimit.v3.LocalRateLimit", **fields),)) == {D, N}
    assert ends((a_filter("local_ratelimit.v3.LocalRateLimit", **BUCKET, **fields),)) == {D, N}


def asking(**fields: Any) -> Json:
    service = {"grpc_service": {"envoy_grpc": {"cluster_name": fields.pop("service", "limits")}}}
    return a_filter("ratelimit.v3.RateLimit", domain="x", rate_limit_service=service, **fields)


ACTIONS = [{"actions": [{"remote_address": {}}]}]
BY_ROUTE, BY_HOST = (
    {"routes": (route("r", {"prefix": "/"}, rate_limits=ACTIONS),)},
    {"host": {"rate_limits": ACTIONS}},
)
OWN = a_filter("ratelimit.v3.RateLimitPerRoute", "envoy.filters.http.ratelimit", rate_limits=ACTIONS)
BY_SETTINGS = {"routes": ({**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(OWN)},)}
GLOBAL = [  # the filter, where its actions stand, the codes that may come
    (asking(), {}, {200}), (asking(), BY_ROUTE, {200, 429}), (asking(), BY_HOST, {200, 429}), (asking(), BY_SETTINGS, {200, 429}), (asking(failure_mode_deny=True), BY_ROUTE, {200, 429, 500}),
    (asking(failure_mode_deny=True, status_on_error={"code": "ServiceUnavailable"}), BY_ROUTE, {200, 429, 503}), (asking(failure_mode_deny=True, status_on_error={"code": "OK"}), BY_ROUTE, {200, 429}),
    (asking(rate_limited_status={"code": "Forbidden"}), BY_ROUTE, {200, 403}), (asking(rate_limited_status={"code": "OK"}), BY_ROUTE, {200, 429}),
    (asking(service="none"), BY_ROUTE, {200}), (asking(service="none", failure_mode_deny=True), BY_ROUTE, {500}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "where", "codes"), GLOBAL)
def test_global_limits(one: Json, where: Json, codes: set[int]) -> None:
    found = passages((one,), clusters=(cluster("limits", "10.0.0.9:1"),), **where)
    assert {way.verdict.code for way in found} == codes


def test_a_quota_is_open() -> None:
    quota = a_filter("rate_limit_quota.v3.RateLimitQuotaFilterConfig")
    assert {(way.verdict.code, way.verdict.details) for way in passages((quota,))} == {
        VIA,
        (429, "rate_limited_by_quota"),
    }


LAN = {
    "ip_tag_name": "lan",
    "ip_list": [{"address_prefix": "10.0.0.0", "prefix_len": 8}, {"address_prefix": "x"}],
}
NET = {"ip_tag_name": "net", "ip_list": [{"address_prefix": "10.1.0.0", "prefix_len": 16}]}
FAR = {"ip_tag_name": "far", "ip_list": [{"address_prefix": "11.0.0.0", "prefix_len": 8}]}
TAGS = [  # settings, headers of the request, the header of tags behind it
    ({"ip_tags": [LAN, FAR]}, [], ("x-envoy-ip-tags", "lan")), ({"ip_tags": [FAR]}, [], ("x-envoy-ip-tags", None)),
    ({"ip_tags": [LAN]}, [("x-envoy-ip-tags", "a")], ("x-envoy-ip-tags", "lan")), ({"ip_tags": [FAR], "ip_tag_header": {"header": "X-T"}}, [("x-t", "a")], ("x-t", None)),
    ({"ip_tags": [LAN], "ip_tag_header": {"header": "X-T"}}, [("x-t", "a")], ("x-t", "lan")),
    ({"ip_tags": [LAN], "ip_tag_header": {"header": "X-T", "action": "APPEND_IF_EXISTS_OR_ADD"}}, [("x-t", "a")], ("x-t", "a,lan")),
    ({"ip_tags": [LAN], "ip_tag_header": {"header": "X-T", "action": "APPEND_IF_EXISTS_OR_ADD"}}, [("x-t", "a"), ("x-t", "b")], ("x-t", "a,lan")),
    ({"ip_tags": [LAN], "ip_tag_header": {"header": "X-T", "action": "APPEND_IF_EXISTS_OR_ADD"}}, [("x-t", "")], ("x-t", "lan")),
    ({"ip_tags": [LAN], "request_type": "INTERNAL"}, [], ("x-envoy-ip-tags", None)), ({"ip_tags": [LAN], "request_type": "EXTERNAL"}, [], ("x-envoy-ip-tags", "lan")),
    ({"ip_tags": [LAN], "request_type": "BOTH"}, [], ("x-envoy-ip-tags", "lan")),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "headers", "shown"), TAGS)
def test_ip_tags(fields: Json, headers: list[tuple[str, str]], shown: tuple[str, str | None]) -> None:
    assert (
        answer((a_filter("ip_tagging.v3.IPTagging", **fields), has(*shown)), get("/", "a.com", *headers))
        == VIA
    )


def test_the_order_of_several_tags_is_not_known() -> None:
    tagging = a_filter("ip_tagging.v3.IPTagging", ip_tags=[LAN, NET])
    ways = passages((tagging, has("x-envoy-ip-tags", "lan,net")))
    assert {way.verdict.code for way in ways} == {200, 403}
    assert all("order of several tags" in way.undetermined[0] for way in ways)


@pytest.mark.parametrize("kind", ["", "+proto", "-text", "-text+proto"])
def test_grpc_web_of_each_kind(kind: str) -> None:
    web = get(
        "/", "a.com", ("content-type", f"application/grpc-web{kind}"), ("content-length", "0"), method="POST"
    )
    filters = (a_filter("grpc_web.v3.GrpcWeb"),)
    for shown in (
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-accept-encoding", "identity"),
        ("content-length", None),
    ):
        assert answer((*filters, has(*shown)), web) == VIA
    assert answer((*filters, has("te", None)), get("/", "a.com", ("content-type", "application/json"))) == VIA


def test_a_route_may_name_the_host_that_is_looked_up() -> None:
    forward = a_filter("dynamic_forward_proxy.v3.FilterConfig")
    for fields, request, shown in (
        ({"host_rewrite_literal": "b.com"}, get(), "b.com"), ({"host_rewrite_header": "X-H"}, get("/", "a.com", ("x-h", "c.com")), "c.com"), ({"host_rewrite_header": "X-H"}, get(), "a.com"), ({}, get(), "a.com"),
    ):  # fmt: skip
        own = a_filter("dynamic_forward_proxy.v3.PerRouteConfig", forward["name"], **fields)
        one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(own)}
        assert D in ends((forward, has(":authority", shown)), request, routes=(one,))


HIDDEN: list[tuple[bool, str, dict[str, str], tuple[str, str, str]]] = [  # hide_credentials, path, headers; the path, x-key and client that go on
    (True, "/x?a=1&key=k1&b", {}, ("/x?a=1&b", "", "one")), (True, "/x?key=k2", {}, ("/x", "", "two")), (True, "/x?a", {"x-key": "k1"}, ("/x?a", "", "one")), (True, "/x?key=no", {"x-key": "k1"}, ("/x", "", "one")),
    (False, "/x?a=1&key=k1", {}, ("/x?a=1&key=k1", "", "one")), (False, "/x", {"x-key": "k2"}, ("/x", "k2", "two")),
]  # fmt: skip


@pytest.mark.parametrize(("hides", "path", "headers", "left"), HIDDEN)
def test_what_goes_on_of_an_api_key(
    hides: bool, path: str, headers: dict[str, str], left: tuple[str, str, str]
) -> None:
    forwarding = {"header": "X-Client", "hide_credentials": hides}
    keys = a_filter("api_key_auth.v3.ApiKeyAuth", **KEYS, **SOURCES, forwarding=forwarding)
    (way,) = passages((keys,), get(path, "a.com", *headers.items()))
    assert way.seen is not None
    assert (way.seen.first(":path"), way.seen.first("x-key"), way.seen.first("x-client")) == left
