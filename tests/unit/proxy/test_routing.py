"""Virtual hosts and routes: which one takes a request."""

from __future__ import annotations

import pytest

from meshctl.proxy.model import Disposition
from tests.unit.proxy.build import ask, get, http, listener, proxy, route, routed, virtual_host

HOSTS = [
    {"name": "exact", "domains": ["a.com"]},
    {"name": "long suffix", "domains": ["*.b.a.com"]},
    {"name": "suffix", "domains": ["*.a.com", "*-x.a.com"]},
    {"name": "prefix", "domains": ["www.*"]},
    {"name": "any", "domains": ["*"]},
]

DOMAINS = [
    ("a.com", "exact"), ("A.COM", "exact"), ("a.com:80", "any"), ("x.a.com", "suffix"), ("x.b.a.com", "long suffix"),
    (".a.com", "any"), ("y-x.a.com", "suffix"), ("www.org", "prefix"), ("www.", "any"), ("www.a.com", "suffix"),
    ("a.com.", "any"), ("", "any"), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("host", "expected"), DOMAINS)
def test_virtual_host_by_domain(host: str | None, expected: str | None) -> None:
    built = proxy([listener([{"filters": http(HOSTS)}])])
    assert routed(built, get("/", host)).virtual_host == expected


@pytest.mark.parametrize("host", ["a.com:", "a.com:abc", "a.com:9080.", "a.com:80"])
def test_ignored_port_is_whatever_follows_the_last_colon(host: str) -> None:
    filters = http(HOSTS)
    filters[0]["typed_config"]["route_config"]["ignore_port_in_host_matching"] = True
    assert routed(proxy([listener([{"filters": filters}])]), get("/", host)).virtual_host == "exact"


def takes(match: dict[str, object], path: str = "/", *headers: tuple[str, str], **more: object) -> bool:
    built = proxy([listener([{"filters": http([virtual_host(route("r", match))])}])])
    return routed(built, get(path, "a.com", *headers, **more)).route_name == "r"


PATHS = [
    ({"prefix": "/a"}, "/ab", True), ({"prefix": "/a?"}, "/a?x", False), ({"path": "/a"}, "/a?x=1", True),
    ({"path": "/a"}, "/a/", False), ({"prefix": "/A", "case_sensitive": False}, "/ab", True),
    ({"path_separated_prefix": "/s"}, "/s", True), ({"path_separated_prefix": "/s"}, "/s/x", True),
    ({"path_separated_prefix": "/s"}, "/s?x", True), ({"path_separated_prefix": "/s"}, "/sx", False),
    ({"safe_regex": {"regex": "/a"}}, "/ab", False), ({"safe_regex": {"regex": "/a.*"}}, "/ab?x", True),
    ({"safe_regex": {"regex": "/A.*"}, "case_sensitive": False}, "/ab", False),
]  # fmt: skip


@pytest.mark.parametrize(("match", "path", "expected"), PATHS)
def test_path_forms(match: dict[str, object], path: str, expected: bool) -> None:
    assert takes(match, path) is expected


TEMPLATES = [
    ("/d/**", "/d/", True), ("/d/**", "/d", False), ("/m/{f=**}.ts", "/m/.ts", True), ("/a/*/c", "/a//c", False),
    ("/a/{id}", "/a/1", True), ("/a/{id}", "/a/1/2", False), ("/a/{id}", "/a/x|y", False),
]  # fmt: skip


@pytest.mark.parametrize(("template", "path", "expected"), TEMPLATES)
def test_uri_templates(template: str, path: str, expected: bool) -> None:
    policy = {
        "name": "t",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
            "path_template": template,
        },
    }
    assert takes({"path_match_policy": policy}, path) is expected


def header(**matcher: object) -> dict[str, object]:
    return {"prefix": "/", "headers": [{"name": "x-a", **matcher}]}


HEADERS = [
    ("value by value, not joined", header(string_match={"exact": "1"}), [("x-a", "2"), ("x-a", "1")], True),
    ("never joined", header(string_match={"exact": "1,2"}), [("x-a", "1"), ("x-a", "2")], False),
    ("inverted: none may match", header(string_match={"exact": "1"}, invert_match=True), [("x-a", "2"), ("x-a", "1")], False),
    ("missing fails even inverted", header(string_match={"exact": "1"}, invert_match=True), [], False),
    ("missing as empty", header(string_match={"exact": ""}, treat_missing_header_as_empty=True), [], True),
    ("present", header(present_match=True), [("x-a", "")], True),
    ("present_match false", header(present_match=False), [], True),
    ("present_match false with missing as empty never matches",
     header(present_match=False, treat_missing_header_as_empty=True), [], False),
    ("name alone is present", header(), [("X-A", "z")], True),
    ("range", header(range_match={"start": "1", "end": "5"}), [("x-a", "+4")], True),
    ("range is half open", header(range_match={"start": "1", "end": "5"}), [("x-a", "5")], False),
    ("range start defaults to 0", header(range_match={"end": "5"}), [("x-a", "0")], True),
    ("what is no number fails, and matches inverted",
     header(range_match={"start": "1", "end": "5"}, invert_match=True), [("x-a", "3.0")], True),
    ("inline headers are joined", {"prefix": "/", "headers": [{"name": "user-agent", "string_match": {"exact": "a,b"}}]},
     [("user-agent", "a"), ("user-agent", "b")], True),
]  # fmt: skip


