"""What the trail says of each filter that did something: one line a way."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from meshctl.proxy.model import Request, Stage
from tests.unit.proxy.build import get
from tests.unit.proxy.filters.chains import a_filter, passages
from tests.unit.proxy.filters.test_cors import CORS, PREFLIGHT, policy
from tests.unit.proxy.filters.test_credentials import USERS
from tests.unit.proxy.filters.test_csrf import CSRF
from tests.unit.proxy.filters.test_jwt import bearer, jwt, token
from tests.unit.proxy.filters.test_stateful_session import session
from tests.unit.proxy.filters.test_transcoder import BOUND

Json = dict[str, Any]
ALWAYS = {"numerator": 100}
THERE, GONE = (
    {"grpc_service": {"envoy_grpc": {"cluster_name": "d"}}},
    {"grpc_service": {"envoy_grpc": {"cluster_name": "none"}}},
)
BUCKET = {
    "token_bucket": {"max_tokens": 1, "tokens_per_fill": 1, "fill_interval": "1s"},
    "filter_enabled": {"default_value": ALWAYS},
    "filter_enforced": {"default_value": ALWAYS},
}
BY_HEADER = session("header.v3.HeaderBasedSessionState", {"name": "x-s"})
SAID: list[tuple[Json, Request, list[Any]]] = [  # a filter, a request, what is said on each way
    (a_filter("mine.v3.Mine"), get(), [[("envoy.filters.http.mine (Mine): not known", "it may let the request pass")], [("envoy.filters.http.mine (Mine): not known", "it may answer the request itself")]]),
    (jwt(), bearer(token()), [[("JWT: accepted", "provider p")]]),
    (jwt(), get(), [[("JWT: refused", "Jwt is missing")]]),
    (jwt(providers={"p": {"issuer": "one", "remote_jwks": {"http_uri": {"uri": "https://k", "cluster": "d"}}}}), bearer(token()), [[("JWT: may be accepted", "the signature (keys of one are fetched at run time)")], [("JWT: refused", "Jwt verification fails")], [("JWT: refused", "Jwks remote fetch is failed")]]),
    (CSRF, get(method="POST"), [[("CSRF: refused", "CSRF: the request comes from nowhere, not from a.com")]]),
    (CSRF, get(), [[]]),
    (a_filter("ext_proc.v3.ExternalProcessor", **GONE, failure_mode_allow=True), get(), [[("ext_proc: passed", "the external processor at none cannot be reached; failure_mode_allow")]]),
    (a_filter("fault.v3.HTTPFault", delay={"fixed_delay": "2s", "percentage": ALWAYS}), get(), [[("fault: delay", "2s")]]),
    (a_filter("fault.v3.HTTPFault", abort={"http_status": 418, "percentage": ALWAYS}), get(), [[("fault: abort 418", "injected")]]),
    (a_filter("basic_auth.v3.BasicAuth", **USERS), get(), [[("basic auth: refused", "no_credential_for_basic_auth")]]),
    (a_filter("ext_authz.v3.ExtAuthz", **THERE), get(), [[("ext_authz: may allow", "asks d")], [("ext_authz: may deny", "asks d")], [("ext_authz: may fail", "asks d")]]),
    (a_filter("ext_authz.v3.ExtAuthz", **GONE), get(), [[("ext_authz: error", "the authorizer at none cannot be reached")]]),
    (a_filter("ext_authz.v3.ExtAuthz", **GONE, failure_mode_allow=True), get(), [[("ext_authz: passed", "the authorizer at none cannot be reached; failure_mode_allow")]]),
    (CORS, PREFLIGHT, [[("CORS: preflight answered", "origin http://b.com is allowed")]]),
    (BY_HEADER, get("/", "a.com", ("x-s", base64.b64encode(b"10.0.0.1:8080").decode())), [[("stateful session", "names host 10.0.0.1:8080")]]),
    (BY_HEADER, get(), [[]]),
    (a_filter("local_ratelimit.v3.LocalRateLimit", **BUCKET), get(), [[("local rate limit: a token is left", "local rate limit 1 per 1s: whether tokens are left (else 429 RL)")], [("local rate limit: no token is left", "local rate limit 1 per 1s: whether tokens are left (else 429 RL)")]]),
    (a_filter("grpc_json_transcoder.v3.GrpcJsonTranscoder", **BOUND), get("/orders/7"), [[("transcoded to /shop.Orders/Get", "/orders/{id}")]]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "request_", "said"), SAID, ids=[f"{n}-{s[0]['name']}" for n, s in enumerate(SAID)]
)
def test_what_a_filter_says(one: Json, request_: Request, said: list[Any]) -> None:
    allowed = {"typed_per_filter_config": policy(allow_origin_string_match=[{"exact": "http://b.com"}])}
    found = passages((one,), request_, host=allowed if one is CORS else None, silent=False)
    steps = [[(s.chosen, s.detail) for s in way.steps if s.stage is Stage.HTTP_FILTER] for way in found]
    assert steps == said
