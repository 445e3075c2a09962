"""Conditions on dynamic metadata, fractions with the runtime that overrides them, and what a request view tells."""

from __future__ import annotations

import re
from typing import Any

import pytest

from meshctl.envoy.api.config_core_v3 import RuntimeFractionalPercent
from meshctl.envoy.message import Undecidable
from meshctl.match.fraction import Fraction, Runtime, fractional_percent, runtime_of
from meshctl.match.metadata_match import ABSENT, metadata, value_matcher
from meshctl.match.request_view import NOTHING, Part, Peer, RequestView, Unseen

VALUES: list[tuple[dict[str, Any], str, list[Any]]] = [  # a ValueMatcher, its text, what of ALL it takes
    ({"string_match": {"exact": "a"}}, "exact `a`", ["a"]),
    ({"bool_match": True}, "true", [True]),
    ({"bool_match": False}, "false", [False]),
    ({"double_match": {"exact": 1}}, "1.0", [1]),
    ({"double_match": {"exact": 2.5}}, "2.5", [2.5]),
    ({"double_match": {"range": {"start": 1, "end": 2.5}}}, "in [1.0, 2.5)", [1]),
    ({"double_match": {"range": {"start": 0, "end": 3}}}, "in [0.0, 3.0)", [0, 1, 2.5]),
    ({"present_match": True}, "present", ["a", "b", True, False, 0, 1, 2.5, ["a", 1], [], {"k": 1}]),
    ({"present_match": False}, "never", []),
    ({"list_match": {"one_of": {"string_match": {"exact": "a"}}}}, "a list with exact `a`", [["a", 1]]),
    ({"list_match": {"one_of": {"double_match": {"exact": 1}}}}, "a list with 1.0", [["a", 1]]),
    ({"or_match": {"value_matchers": [{"string_match": {"exact": "b"}}, {"bool_match": True}]}}, "exact `b` or true", ["b", True]),
    ({"null_match": {}}, "null", [None]),
]  # fmt: skip
ALL: list[Any] = ["a", "b", True, False, 0, 1, 2.5, None, ["a", 1], [], {"k": 1}, ABSENT]


@pytest.mark.parametrize(("message", "text", "taken"), VALUES, ids=[v[1] for v in VALUES])
def test_a_value_of_another_type_never_matches(message: dict[str, Any], text: str, taken: list[Any]) -> None:
    said, test = value_matcher(message)
    assert said == text
    assert [repr(value) for value in ALL if test(value)] == [repr(value) for value in taken]


def test_a_value_condition_that_cannot_be_read_decides_nothing() -> None:
    text, test = value_matcher({"bool_match": "yes"})
    assert text == "what meshctl does not know"
    with pytest.raises(Undecidable, match="bool_match"):
        test(True)


HELD = {"ns": {"a": {"b": "x"}, "n": None}}
PATHS = [  # filter, path, value, invert, holds
    ("ns", ("a", "b"), {"string_match": {"exact": "x"}}, False, True),
    ("ns", ("a", "b"), {"string_match": {"exact": "x"}}, True, False),
    ("ns", ("a", "b"), {"string_match": {"exact": "y"}}, False, False),
    ("ns", ("a", "c"), {"string_match": {"exact": "x"}}, True, True),
    ("ns", ("a", "b", "c"), {"present_match": True}, False, False),
    ("ns", ("a",), {"present_match": True}, False, True),
    ("ns", ("n",), {"null_match": {}}, False, True),
    ("ns", ("m",), {"null_match": {}}, False, False),  # what is absent is not null
    ("other", ("a",), {"present_match": True}, False, False),
]


@pytest.mark.parametrize(("namespace", "path", "value", "invert", "holds"), PATHS)
def test_metadata_condition(
    namespace: str, path: tuple[str, ...], value: dict[str, Any], invert: bool, holds: bool
) -> None:
    message = {"filter": namespace, "path": [{"key": key} for key in path], "value": value, "invert": invert}
    assert metadata(message).test(RequestView({}, metadata=HELD)) is holds


