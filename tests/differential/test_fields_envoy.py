"""Fields that neither the recordings nor the generator have, against a real Envoy: one listener a case, in one process.

``compared_fields`` counts what stands here as compared: a field that is called evaluated has a case somewhere.
"""

from __future__ import annotations

import base64
import pathlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from tests.differential.beyond import Comparison, Kind, ask, differences, shown
from tests.differential.generated import laboratory
from tests.differential.generated.laboratory import Asked, Upstreams, access_log, address
from tests.differential.generated.report import record_of
from tests.differential.test_trace_envoy import needs_envoy
from tests.unit.proxy.build import HTTP_MANAGER, ROUTER
from tests.unit.proxy.filters.chains import a_filter, allow_only
from tests.unit.proxy.filters.test_jwt import KEYS, jwt, provider, token

Json = dict[str, Any]
Request = tuple[str, str, list[tuple[str, str]]]

ANY: Json = {"prefix": "/"}
NOW = int(time.time())
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@dataclass(frozen=True)
class Case:
    """Settings of a connection manager, its filters and routes, and what is asked."""

    asked: list[Request]
    routes: list[Json] = field(default_factory=lambda: [to("r")])
    filters: tuple[Json, ...] = ()
    manager: Json = field(default_factory=dict)
    host: Json = field(default_factory=dict)
    table: Json = field(default_factory=dict)
    network: tuple[Json, ...] = ()
    listener: Json = field(default_factory=dict)


def to(
    name: str, match: Json | None = None, cluster: str = "c", more: Json | None = None, **action: Any
) -> Json:
    return {"name": name, "match": match or ANY, "route": {"cluster": cluster, **action}, **(more or {})}


def by(name: str, value: str) -> Json:
    return {"prefix": "/", "headers": [{"name": name, "string_match": {"exact": value}}]}


def get(*headers: tuple[str, str], path: str = "/") -> Request:
    return ("GET", path, list(headers))


def bearer(**payload: Any) -> Request:
    return get(("authorization", f"Bearer {token(**payload)}"))


BAD = get(("authorization", f"Bearer {token()[:-4]}AAAA"))
GONE = {"exp": NOW - 1000}


def of_metadata(key: str, **value: Any) -> Json:
    path = [{"key": "failure"}, {"key": key}]
    return allow_only({"metadata": {"filter": "envoy.filters.http.jwt_authn", "path": path, "value": value}})


LENIENT: Json = {"requires_any": {"requirements": [{"provider_name": "p"}, {"allow_missing_or_failed": {}}]}}
TELLS = {"p": provider(failed_status_in_metadata="failure")}
EXTRACT = {"extract_only_without_validation": {}}
SENDS = {
    "p": provider(
        forward_payload_header="x-payload", claim_to_headers=[{"header_name": "x-sub", "claim_name": "sub"}]
    )
}
PADDED = {"p": provider(forward_payload_header="x-payload", pad_forward_payload_header=True)}
BYTES = {"p": {"issuer": "one", "local_jwks": {"inline_bytes": base64.b64encode(KEYS.encode()).decode()}}}
STATE = a_filter(
    "set_filter_state.v3.Config",
    on_request_headers=[
        {
            "object_key": "want",
            "factory_key": "envoy.string",
            "format_string": {"text_format_source": {"inline_string": "%REQ(x-want)%"}},
        }
    ],
)
BY_STATE = a_filter(
    "jwt_authn.v3.JwtAuthentication",
    providers={"p": provider()},
    filter_state_rules={"name": "want", "requires": {"token": {"provider_name": "p"}}},
)

