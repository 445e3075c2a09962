"""xDS matcher trees: which action an input leads to, by which way, and where that cannot be known."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.message import Undecidable
from meshctl.match import matcher_tree
from meshctl.match.cel import Attributes
from meshctl.match.matcher_tree import Decision

Json = dict[str, Any]
_TYPE = "type.googleapis.com/"
_XDS = f"{_TYPE}xds.type.matcher.v3."


def ask(name: str) -> Json:
    return {"name": name, "typed_config": {"@type": f"{_TYPE}inputs.{name}"}}


def to(action: str, **more: Any) -> Json:
    return {"action": {"name": action, "typed_config": {"@type": f"{_TYPE}an.Action", "of": action}}, **more}


def into(tree: Json, **more: Any) -> Json:
    return {"matcher": tree, **more}


def single(name: str, **matcher: Any) -> Json:
    return {"single_predicate": {"input": ask(name), "value_match": matcher}}


def custom(name: str, config: Json) -> Json:
    return {
        "single_predicate": {"input": ask(name), "custom_match": {"name": "custom", "typed_config": config}}
    }


def entries(*pairs: tuple[Json, Json], otherwise: Json | None = None) -> Json:
    found: Json = {"matcher_list": {"matchers": [{"predicate": p, "on_match": m} for p, m in pairs]}}
    return found | ({"on_no_match": otherwise} if otherwise else {})


def tree(kind: str, config: Json, otherwise: Json | None = None) -> Json:
    found: Json = {"matcher_tree": {"input": ask("In"), kind: config}}
    return found | ({"on_no_match": otherwise} if otherwise else {})


def by(kind: str, **config: Any) -> Json:
    return tree(
        "custom_match", {"name": "c", "typed_config": {"@type": f"{_XDS}{kind}", **config}}, to("else")
    )


def cidr(text: str) -> Json:
    address, _, length = text.partition("/")
    return {"address_prefix": address, "prefix_len": int(length)}


def decide(message: Json, **known: Any) -> tuple[str | None, list[str]]:
    """The action's name and the way; an input that is not among ``known`` is undecidable."""

    def inputs(type_name: str, _: Json) -> Any:
        name = type_name.rpartition(".")[2]
        if name not in known:
            raise Undecidable(f"{name} is not known")
        return known[name]

    decision = Decision()
    found = matcher_tree.parse(message).evaluate(inputs, decision)
    return found.name if found else None, decision.trail


A, B, NOT_A = single("In", exact="a"), single("In", exact="b"), {"not_matcher": single("In", exact="a")}
UNKNOWN = single("Hidden", exact="x")
NEVER = single("In", exact="never")


def both(*parts: Json) -> Json:
    return {"and_matcher": {"predicate": list(parts)}}


def either(*parts: Json) -> Json:
    return {"or_matcher": {"predicate": list(parts)}}


PREDICATES = [  # a predicate, whether it holds where In is "a" (None: undecidable), its text
    (A, True, "In exact `a`"),
    (B, False, ""),
    (NOT_A, False, ""),
    ({"not_matcher": B}, True, "not (In exact `b`)"),
    (both(A, A), True, "(In exact `a`) and (In exact `a`)"),
    (both(A, B), False, ""),
    (either(B, A), True, "(In exact `b`) or (In exact `a`)"),
    (either(B, B), False, ""),
    (single("None", exact=""), False, ""),
    ({"not_matcher": single("None", exact="")}, True, "not (None exact ``)"),
    ({}, False, ""),
    (UNKNOWN, None, ""),
    (both(UNKNOWN, B), False, ""),
    (both(UNKNOWN, A), None, ""),
    (either(UNKNOWN, A), True, "(Hidden exact `x`) or (In exact `a`)"),
    (either(UNKNOWN, B), None, ""),
    ({"not_matcher": UNKNOWN}, None, ""),
    ({"or_matcher": "text"}, None, ""),
]  # fmt: skip


@pytest.mark.parametrize(("predicate", "holds", "text"), PREDICATES)
def test_predicates(predicate: Json, holds: bool | None, text: str) -> None:
    asked = entries((predicate, to("yes")), otherwise=to("no"))
    if holds is None:
        with pytest.raises(Undecidable):
            decide(asked, In="a", **{"None": None})
        return
    expected = ("yes", [text]) if holds else ("no", ["no match: on_no_match"])
    assert decide(asked, In="a", **{"None": None}) == expected


IP = {
    "@type": f"{_TYPE}envoy.extensions.matching.input_matchers.ip.v3.Ip",
    "cidr_ranges": [cidr("10.0.0.0/8"), cidr("fd00::/8")],
}
PARSED = {"const_expr": {"bool_value": True}}
CEL = [
    {"expr_match": {"cel_expr_parsed": {"expr": PARSED}}},
    {"expr_match": {"cel_expr_checked": {"expr": PARSED}}},
    {"expr_match": {"parsed_expr": {"expr": PARSED}}},
    {"expr_match": {"checked_expr": {"expr": PARSED}}},
]


