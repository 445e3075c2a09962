"""Rewrites and redirects, and the path normalisation before them."""

from __future__ import annotations

import pytest

from meshctl.proxy.http.path_normalize import canonical_path
from tests.unit.proxy.build import get, http, listener, proxy, routed, virtual_host


def answer(
    entry: dict[str, object], path: str, host: str = "a.com", *headers: tuple[str, str], **hcm: object
):  # type: ignore[no-untyped-def]
    filters = http([virtual_host(entry)])
    filters[0]["typed_config"].update(hcm)
    return routed(proxy([listener([{"filters": filters}])]), get(path, host, *headers))


def action(match: dict[str, object], **more: object) -> dict[str, object]:
    return {"match": match, "route": {"cluster": "c", **more}}


TEMPLATES = "type.googleapis.com/envoy.extensions.path"
TEMPLATE = {
    "name": "t",
    "typed_config": {
        "@type": f"{TEMPLATES}.match.uri_template.v3.UriTemplateMatchConfig",
        "path_template": "/a/{x}/{y}",
    },
}
REWRITE = {
    "name": "t",
    "typed_config": {
        "@type": f"{TEMPLATES}.rewrite.uri_template.v3.UriTemplateRewriteConfig",
        "path_template_rewrite": "/{y}/b/{x}",
    },
}
PATHS = [
    (action({"prefix": "/pr"}, prefix_rewrite="/"), "/pr/x", "//x"),
    (action({"prefix": "/pr"}, prefix_rewrite="/"), "/prx", "/x"),
    (action({"path": "/p"}, prefix_rewrite="/new"), "/p?q=1", "/new?q=1"),
    (action({"safe_regex": {"regex": "/r.*"}}, prefix_rewrite="/new"), "/rest/of/it?q", "/new?q"),
    (action({"prefix": "/np"}, prefix_rewrite="/np?y=1"), "/npx?b=1", "/np?y=1x?b=1"),
    (action({"prefix": "/"}, regex_rewrite={"pattern": {"regex": "^/api/(v[0-9]+)(/.*)?$"}, "substitution": r"/\1/api\2"}),
     "/api/v1/x?q=1", "/v1/api/x?q=1"),
    (action({"prefix": "/"}, regex_rewrite={"pattern": {"regex": "[aeiou]"}, "substitution": "X"}), "/ape", "/XpX"),
    (action({"prefix": "/"}, path_rewrite="/new"), "/x?q", "/new?q"),
    (action({"path_match_policy": TEMPLATE}, path_rewrite_policy=REWRITE), "/a/1/2?q", "/2/b/1?q"),
    (action({"path_match_policy": TEMPLATE}), "/a/1/2?q", "/a/1/2?q"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "path", "expected"), PATHS)
def test_path_rewrites(entry: dict[str, object], path: str, expected: str) -> None:
    assert answer(entry, path).upstream_path == expected


@pytest.mark.parametrize("policy", [{"name": "mine"}, {"name": "mine", "typed_config": {"@type": "x/mine.Policy"}}])  # fmt: skip
def test_a_path_rewrite_of_another_kind_is_open(policy: dict[str, object]) -> None:
    found = answer(action({"prefix": "/"}, path_rewrite_policy=policy), "/x")
    assert "the path rewrite policy mine is not evaluated" in " ".join(
        [*found.undetermined, found.verdict.reason or ""]
    )