JWT = {
    "jwt: clock skew": Case([bearer(**GONE), bearer(exp=NOW - 200_000)], filters=(jwt(clock_skew_seconds=100_000),)),
    "jwt: subjects": Case([bearer(sub="ann"), bearer(sub="bob"), bearer()], filters=(jwt(subjects={"prefix": "a"}),)),
    "jwt: audiences of a requirement": Case(
        [bearer(aud="a"), bearer(aud="b"), bearer()],
        filters=(jwt({"provider_and_audiences": {"provider_name": "p", "audiences": ["a"]}}),),
    ),
    "jwt: the payload padded": Case(
        [bearer(sub="a" * n) for n in range(3)],
        filters=(jwt(providers=PADDED), allow_only({"header": {"name": "x-payload", "string_match": {"suffix": "="}}})),
    ),
    "jwt: keys as bytes": Case([bearer(), BAD], filters=(jwt(providers=BYTES),)),
    "jwt: by filter state": Case(
        [get(("x-want", "token")), get(("x-want", "none")), get(), ("GET", "/", [*bearer()[2], ("x-want", "token")])],
        filters=(STATE, BY_STATE),
    ),
    "jwt: the failure in words": Case(
        [bearer(**GONE), bearer(), get(), BAD],
        filters=(jwt(LENIENT, TELLS), of_metadata("message", string_match={"exact": "Jwt is expired"})),
    ),
    "jwt: the failure as a number": Case(
        [bearer(**GONE), bearer(nbf=NOW + 5000), bearer(), get(), BAD],
        filters=(jwt(LENIENT, TELLS), of_metadata("code", double_match={"exact": 3})),
    ),
    "jwt: extracted only": Case([bearer(), bearer(**GONE), BAD, get(), get(("authorization", "Bearer x"))], filters=(jwt(EXTRACT),)),
    "jwt: extracted only, and its claims asked for": Case(
        [bearer(sub="a"), bearer(sub="a", **GONE), BAD, get(), get(("x-sub", "a"))],
        filters=(jwt(EXTRACT, SENDS), allow_only({"header": {"name": "x-sub", "string_match": {"exact": "a"}}})),
    ),
    "jwt: extracted only, and how it was verified asked for": Case(
        [bearer(), bearer(**GONE), BAD, get()],
        filters=(
            jwt({"extract_only_without_validation": {"verification_status_header": "x-verified"}}),
            allow_only({"header": {"name": "x-verified", "present_match": True}}),
        ),
    ),
}  # fmt: skip


def grpc_to(cluster: str) -> Json:
    return {"envoy_grpc": {"cluster_name": cluster}}


def authz(**fields: Any) -> Json:
    return a_filter("ext_authz.v3.ExtAuthz", grpc_service=grpc_to("empty"), **fields)


def per_route(kind: str, **fields: Any) -> Json:
    name = f"envoy.filters.http.{kind.split('.')[0]}"
    return {"typed_per_filter_config": {name: a_filter(kind, **fields)["typed_config"]}}


def processor(**fields: Any) -> Json:
    return a_filter("ext_proc.v3.ExternalProcessor", grpc_service=grpc_to("empty"), **fields)


SKIPPED = {f"{way}_header_mode": "SKIP" for way in ("request", "response")}
LIMITS = {"rate_limits": [{"actions": [{"generic_key": {"descriptor_value": "v"}}]}]}


def limits(**fields: Any) -> Json:
    service = {"grpc_service": grpc_to("empty"), "transport_api_version": "V3"}
    return a_filter("ratelimit.v3.RateLimit", domain="d", rate_limit_service=service, **fields)


BODY = ("POST", "/", [("content-length", "20"), ("content-type", "text/plain")])
SERVERS = {
    "ext_authz: fails open": Case([get()], filters=(authz(failure_mode_allow=True),)),
    "ext_authz: fails open and says so": Case(
        [get()],
        [to("said", by("x-envoy-auth-failure-mode-allowed", "true")), to("r")],
        (authz(failure_mode_allow=True, failure_mode_allow_header_add=True, clear_route_cache=True),
         allow_only({"header": {"name": "x-envoy-auth-failure-mode-allowed", "string_match": {"exact": "true"}}})),
    ),
    "ext_authz: off for a route": Case(
        [get(path="/off"), get()],
        [to("off", {"prefix": "/off"}, more=per_route("ext_authz.v3.ExtAuthzPerRoute", disabled=True)), to("r")],
        (authz(),),
    ),
    "ext_authz: a body that is too long": Case(
        [BODY, get()],
        [to("off", by("x", "off"), more=per_route(
            "ext_authz.v3.ExtAuthzPerRoute", check_settings={"disable_request_body_buffering": True})), to("r")],
        (authz(with_request_body={"max_request_bytes": 5}),),
    ),
    "ext_authz: a part of the body": Case(
        [BODY],
        [to("r", more=per_route("ext_authz.v3.ExtAuthzPerRoute", check_settings={
            "with_request_body": {"max_request_bytes": 5, "allow_partial_message": True}}))],
        (authz(),),
    ),
    "ext_proc: fails open": Case([get()], filters=(processor(failure_mode_allow=True),)),
    "ext_proc: fails": Case([get()], filters=(processor(status_on_error={"code": "BadGateway"}),)),
    "ext_proc: asked about nothing": Case([get()], filters=(processor(processing_mode=SKIPPED),)),
    "ext_proc: watches": Case([get()], filters=(processor(observability_mode=True),)),
    "ext_proc: off for a route": Case(
        [get(path="/off"), get(path="/open"), get()],
        [to("off", {"prefix": "/off"}, more=per_route("ext_proc.v3.ExtProcPerRoute", disabled=True)),
         to("open", {"prefix": "/open"}, more=per_route(
             "ext_proc.v3.ExtProcPerRoute", overrides={"failure_mode_allow": True, "processing_mode": {"request_body_mode": "NONE"}})),
         to("r")],
        (processor(),),
    ),
    "ratelimit: fails open": Case([get()], [to("r", **LIMITS)], (limits(),)),
    "ratelimit: fails": Case([get()], [to("r", **LIMITS)], (limits(failure_mode_deny=True),)),
    "ratelimit: fails with a status": Case(
        [get()], [to("r", **LIMITS)], (limits(failure_mode_deny=True, status_on_error={"code": "BadGateway"}),)
    ),
    "ratelimit: another stage": Case([get()], [to("r", **LIMITS)], (limits(failure_mode_deny=True, stage=2),)),
    "ratelimit: internal requests alone": Case(
        [get()], [to("r", **LIMITS)], (limits(failure_mode_deny=True, request_type="external"),)
    ),
    "ratelimit: of a virtual host": Case(
        [get()],
        [to("r", more=per_route("ratelimit.v3.RateLimitPerRoute", vh_rate_limits="INCLUDE", domain="e"))],
        (limits(failure_mode_deny=True, rate_limited_status={"code": "TooManyRequests"}),),
        host=LIMITS,
    ),
}  # fmt: skip

