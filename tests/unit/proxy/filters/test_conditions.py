"""RBAC's permissions and principals, each form: who and what meets it, or that it cannot be told (None); and its words."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Peer, RequestView
from meshctl.proxy.filters.conditions import Subject, condition
from meshctl.values import replace

Json = dict[str, Any]
ANN = Peer(("spiffe://td/ns/a/sa/ann",), ("ann.example.com",), "CN=ann")
SUBJECT = Subject("10.0.0.1", 8080, "10.0.0.2", "10.0.0.3", "shop.example.com", True, ANN)
EXTENSIONS = "type.googleapis.com/envoy.extensions."
MTLS, TEMPLATE = (
    f"{EXTENSIONS}rbac.principals.mtls_authenticated.v3.Config",
    f"{EXTENSIONS}path.match.uri_template.v3.UriTemplateMatchConfig",
)
YES, NO = {"any": True}, {"any": False}
UNKNOWN = {"not_yet": {}}


def cidr(address: str, length: int) -> Json:
    return {"address_prefix": address, "prefix_len": length}


def mtls(**fields: Any) -> Json:
    return {"custom": {"name": "mtls", "typed_config": {"@type": MTLS, **fields}}}


def named(kind: str, name: str) -> Json:
    return mtls(san_matcher={"san_type": kind, "matcher": {"exact": name}})


def caller(**matcher: str) -> Json:
    return {"authenticated": {"principal_name": matcher}}


def met(message: Json, subject: Subject) -> bool | None:
    try:
        return condition(message).test(subject)
    except Undecidable:
        return None


PLAIN, BARE, DARK = (
    replace(SUBJECT, tls=False, peer=None),
    replace(SUBJECT, peer=Peer()),
    replace(SUBJECT, peer=None),
)
UNVERIFIED = replace(SUBJECT, peer=replace(ANN, validated=False))
ASKED = replace(SUBJECT, view=RequestView({":path": ["/a/b?c=d"], "x": ["1"]}))
ROUTED = replace(ASKED, route={"metadata": {"filter_metadata": {"f": {"k": "v"}}}})
NAMED = replace(SUBJECT, metadata={"f": {"k": "v"}}, state={"key": "value"})
OF_F = {"filter": "f", "path": [{"key": "k"}], "value": {"string_match": {"exact": "v"}}}

CONNECTION: list[tuple[Json, Subject, bool | None]] = [
    (YES, SUBJECT, True), (NO, SUBJECT, False), (UNKNOWN, SUBJECT, None), ({}, SUBJECT, None),
    ({"destination_port": 8080}, SUBJECT, True), ({"destination_port": 80}, SUBJECT, False),
    ({"destination_port_range": {"start": 8080, "end": 8081}}, SUBJECT, True), ({"destination_port_range": {"start": 8000, "end": 8080}}, SUBJECT, False), ({"destination_port_range": {"end": 9000}}, SUBJECT, True), ({"destination_port_range": {"start": 8081, "end": 9000}}, SUBJECT, False),
    ({"destination_ip": cidr("10.0.0.1", 32)}, SUBJECT, True), ({"destination_ip": cidr("10.0.0.2", 32)}, SUBJECT, False), ({"source_ip": cidr("10.0.0.2", 32)}, SUBJECT, True), ({"direct_remote_ip": cidr("10.0.0.2", 32)}, SUBJECT, True), ({"direct_remote_ip": cidr("10.0.0.3", 32)}, SUBJECT, False),
    ({"remote_ip": cidr("10.0.0.3", 32)}, SUBJECT, True), ({"remote_ip": cidr("10.0.0.0", 8)}, SUBJECT, True), ({"remote_ip": cidr("nonsense", 8)}, SUBJECT, None), ({"remote_ip": cidr("10.0.0.0", 8)}, replace(SUBJECT, remote_ip=""), None),
    ({"requested_server_name": {"exact": "shop.example.com"}}, SUBJECT, True), ({"requested_server_name": {"suffix": ".org"}}, SUBJECT, False), ({"requested_server_name": {"exact": ""}}, replace(SUBJECT, sni=""), True),
]  # fmt: skip
CALLERS: list[tuple[Json, Subject, bool | None]] = [
    # any with TLS; then a URI, a DNS name, or the subject
    ({"authenticated": {}}, SUBJECT, True), ({"authenticated": {}}, BARE, True), ({"authenticated": {}}, DARK, True), ({"authenticated": {}}, PLAIN, False),
    (caller(exact="spiffe://td/ns/a/sa/ann"), SUBJECT, True), (caller(exact="ann.example.com"), SUBJECT, True), (caller(exact="CN=ann"), SUBJECT, True), (caller(exact="bob"), SUBJECT, False), (caller(prefix=""), PLAIN, False),
    (caller(exact=""), BARE, True), (caller(exact=""), DARK, True), (caller(exact="CN=ann"), BARE, None), (caller(exact="CN=ann"), DARK, False), (caller(exact="bob"), BARE, False), (caller(exact="CN=ann"), UNVERIFIED, True),
    # a validated certificate, and of which kind a name is
    (mtls(), SUBJECT, True), (mtls(), BARE, True), (mtls(), DARK, False), (mtls(), PLAIN, False), (mtls(), UNVERIFIED, False),
    (named("URI", "spiffe://td/ns/a/sa/ann"), SUBJECT, True), (named("URI", "ann.example.com"), SUBJECT, False), (named("DNS", "ann.example.com"), SUBJECT, True), (named("DNS", "spiffe://td/ns/a/sa/ann"), SUBJECT, False), (named("EMAIL", "a@b"), SUBJECT, None), (named("EMAIL", "a@b"), PLAIN, False),
    ({"custom": {"name": "mine", "typed_config": {"@type": f"{EXTENSIONS}mine"}}}, SUBJECT, None), ({"custom": {"name": "mine"}}, SUBJECT, None),
    # what Istio keeps of the caller, and other filter state
    ({"filter_state": {"key": "io.istio.peer_principal", "string_match": {"suffix": "/ann"}}}, SUBJECT, True), ({"filter_state": {"key": "io.istio.peer_principal", "string_match": {"prefix": ""}}}, DARK, False), ({"filter_state": {"key": "io.istio.peer_principal", "string_match": {"exact": "bob"}}}, SUBJECT, False),
    ({"filter_state": {"key": "key", "string_match": {"exact": "value"}}}, NAMED, True), ({"filter_state": {"key": "key", "string_match": {"exact": "other"}}}, NAMED, False), ({"filter_state": {"key": "none", "string_match": {"prefix": ""}}}, NAMED, False), ({"filter_state": {"key": "key"}}, NAMED, None),
]  # fmt: skip
REQUESTS: list[tuple[Json, Subject, bool | None]] = [
    # a connection has no request: what asks for one is not met
    ({"header": {"name": "x", "string_match": {"exact": "1"}}}, ASKED, True), ({"header": {"name": "x", "string_match": {"exact": "2"}}}, ASKED, False), ({"header": {"name": "y", "present_match": False}}, ASKED, True), ({"header": {"name": "y", "present_match": False}}, SUBJECT, False),
    ({"url_path": {"path": {"exact": "/a/b"}}}, ASKED, True), ({"url_path": {"path": {"prefix": "/b"}}}, ASKED, False), ({"url_path": {"path": {"prefix": ""}}}, SUBJECT, False), ({"url_path": {"path": {"prefix": ""}}}, replace(SUBJECT, view=RequestView({})), False),
    ({"uri_template": {"typed_config": {"@type": TEMPLATE, "path_template": "/a/*"}}}, ASKED, True), ({"uri_template": {"typed_config": {"@type": TEMPLATE, "path_template": "/b/*"}}}, ASKED, False), ({"uri_template": {"typed_config": {"@type": TEMPLATE, "path_template": "/a/*"}}}, SUBJECT, False),
    ({"matcher": {"typed_config": {"@type": TEMPLATE, "path_template": "/a/*"}}}, ASKED, True), ({"matcher": {"name": "mine", "typed_config": {"@type": f"{EXTENSIONS}Mine"}}}, ASKED, None),
    # metadata: of the request, of the connection where there is none, or of the route's message
    ({"metadata": OF_F}, NAMED, True), ({"metadata": OF_F}, SUBJECT, False), ({"metadata": OF_F}, replace(NAMED, view=RequestView({})), False), ({"metadata": OF_F}, replace(SUBJECT, view=RequestView({}, metadata={"f": {"k": "v"}})), True), ({"metadata": {**OF_F, "invert": True}}, SUBJECT, True),
    ({"sourced_metadata": {"metadata_matcher": OF_F}}, NAMED, True), ({"sourced_metadata": {"metadata_matcher": OF_F}}, ROUTED, False), ({"sourced_metadata": {"metadata_matcher": OF_F, "metadata_source": "ROUTE"}}, ROUTED, True), ({"sourced_metadata": {"metadata_matcher": OF_F, "metadata_source": "ROUTE"}}, NAMED, False),
    ({"sourced_metadata": {"metadata_matcher": {**OF_F, "invert": True}, "metadata_source": "ROUTE"}}, ASKED, False), ({"sourced_metadata": {"metadata_matcher": {**OF_F, "invert": True}, "metadata_source": "ROUTE"}}, replace(ASKED, route={}), True),
]  # fmt: skip
JOINED: list[tuple[Json, Subject, bool | None]] = [
    # what decides does so whatever of the others is not known
    ({"and_rules": {"rules": [YES, YES]}}, SUBJECT, True), ({"and_rules": {"rules": [YES, NO]}}, SUBJECT, False), ({"and_rules": {"rules": [UNKNOWN, NO]}}, SUBJECT, False), ({"and_rules": {"rules": [NO, UNKNOWN]}}, SUBJECT, False), ({"and_ids": {"ids": [YES, UNKNOWN]}}, SUBJECT, None), ({"and_ids": {}}, SUBJECT, True),
    ({"or_rules": {"rules": [NO, YES]}}, SUBJECT, True), ({"or_rules": {"rules": [NO, NO]}}, SUBJECT, False), ({"or_rules": {"rules": [UNKNOWN, YES]}}, SUBJECT, True), ({"or_rules": {"rules": [YES, UNKNOWN]}}, SUBJECT, True), ({"or_ids": {"ids": [NO, UNKNOWN]}}, SUBJECT, None), ({"or_ids": {}}, SUBJECT, False),
    ({"not_rule": YES}, SUBJECT, False), ({"not_id": NO}, SUBJECT, True), ({"not_id": UNKNOWN}, SUBJECT, None), ({"not_rule": {"or_rules": {"rules": [UNKNOWN, YES]}}}, SUBJECT, False), ({"and_ids": {"ids": [UNKNOWN]}}, SUBJECT, None),
]  # fmt: skip


@pytest.mark.parametrize(("message", "subject", "expected"), CONNECTION + CALLERS + REQUESTS + JOINED)
def test_who_meets_a_condition(message: Json, subject: Subject, expected: bool | None) -> None:
    assert met(message, subject) is expected


WORDS: list[tuple[Json, Subject, str]] = [  # a condition that is not met, why not
    (NO, SUBJECT, "wants no one"), ({"destination_port": 80}, SUBJECT, "port is 8080, wants port 80"), ({"destination_port_range": {"start": 1, "end": 2}}, SUBJECT, "port is 8080, wants port in [1, 2)"),
    ({"remote_ip": cidr("10.1.0.0", 16)}, SUBJECT, "client address is 10.0.0.3, wants client address in 10.1.0.0/16"), ({"direct_remote_ip": cidr("10.1.0.0", 16)}, SUBJECT, "source address is 10.0.0.2, wants source address in 10.1.0.0/16"), ({"destination_ip": cidr("10.1.0.0", 16)}, SUBJECT, "destination address is 10.0.0.1, wants destination address in 10.1.0.0/16"),
    ({"requested_server_name": {"exact": "x"}}, SUBJECT, "SNI is shop.example.com, wants SNI exact `x`"), ({"requested_server_name": {"exact": "x"}}, replace(SUBJECT, sni=""), "SNI is absent, wants SNI exact `x`"),
    ({"authenticated": {}}, PLAIN, "the connection is plain text, wants any client with TLS"), (caller(exact="x"), PLAIN, "the connection is plain text, the caller has no identity, wants caller exact `x`"), (caller(exact="x"), SUBJECT, "caller is spiffe://td/ns/a/sa/ann, wants caller exact `x`"), (caller(exact="x"), BARE, "caller is without a certificate, wants caller exact `x`"),
    (mtls(), DARK, "caller is without a certificate, wants any client with a validated certificate"), (named("URI", "x"), SUBJECT, "caller is spiffe://td/ns/a/sa/ann, wants caller URI exact `x`"),
    ({"filter_state": {"key": "k", "string_match": {"exact": "x"}}}, SUBJECT, "filter state k is absent, wants filter state k exact `x`"), ({"url_path": {"path": {"exact": "/x"}}}, ASKED, "path is `/a/b`, wants path exact `/x`"), ({"url_path": {"path": {"exact": "/x"}}}, SUBJECT, "a connection has no request, wants path exact `/x`"),
    ({"and_rules": {"rules": [YES, {"destination_port": 80}]}}, SUBJECT, "port is 8080, wants port 80"), ({"or_rules": {"rules": [{"destination_port": 80}, {"destination_port": 81}]}}, SUBJECT, "port is 8080, wants port 80 or port 81"),
    ({"not_rule": {"destination_port": 8080}}, SUBJECT, "port is 8080, wants not (port 8080)"), ({"or_ids": {}}, SUBJECT, "wants nothing"),
    ({"or_rules": {"rules": [{"and_rules": {"rules": [NO, YES]}}, NO]}}, SUBJECT, "wants (no one and anyone) or no one"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "subject", "words"), WORDS)
def test_why_a_condition_is_not_met(message: Json, subject: Subject, words: str) -> None:
    assert condition(message).failure(subject) == words


UNKNOWN_WORDS: list[tuple[Json, Subject, str]] = [
    (UNKNOWN, SUBJECT, "the RBAC condition not_yet is not evaluated"), ({}, SUBJECT, "the RBAC condition nothing is not evaluated"), ({"custom": {"name": "mine"}}, SUBJECT, "the RBAC condition mine is not evaluated"),
    ({"remote_ip": cidr("10.0.0.0", 8)}, replace(SUBJECT, remote_ip=""), "the client address is not known"), (caller(exact="CN=ann"), BARE, "the subject of the client's certificate is not known"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "subject", "words"), UNKNOWN_WORDS)
def test_what_would_have_to_be_known(message: Json, subject: Subject, words: str) -> None:
    with pytest.raises(Undecidable, match=words):
        condition(message).test(subject)
