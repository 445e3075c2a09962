"""JWT: which tokens are good, what is told of a bad one, what a good one leaves behind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from meshctl.proxy.filters.http.jwt_token import parse
from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import cluster, get, route
from tests.unit.proxy.filters.chains import VIA, a_filter, allow_only, answer, ends, passages, settings

SECRET = b"a secret of the tests"
NOW = 1_764_000_000


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


KEYS = json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": b64(SECRET)}]})


def token(header: Any = None, **payload: Any) -> str:
    head = b64(json.dumps(header or {"alg": "HS256"}).encode())
    signed = f"{head}.{b64(json.dumps({'iss': 'one', **payload}).encode())}"
    return f"{signed}.{b64(hmac.new(SECRET, signed.encode(), hashlib.sha256).digest())}"


def provider(issuer: str = "one", **fields: Any) -> dict[str, Any]:
    return {"issuer": issuer, "local_jwks": {"inline_string": KEYS}, **fields}


def jwt(
    requires: dict[str, Any] | None = None, providers: dict[str, Any] | None = None, **fields: Any
) -> dict[str, Any]:
    rules = [{"match": {"prefix": "/"}, "requires": requires or {"provider_name": "p"}}]
    return a_filter(
        "jwt_authn.v3.JwtAuthentication", providers=providers or {"p": provider(**fields)}, rules=rules
    )


def bearer(text: str) -> Any:
    return get("/", "a.com", ("authorization", f"Bearer {text}"))


def told(http_filter: dict[str, Any], text: str | None = None) -> str:
    """The failure as the access log shows it, "" for none."""
    code, details = answer((http_filter,), bearer(text) if text is not None else get())
    if (code, details) == VIA:
        return ""
    assert details is not None
    return details.removeprefix("jwt_authn_access_denied{").removesuffix("}").replace("_", " ")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (token(), ""),
        (token(exp=0), ""),
        (token(exp=NOW - 30), ""),
        (token(exp=NOW - 60), ""),
        (token(exp=NOW - 61), "Jwt is expired"),
        (token(nbf=NOW + 60), ""),
        (token(nbf=NOW + 61), "Jwt not yet valid"),
        (token(exp=1 << 64), "Jwt payload [exp] field is not a positive 64 bit integer"),
        (token(iat=True), "Jwt payload [iat] field is not an integer"),
        (token(jti=5), "Jwt payload [jti] field is not a string"),
        (token(aud=["a", 5]), "Jwt payload [aud] field is not a string or string list"),
        (token({"alg": "HS256", "kid": 5}), "Jwt header [kid] field is not a string"),
        (token(exp=NOW - 90), "Jwt is expired"),
        (token(nbf=NOW + 90), "Jwt not yet valid"),
        (token(exp=-5), "Jwt payload [exp] field is not a positive 64 bit integer"),
        (token(exp="1"), "Jwt payload [exp] field is not an integer"),
        (token(sub=5), "Jwt payload [sub] field is not a string"),
        (token(iss=5), "Jwt payload [iss] field is not a string"),
        (token(aud=5), "Jwt payload [aud] field is not a string or string list"),
        (token(iss="two"), "Jwt issuer is not configured"),
        (token({"alg": None}), "Jwt header [alg] field is required and must be a string"),
        (token({"alg": "none"}), "Jwt header [alg] is not supported"),
        ("aaa.bbb.ccc", "Jwt header is an invalid JSON"),
        ("a.b", "Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections"),
        (token() + "===", "Jwt signature is an invalid Base64url encoded"),
        (token() + "AAAA", "Jwt verification fails"),
    ],
)
def test_a_token(text: str, expected: str) -> None:
    assert told(jwt(), text) == expected


def test_no_token() -> None:
    assert told(jwt()) == "Jwt is missing"


@pytest.mark.parametrize(
    ("fields", "payload", "expected"),
    [
        ({"subjects": {"prefix": "spiffe://"}}, {"sub": "spiffe://x"}, ""),
        ({"subjects": {"prefix": "spiffe://"}}, {"sub": "bob"}, "Jwt verification fails"),
        ({"require_expiration": True}, {}, "Jwt verification fails"),
        ({"require_expiration": True}, {"exp": NOW + 10}, ""),
        ({"max_lifetime": "100s"}, {"exp": NOW + 50}, ""),
        ({"max_lifetime": "100s"}, {"exp": NOW + 100}, ""),
        ({"max_lifetime": "100s"}, {"exp": NOW + 101}, "Jwt verification fails"),
        ({"clock_skew_seconds": 5}, {"exp": NOW - 5}, ""),
        ({"clock_skew_seconds": 5}, {"exp": NOW - 6}, "Jwt is expired"),
        ({"audiences": ["http://x"]}, {"aud": ["z", "https://x/"]}, ""),
        ({"max_lifetime": "100s"}, {"exp": NOW + 500}, "Jwt verification fails"),
        ({"max_lifetime": "100s"}, {}, "Jwt verification fails"),
        ({"audiences": ["https://x/"]}, {"aud": ["x"]}, ""),
        ({"audiences": ["x"]}, {"aud": "y"}, "Audiences in Jwt are not allowed"),
    ],
)
def test_what_a_provider_asks_for(fields: dict[str, Any], payload: dict[str, Any], expected: str) -> None:
    assert told(jwt(**fields), token(**payload)) == expected


BOTH = {"p": provider(), "q": provider("two")}


@pytest.mark.parametrize(
    ("requires", "text", "expected"),
    [
        ({"allow_missing": {}}, None, ""),
        ({"allow_missing": {}}, token(), ""),
        ({"allow_missing": {}}, token(iss="two"), ""),
        ({"allow_missing": {}}, token(iss="three"), "Jwt issuer is not configured"),
        ({"allow_missing": {}}, token(iss="two", exp=5), "Jwt is expired"),
        ({"allow_missing_or_failed": {}}, token(exp=5), ""),
        ({"requires_any": {"requirements": [{"provider_name": "p"}, {"provider_name": "q"}]}}, token(iss="two"), ""),
        ({"requires_any": {"requirements": [{"provider_name": "p"}, {"provider_name": "q"}]}}, token(exp=5), "Jwt is expired"),
        ({"requires_any": {"requirements": [{"provider_name": "p"}, {"allow_missing": {}}]}}, None, ""),
        ({"requires_any": {"requirements": [{"provider_name": "p"}, {"allow_missing": {}}]}}, token(exp=5), "Jwt is expired"),
        ({"requires_all": {"requirements": [{"provider_name": "p"}, {"provider_name": "q"}]}}, token(), "Jwt is missing"),  # the first has taken it away
    ],
)  # fmt: skip
def test_requirements(requires: dict[str, Any], text: str | None, expected: str) -> None:
    assert told(jwt(requires, BOTH), text) == expected


CLAIMS = {
    "claim_to_headers": [
        {"header_name": "x-sub", "claim_name": "sub"},
        {"header_name": "x-n", "claim_name": "o.n"},
    ]
}


def has(name: str, value: str) -> dict[str, Any]:
    return allow_only({"header": {"name": name, "string_match": {"exact": value}}})


def test_claims_go_to_headers_and_such_headers_are_never_the_clients() -> None:
    writes = jwt(
        {"requires_any": {"requirements": [{"provider_name": "p"}, {"allow_missing": {}}]}}, **CLAIMS
    )
    assert answer((writes, has("x-sub", "bob")), bearer(token(sub="bob"))) == VIA
    assert answer((writes, has("x-n", "5")), bearer(token(o={"n": 5}))) == VIA
    assert answer((writes, has("x-sub", "bob")), get("/", "a.com", ("x-sub", "bob")))[0] == 403


def test_such_headers_are_taken_from_requests_of_which_no_token_is_asked() -> None:
    own = jwt(**CLAIMS)
    own["typed_config"]["rules"] = [
        {"match": {"prefix": "/", "headers": [{"name": "x-sub", "present_match": True}]}, "requires": P}
    ]
    there = allow_only({"header": {"name": "x-sub", "present_match": True}})
    sent = get("/", "a.com", ("x-sub", "bob"))
    assert answer((own,), sent) == VIA  # the rule sees no such header
    assert answer((own, there), sent)[0] == 403
    off = {**a_filter("jwt_authn.v3.PerRouteConfig", disabled=True)}
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(off)}
    assert answer((own, there), sent, routes=(one,))[0] == 403
    own["typed_config"]["providers"]["q"] = provider("two", forward_payload_header="X-Payload")
    assert answer((own, has("x-payload", "1")), get("/", "a.com", ("x-payload", "1")))[0] == 403


def test_the_audience_is_looked_at_before_the_subject() -> None:
    both = jwt(audiences=["a"], subjects={"exact": "bob"})
    assert told(both, token(aud="b", sub="ann")) == "Audiences in Jwt are not allowed"
    assert told(both, token(aud="a", sub="ann")) == "Jwt verification fails"
    assert told(both, token(aud="a", sub="bob")) == ""


SAME_ISSUER = {"p": provider(), "q": provider(audiences=["a"])}
OWNERS = [  # a token, its failure where each provider of its issuer says the same, None where that is open
    (token(exp=NOW - 90), "Jwt is expired"), (token(aud="a"), None), (token(aud="b"), None), (token(iss="other"), "Jwt issuer is not configured"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "failure"), OWNERS)
def test_which_provider_of_an_issuer_checks_a_token_is_open(text: str, failure: str | None) -> None:
    own = jwt({"allow_missing": {}}, SAME_ISSUER)
    if failure is not None:
        assert told(own, text) == failure
        return
    assert any(
        "differs from process to process" in r for p in passages((own,), bearer(text)) for r in p.undetermined
    )
    assert told(jwt({"allow_missing": {}}, {"p": provider(), "q": provider("two")}), text) == ""


def test_a_failure_that_goes_to_metadata_tells_who_checked() -> None:
    tells = {"p": provider(), "q": provider(failed_status_in_metadata="m")}
    own = jwt({"allow_missing": {}}, tells)
    assert any(p.undetermined for p in passages((own,), bearer(token(exp=NOW - 90))))


def test_a_header_that_one_requirement_may_write_hides_the_token_of_another() -> None:
    reads = {"extract_only_without_validation": {"verification_status_header": "X-T"}}
    own = jwt(
        {"requires_all": {"requirements": [reads, {"provider_name": "q"}]}},
        {"p": provider(), "q": provider("two", from_headers=[{"name": "x-t"}])},
    )
    sent = get("/", "a.com", ("authorization", f"Bearer {token()}"), ("x-t", token(iss="two")))
    assert any("header `x-t` may be changed" in r for p in passages((own,), sent) for r in p.undetermined)


TEXTS = [  # a claim, its text in a header (None: no header)
    ("x", "x"), ("", None), (None, None), (True, "true"), (False, "false"), (5, "5"), (5.0, "5"), (0, "0"), (0.0, "0"), (2.5, "2.500000"), (-3, "-3.000000"), ((1 << 64) - 1, str((1 << 64) - 1)), (1 << 64, "18446744073709551616.000000"),
    (["a"], "WyJhIl0="), ({"a": 1}, "eyJhIjoxfQ=="),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_a_claim_in_a_header(value: Any, text: str | None) -> None:
    writes = jwt(claim_to_headers=[{"header_name": "x-c", "claim_name": "c"}])
    shown = (
        has("x-c", text)
        if text is not None
        else allow_only({"header": {"name": "x-c", "present_match": False}})
    )
    assert answer((writes, shown), bearer(token(c=value))) == VIA


def test_a_token_goes_on_only_with_forward() -> None:
    there = allow_only({"header": {"name": "authorization", "present_match": True}})
    assert answer((jwt(), there), bearer(token()))[0] == 403
    assert answer((jwt(forward=True), there), bearer(token())) == VIA


QUERIES = [  # settings, the query with the token as T, the query that goes on
    ({}, "?access_token=T", ""), ({}, "?a=1&access_token=T&b=2", "?a=1&b=2"), ({}, "?access_token=T&a&access_token=x", "?a"), ({"from_params": ["t"]}, "?t=T&tt=1&a=t", "?tt=1&a=t"), ({"forward": True}, "?a&access_token=T", "?a&access_token=T"),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "query", "left"), QUERIES)
def test_a_token_of_the_query_goes_on_only_with_forward(
    fields: dict[str, Any], query: str, left: str
) -> None:
    text = token()
    (way,) = passages((jwt(**fields),), get(f"/x{query.replace('T', text)}"))
    assert (way.verdict.code, way.verdict.details) == VIA and way.seen is not None
    assert way.seen.first(":path") == f"/x{left.replace('T', text)}"


def test_with_clear_route_cache_claims_choose_the_route() -> None:
    bob = {"prefix": "/", "headers": [{"name": "x-sub", "string_match": {"exact": "bob"}}]}
    routes = (route("bob", bob, "d"), route("rest", {"prefix": "/"}))
    for clears, name in ((True, "bob"), (False, "rest")):
        (passage,) = passages(
            (jwt(clear_route_cache=clears, **CLAIMS),), bearer(token(sub="bob")), routes=routes
        )
        assert passage.route_name == name


def test_a_requirement_of_a_route_that_the_filter_does_not_have() -> None:
    named = {**a_filter("jwt_authn.v3.PerRouteConfig", requirement_name="nope")}
    one = {**route("r", {"prefix": "/"}), "typed_per_filter_config": settings(named)}
    own = jwt()
    own["typed_config"]["requirement_map"] = {"r2": {"provider_name": "p"}}
    code, details = answer((own,), routes=(one,))
    assert code == 403
    assert details == "jwt_authn_access_denied{Wrong_requirement_name:_nope._It_should_be_one_of_[r2]}"


def test_keys_that_are_fetched_leave_open_whether_a_token_is_good() -> None:
    remote = {"remote_jwks": {"http_uri": {"uri": "https://k", "cluster": "keys"}}, "issuer": "one"}
    fetched = jwt(providers={"p": remote})
    assert told(fetched, token()) == "Jwks remote fetch is failed"
    found = ends((fetched,), bearer(token()), clusters=(cluster("keys", "10.0.0.9:443"),))
    assert found == {Disposition.DELIVERED, Disposition.DENIED}


@pytest.mark.parametrize(("padding", "good"), [("", True), ("=", True), ("==", False)])
def test_padding_is_left_out_or_exact(padding: str, good: bool) -> None:
    text = token()  # 32 bytes of signature: 43 characters and one of padding
    assert (parse(text + padding).problem == "") is good


TWO = {"p": provider(), "q": provider("two")}
BAD = token(exp=NOW - 90)
P, Q = {"provider_name": "p"}, {"provider_name": "q"}
MISSING, FAILED = {"allow_missing": {}}, {"allow_missing_or_failed": {}}


def any_of(*parts: Any) -> dict[str, Any]:
    return {"requires_any": {"requirements": list(parts)}}


def all_of(*parts: Any) -> dict[str, Any]:
    return {"requires_all": {"requirements": list(parts)}}


WITH_AUDIENCE = {"provider_and_audiences": {"provider_name": "p", "audiences": ["a"]}}
REQUIRED: list[tuple[dict[str, Any], str | None, str]] = [  # a requirement, a token, the failure
    (P, token(), ""), (Q, token(), "Jwt issuer is not configured"), (Q, token(iss="two"), ""), ({"provider_name": "none"}, token(), "provider none is not configured"), ({}, BAD, ""),
    (WITH_AUDIENCE, token(aud="a"), ""), (WITH_AUDIENCE, token(aud="b"), "Audiences in Jwt are not allowed"), (WITH_AUDIENCE, None, "Jwt is missing"), (WITH_AUDIENCE, token(aud=["b", "a"]), ""),
    (MISSING, None, ""), (MISSING, BAD, "Jwt is expired"), (MISSING, token(), ""), (FAILED, BAD, ""), (FAILED, None, ""),
    (any_of(P, Q), token(), ""), (any_of(P, Q), token(iss="two"), ""), (any_of(P, Q), BAD, "Jwt is expired"), (any_of(Q, P), BAD, "Jwt is expired"), (any_of(P, Q), None, "Jwt is missing"), (any_of(), None, "Jwt is missing"),
    (any_of(Q, P), token(iss="three"), "Jwt issuer is not configured"), (any_of(P, MISSING), None, ""), (any_of(P, MISSING), BAD, "Jwt is expired"), (any_of(P, FAILED), BAD, ""), (any_of(MISSING), BAD, "Jwt is expired"), (any_of(FAILED), BAD, ""), (any_of(MISSING, FAILED), BAD, ""),
    (all_of(P), token(), ""), (all_of(P, P), token(), "Jwt is missing"), (all_of(P, Q), token(), "Jwt is missing"), (all_of(Q, P), token(), "Jwt issuer is not configured"), (all_of(P, MISSING), token(), ""), (all_of(), None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("requires", "text", "failure"), REQUIRED)
def test_a_requirement(requires: dict[str, Any], text: str | None, failure: str) -> None:
    assert told(jwt(requires, TWO) if requires else _unrequired(), text) == failure


def _unrequired() -> dict[str, Any]:
    """A rule that requires nothing."""
    return a_filter("jwt_authn.v3.JwtAuthentication", providers=TWO, rules=[{"match": {"prefix": "/"}}])


LEFT: list[tuple[dict[str, Any], str, dict[str, Any]]] = [  # settings of the provider, the token, what stands in metadata
    ({}, token(sub="bob"), {}), ({"payload_in_metadata": "pay"}, token(sub="bob"), {"pay": {"iss": "one", "sub": "bob"}}), ({"header_in_metadata": "head"}, token(), {"head": {"alg": "HS256"}}),
    ({"payload_in_metadata": "pay", "normalize_payload_in_metadata": {"space_delimited_claims": ["scope", "n"]}}, token(scope="a b", n=1), {"pay": {"iss": "one", "scope": ["a", "b"], "n": 1}}),
    ({"failed_status_in_metadata": "bad"}, BAD, {"bad": {"message": "Jwt is expired", "code": 3}}), ({"failed_status_in_metadata": "bad"}, token(nbf=NOW + 90), {"bad": {"message": "Jwt not yet valid", "code": 2}}), ({"failed_status_in_metadata": "bad", "payload_in_metadata": "pay"}, token(), {"pay": {"iss": "one"}}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "text", "written"), LEFT)
def test_what_a_token_leaves_in_metadata(fields: dict[str, Any], text: str, written: dict[str, Any]) -> None:
    (way,) = passages((jwt(FAILED, {"p": provider(**fields)}),), bearer(text))
    assert way.seen is not None
    space = "envoy.filters.http.jwt_authn"
    found = {key: way.seen.metadata_value(space, (key,)) for key in ("pay", "head", "bad")}
    assert {key: value for key, value in found.items() if value is not None} == written


@pytest.mark.parametrize("pads", [True, False])
def test_the_payload_may_go_on_in_a_header(pads: bool) -> None:
    text = token(sub="b")
    payload = text.split(".")[1]
    assert len(payload) % 4
    writes = jwt(forward_payload_header="X-Payload", pad_forward_payload_header=pads)
    (way,) = passages((writes,), bearer(text))
    assert way.seen is not None
    assert way.seen.first("x-payload") == (payload + "=" * (-len(payload) % 4) if pads else payload)


NO_KEYS = "Jwks doesn't have any valid public key"
KEY_SOURCES: list[tuple[dict[str, Any], str]] = [  # where the keys are, the failure of a good token
    ({"inline_bytes": base64.b64encode(KEYS.encode()).decode()}, ""), ({"inline_string": '{"keys": []}'}, NO_KEYS), ({"inline_string": "no"}, NO_KEYS),
    ({"inline_string": "[]"}, NO_KEYS),
]  # fmt: skip


@pytest.mark.parametrize(("source", "failure"), KEY_SOURCES)
def test_where_keys_come_from(source: dict[str, Any], failure: str) -> None:
    assert told(jwt(providers={"p": {"issuer": "one", "local_jwks": source}}), token()) == failure


def test_keys_in_a_file_leave_open_whether_a_token_is_good() -> None:
    in_file = jwt(providers={"p": {"issuer": "one", "local_jwks": {"filename": "/keys"}}})
    assert ends((in_file,), bearer(token())) == {Disposition.DELIVERED, Disposition.DENIED}
    assert told(in_file, BAD) == "Jwt is expired"


def test_filter_state_names_the_requirement() -> None:
    written = a_filter(
        "set_filter_state.v3.Config",
        on_request_headers=[
            {"object_key": "k", "format_string": {"text_format_source": {"inline_string": "%REQ(x-k)%"}}}
        ],
    )
    asks = a_filter(
        "jwt_authn.v3.JwtAuthentication",
        providers=TWO,
        filter_state_rules={"name": "k", "requires": {"strict": P}},
    )
    found = [answer((written, asks), get("/", "a.com", ("x-k", value)))[0] for value in ("strict", "else")]
    assert found == [401, 200]
    assert answer((asks,)) == VIA


@pytest.mark.parametrize(("bypass", "code"), [(True, 200), (False, 401)])
def test_a_preflight_may_pass_without_a_token(bypass: bool, code: int) -> None:
    one = jwt()
    one["typed_config"]["bypass_cors_preflight"] = bypass
    preflight = get(
        "/", "a.com", ("origin", "http://b.com"), ("access-control-request-method", "GET"), method="OPTIONS"
    )
    assert answer((one,), preflight)[0] == code


def test_a_token_that_is_only_read_is_never_refused() -> None:
    """How its bad news is told is not known."""
    reads = {"extract_only_without_validation": {}}
    own = jwt(reads, claim_to_headers=[{"header_name": "x-sub", "claim_name": "sub"}])
    assert answer((own,)) == VIA
    status = allow_only({"header": {"name": "x-jwt-signature-verified", "present_match": True}})
    for text in (token(sub="bob"), BAD):
        assert answer((own,), bearer(text)) == VIA
        assert ends((own, status), bearer(text)) == {Disposition.DELIVERED, Disposition.DENIED}
    there = allow_only({"header": {"name": "x-sub", "string_match": {"exact": "bob"}}})
    assert ends((own, there), bearer(token(sub="bob"))) == {Disposition.DELIVERED}
    assert ends((own, there), bearer(BAD)) == {Disposition.DELIVERED, Disposition.DENIED}