@pytest.mark.parametrize(
    ("address", "holds"), [("10.1.1.1", True), ("fd00::1", True), ("11.1.1.1", False), (None, False)]
)
def test_a_predicate_by_ranges(address: str | None, holds: bool) -> None:
    asked = entries((custom("Ip", IP), to("yes")))
    text = ["Ip in 10.0.0.0/8, fd00::/8"]
    assert decide(asked, Ip=address) == (("yes", text) if holds else (None, []))


@pytest.mark.parametrize("fields", CEL)
def test_a_predicate_by_cel(fields: Json) -> None:
    asked = entries((custom("Cel", {"@type": f"{_XDS}CelMatcher", **fields}), to("yes")))
    assert decide(asked, Cel=Attributes(None)) == ("yes", ["Cel by CEL"])


@pytest.mark.parametrize(("config", "why"), [
    ({"@type": f"{_XDS}CelMatcher"}, "the matcher CelMatcher has no parsed expression"),
    ({"@type": f"{_TYPE}some.Lua"}, "the matcher Lua on In is not evaluated"),
])  # fmt: skip
def test_a_predicate_by_what_is_not_evaluated(config: Json, why: str) -> None:
    with pytest.raises(Undecidable) as raised:
        decide(entries((custom("In", config), to("yes"))), In="a")
    assert raised.value.reason == why


NESTED = entries((NEVER, to("inner")))
LISTS = [  # a tree, the action for In = "a", the way
    (entries((B, to("b")), (A, to("first")), (A, to("second"))), "first", ["In exact `a`"]),
    (entries((B, to("b"))), None, []),
    (entries((B, to("b")), otherwise=to("else")), "else", ["no match: on_no_match"]),
    (entries((A, into(NESTED)), (A, to("next"))), "next", ["In exact `a`", "In exact `a`"]),
    (entries((A, into(NESTED)), otherwise=to("else")), "else", ["In exact `a`", "no match: on_no_match"]),
    (entries((A, into(entries(otherwise=to("inner"))))), "inner", ["In exact `a`", "no match: on_no_match"]),
    (entries((A, to("passed", keep_matching=True)), (A, to("next"))), "next", ["In exact `a`", "In exact `a`"]),
    (entries((A, into(entries((A, to("in"))), keep_matching=True)), otherwise=to("else")), "else",
     ["In exact `a`", "In exact `a`", "no match: on_no_match"]),
    (entries((A, {})), "", ["In exact `a`"]),
    ({"on_no_match": to("else")}, "else", ["no match: on_no_match"]),
    ({}, None, []),
]  # fmt: skip


@pytest.mark.parametrize(("message", "action", "trail"), LISTS)
def test_lists(message: Json, action: str | None, trail: list[str]) -> None:
    assert decide(message, In="a") == (action, trail)


EXACT = tree("exact_match_map", {"map": {"a": to("A"), "b": into(NESTED)}}, to("else"))
PREFIX = tree("prefix_match_map", {"map": {"/": to("/"), "/a": into(NESTED), "/ab": to("/ab")}}, to("else"))
NAMES = by("ServerNameMatcher", domain_matchers=[
    {"domains": ["a.com", "*.a.com"], "on_match": to("A")},
    {"domains": ["a.com", "*.b.a.com", "*.com"], "on_match": into(entries((single("In", prefix="x"), to("B"))))},
    {"domains": ["*"], "on_match": to("*")},
])  # fmt: skip
ADDRESSES = by("IPMatcher", range_matchers=[
    {"ranges": [cidr("10.0.0.0/8"), cidr("10.0.0.0/8")], "on_match": to("wide")},
    {"ranges": [cidr("10.0.0.0/8")], "on_match": to("later")},
    {"ranges": [cidr("10.1.0.0/16")], "on_match": into(NESTED)},
    {"ranges": [cidr("10.2.0.0/16")], "on_match": into(NESTED), "exclusive": True},
    {"ranges": [cidr("10.2.2.0/24"), {"address_prefix": "x"}], "on_match": to("narrow")},
])  # fmt: skip
NUMBERS = [
    {"ranges": [{"start": "1", "end": "5"}, {"start": "-3", "end": "-1"}], "on_match": to("low")},
    {"ranges": [{"start": "4", "end": "9"}], "on_match": to("high")},
]
ELSE = ["no match: on_no_match"]
MAPS = [  # a tree, the value of In, the action, the way
    (EXACT, "a", "A", ["In a is a"]),
    (EXACT, "aa", "else", ELSE),
    (EXACT, "b", "else", ["In b is b", *ELSE]),
    (EXACT, None, "else", ELSE),
    (PREFIX, "/x", "/", ["In /x is /*"]),
    (PREFIX, "/", "/", ["In / is /*"]),
    (PREFIX, "/ax", "/", ["In /ax is /a*", "In /ax is /*"]),
    (PREFIX, "/ab", "/ab", ["In /ab is /ab*"]),
    (PREFIX, "x", "else", ELSE),
    (PREFIX, "", "else", ELSE),
    (NAMES, "a.com", "A", ["In a.com is a.com"]),
    (NAMES, "y.a.com", "A", ["In y.a.com is *.a.com"]),
    (NAMES, "x.b.a.com", "B", ["In x.b.a.com is *.b.a.com", "In prefix `x`"]),
    (NAMES, "y.b.a.com", "A", ["In y.b.a.com is *.b.a.com", "In y.b.a.com is *.a.com"]),
    (NAMES, "y.com", "*", ["In y.com is *.com", "In y.com is *"]),
    (NAMES, "org", "*", ["In org is *"]),
    (NAMES, "", "else", ELSE),
    (ADDRESSES, "10.9.9.9", "wide", ["In 10.9.9.9 is 10.0.0.0/8"]),
    (ADDRESSES, "10.1.1.1", "wide", ["In 10.1.1.1 is 10.1.0.0/16", "In 10.1.1.1 is 10.0.0.0/8"]),
    (ADDRESSES, "10.2.1.1", "else", ["In 10.2.1.1 is 10.2.0.0/16", *ELSE]),
    (ADDRESSES, "10.2.2.2", "narrow", ["In 10.2.2.2 is 10.2.2.0/24"]),
    (ADDRESSES, "11.1.1.1", "else", ELSE),
    (ADDRESSES, "", "else", ELSE),
    *((by(kind, range_matchers=NUMBERS), value, action, trail) for kind in ("Int32RangeMatcher", "Int64RangeMatcher")
      for value, action, trail in [
          ("1", "low", ["In 1 is in [1, 5)"]), ("4", "low", ["In 4 is in [1, 5)"]), ("5", "high", ["In 5 is in [4, 9)"]),
          ("8", "high", ["In 8 is in [4, 9)"]), ("9", "else", ELSE), ("0", "else", ELSE), ("-3", "low", ["In -3 is in [-3, -1)"]),
          ("-1", "else", ELSE), ("x", "else", ELSE), ("", "else", ELSE),
          ("--2", "else", ELSE), ("²", "else", ELSE), ("9" * 5000, "else", ELSE),
      ]),
]  # fmt: skip