SET = {
    "request_headers_to_add": [
        {"header": {"key": "x-a", "value": "new"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    ]
}


@pytest.mark.parametrize("sent", [(), (("x-a", "old"),)])
def test_rewrites_read_the_headers_as_the_route_leaves_them(sent: tuple[tuple[str, str], ...]) -> None:
    by_path = {**action({"prefix": "/"}, path_rewrite="/%REQ(x-a)%"), **SET}
    by_header = {**action({"prefix": "/"}, host_rewrite_header="x-a"), **SET}
    assert answer(by_path, "/x", "a.com", *sent).upstream_path == "/new"
    assert answer(by_header, "/x", "a.com", *sent).upstream_req_host == "new"


HOSTS = [
    (action({"prefix": "/"}, host_rewrite_literal="b.com"), (), "b.com"),
    (action({"prefix": "/"}, host_rewrite_header="x-host"), (("x-host", "h.com"),), "h.com"),
    (action({"prefix": "/"}, host_rewrite_header="x-host"), (), "a.com"),
    (action({"prefix": "/"}, host_rewrite_path_regex={"pattern": {"regex": "^/(.+)/.+$"}, "substitution": r"\1"}), (), "/x"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "headers", "expected"), HOSTS)
def test_host_rewrites(entry: dict[str, object], headers: tuple[tuple[str, str], ...], expected: str) -> None:
    assert answer(entry, "/x", "a.com", *headers).upstream_req_host == expected


REDIRECTS = [
    ({"https_redirect": True}, "a.com:80", "/x", "https://a.com/x"),
    ({"https_redirect": True}, "a.com:8080", "/x", "https://a.com:8080/x"),
    ({"port_redirect": 443}, "a.com:80", "/x", "http://a.com:443/x"),
    ({"port_redirect": 443}, "a.com", "/x", "http://a.com:443/x"),
    ({"port_redirect": 443}, "[::1]:80", "/x", "http://[::1]:443/x"),
    ({"port_redirect": 443}, "[::1]", "/x", "http://[::1]:443/x"),
    ({"host_redirect": "b.com"}, "a.com:80", "/x?q", "http://b.com/x?q"),
    ({"path_redirect": "/n?y=1"}, "a.com", "/x?q=1", "http://a.com/n?y=1"),
    ({"path_redirect": "/n"}, "a.com", "/x?q=1", "http://a.com/n?q=1"),
    ({"path_redirect": "/n", "strip_query": True}, "a.com", "/x?q=1", "http://a.com/n"),
    ({"prefix_rewrite": "/n"}, "a.com", "/x?q=1", "http://a.com/nx?q=1"),
]  # fmt: skip


@pytest.mark.parametrize(("redirect", "host", "path", "location"), REDIRECTS)
def test_redirects(redirect: dict[str, object], host: str, path: str, location: str) -> None:
    assert answer({"match": {"prefix": "/"}, "redirect": redirect}, path, host).location == location


NORMALISED = [
    ("/a/../b", "/b"), ("/a/./b/", "/a/b/"), ("/%65x", "/ex"), ("/a%2Fb", "/a%2Fb"), ("/a\\b", "/a/b"),
    ("/a b", "/a%20b"), ("/a/..", "/"), ("/x?a/../b", "/x?a/../b"), ("/%00", None), ("/%zz", "/%zz"),
    # nothing to change, and what looks so
    ("/", "/"), ("//a//", "//a//"), ("/a/b~(c),;=:@!$&'+*d", "/a/b~(c),;=:@!$&'+*d"), ("/a?b?../c", "/a?b?../c"), ("/a/.b/c", "/a/.b/c"),
    ("/...", "/..."), ("/a/.", "/a/"), ("/./a", "/a"), ("/[a]|b", "/[a]%7Cb"), ("/a\x7f", "/a%7F"), ("/\u00e9", "/%C3%A9"), ("/a\n", "/a%0A"), ("", "/"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "expected"), NORMALISED)
def test_normalize_path(path: str, expected: str | None) -> None:
    assert canonical_path(path) == expected


def test_merged_slashes_leave_the_two_ends() -> None:
    entry = action({"prefix": "/"})
    assert answer(entry, "//a//b/", merge_slashes=True).upstream_path == "/a/b/"
    assert answer(entry, "//", merge_slashes=True).upstream_path == "//"


def test_a_fragment_is_refused() -> None:
    found = answer(action({"prefix": "/"}), "/a#b")
    assert (found.verdict.code, found.verdict.details, found.virtual_host) == (
        400,
        "path_normalization_failed",
        "vh",
    )


def test_a_direct_response_of_3xx_has_the_requests_own_location() -> None:
    found = answer({"match": {"prefix": "/"}, "direct_response": {"status": 301}}, "/x")
    assert (found.verdict.code, found.location) == (301, "http://a.com/x")


def test_a_grpc_reply_is_200() -> None:
    found = answer(
        {"match": {"prefix": "/no"}, "route": {"cluster": "c"}},
        "/",
        "a.com",
        ("content-type", "application/grpc"),
    )
    assert (found.verdict.code, found.verdict.flags) == (200, "NR")


@pytest.mark.parametrize(("last", "expected"), [(False, "route"), (True, "sent")])
def test_a_level_reads_the_headers_as_the_level_before_left_them(last: bool, expected: str) -> None:
    def sets(value: str) -> dict[str, object]:
        option = {"header": {"key": "x-a", "value": value}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
        return {"request_headers_to_add": [option]}

    entry = {**action({"prefix": "/"}, host_rewrite_header="x-b"), **sets("route")}
    reads = {"key": "x-b", "value": "%REQ(x-a)%"}
    host = virtual_host(entry, request_headers_to_add=[{"header": reads}])
    filters = http([host])
    filters[0]["typed_config"]["route_config"]["most_specific_header_mutations_wins"] = last
    found = routed(proxy([listener([{"filters": filters}])]), get("/", "a.com", ("x-a", "sent")))
    assert found.upstream_req_host == expected


def test_options_of_one_level_do_not_read_each_other() -> None:
    adds = [
        {"header": {"key": "x-a", "value": "new"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"},
        {"header": {"key": "x-b", "value": "%REQ(x-a)%"}},
    ]
    entry = {**action({"prefix": "/"}, host_rewrite_header="x-b"), "request_headers_to_add": adds}
    assert answer(entry, "/", "a.com", ("x-a", "old")).upstream_req_host == "old"
