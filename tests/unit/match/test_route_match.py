"""RouteMatch: every criterion of a route, the first that fails, how a match is told, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.message import Undecidable
from meshctl.match import route_match
from meshctl.match.fraction import Fraction, Runtime
from meshctl.match.request_view import Part, Peer, RequestView

Json = dict[str, Any]
TEMPLATE = {
    "name": "t",
    "typed_config": {
        "@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig",
        "path_template": "/{a}/b",
    },
}


def parse(match: Json, **more: Any) -> route_match.RouteMatch:
    return route_match.parse(match, Runtime({"share": 20}), **more)


def get(path: str = "/", headers: Json | None = None, **more: Any) -> RequestView:
    named = {name: [value] for name, value in (headers or {}).items()}
    return RequestView({":method": ["GET"], ":path": [path], **named}, **more)


CONNECT = RequestView({":method": ["CONNECT"], ":authority": ["a.com:443"]})

PATHS = [  # a match, how its path is told, paths that it takes, paths that it does not
    ({"prefix": "/A"}, "prefix /A", ["/A", "/Ab", "/A?x"], ["/a", "/", "/x/A"]),
    ({"prefix": "/A", "case_sensitive": True}, "prefix /A", ["/A"], ["/a"]),
    ({"prefix": "/A", "case_sensitive": False}, "prefix /A (any case)", ["/A", "/ab"], ["/b"]),
    ({"path": "/A"}, "path /A", ["/A", "/A?x", "/A#f"], ["/a", "/A/", "/Ab"]),
    ({"path": "/A", "case_sensitive": False}, "path /A (any case)", ["/a"], ["/a/"]),
    ({"path_separated_prefix": "/A"}, "path-separated prefix /A", ["/A", "/A/b", "/A?x"], ["/Ab", "/a", "/a/b", "/x/A"]),
    ({"path_separated_prefix": "/A", "case_sensitive": False}, "path-separated prefix /A (any case)", ["/a", "/a/b"], ["/ab"]),
    ({"safe_regex": {"regex": "/A+"}}, "regex /A+", ["/AA", "/A?x"], ["/a", "/Ab"]),
    ({"safe_regex": {"regex": "/A+"}, "case_sensitive": False}, "regex /A+", ["/A"], ["/a"]),
    ({"regex": "/A+"}, "regex /A+", ["/AA"], ["/Ab"]),
    ({"path_match_policy": TEMPLATE}, "template /{a}/b", ["/x/b", "/x/b?q"], ["/x/y/b", "/x"]),
    ({}, "prefix ", ["/", "/x", "x"], []),
]  # fmt: skip


@pytest.mark.parametrize(("match", "text", "takes", "not_takes"), PATHS)
def test_paths(match: Json, text: str, takes: list[str], not_takes: list[str]) -> None:
    parsed = parse(match)
    assert parsed.text == text
    assert [path for path in takes + not_takes if parsed.matches(get(path))] == takes
    assert not parsed.matches(CONNECT)
    assert parsed.failure(CONNECT) == f"path is absent (CONNECT), wants {text}"
    for path in not_takes:
        assert parsed.failure(get(path)) == f"path is `{path}`, wants {text}"


def test_path_parameters_may_be_ignored() -> None:
    assert not parse({"path": "/a"}).matches(get("/a;v=1"))
    ignoring = parse({"path": "/a"}, ignore_path_parameters=True)
    assert ignoring.matches(get("/a;v=1;w"))
    assert not ignoring.matches(get("/b;v=/a"))
    assert not parse({}, ignore_path_parameters=True).matches(CONNECT)


TUNNELS = [
    (CONNECT, True),
    (get("/", {"upgrade": "connect-udp"}), True),
    (get("/", {"upgrade": "Connect-UDP"}), True),
    (get("/", {"upgrade": "websocket"}), False),
    (get("/"), False),
]


@pytest.mark.parametrize(("view", "taken"), TUNNELS)
def test_connect_matcher(view: RequestView, taken: bool) -> None:
    match = parse({"connect_matcher": {}})
    assert match.text == "CONNECT"
    assert match.matches(view) is taken
    assert match.failure(view) == ("" if taken else "method is GET, wants CONNECT")


VALID, OTHER = Peer(validated=True), Peer(validated=False)
CRITERIA = [  # what a match asks beside the path, how it is told, a request that meets it, one that does not and why
    ({"grpc": {}}, "content-type application/grpc", get("/", {"content-type": "application/grpc"}),
     get("/", {"content-type": "text"}), "content-type is `text`, wants application/grpc"),
    ({"grpc": {}}, "content-type application/grpc", get("/", {"content-type": "application/grpc+x"}),
     get(), "content-type is absent, wants application/grpc"),
    ({"headers": [{"name": "x-a"}]}, "header `x-a` present", get("/", {"x-a": "1"}), get(), "header `x-a` is absent, wants present"),
    ({"query_parameters": [{"name": "q"}]}, "query parameter `q` present", get("/?q"), get(),
     "query parameter `q` is absent, wants present"),
    ({"cookies": [{"name": "c", "string_match": {"exact": "1"}}]}, "cookie `c` exact `1`", get("/", {"cookie": "c=1"}),
     get("/", {"cookie": "c=2"}), "cookie `c` is `2`, wants exact `1`"),
    ({"tls_context": {"presented": True}}, "client certificate presented", get(peer=OTHER), get(),
     "client certificate is absent, wants presented"),
    ({"tls_context": {"presented": False}}, "client certificate absent", get(), get(peer=VALID),
     "client certificate was presented, wants absent"),
    ({"tls_context": {"validated": True}}, "client certificate validated", get(peer=VALID), get(peer=OTHER),
     "client certificate is not validated, wants validated"),
    ({"tls_context": {"validated": False}}, "client certificate not validated", get(peer=OTHER), get(peer=VALID),
     "client certificate was validated, wants not validated"),
    ({"tls_context": {"validated": False}}, "client certificate not validated", get(), get(peer=VALID),
     "client certificate was validated, wants not validated"),
    ({"dynamic_metadata": [{"filter": "f", "path": [{"key": "k"}], "value": {"present_match": True}}]}, "metadata f: k present",
     get(metadata={"f": {"k": 1}}), get(), "metadata f: k is absent, wants present"),
    ({"filter_state": [{"key": "k", "string_match": {"exact": "v"}}]}, "filter state `k` exact `v`",
     get(filter_state={"k": "v"}), get(filter_state={"k": "w"}), "filter state `k` is `w`, wants exact `v`"),
    ({"filter_state": [{"key": "k", "string_match": {}}]}, "filter state `k` exact ``",
     get(filter_state={"k": ""}), get(), "filter state `k` is `None`, wants exact ``"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "text", "meets", "misses", "why"), CRITERIA)
def test_criteria(asked: Json, text: str, meets: RequestView, misses: RequestView, why: str) -> None:
    match = parse({"prefix": "/", **asked})
    assert match.text == f"prefix /, {text}"
    assert (match.matches(meets), match.failure(meets), match.passed(meets)) == (True, "", 2)
    assert (match.matches(misses), match.failure(misses), match.passed(misses)) == (False, why, 1)


def test_all_criteria_must_hold_and_the_first_that_fails_is_told() -> None:
    match = parse({"path": "/a", "headers": [{"name": "x-a"}, {"name": "x-b"}]})
    steps = [
        ("/", {}, 0),
        ("/a", {}, 1),
        ("/a", {"x-b": "1"}, 1),
        ("/a", {"x-a": "1"}, 2),
        ("/a", {"x-a": "1", "x-b": "1"}, 3),
    ]
    for path, headers, passed in steps:
        view = get(path, headers)
        assert (match.passed(view), match.matches(view)) == (passed, passed == 3)
    assert match.failure(get("/a")) == "header `x-a` is absent, wants present"


FRACTIONS = [
    ({}, None, ""),
    ({"runtime_fraction": {"default_value": {"numerator": 5}}}, Fraction(5), ", 5 % of requests"),
    ({"runtime_fraction": {"default_value": {"numerator": 5}, "runtime_key": "share"}}, Fraction(20), ", 20 % of requests"),
    ({"runtime_fraction": {}}, Fraction(0), ", 0 % of requests"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "fraction", "text"), FRACTIONS)
def test_a_fraction_is_a_chance_and_no_criterion(asked: Json, fraction: Fraction | None, text: str) -> None:
    match = parse({"prefix": "/", **asked})
    assert (match.fraction, match.text, match.matches(get())) == (fraction, f"prefix /{text}", True)


DOUBTS = [  # a match of which something is not known, and what is said
    ({"new_field": 1}, "the route's match has new_field, which meshctl does not know"),
    ({"path_match_policy": {"name": "p"}}, "the path match policy p is not evaluated"),
    ({"prefix": 7}, "prefix"),
    ({"headers": "x"}, "headers"),
    ({"runtime_fraction": "x"}, "runtime_fraction"),
    ({"grpc": 1}, "grpc"),
    ({"tls_context": {"presented": "yes"}}, "presented"),
]


@pytest.mark.parametrize(("match", "said"), DOUBTS)
def test_what_is_not_known_is_undecidable_unless_another_criterion_fails(match: Json, said: str) -> None:
    doubtful = parse(match)
    with pytest.raises(Undecidable, match=said):
        doubtful.matches(get())
    assert doubtful.failure(get()) == ""
    assert doubtful.passed(get()) == len(doubtful.criteria)
    assert not parse({**match, "cookies": [{"name": "c"}]}).matches(get())


def test_the_first_doubt_is_told() -> None:
    with pytest.raises(Undecidable, match="has first, "):
        parse({"first": 1, "second": 2}).matches(get())


def test_a_match_that_is_no_object_may_take_any_request() -> None:
    match = route_match.parse("text", Runtime())  # type: ignore[arg-type]
    with pytest.raises(Undecidable, match="is a text, where the API has an object"):
        match.matches(get())
    assert match.failure(get()) == ""


EVERY_PATH = [
    ({}, True),
    ({"prefix": "/"}, True),
    ({"prefix": "/a"}, None),
    ({"path": "/"}, None),
    ({"connect_matcher": {}}, None),
]


@pytest.mark.parametrize(("match", "taken"), EVERY_PATH)
def test_a_route_for_every_path_takes_one_that_a_filter_may_have_changed(
    match: Json, taken: bool | None
) -> None:
    changed = get().doubted({Part.PATH: "lua"})
    if taken:
        assert parse(match).matches(changed)
    else:
        with pytest.raises(Undecidable, match="may be changed by lua"):
            parse(match).matches(changed)