def test_metadata_condition_in_words() -> None:
    message = {
        "filter": "ns",
        "path": [{"key": "a"}, {"key": "b"}],
        "value": {"string_match": {"exact": "y"}},
    }
    criterion, inverted = metadata(message), metadata({**message, "invert": True})
    assert criterion.failure(RequestView({}, metadata=HELD)) == "metadata ns: a.b is 'x', wants exact `y`"
    assert criterion.failure(RequestView({})) == "metadata ns: a.b is absent, wants exact `y`"
    assert inverted.text == "metadata ns: a.b not exact `y`"


PERCENTS = [  # a FractionalPercent, its chance, its text
    (None, 0.0, "0 %"), ({}, 0.0, "0 %"), ({"numerator": 7}, 0.07, "7 %"), ({"numerator": 100}, 1.0, "100 %"),
    ({"numerator": 150}, 1.0, "100 %"), ({"numerator": 5, "denominator": "TEN_THOUSAND"}, 0.0005, "0.05 %"),
    ({"numerator": 5, "denominator": "MILLION"}, 0.000005, "0.0005 %"),
    ({"numerator": 50, "denominator": "HUNDRED"}, 0.5, "50 %"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "chance", "text"), PERCENTS)
def test_fractional_percent(message: dict[str, Any] | None, chance: float, text: str) -> None:
    found = fractional_percent(message)
    assert found.chance == pytest.approx(chance)
    assert found.text == text


RUNTIME = Runtime(
    {
        "n": 30,
        "f": 12.7,
        "o": {"numerator": 1, "denominator": "TEN_THOUSAND"},
        "b": True,
        "no": False,
        "s": "x",
    }
)
SEVEN = {"numerator": 7}
OVERRIDDEN = [  # a RuntimeFractionalPercent and what it is under RUNTIME
    ({"default_value": SEVEN}, Fraction(7)),
    ({"default_value": SEVEN, "runtime_key": "n"}, Fraction(30)),
    ({"default_value": SEVEN, "runtime_key": "f"}, Fraction(12)),
    ({"default_value": SEVEN, "runtime_key": "o"}, Fraction(1, 10_000)),
    ({"default_value": SEVEN, "runtime_key": "b"}, Fraction(7)),
    ({"default_value": SEVEN, "runtime_key": "s"}, Fraction(7)),
    ({"default_value": SEVEN, "runtime_key": "none"}, Fraction(7)),
    ({"runtime_key": "none"}, Fraction(0)),
    ({}, Fraction(0)),
]


@pytest.mark.parametrize(("message", "expected"), OVERRIDDEN)
def test_the_runtime_overrides_a_fraction(message: dict[str, Any], expected: Fraction) -> None:
    assert RUNTIME.fraction(message) == RUNTIME.chance_of(message) == expected
    assert RUNTIME.enabled(RuntimeFractionalPercent(message)) == expected


def test_what_is_not_set_has_its_own_default() -> None:
    assert RUNTIME.chance_of(None) == RUNTIME.enabled(None) == Fraction(100)
    assert RUNTIME.enabled(None, 3) == Fraction(3)
    assert RUNTIME.fraction({}, Fraction(9)) == Fraction(9)
    assert RUNTIME.fraction({"default_value": SEVEN}, Fraction(9)) == Fraction(7)
    assert RUNTIME.percent("none", Fraction(9)) == Fraction(9)
    assert RUNTIME.percent("n", Fraction(9)) == Fraction(30)


FLAGS = [  # a RuntimeFeatureFlag, what absence means, the flag
    (None, True, True), (None, False, False), ({}, True, False), ({"default_value": True}, False, True),
    ({"default_value": True, "runtime_key": "no"}, True, False), ({"default_value": False, "runtime_key": "b"}, False, True),
    ({"default_value": True, "runtime_key": "n"}, False, True),
]  # fmt: skip