WEIGHTS = [
    {"name": "c", "weight": 0},
    {"name": "d", "weight": 100, "request_headers_to_remove": ["x-away"]},
]
ONE_OPTION = {"header": {"key": "x-n", "value": "n"}, "append": False}
ROUTES = {
    "route: the host of a header": Case(
        [get(("x-host", "h.com")), get()], [to("r", host_rewrite_header="x-host", append_x_forwarded_host=True)]
    ),
    "route: a redirect's path filled in": Case(
        [get(("x-h", "/z")), get(path="/a?q=1")], [{"name": "r", "match": ANY, "redirect": {"path_rewrite": "/n%REQ(x-h)%"}}]
    ),
    "route: weights": Case([get(("x-away", "1"))], [{"name": "r", "match": ANY, "route": {"weighted_clusters": {"clusters": WEIGHTS}}}]),
    "route: a cookie that is made": Case(
        [get(("cookie", "c=1"))],
        [to("r", cluster="ring", hash_policy=[{"cookie": {"name": "c", "ttl": "0s", "attributes": [{"name": "a", "value": "b"}]}}])],
    ),
    "route: an option of before": Case(
        [get(("x-n", "1"))], [to("r", more={"request_headers_to_add": [ONE_OPTION]})]
    ),
    "host: retries and mirrors": Case(
        [get()],
        host={"retry_policy": {"retry_on": "5xx", "num_retries": 1}, "request_mirror_policies": [{"cluster": "d"}]},
        table={"request_mirror_policies": [{"cluster": "d"}]},
    ),
    "manager: what it writes of the client": Case(
        [get(), get(("user-agent", "me"))],
        [to("said", by("x-envoy-downstream-service-cluster", "fields")), to("r")],
        manager={"add_user_agent": True, "generate_request_id": False, "use_remote_address": True},
    ),
    "manager: how many headers": Case(
        [get(), get(*[(f"x-{n}", "1") for n in range(12)])],
        manager={"common_http_protocol_options": {"max_headers_count": 10}},
    ),
    "manager: a length and chunks": Case([get()], manager={"http_protocol_options": {"allow_chunked_length": True}}),
    "manager: upgrades to other versions": Case(
        [get(("connection", "upgrade"), ("upgrade", "tls/1.0")), get(("connection", "upgrade"), ("upgrade", "websocket"))],
        manager={"http_protocol_options": {"ignore_http_11_upgrade": [{"prefix": "tls/"}]}},
    ),
    "basic_auth: users as bytes": Case(
        [get(("authorization", "Basic YW5uOjE=")), get()],
        filters=(a_filter("basic_auth.v3.BasicAuth", users={
            "inline_bytes": base64.b64encode(b"ann:{SHA}NWoZK3kTsExUV00Ywo1G5jlUKKs=").decode()}),),
    ),
}  # fmt: skip


def wants(**metadata: Any) -> Json:
    return {"metadata_match": {"filter_metadata": {"envoy.lb": metadata}}}