@pytest.mark.parametrize(("name", "match", "headers", "expected"), HEADERS, ids=[c[0] for c in HEADERS])
def test_header_conditions(
    name: str, match: dict[str, object], headers: list[tuple[str, str]], expected: bool
) -> None:
    assert takes(match, "/", *headers) is expected


QUERIES = [
    ("/?a=1", {"string_match": {"exact": "1"}}, True), ("/?a=2&a=1", {"string_match": {"exact": "1"}}, False),
    ("/?%61=1", {"string_match": {"exact": "1"}}, False), ("/?a=%31", {"string_match": {"exact": "1"}}, False),
    ("/?a", {"present_match": True}, True), ("/", {"string_match": {"safe_regex": {"regex": ".*"}}}, False),
]  # fmt: skip


@pytest.mark.parametrize(("path", "matcher", "expected"), QUERIES)
def test_query_parameters_are_raw_and_the_first_counts(
    path: str, matcher: dict[str, object], expected: bool
) -> None:
    assert takes({"prefix": "/", "query_parameters": [{"name": "a", **matcher}]}, path) is expected


def test_grpc_is_exact() -> None:
    match = {"prefix": "/", "grpc": {}}
    assert takes(match, "/", ("content-type", "application/grpc+proto"))
    assert not takes(match, "/", ("content-type", "application/grpc-web"))


def test_only_connect_matcher_takes_connect() -> None:
    match = {"connect_matcher": {}}
    assert takes(match, None, method="CONNECT") is False  # without a port in the target the codec refuses
    built = proxy([listener([{"filters": http([virtual_host(route("r", match))])}])])
    assert routed(built, get(None, "a.com:443", method="CONNECT")).route_name == "r"  # type: ignore[arg-type]


def test_a_fraction_and_a_weight_ask_the_same_random_number() -> None:
    match = {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 50}}}
    weighted = {"clusters": [{"name": "c", "weight": 50}, {"name": "d", "weight": 50}]}
    first = {"name": "half", "match": match, "route": {"weighted_clusters": weighted}}
    built = proxy([listener([{"filters": http([virtual_host(first, route("rest", {"prefix": "/"}))])}])])
    outcomes = {(p.route_name, p.verdict.flags): p.probability for p in ask(built, get())}
    # the half that takes the first route has numbers below 50: always the first cluster
    assert outcomes == {("half", None): 0.5, ("rest", None): 0.5}


def test_a_runtime_value_overrides_the_fraction() -> None:
    match = {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 100}, "runtime_key": "x.y"}}
    bootstrap = {"layered_runtime": {"layers": [{"name": "static", "static_layer": {"x": {"y": 0}}}]}}
    built = proxy([listener([{"filters": http([virtual_host(route("r", match))])}])], bootstrap=bootstrap)
    assert routed(built, get()).verdict.disposition is Disposition.NO_ROUTE


def test_require_tls_comes_before_routes_and_is_case_sensitive() -> None:
    built = proxy(
        [listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}), require_tls="ALL")])}])]
    )
    redirected = routed(built, get("/x"))
    assert (redirected.verdict.code, redirected.location, redirected.route_name) == (
        301,
        "https://a.com/x",
        None,
    )
    assert routed(built, get("/", "a.com", ("x-forwarded-proto", "HTTPS"))).verdict.code == 301
    assert routed(built, get("/", "a.com", ("x-forwarded-proto", "https"))).route_name == "r"


def test_a_rejected_route_names_its_first_failing_criterion() -> None:
    jason = route(
        "jason", {"prefix": "/", "headers": [{"name": "end-user", "string_match": {"exact": "jason"}}]}
    )
    built = proxy([listener([{"filters": http([virtual_host(jason, route("rest", {"prefix": "/"}))])}])])
    (passage,) = ask(built, get(), silent=False)
    step = next(s for s in passage.steps if s.stage.value == "route")
    assert [(r.name, r.reason) for r in step.rejected] == [
        ("route `jason`", "header `end-user` is absent, wants exact `jason`")
    ]
