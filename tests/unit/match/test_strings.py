"""Comparing strings: StringMatcher, RE2's replacement, URI templates, format strings."""

from __future__ import annotations

import re

import pytest

from meshctl.envoy.message import Undecidable
from meshctl.match import string_match, uri_template
from meshctl.match.request_view import Peer
from meshctl.match.substitution import Known, fill

MATCHES = [  # a StringMatcher, what it takes, what it does not
    ({"exact": "Ab"}, ["Ab"], ["ab", "Abc", ""]),
    ({"exact": "Ab", "ignore_case": True}, ["aB", "AB"], ["abc", "a"]),
    ({"prefix": "/V1"}, ["/V1", "/V1/x"], ["/v1", "x/V1", "/V"]),
    ({"prefix": "/V1", "ignore_case": True}, ["/v1/X"], ["x/v1"]),
    ({"suffix": ".Com"}, ["a.Com"], ["a.com", ".Com.a"]),
    ({"suffix": ".Com", "ignore_case": True}, ["A.COM"], ["a.co"]),
    ({"contains": "B"}, ["aBc", "B"], ["abc", ""]),
    ({"contains": "B", "ignore_case": True}, ["abc"], ["ac"]),
    ({"safe_regex": {"regex": "a+"}}, ["a", "aaa"], ["", "ab", "ba", "A"]),
    ({"regex": "a+"}, ["aa"], ["ab"]),
    ({}, [""], ["a"]),
    ({"ignore_case": True}, [""], ["a"]),
]


@pytest.mark.parametrize(("message", "takes", "not_takes"), MATCHES)
def test_string_matcher(message: dict[str, object], takes: list[str], not_takes: list[str]) -> None:
    test = string_match.parse(message).test
    assert [value for value in takes + not_takes if test(value)] == takes


TEXTS = [
    ({"prefix": "/V1"}, "prefix `/V1`", "prefix"),
    ({"exact": "A", "ignore_case": True}, "exact `A` in any case", "exact"),
    ({"safe_regex": {"regex": "a+"}}, "regex `a+`", "regex"),
    ({}, "exact ``", "exact"),
]


@pytest.mark.parametrize(("message", "text", "kind"), TEXTS)
def test_string_matcher_in_words(message: dict[str, object], text: str, kind: str) -> None:
    found = string_match.parse(message)
    assert (found.text, found.kind) == (text, kind)


UNDECIDED = [
    ({"custom": {"name": "lua"}}, "the custom matcher lua is not evaluated"),
    ({"safe_regex": {"regex": "(?=a)"}}, "the regex `(?=a)` is none that RE2 takes"),
    ({"prefix": 7}, "prefix"),
]


@pytest.mark.parametrize(("message", "why"), UNDECIDED)
def test_a_matcher_that_is_not_known_decides_nothing(message: dict[str, object], why: str) -> None:
    with pytest.raises(Undecidable, match=re.escape(why)):
        string_match.parse(message).test("a")


def test_a_regex_that_re2_refuses_matches_nothing_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    assert not string_match.full_match("(")("(")
    assert string_match.replace_all("(", "x", "(") == "("
    assert capfd.readouterr() == ("", "")


def test_a_large_regex_is_one_that_envoy_takes() -> None:
    """RE2's own limit is 8 MB of memory: class and count of this one need more."""
    assert string_match.full_match(r"(\pL{1,400}){1,2}")("abc")


REPLACED = [
    ("a", "b", "xaxa", "xbxb"),
    ("a", "b", "xyz", "xyz"),
    ("^/api/(.*)$", r"/\1", "/api/v1", "/v1"),
    ("(a)(b)?", r"[\1|\2]", "a-ab", "[a|]-[a|b]"),  # a group that took no part is empty
    ("(a)", r"\0\0", "a", "aa"),
    ("(a)", r"\2", "a", ""),  # a group that is not there
    ("a", r"\\", "a", "\\"),
    ("a", "\\", "a", ""),
    ("a", r"\n", "a", "n"),
    ("a*", "-", "baac", "-b-c-"),  # an empty match right behind a match is passed over
    ("", "-", "ab", "-a-b-"),
    ("x*", "-", "", "-"),
    ("b$", "!", "ab", "a!"),
]


@pytest.mark.parametrize(("pattern", "substitution", "text", "expected"), REPLACED)
def test_every_match_is_replaced(pattern: str, substitution: str, text: str, expected: str) -> None:
    assert string_match.replace_all(pattern, substitution, text) == expected


TEMPLATES = [  # a template, a path, the variables (None: no match)
    ("/a", "/a", {}),
    ("/a", "/ab", None),
    ("/a.b", "/axb", None),  # what is no wildcard is literal
    ("/*", "/x", {}),
    ("/*", "/", None),
    ("/*/b", "/x/b", {}),
    ("/*/b", "/x/y/b", None),
    ("/**", "/", {}),
    ("/**", "/x/y", {}),
    ("/{id}", "/7", {"id": "7"}),
    ("/{a}/{b}", "/1/2", {"a": "1", "b": "2"}),
    ("/{rest=**}", "/1/2", {"rest": "1/2"}),
    ("/{rest=**}", "/", {"rest": ""}),
    ("/{v=v1/*}/x", "/v1/2/x", {"v": "v1/2"}),
    ("/{v=v1/*}/x", "/v2/2/x", None),
    ("/{v=}x", "/x", {"v": ""}),
    ("/*", "/a|b", None),
    ("/*", "/%7Cé", None),
]