SUBSETS = ("listed", "kept", "panicking", "falling")
CLUSTERS = {
    **{
        f"cluster: {name}": Case(
            [get(path="/v1"), get(path="/v2"), get(path="/none"), get()],
            [to("v1", {"prefix": "/v1"}, name, **wants(version="v1")), to("v2", {"prefix": "/v2"}, name, **wants(version="v2", stage="x")),
             to("none", {"prefix": "/none"}, name, **wants(version="v9")), to("r", cluster=name)],
        )
        for name in SUBSETS
    },
    "cluster: metadata that are tried in turn": Case(
        [get()], [to("r", cluster="falling", **wants(fallback_list=[{"version": "v9"}, {"version": "v2"}]))]
    ),
    "cluster: a ring of at most so many": Case(
        [get(("x-a", str(n))) for n in range(6)], [to("r", cluster="small", hash_policy=[{"header": {"header_name": "x-a"}}])]
    ),
    "cluster: a ring by names": Case(
        [get(("x-a", str(n))) for n in range(6)], [to("r", cluster="named", hash_policy=[{"header": {"header_name": "x-a"}}])]
    ),
    "cluster: its own hash": Case([get(("x-a", str(n))) for n in range(6)], [to("r", cluster="own")]),
    "cluster: least requests": Case([get()], [to("r", cluster="least")]),
    "cluster: settings of before": Case([get()], [to("r", cluster="old")]),
}  # fmt: skip


def a_network_filter(kind: str, **fields: Any) -> Json:
    return {
        "name": kind,
        "typed_config": {"@type": f"type.googleapis.com/envoy.extensions.filters.network.{kind}", **fields},
    }


def state(key: str, value: str) -> Json:
    return {
        "object_key": key,
        "factory_key": "envoy.string",
        "format_string": {"text_format_source": {"inline_string": value}},
    }


def on(name: str, *paths: str) -> Json:
    kind = "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
    asked = {"name": "i", "typed_config": {"@type": kind, "header_name": name}}
    action = {
        "name": "deny",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.config.rbac.v3.Action",
            "name": "deny",
            "action": "DENY",
        },
    }
    allow = {
        "name": "ok",
        "typed_config": {"@type": "type.googleapis.com/envoy.config.rbac.v3.Action", "name": "ok"},
    }
    return {
        "matcher_tree": {"input": asked, "exact_match_map": {"map": {"1": {"action": action}}}},
        "on_no_match": {"action": allow},
    }


API_KEY: Json = {"credentials": [{"key": "k1", "client": "c1"}], "key_sources": [{"header": "x-key"}]}
SESSION = {
    "session_state": {
        "name": "envoy.http.stateful_session.header",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.http.stateful_session.header.v3.HeaderBasedSessionState",
            "name": "x-session",
        },
    }
}
GONE_HOST = ("x-session", base64.b64encode(b"127.0.0.1:9").decode())
SHADOW = allow_only(
    {
        "metadata": {
            "filter": "envoy.filters.http.rbac",
            "path": [{"key": "shadow_engine_result"}],
            "value": {"string_match": {"exact": "allowed"}},
        }
    }
)
RAW = {"header": {"key": "x-n", "raw_value": base64.b64encode(b"n").decode()}}
TLS_INSPECTOR = {
    "name": "tls",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector"
    },
}
REGEX = {
    "rules": [{"selectors": [{"key": "k"}], "on_present": {"metadata_namespace": "m", "key": "k"}}],
    "allow_content_types_regex": {"regex": "text/.*"},
}
JSON_BODY = ("POST", "/", [("content-length", "20"), ("content-type", "text/plain")])
MORE = {
    "api_key: forwarded for a route": Case(
        [get(("x-key", "k1")), get(("x-key", "k2")), get()],
        [to("r", more=per_route("api_key_auth.v3.ApiKeyAuthPerRoute", **API_KEY, forwarding={"header": "x-client", "hide_credentials": True}))],
        (a_filter("api_key_auth.v3.ApiKeyAuth", **API_KEY), allow_only({"header": {"name": "x-client", "string_match": {"exact": "c1"}}})),
    ),
    "stateful_session: a host that is gone": Case(
        [get(GONE_HOST), get()], filters=(a_filter("stateful_session.v3.StatefulSession", strict=True, status_on_strict_destination_not_found=404, **SESSION),)
    ),
    "stateful_session: of a route": Case(
        [get(GONE_HOST), get()],
        [to("r", more=per_route("stateful_session.v3.StatefulSessionPerRoute", stateful_session={"strict": True, **SESSION}))],
        (a_filter("stateful_session.v3.StatefulSession"),),
    ),
    "rbac: a shadow matcher": Case(
        [get(("x", "1")), get(("x", "2"))], filters=(a_filter("rbac.v3.RBAC", shadow_matcher=on("x")), SHADOW)
    ),
    "route: an option of bytes": Case([get(), get(("x-n", "1"))], [to("r", more={"request_headers_to_add": [RAW]})]),
    "json_to_metadata: types by a regex": Case(
        [JSON_BODY], filters=(a_filter("json_to_metadata.v3.JsonToMetadata", request_rules=REGEX),)
    ),
    "ratelimit: a word of a route": Case(
        [get()], [to("r", more=per_route("ratelimit.v3.RateLimitPerRoute", override_option="OVERRIDE_POLICY"), **LIMITS)], (limits(failure_mode_deny=True),)
    ),
    "ext_proc: bodies and trailers": Case(
        [get(), BODY], filters=(processor(processing_mode={**SKIPPED, "request_body_mode": "BUFFERED", "response_body_mode": "NONE",
                                                           "request_trailer_mode": "SKIP", "response_trailer_mode": "SKIP"}),)
    ),
    "cluster: a hash of filter state": Case(
        [get(("x-want", str(n))) for n in range(6)], [to("r", cluster="stated")], (STATE,)
    ),
    "cluster: localities by weight": Case([get()], [to("r", cluster="places", **wants(version="v1"))]),
    "network: connections limited": Case(
        [get()], network=(a_network_filter("connection_limit.v3.ConnectionLimit", stat_prefix="s", max_connections=1000,
                                           runtime_enabled={"default_value": True, "runtime_key": "k"}),)
    ),
    "network: none at all": Case(
        [get()], network=(a_network_filter("local_ratelimit.v3.LocalRateLimit", stat_prefix="s", token_bucket={"max_tokens": 1000, "fill_interval": "1s"},
                                           runtime_enabled={"default_value": False, "runtime_key": "k"}),)
    ),
    "network: a limiter that cannot answer": Case(
        [get()], network=(a_network_filter("ratelimit.v3.RateLimit", stat_prefix="s", domain="d", failure_mode_deny=False,
                                           descriptors=[{"entries": [{"key": "k", "value": "v"}]}],
                                           rate_limit_service={"grpc_service": grpc_to("empty"), "transport_api_version": "V3"}),)
    ),
    "network: filter state of a connection": Case(
        [get()],
        [to("a", {"prefix": "/", "filter_state": [{"key": "here", "string_match": {"exact": "a"}}]}), to("r")],
        network=(a_network_filter("set_filter_state.v3.Config", on_new_connection=[state("here", "a")]),),
    ),
    "listener: filters that are off": Case(
        [get()], listener={"listener_filters": [{**TLS_INSPECTOR, "filter_disabled": {"and_match": {"rules": [
            {"any_match": True}, {"destination_port_range": {"start": 1, "end": 65535}}]}}}]}
    ),
}  # fmt: skip


