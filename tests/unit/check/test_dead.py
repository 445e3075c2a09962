"""What can never be chosen, and redirects that go round, as findings."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Severity
from tests.unit.check.found import findings, undecided
from tests.unit.proxy import build

Json = dict[str, Any]
WHOLE = {"prefix": "/"}


def at_port_80(*hosts: Json, **manager: Any) -> Any:
    return build.proxy([build.listener([{"filters": build.http(list(hosts), **manager)}])])


def two(first: Json, second: Json, to: tuple[str, str] = ("c", "d")) -> Any:
    routes = [build.route("a", first, to[0]), build.route("b", second, to[1])]
    clusters = (build.cluster("c", "10.0.0.1:80"), build.cluster("d", "10.0.0.2:80"))
    listed = build.listener([{"filters": build.http([build.virtual_host(*routes)])}])
    return build.proxy([listed], clusters)


def test_a_shadowed_route_is_told_with_who_takes_it_and_a_request():
    (found,) = findings(two({"prefix": "/api"}, {"prefix": "/api/v1"}))
    assert (found.code, found.severity, found.object) == (
        "route-shadowed",
        Severity.WARNING,
        "route rc > vh > #2 (b)",
    )
    assert "#1 (a) (prefix /api) takes every request" in found.message
    assert any("/api/v1 goes to #1 (a)" in line for line in found.evidence)


def test_a_shadow_that_does_the_same_is_only_worth_knowing():
    (found,) = findings(two({"prefix": "/api"}, {"prefix": "/api/v1"}, ("c", "c")))
    assert found.severity is Severity.INFO


def test_the_right_order_is_no_finding():
    assert findings(two({"prefix": "/api/v1"}, {"prefix": "/api"})) == []


def test_a_query_in_a_path_matches_nothing():
    (found,) = findings(two({"path": "/a?b=1"}, WHOLE))
    assert found.code == "route-impossible"
    assert "matched without its query" in found.message


def test_a_share_of_nothing():
    match = {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 0}}}
    assert [one.code for one in findings(two(match, WHOLE))] == ["route-share-zero"]
    match["runtime_fraction"]["runtime_key"] = "k"
    assert findings(two(match, WHOLE)) == []


def test_an_action_of_a_matcher_tree_that_is_not_known_is_not_decidable():
    host = {"name": "vh", "domains": ["*"], "matcher": {"on_no_match": {"action": {"name": "a"}}}}
    (open_,) = undecided(at_port_80(host), "route-shadowed")
    assert "the route's matcher is not known" in open_.needs


def host(name: str, *domains: str) -> Json:
    return {**build.virtual_host(build.route("r", WHOLE), domains=domains), "name": name}


@pytest.mark.parametrize(
    ("hosts", "manager", "expected"),
    [
        ([host("a", "a.com"), host("b", "*.com"), host("c", "*")], {}, []),
        ([host("a", "a.com"), host("b", "A.com")], {}, ["route rc > b"]),
        ([host("a", "a.com"), host("b", "a.com", "b.com")], {}, ["route rc > b"]),
        ([host("a", "a.com", "a.com:80")], {}, []),
        ([host("a", "a.com:80")], {"strip_any_host_port": True}, ["route rc > a"]),
    ],
)
def test_virtual_hosts_that_no_request_finds(hosts, manager, expected):
    assert [one.object for one in findings(at_port_80(*hosts, **manager), "host-unreachable")] == expected


def test_a_chain_that_no_connection_reaches():
    chains = [
        {"name": name, "filter_chain_match": match, "filters": build.tcp("c")}
        for name, match in (
            ("t", {"transport_protocol": "tls"}),
            ("p", {"transport_protocol": "raw_buffer"}),
            ("all", {}),
        )
    ]
    (found,) = findings(build.proxy([build.listener(chains)]), "chain-unreachable")
    assert found.object == "listener 0.0.0.0_80 > chain all (#2)"
    assert "goes to p (#1), t (#0)" in found.message
    assert findings(build.proxy([build.listener(chains[:1] + chains[2:])]), "chain-unreachable") == []


@pytest.mark.parametrize(("hands_over", "expected"), [(True, []), (False, ["listener 10.0.0.1_80"])])
def test_a_listener_without_a_socket_needs_one_that_hands_over(hands_over, expected):
    chains = [{"filters": build.tcp("c")}]
    main = build.listener(chains, port=15001, use_original_dst=hands_over)
    own = build.listener(chains, ip="10.0.0.1", bind_to_port=False)
    assert [one.object for one in findings(build.proxy([main, own]), "listener-unreachable")] == expected


def redirecting(match: Json, **redirect: Any) -> Json:
    return {"name": "r", "match": match, "redirect": redirect}


@pytest.mark.parametrize(
    ("route", "expected"),
    [
        (redirecting({"prefix": "/"}, path_redirect="/new"), 1),
        (redirecting({"path": "/"}, path_redirect="/new"), 0),
        (redirecting({"prefix": "/old"}, prefix_rewrite="/old/new"), 1),
        (redirecting({"prefix": "/"}, https_redirect=True), 0),
        (redirecting({"prefix": "/"}, host_redirect="www.a.com"), 0),
        (redirecting({"prefix": "/"}, host_redirect="a.com"), 1),
    ],
)
def test_redirects_that_lead_back(route, expected):
    made = at_port_80({**host("a", "a.com"), "routes": [route]})
    assert len(findings(made, "redirect-loop")) == expected


def test_two_hosts_that_redirect_to_each_other():
    made = at_port_80(
        {**host("a", "a.com"), "routes": [redirecting(WHOLE, host_redirect="b.com")]},
        {**host("b", "b.com"), "routes": [redirecting(WHOLE, host_redirect="a.com")]},
    )
    found = findings(made, "redirect-loop")
    assert [one.object for one in found] == ["route rc > a > #1 (r)", "route rc > b > #1 (r)"]
    assert "http://a.com/ -> http://b.com/ -> http://a.com/" in found[0].message


def test_https_and_back_again():
    tls = {
        "name": "tls",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {},
        },
    }
    to_https = {**host("a", "a.com"), "routes": [redirecting(WHOLE, https_redirect=True)]}
    to_http = {**host("a", "a.com"), "routes": [redirecting(WHOLE, scheme_redirect="http")]}
    plain = build.listener([{"filters": build.http([to_https])}])
    secure = build.listener([{"filters": build.http([to_http]), "transport_socket": tls}], port=443)
    assert len(findings(build.proxy([plain, secure]), "redirect-loop")) == 2
    fine = {**host("a", "a.com"), "routes": [build.route("r", WHOLE)]}
    secure = build.listener([{"filters": build.http([fine]), "transport_socket": tls}], port=443)
    assert findings(build.proxy([plain, secure]), "redirect-loop") == []