@pytest.mark.parametrize(("template", "path", "variables"), TEMPLATES)
def test_uri_template(template: str, path: str, variables: dict[str, str] | None) -> None:
    assert uri_template.parse(template).variables(path) == variables


REWRITES = [("/x/{a}", "/x/1"), ("/{b}/{a}/{b}", "/2/1/2"), ("/{none}", "/"), ("/plain", "/plain")]


@pytest.mark.parametrize(("template", "expected"), REWRITES)
def test_uri_template_rewrite(template: str, expected: str) -> None:
    assert uri_template.rewrite(template, {"a": "1", "b": "2"}) == expected


KNOWN = Known(
    headers={":authority": ["a.com"], "x-a": ["1", "2"], "x-empty": [""]},
    client="10.9.9.9",
    peer_ip="fd00::1",
    peer_port=4000,
    local=("10.0.0.1", 80),
    server_name="sni.com",
    certificate=Peer(uris=("spiffe://a", "spiffe://b"), dns=("d",)),
    route_name="r",
    virtual_host="vh",
    metadata={"ns": {"key": "value", "deep": {"er": "down"}}},
    filter_state={"key": "state"},
)
NOBODY = Known(headers={})

FILLED = [  # a format string, of KNOWN, of a connection of which little is known
    ("plain", "plain", "plain"),
    ("100%%", "100%", "100%"),
    ("<%REQ(X-A)%>", "<1>", "<->"),
    ("%REQUEST_HEADER(x-a)%", "1", "-"),
    ("%REQ(x-none?X-A)%", "1", "-"),
    ("%REQ(x-a?x-none)%", "1", "-"),
    ("%REQ( host )%", "a.com", "-"),
    ("%REQ(x-none)%", "-", "-"),
    ("%REQ(:AUTHORITY):3%", "a.c", "-"),
    ("%REQ(x-a)%%REQ(x-a)%", "11", "--"),
    ("%PROTOCOL%", "HTTP/1.1", "HTTP/1.1"),
    ("%DOWNSTREAM_REMOTE_ADDRESS%", "10.9.9.9:4000", "-"),
    ("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "10.9.9.9", "-"),
    ("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%", "[fd00::1]:4000", "-"),
    ("%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%", "fd00::1", "-"),
    ("%DOWNSTREAM_LOCAL_ADDRESS%", "10.0.0.1:80", "-"),
    ("%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%", "10.0.0.1", "-"),
    ("%DOWNSTREAM_LOCAL_PORT%", "80", "0"),
    ("%REQUESTED_SERVER_NAME%", "sni.com", "-"),
    ("%DOWNSTREAM_PEER_URI_SAN%", "spiffe://a,spiffe://b", "-"),
    ("%DOWNSTREAM_PEER_DNS_SAN%", "d", "-"),
    ("%ROUTE_NAME%", "r", "-"),
    ("%VIRTUAL_HOST_NAME%", "vh", "-"),
    ("%DYNAMIC_METADATA(ns:key)%", "value", "-"),
    ("%DYNAMIC_METADATA(ns:deep:er)%", "down", "-"),
    ("%DYNAMIC_METADATA(ns:key:more)%", "-", "-"),
    ("%FILTER_STATE(key:PLAIN)%", "state", "-"),
]


@pytest.mark.parametrize(("text", "of_known", "of_nobody"), FILLED)
def test_format_strings(text: str, of_known: str, of_nobody: str) -> None:
    assert fill(text, KNOWN, absent="-") == of_known
    assert fill(text, NOBODY, absent="-") == of_nobody


def test_a_value_that_is_not_there_is_nothing_in_a_header() -> None:
    assert fill("a%REQ(x-none)%b", KNOWN) == "ab"
    assert fill("%DOWNSTREAM_PEER_URI_SAN%", Known(headers={}, certificate=Peer()), absent="-") == "-"


NOT_KNOWN = [
    ("%START_TIME%", "the value of %START_TIME% is not known"),
    ("%DYNAMIC_METADATA(ns:deep)%", "how Envoy writes the metadata ns:deep is not known"),
]


@pytest.mark.parametrize(("text", "why"), NOT_KNOWN)
def test_what_depends_on_more_is_undecidable(text: str, why: str) -> None:
    with pytest.raises(Undecidable) as raised:
        fill(text, KNOWN)
    assert raised.value.reason == why


@pytest.mark.parametrize("text", ["%DOWNSTREAM_REMOTE_PORT%", "%DOWNSTREAM_DIRECT_REMOTE_PORT%"])
def test_a_port_may_not_be_known(text: str) -> None:
    assert fill(text, KNOWN) == "4000"
    with pytest.raises(Undecidable, match="the client's port is not known"):
        fill(text, NOBODY)
    with pytest.raises(Undecidable, match="the client's port is not known"):
        fill("%DOWNSTREAM_REMOTE_ADDRESS%", Known(headers={}, client="10.1.1.1"))


def test_without_a_request_only_plain_text_is_known() -> None:
    assert fill("plain", None) == "plain"
    with pytest.raises(Undecidable, match="the value of %PROTOCOL% is not known"):
        fill("%PROTOCOL%", None)