@pytest.mark.parametrize(("message", "absent", "expected"), FLAGS)
def test_flags(message: dict[str, Any] | None, absent: bool, expected: bool) -> None:
    assert RUNTIME.flag(message, absent) is expected


@pytest.mark.parametrize(("key", "expected"), [("n", 30), ("f", 12), ("b", 5), ("s", 5), ("none", 5)])
def test_integers(key: str, expected: int) -> None:
    assert RUNTIME.integer(key, 5) == expected


LAYERS = [
    (None, {}),
    ({}, {}),
    ({"layered_runtime": None}, {}),
    ({"layered_runtime": {"layers": [{"name": "rtds", "rtds_layer": {}}]}}, {}),
    ({"layered_runtime": {"layers": [{"static_layer": {"a": {"b": 1, "c": {"d": 2}}}}, {"static_layer": {"a.b": 3}}]}},
     {"a.b": 3, "a.c.d": 2}),
    ({"layered_runtime": {"layers": [{"static_layer": {"p": {"numerator": 1}, "q": {"denominator": "MILLION"}}}]}},
     {"p": {"numerator": 1}, "q": {"denominator": "MILLION"}}),
]  # fmt: skip


@pytest.mark.parametrize(("bootstrap", "values"), LAYERS)
def test_static_layers_are_flattened_and_the_last_wins(
    bootstrap: dict[str, Any] | None, values: dict[str, Any]
) -> None:
    assert runtime_of(bootstrap).values == values


def test_a_peer_is_known_by_its_first_name() -> None:
    assert Peer(uris=("u", "v"), dns=("d",), subject="s").principal == "u"
    assert Peer(dns=("d", "e"), subject="s").principal == "d"
    assert Peer(subject="s").principal == "s"


REQUEST = {":method": ["GET"], ":authority": ["a.com"], ":path": ["/p;x?q=1#f"], "x-a": ["1", "2"]}


def test_what_a_request_is_asked_for() -> None:
    view = RequestView(REQUEST)
    assert (view.target, view.path, view.query) == ("/p;x?q=1#f", "/p;x", {"q": "1#f"})
    assert (view.values("host"), view.values("x-a"), view.values("x-b")) == (["a.com"], ["1", "2"], [])
    assert (view.first("x-a"), view.first("x-b"), view.is_connect, view.unsaid) == ("1", "", False, False)
    connect = RequestView({":method": ["CONNECT"]})
    assert (connect.target, connect.path, connect.query, connect.is_connect) == (None, "", {}, True)
    assert RequestView({":path": ["/p#f"]}).path == "/p"


def test_a_view_keeps_all_but_what_is_changed() -> None:
    peer = Peer(uris=("u",))
    view = RequestView(
        REQUEST, tls=True, peer=peer, sni="s", metadata={"m": {"k": 1}}, filter_state={"f": "1"}
    )
    headers = {":path": ["/other"]}
    for other in (view.carrying(headers), view.doubted({"x-a": "lua"})):
        kept = (other.tls, other.peer, other.sni, other.metadata, other.filter_state)
        assert kept == (True, peer, "s", {"m": {"k": 1}}, {"f": "1"})
    assert (view.carrying(headers).path, view.carrying(headers).opaque) == ("/other", NOTHING)
    assert view.doubted({"x-a": "lua"}).carrying(headers).opaque == {"x-a": "lua"}


CLIENT = Unseen("the access log line")
HIDDEN = [  # what is hidden, what is asked, what is said ("" where it is known)
    ({Part.HEADERS: "lua"}, "x-a", "header `x-a` may be changed by lua"),
    ({Part.HEADERS: "lua"}, ":path", ""),
    ({Part.HEADERS: "lua"}, "host", ""),
    ({Part.HEADERS: "lua", "x-a": ""}, "x-a", ""),
    ({Part.PATH: "lua"}, "x-a", ""),
    ({Part.PATH: "lua"}, ":method", "header `:method` may be changed by lua"),
    ({Part.PATH: "lua"}, "host", "header `host` may be changed by lua"),
    ({"x-a": "lua"}, "x-a", "header `x-a` may be changed by lua"),
    ({"x-a": "lua"}, "x-b", ""),
    ({Part.HEADERS: CLIENT}, "x-a", "header `x-a` is not in the access log line"),
    ({Part.PATH: CLIENT}, ":method", "the method is not in the access log line"),
    ({Part.PATH: CLIENT}, "host", "the host is not in the access log line"),
    ({Part.METADATA: "lua"}, "x-a", ""),
]  # fmt: skip


