"""Dead routes are proved, live ones are shown: planted shadows are found, near misses live, random requests never disagree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.check.prove.requests import Witness
from meshctl.check.prove.routes import Fate, outcomes, takes
from meshctl.match.fraction import Runtime
from meshctl.proxy.routing.routes import RouteTable

Json = dict[str, Any]


def table(*matches: Json, domains: tuple[str, ...] = ("*",), **more: Any) -> RouteTable:
    routes = [{"name": f"r{i}", "match": match, "route": {"cluster": "c"}} for i, match in enumerate(matches)]
    return RouteTable(
        {"virtual_hosts": [{"name": "vh", "domains": list(domains), "routes": routes}], **more}, Runtime()
    )


def fates(*matches: Json, **more: Any) -> list[tuple[Fate, tuple[int, ...]]]:
    made = table(*matches, **more)
    return [(one.fate, tuple(r.index for r in one.by)) for one in outcomes(made, made.hosts[0])]


def header(name: str, **matcher: Any) -> Json:
    return {"name": name, **matcher}


def exact(name: str, value: str, **more: Any) -> Json:
    return header(name, string_match={"exact": value}, **more)


ROOT = {"prefix": "/"}
ALIVE, SHADOWED, IMPOSSIBLE = Fate.ALIVE, Fate.SHADOWED, Fate.IMPOSSIBLE

SHADOWS = [
    ({"prefix": "/"}, {"prefix": "/api"}),
    ({"prefix": "/api"}, {"path": "/api/v1"}),
    ({"prefix": "/API", "case_sensitive": False}, {"prefix": "/api/v1"}),
    ({"safe_regex": {"regex": "/api/.*"}}, {"prefix": "/api/v1"}),
    ({"safe_regex": {"regex": "/api(/.*)?"}}, {"path_separated_prefix": "/api"}),
    ({"safe_regex": {"regex": "/(a|b)/.+"}}, {"safe_regex": {"regex": "/a/[0-9]+"}}),
    ({"path_separated_prefix": "/api"}, {"prefix": "/api/"}),
    ({"prefix": "/", "headers": [header("x", present_match=True)]}, {"prefix": "/", "headers": [exact("x", "1")]}),
    ({"prefix": "/", "headers": [header("x", string_match={"prefix": "a"})]}, {"prefix": "/b", "headers": [exact("x", "ab")]}),
    ({"prefix": "/", "headers": [exact("x", "1", invert_match=True, treat_missing_header_as_empty=True)]},
     {"prefix": "/", "headers": [header("x", present_match=True, invert_match=True)]}),
    ({"prefix": "/", "query_parameters": [{"name": "q", "present_match": True}]},
     {"prefix": "/a", "query_parameters": [{"name": "q", "string_match": {"exact": "1"}}]}),
    ({"path_match_policy": {"name": "t", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig", "path_template": "/a/{id}"}}}, {"path": "/a/7"}),
    ({"prefix": "/", "dynamic_metadata": [{"filter": "f", "path": [{"key": "k"}], "value": {"present_match": True}}]},
     {"prefix": "/a", "dynamic_metadata": [{"filter": "f", "path": [{"key": "k"}], "value": {"present_match": True}}]}),
    ({"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 50}}}, {"prefix": "/a", "runtime_fraction": {"default_value": {"numerator": 30}}}),
    ({"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 100}}}, {"prefix": "/a"}),
    ({"prefix": "/", "grpc": {}}, {"prefix": "/a", "grpc": {}, "headers": [exact("x", "1")]}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), SHADOWS)
def test_a_planted_shadow_is_found(first, second):
    assert fates(first, second)[1] == (SHADOWED, (0,))


NEAR_MISSES = [
    ({"prefix": "/api"}, {"prefix": "/"}),
    ({"prefix": "/api/"}, {"path": "/api"}),
    ({"prefix": "/api/"}, {"path_separated_prefix": "/api"}),
    ({"prefix": "/API"}, {"prefix": "/api"}),
    ({"safe_regex": {"regex": "/api/[a-z]+"}}, {"prefix": "/api/"}),
    ({"safe_regex": {"regex": "/api/."}}, {"safe_regex": {"regex": "/api/.+"}}),
    ({"prefix": "/", "headers": [exact("x", "1")]}, {"prefix": "/", "headers": [header("x", present_match=True)]}),
    ({"prefix": "/", "headers": [exact("x", "1")]}, {"prefix": "/", "headers": [exact("x", "2")]}),
    ({"prefix": "/", "headers": [exact("x", "1", invert_match=True)]}, {"prefix": "/", "headers": [header("x", present_match=True, invert_match=True)]}),
    ({"prefix": "/", "query_parameters": [{"name": "q", "string_match": {"exact": "1"}}]}, {"prefix": "/", "query_parameters": [{"name": "q", "present_match": True}]}),
    ({"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 99}}}, {"prefix": "/"}),
    ({"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 30}}}, {"prefix": "/", "runtime_fraction": {"default_value": {"numerator": 50}}}),
    ({"prefix": "/"}, {"connect_matcher": {}}),
    ({"prefix": "/", "grpc": {}}, {"prefix": "/"}),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), NEAR_MISSES)
def test_a_near_miss_lives_and_shows_a_request(first, second):
    made = table(first, second)
    found = outcomes(made, made.hosts[0])[1]
    assert found.fate is ALIVE
    assert found.request is not None and takes(made.hosts[0], found.request, found.route)


@pytest.mark.parametrize(
    "second",
    [
        {"prefix": "/a", "runtime_fraction": {"default_value": {"numerator": 30}, "runtime_key": "k"}},
        {
            "prefix": "/a",
            "dynamic_metadata": [{"filter": "f", "path": [{"key": "k"}], "value": {"present_match": True}}],
        },
    ],
)
def test_what_is_not_understood_is_never_dead(second):
    first = {"prefix": "/", "tls_context": {"presented": True}}
    assert fates(first, second)[1][0] in (ALIVE, Fate.OPEN)


def test_several_together_hide_a_route():
    first = {"prefix": "/", "headers": [header("x", present_match=True)]}
    second = {"prefix": "/", "headers": [header("x", present_match=True, invert_match=True)]}
    assert fates(first, {"path": "/other"}, second, {"prefix": "/a"})[3] == (SHADOWED, (0, 2))


@pytest.mark.parametrize(
    ("match", "domains", "words"),
    [
        ({"prefix": "api"}, ("*",), "prefix api"),
        ({"path": "/a?b=1"}, ("*",), "path /a?b=1"),
        ({"safe_regex": {"regex": "api/.*"}}, ("*",), "regex api/.*"),
        ({"prefix": "/", "headers": [exact("x", "1"), exact("x", "1", invert_match=True)]}, ("*",), "header x"),
        ({"prefix": "/", "headers": [header("x", range_match={"start": "5", "end": "5"})]}, ("*",), "header x"),
        ({"prefix": "/", "headers": [exact(":authority", "other.com")]}, ("a.com", "*.b.com"), "header :authority"),
        ({"prefix": "/", "headers": [exact(":method", "GET"), exact(":method", "POST")]}, ("*",), "header :method"),
    ],
)  # fmt: skip
def test_conditions_that_no_request_meets(match, domains, words):
    made = table(match, domains=domains)
    (found,) = outcomes(made, made.hosts[0])
    assert found.fate is IMPOSSIBLE
    assert any(atom.text.startswith(words) for atom in found.why)


@pytest.mark.parametrize(
    ("match", "domains"),
    [
        ({"prefix": "/", "headers": [exact("x", "1"), exact("x", "2")]}, ("*",)),  # by two values
        ({"prefix": "/", "headers": [exact(":authority", "x.b.com")]}, ("a.com", "*.b.com")),
        ({"prefix": "/", "headers": [header(":authority", string_match={"prefix": "A."})]}, ("a.com",)),
    ],
)
def test_conditions_that_look_impossible_and_are_not(match, domains):
    assert fates(match, domains=domains)[0][0] is ALIVE


_paths = st.sampled_from(["/", "/a", "/a/", "/a/b", "/b", "/A", "/ab", "/a/b/c"])
_regexes = st.sampled_from(["/a.*", "/[ab]/.*", "/a(/b)?", ".*", "/.", "/(a|b)/?", "(?i)/a"])
_values = st.sampled_from(["", "1", "2", "12", "a"])
_path_match = st.one_of(
    _paths.map(lambda p: {"prefix": p}),
    _paths.map(lambda p: {"path": p}),
    _paths.filter(lambda p: not p.endswith("/")).map(lambda p: {"path_separated_prefix": p}),
    _regexes.map(lambda r: {"safe_regex": {"regex": r}}),
    _paths.map(lambda p: {"prefix": p, "case_sensitive": False}),
)
_string = st.one_of(
    _values.map(lambda v: {"exact": v}),
    _values.map(lambda v: {"prefix": v}),
    st.sampled_from(["[12]*", "1?", ".+"]).map(lambda r: {"safe_regex": {"regex": r}}),
    _values.map(lambda v: {"contains": v}),
)
_header_match = st.one_of(
    st.builds(
        lambda n, s, i, m: {"name": n, "string_match": s, "invert_match": i, "treat_missing_header_as_empty": m},
        st.sampled_from(["x", "y"]), _string, st.booleans(), st.booleans(),
    ),
    st.builds(
        lambda n, p, i, m: {"name": n, "present_match": p, "invert_match": i, "treat_missing_header_as_empty": m},
        st.sampled_from(["x", "y"]), st.booleans(), st.booleans(), st.booleans(),
    ),
)  # fmt: skip
_query_match = st.one_of(
    st.builds(lambda s: {"name": "q", "string_match": s}, _string),
    st.builds(lambda p: {"name": "q", "present_match": p}, st.booleans()),
)
_match = st.builds(
    lambda p, h, q: {**p, "headers": h, "query_parameters": q},
    _path_match,
    st.lists(_header_match, max_size=2),
    st.lists(_query_match, max_size=1),
)
_request = st.builds(
    lambda path, query, headers: Witness("GET", "h", path + query, tuple(headers)),
    st.sampled_from(["/", "/a", "/a/", "/a/b", "/b", "/A", "/ab", "/a/b/c", "/b/", "/b/x", "/c"]),
    st.sampled_from(["", "?q=1", "?q=", "?q=12", "?q=a"]),
    st.lists(st.tuples(st.sampled_from(["x", "y"]), _values), max_size=3),
)


@settings(deadline=None, max_examples=300)
@given(st.lists(_match, min_size=1, max_size=5), st.lists(_request, min_size=10, max_size=40))
def test_nothing_that_is_said_to_be_dead_is_ever_chosen(matches, requests):
    made = table(*matches)
    host = made.hosts[0]
    for found in outcomes(made, host):
        if found.fate is ALIVE:
            assert found.request is not None and takes(host, found.request, found.route)
        if found.fate in (SHADOWED, IMPOSSIBLE):
            assert not [str(request) for request in requests if takes(host, request, found.route)]


@settings(deadline=None, max_examples=150)
@given(st.lists(_match, max_size=3), _match)
def test_a_route_that_stands_twice_is_always_found(matches, again):
    found = fates(again, *matches, again)[-1]
    assert found[0] in (SHADOWED, IMPOSSIBLE)


def test_a_long_table_takes_no_long_time():
    matches = [{"path": f"/p{i}"} for i in range(600)] + [{"prefix": "/"}, {"prefix": "/p1"}]
    found = fates(*matches)
    assert [fate for fate, _ in found[:601]] == [ALIVE] * 601
    assert found[601] == (SHADOWED, (600,))