def buffer(limit: int) -> Json:
    return a_filter("buffer.v3.Buffer", max_request_bytes=limit)


_SET = {"metadata_namespace": "m", "key": "j", "value": "1"}
CLEARS = a_filter(
    "json_to_metadata.v3.JsonToMetadata",
    request_rules={
        "rules": [{"selectors": [{"key": "j"}], "on_missing": _SET, "on_error": _SET}],
        "allow_content_types": ["text/json"],
    },
)
TAKES = a_filter("header_mutation.v3.HeaderMutation", mutations={"request_mutations": [{"remove": "x-b"}]})
SHADOWS = a_filter(
    "rbac.v3.RBAC",
    shadow_rules={"policies": {"p": {"permissions": [{"any": True}], "principals": [{"any": True}]}}},
)


DELAYS = a_filter("fault.v3.HTTPFault", delay={"fixed_delay": "0.01s", "percentage": {"numerator": 100}})
DENIES = a_filter("rbac.v3.RBAC", rules={"policies": {}})


def chained(*filters: Json) -> Json:
    """A composite that runs these, whatever the request is."""
    action = {
        "name": "a",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.composite.v3.ExecuteFilterAction",
            "filter_chain": {"typed_config": list(filters)},
        },
    }
    return a_filter("composite.v3.Composite", matcher={"on_no_match": {"action": action}})


# Who gives an answer, and what the route fills into its Location: headers as they came, or as the route sends them on.
ADDED: Json = {
    "request_headers_to_add": [{"header": {"key": "x-new", "value": "new"}}],
    "request_headers_to_remove": ["x-old"],
    "response_headers_to_add": [{"header": {"key": "Location", "value": "%REQ(x-old)%%REQ(x-new)%"}}],
}
OLD = ("x-old", "old")
SENT: Json = {
    "response_headers_to_add": [
        {
            "header": {
                "key": "Location",
                "value": "%REQ(:PATH)%|%REQ(:AUTHORITY)%|%REQ(X-ENVOY-ORIGINAL-PATH)%|%REQ(X-ENVOY-ATTEMPT-COUNT)%|%REQ(X-ENVOY-ORIGINAL-HOST)%|%REQ(X-FORWARDED-HOST)%|%REQ(X-W)%",
            }
        }
    ]
}