@pytest.mark.parametrize(("opaque", "name", "said"), HIDDEN)
def test_what_a_filter_may_have_changed_is_not_known(opaque: Any, name: str, said: str) -> None:
    view = RequestView(REQUEST, opaque=opaque)
    if not said:
        assert view.values(name) == REQUEST.get(":authority" if name == "host" else name, [])
        return
    with pytest.raises(Undecidable) as raised:
        view.values(name)
    assert raised.value.reason == said


@pytest.mark.parametrize("owner", ["lua", CLIENT])
@pytest.mark.parametrize("asked", ["path", "target"])
def test_a_hidden_path_is_not_known(owner: str, asked: str) -> None:
    view = RequestView(REQUEST, opaque={Part.PATH: owner})
    said = "is not in the access log line" if owner is CLIENT else "may be changed by lua"
    with pytest.raises(Undecidable, match=f"the path {said}"):
        getattr(view, asked)
    with pytest.raises(AttributeError):
        _ = view.nothing
    assert view.unsaid is (owner is CLIENT)


def test_who_does_not_tell_the_method_asks_about_no_tunnel() -> None:
    connect = {":method": ["CONNECT"]}
    assert not RequestView(connect, opaque={Part.PATH: CLIENT}).is_connect
    with pytest.raises(Undecidable):
        _ = RequestView(connect, opaque={Part.PATH: "lua"}).is_connect


METADATA = [  # what is hidden, the namespace, what is said
    ({}, "ns", ""),
    ({Part.METADATA: "lua"}, "ns", "dynamic metadata ns: k may be set by lua"),
    ({Part.METADATA: "lua"}, "envoy.filters.http.jwt_authn", ""),
    ({Part.METADATA: "lua"}, "envoy.filters.http.rbac", ""),
    ({Part.METADATA: "lua"}, "istio_authn", ""),
    ({Part.METADATA: Unseen("no token")}, "envoy.filters.http.jwt_authn", "no token"),
    ({Part.HEADERS: "lua"}, "ns", ""),
]


@pytest.mark.parametrize(("opaque", "namespace", "said"), METADATA)
def test_metadata_that_a_filter_may_have_set(opaque: Any, namespace: str, said: str) -> None:
    view = RequestView({}, metadata={namespace: {"k": "v"}}, opaque=opaque)
    assert RequestView({}).metadata_value(namespace, ("k",)) is None
    if not said:
        assert view.metadata_value(namespace, ("k",)) == "v"
        return
    with pytest.raises(Undecidable, match=re.escape(said)):
        view.metadata_value(namespace, ("k",))


STATES = [  # the key, what is hidden, what is said ("" where it is known)
    ("k", {}, ""),
    ("k", {Part.FILTER_STATE: "lua"}, ""),
    ("none", {}, ""),
    ("none", {Part.FILTER_STATE: "lua"}, "filter state `none` may be set by lua"),
    *((f"{owned}x", {}, f"filter state `{owned}x` is not known")
      for owned in ("envoy.", "io.istio.", "istio.", "wasm.", "downstream_peer", "upstream_peer")),
]  # fmt: skip


@pytest.mark.parametrize(("key", "opaque", "said"), STATES)
def test_filter_state(key: str, opaque: Any, said: str) -> None:
    view = RequestView({}, filter_state={"k": "v"}, opaque=opaque)
    if not said:
        assert view.state(key) == ("v" if key == "k" else None)
        return
    with pytest.raises(Undecidable, match=re.escape(said)):
        view.state(key)