@pytest.mark.parametrize(("message", "value", "action", "trail"), MAPS)
def test_maps(message: Json, value: str | None, action: str | None, trail: list[str]) -> None:
    assert decide(message, In=value) == (action, trail)


BROKEN = [  # what cannot be read is undecidable where the search comes to it, and nowhere else
    (entries((A, {"keep_matching": "yes"})), "a", True),
    (entries((A, {"keep_matching": "yes"}), (B, to("b"))), "b", False),
    (entries((A, {"action": "text"})), "a", True),
    (tree("exact_match_map", {"map": {"a": {"action": "text"}, "b": to("b")}}), "a", True),
    (tree("exact_match_map", {"map": {"a": {"action": "text"}, "b": to("b")}}), "b", False),
    (tree("exact_match_map", {"map": {}}, {"action": "text"}), "a", True),
    ({"matcher_list": "text", "on_no_match": to("b")}, "b", True),
    (by("SomethingElse"), "b", True),
    (tree("custom_match", {"name": "x"}), "b", True),
    ({"matcher_tree": {"input": ask("In")}}, "b", True),
]


@pytest.mark.parametrize(("message", "value", "undecided"), BROKEN)
def test_what_cannot_be_read(message: Json, value: str, undecided: bool) -> None:
    if undecided:
        with pytest.raises(Undecidable):
            decide(message, In=value)
    else:
        assert decide(message, In=value)[0] == "b"


def test_a_map_that_is_not_evaluated_is_named() -> None:
    with pytest.raises(Undecidable) as raised:
        decide(by("SomethingElse"), In="a")
    assert raised.value.reason == "the matcher SomethingElse on In is not evaluated"


@pytest.mark.parametrize(("fields", "text"), [
    ({"header_name": "x-a"}, "HttpRequestHeaderMatchInput(x-a)"), ({"query_param": "q"}, "HttpRequestHeaderMatchInput(q)"),
    ({"key": "k"}, "HttpRequestHeaderMatchInput(k)"), ({}, "HttpRequestHeaderMatchInput"),
])  # fmt: skip
def test_an_input_is_called_by_what_it_asks(fields: Json, text: str) -> None:
    assert matcher_tree.Input("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", fields).text == text


LEAVES = [
    (
        entries((A, to("1")), (B, into(entries((A, to("2")), otherwise=to("3")))), otherwise=to("4")),
        ["1", "2", "3", "4"],
    ),
    (EXACT, ["A", "inner", "else"]),
    (PREFIX, ["/", "inner", "/ab", "else"]),
    (NAMES, ["A", "B", "*", "else"]),
    (ADDRESSES, ["wide", "inner", "inner", "narrow", "else"]),
    (by("Int64RangeMatcher", range_matchers=NUMBERS), ["low", "high", "else"]),
    ({}, []),
]


@pytest.mark.parametrize(("message", "names"), LEAVES)
def test_all_leaves(message: Json, names: list[str]) -> None:
    found = list(matcher_tree.parse(message).actions())
    assert [action.name for action in found] == names
    assert all(action.config["of"] == action.name for action in found)