def weighing(weight: Json, more: Json, **action: Any) -> Json:
    """A route with one weighted cluster."""
    one = to("r", more=more, **action)
    del one["route"]["cluster"]
    one["route"]["weighted_clusters"] = {"clusters": [{"name": "c", "weight": 1, **weight}]}
    return one


PREFLIGHT: Request = (
    "OPTIONS",
    "/",
    [("origin", "http://b.com"), ("access-control-request-method", "GET"), OLD],
)
CORS = per_route(
    "cors.v3.CorsPolicy",
    allow_origin_string_match=[{"exact": "http://b.com"}],
    forward_not_matching_preflights=False,
)
ALL_OF_THEM = {"numerator": 100, "denominator": "HUNDRED"}
ANSWERS = {
    "answer: an upstream's": Case([get(OLD), get()], [to("r", more=ADDED)]),
    "answer: an upstream's, of a header that the route takes away": Case(
        [get(OLD), get()], [to("r", more={**ADDED, "response_headers_to_add": [{"header": {"key": "Location", "value": "%REQ(x-old)%"}}]})]
    ),
    "answer: an upstream's, with path and host as they were sent": Case([get(path="/x")], [to("r", more=SENT, prefix_rewrite="/new", host_rewrite_literal="h")], host={"include_request_attempt_count": True}),
    "answer: an upstream's, with the name of its host": Case([get(path="/x")], [to("r", cluster="named", more=SENT, auto_host_rewrite=True)]),
    "answer: no host, with path and host as they were sent": Case([get(path="/x")], [to("r", cluster="empty", more=SENT, prefix_rewrite="/new", host_rewrite_literal="h")], host={"include_request_attempt_count": True}),
    "answer: of a weight, whose changes come first": Case(
        [get()], [weighing({"response_headers_to_remove": ["location"], "request_headers_to_add": [{"header": {"key": "x-w", "value": "%REQ(:AUTHORITY)%"}}], "host_rewrite_literal": "w.com"}, SENT)],
        table={"most_specific_header_mutations_wins": True},
    ),
    "answer: of a weight, whose host the route rewrites": Case([get()], [weighing({"host_rewrite_literal": "w.com"}, SENT, host_rewrite_literal="r.com", append_x_forwarded_host=True)]),
    "answer: of a weight, with a header of the host": Case([get()], [weighing({"host_rewrite_literal": "w.com"}, {**SENT, "request_headers_to_add": [{"header": {"key": "x-w", "value": "%REQ(:AUTHORITY)%"}}]})]),
    "route: an empty x-forwarded-proto": Case([get(("x-forwarded-proto", "")), get(("x-forwarded-proto", ""), path="/a#f"), get(path="/a#f"), get(("x-forwarded-proto", "x"), path="/a#f")]),
    "route: an empty x-forwarded-proto, where TLS is required": Case([get(("x-forwarded-proto", "")), get(("x-forwarded-proto", "HTTPS")), get(("x-forwarded-proto", "x"))], host={"require_tls": "ALL"}),
    "redirect: of a tunnel": Case(
        [("CONNECT", "b.com:443", [])],
        [{"name": "r", "match": {"connect_matcher": {}}, "redirect": {"host_redirect": "x.com"}}],
        manager={"upgrade_configs": [{"upgrade_type": "CONNECT"}]},
    ),
    "redirect: of a tunnel, with an answer": Case(
        [("CONNECT", "b.com:443", [])],
        [{"name": "r", "match": {"connect_matcher": {}}, "direct_response": {"status": 302}}],
        manager={"upgrade_configs": [{"upgrade_type": "CONNECT"}]},
    ),
    "redirect: of a tunnel to TLS": Case([("CONNECT", "b.com:443", [])], host={"require_tls": "ALL"}, manager={"upgrade_configs": [{"upgrade_type": "CONNECT"}]}),
    "buffer: behind another": Case([BODY], filters=(buffer(1000), buffer(19))),
    "buffer: behind another, without a route": Case([BODY], [to("r", {"path": "/n"})], (buffer(1000), buffer(19))),
    "buffer: as long as its limit, behind another": Case([BODY], filters=(buffer(1000), buffer(20))),
    "buffer: behind what read the body": Case([JSON_BODY], filters=(buffer(1000), a_filter("json_to_metadata.v3.JsonToMetadata", request_rules=REGEX), buffer(10))),
    "route: chosen again behind the mutations of the next filter": Case([get(("x-b", "1"))], [to("a", by("x-b", "1")), to("b")], (CLEARS, TAKES)),
    "route: chosen again before a filter that asks for it": Case([get(("x-b", "1"))], [to("a", by("x-b", "1")), to("b")], (CLEARS, SHADOWS, TAKES)),
    "route: not chosen again": Case([get(("x-b", "1"))], [to("a", by("x-b", "1")), to("b")], (TAKES, SHADOWS)),
    "composite: behind a delay": Case([get(("x", "1"))], filters=(chained(DELAYS, DENIES),)),
    "composite: behind a body": Case([BODY, get()], filters=(chained(buffer(1000), DENIES),)),
    "composite: behind what waits for nothing": Case([get()], filters=(chained(SHADOWS, DENIES),)),
    "composite: a route chosen again": Case([get(("x-b", "1"))], [to("a", by("x-b", "1")), to("b")], (chained(CLEARS, TAKES),)),
    "composite: a route chosen again behind it": Case([get(("x-b", "1"))], [to("a", by("x-b", "1")), to("b")], (chained(SHADOWS, CLEARS), TAKES)),
    "hash: the path that is sent": Case([get(path=f"/x{n}") for n in range(6)], [to("r", cluster="ring", prefix_rewrite="/new", hash_policy=[{"header": {"header_name": ":path"}}])]),
    "hash: the host that is sent": Case([get(path=f"/x{n}") for n in range(6)], [to("r", cluster="ring", host_rewrite_path_regex={"pattern": {"regex": "^/(.*)$"}, "substitution": "\\1"}, hash_policy=[{"header": {"header_name": ":authority"}}])]),
    "answer: no such cluster": Case([get(OLD), get()], [to("r", cluster="nowhere", more=ADDED)], table={"validate_clusters": False}),
    "answer: no host": Case([get(OLD), get()], [to("r", cluster="empty", more=ADDED)]),
    "answer: a load that is dropped": Case([get(OLD), get()], [to("r", cluster="dropping", more=ADDED)]),
    "answer: a preflight's": Case([PREFLIGHT], [to("r", more={**ADDED, **CORS})], (a_filter("cors.v3.Cors"),)),
    "answer: a preflight's that is forwarded": Case([PREFLIGHT], [to("r", more=ADDED)], (a_filter("cors.v3.Cors"),)),
    "answer: a health check's": Case([get(OLD)], [to("r", more=ADDED)], (a_filter("health_check.v3.HealthCheck", pass_through_mode=False),)),
    "answer: a fault's": Case(
        [get(OLD)], [to("r", more=ADDED)], (a_filter("fault.v3.HTTPFault", abort={"http_status": 503, "percentage": ALL_OF_THEM}),)
    ),
    "answer: a denial": Case([get(OLD)], [to("r", more=ADDED)], (a_filter("rbac.v3.RBAC", rules={"policies": {}}),)),
    "answer: no upgrade": Case([get(OLD, ("upgrade", "x"), ("connection", "upgrade"))], [to("r", more=ADDED)]),
}  # fmt: skip
CASES: dict[str, Case] = {**MORE, **JWT, **SERVERS, **ROUTES, **CLUSTERS, **ANSWERS}


def clusters(ports: list[int]) -> list[Json]:
    def host(port: int, **more: Any) -> Json:
        return {"endpoint": {"address": address(port)}, **more}

    def cluster(name: str, hosts: list[Json], **more: Any) -> Json:
        found = {"name": name, "type": "STATIC", "connect_timeout": "1s", **more}
        return {**found, "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}]}}

    def versions(name: str, listed: bool = False, **config: Any) -> Json:
        def lb(number: int) -> Json:
            version = f"v{number % 2 + 1}"
            return {
                "filter_metadata": {
                    "envoy.lb": {
                        "version": [version, "vx"] if listed else version,
                        "stage": "xy"[number // 2],
                    }
                }
            }

        hosts = [host(port, metadata=lb(number)) for number, port in enumerate(ports[:4])]
        selectors = config.pop("selectors", [{"keys": ["version"]}, {"keys": ["version", "stage"]}])
        return cluster(name, hosts, lb_subset_config={"subset_selectors": selectors, **config})

    def options(**fields: Any) -> Json:
        return {"typed_extension_protocol_options": {_OPTIONS: {
            "@type": f"type.googleapis.com/{_OPTIONS}", "explicit_http_config": {"http_protocol_options": {}}, **fields}}}  # fmt: skip

    kept = {
        "keys": ["version", "stage"],
        "fallback_policy": "KEYS_SUBSET",
        "fallback_keys_subset": ["version"],
    }
    named = [
        {"endpoint": {"address": address(port), "hostname": f"h{port % 7}-{number}.com"}}
        for number, port in enumerate(ports[:4])
    ]
    hosts = [host(port) for port in ports[:4]]
    hashing = {"lb_policy": "RING_HASH"}
    dropping = cluster("dropping", [host(ports[0])])
    drops = {"drop_overloads": [{"category": "x", "drop_percentage": {"numerator": 100}}]}
    return [
        cluster("c", [host(ports[0])]),
        cluster("d", [host(ports[1])]),
        cluster("empty", []),
        {**dropping, "load_assignment": {**dropping["load_assignment"], "policy": drops}},
        cluster("ring", hosts, **hashing),
        cluster("small", hosts, **hashing, ring_hash_lb_config={"minimum_ring_size": 16, "maximum_ring_size": 32}),
        cluster("named", named, type="STRICT_DNS", **hashing, common_lb_config={"consistent_hashing_lb_config": {"use_hostname_for_hashing": True}}),
        cluster("own", hosts, **hashing, **options(hash_policy=[{"header": {"header_name": "x-a"}}])),
        cluster("least", [host(ports[0])], lb_policy="LEAST_REQUEST", least_request_lb_config={"choice_count": 3}),
        cluster("old", [host(ports[0])], **options(upstream_http_protocol_options={"auto_sni": True, "auto_san_validation": True, "override_auto_sni_header": "x-sni"})),
        cluster("stated", hosts, **hashing, **options(hash_policy=[{"filter_state": {"key": "want"}}])),
        {**versions("places", locality_weight_aware=True), "common_lb_config": {"locality_weighted_lb_config": {}},
         "load_assignment": {"cluster_name": "places", "endpoints": [
             {"locality": {"zone": zone}, "load_balancing_weight": 1, "metadata": {"filter_metadata": {"m": {}}},
              "lb_endpoints": [host(port, metadata={"filter_metadata": {"envoy.lb": {"version": "v1"}}})]}
             for zone, port in zip("ab", ports[:2], strict=True)]}},
        versions("listed", listed=True, list_as_any=True, fallback_policy="NO_FALLBACK"),
        versions("kept", selectors=[kept, {"keys": ["version"]}]),
        versions("panicking", fallback_policy="DEFAULT_SUBSET", default_subset={"version": "v9"}, panic_mode_any=True),
        versions("falling", metadata_fallback_policy="FALLBACK_LIST"),
    ]  # fmt: skip


def listener(name: str, case: Case, port: int, log: pathlib.Path) -> Json:
    hosts = [{"name": "vh", "domains": ["*"], "routes": case.routes, **case.host}]
    http = {
        "@type": HTTP_MANAGER,
        "stat_prefix": "s",
        "access_log": [access_log(log)],
        "http_filters": [*case.filters, ROUTER],
        "route_config": {"name": "routes", "virtual_hosts": hosts, **case.table},
        **case.manager,
    }
    chain = {"name": f"{name}-chain", "filters": [*case.network, {"name": "http", "typed_config": http}]}
    return {"name": name, "address": address(port), "filter_chains": [chain], **case.listener}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Comparison]]:
    """The comparisons of every case."""
    needs_envoy()
    folder = tmp_path_factory.mktemp("fields")
    log, ports = folder / "access.log", laboratory.free_ports(len(CASES))
    listeners, asked = [], {}
    for number, ((name, case), port) in enumerate(zip(CASES.items(), ports, strict=True)):
        listeners.append(listener(f"L{number}", case, port, log))
        asked[name] = [
            Asked(f"L{number}-{turn}", port, method, path, "a.com", [("x-rid", f"L{number}-{turn}"), *headers], "x" * 20 if method == "POST" else "")
            for turn, (method, path, headers) in enumerate(case.asked)
        ]  # fmt: skip
    every = [one for some in asked.values() for one in some]
    with Upstreams() as upstreams, laboratory.running(listeners, clusters(upstreams.ports), folder) as admin:
        shot = laboratory.dump(admin)
        answers = laboratory.send_all(every)
        entries = laboratory.logged(log, {one.rid for one in every if answers[one.rid][0] not in (0, 400)})
        seen = dict(upstreams.seen)
    notes = Notes()
    proxy = Proxy(snapshot.load(documents.read(shot, "dump", notes), "dump", notes), "dump", float(NOW))
    compare: Callable[[Asked], Comparison] = lambda one: _compared(  # noqa: E731
        proxy, record_of("fields", one, answers[one.rid], entries.get(one.rid), seen.get(one.rid))
    )
    return {name: list(map(compare, some)) for name, some in asked.items()}


def _compared(proxy: Proxy, record: Json) -> Comparison:
    answer = ask(proxy, record)
    return Comparison(record, answer, list(differences(record, answer)))


@pytest.mark.envoy
@pytest.mark.parametrize("name", list(CASES))
def test_no_answer_is_sure_and_wrong(name: str, compared: dict[str, list[Comparison]]) -> None:
    wrong = [one for one in compared[name] if one.kind not in (Kind.AGREE, Kind.HEDGED, Kind.WRONG_HEDGED)]
    assert not wrong, "\n".join(map(shown, wrong))
