"""CEL over a request: what holds, what is an error (which does not hold), what is not evaluated."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.envoy.message import Undecidable
from meshctl.match.cel import Attributes, Expression
from meshctl.match.request_view import RequestView

Json = dict[str, Any]


def name(text: str) -> Json:
    return {"ident_expr": {"name": text}}


def at(*path: str, test_only: bool = False) -> Json:
    """``request.headers``: a chain of selections."""
    found = name(path[0])
    for index, field in enumerate(path[1:], 2):
        last = test_only and index == len(path)
        found = {"select_expr": {"operand": found, "field": field, **({"test_only": True} if last else {})}}
    return found


def const(value: Any) -> Json:
    kinds = {
        bool: "bool_value",
        int: "int64_value",
        str: "string_value",
        float: "double_value",
        type(None): "null_value",
    }
    return {"const_expr": {kinds[type(value)]: str(value) if type(value) is int else value}}


def items(*values: Any) -> Json:
    return {"list_expr": {"elements": [const(value) for value in values]}}


def call(function: str, *args: Any) -> Json:
    return {
        "call_expr": {"function": function, "args": [a if isinstance(a, dict) else const(a) for a in args]}
    }


def method(target: Any, function: str, *args: Any) -> Json:
    """``target.function(args)``."""
    made = call(function, *args)
    made["call_expr"]["target"] = target if isinstance(target, dict) else const(target)
    return made


REQUEST = RequestView(
    {
        ":method": ["GET"], ":authority": ["a.com"], ":path": ["/p?q=1"], ":scheme": ["http"], "x-a": ["1", "2"],
        "referer": ["r"], "user-agent": ["curl"], "x-request-id": ["7"],
    },
    metadata={"ns": {"k": "v"}},
)  # fmt: skip
ATTRIBUTES = Attributes(REQUEST, {"address": "10.1.1.1:5", "port": 5}, {"port": 80}, {"mtls": True})
ERROR = at("source", "none")  # a key that is not there
LATER = name("response")

VALUES = [  # an expression and its value, compared by ==
    (at("request", "path"), "/p?q=1"), (at("request", "url_path"), "/p"), (at("request", "query"), "q=1"),
    (at("request", "host"), "a.com"), (at("request", "scheme"), "http"), (at("request", "method"), "GET"),
    (at("request", "referer"), "r"), (at("request", "useragent"), "curl"), (at("request", "id"), "7"),
    (at("request", "headers", "x-a"), "1,2"), (at("request", "headers", "X-A"), "1,2"),
    (call("_[_]", at("request", "headers"), "x-a"), "1,2"), (at("source", "port"), 5), (at("destination", "port"), 80),
    (at("connection", "mtls"), True), (at("metadata", "filter_metadata", "ns", "k"), "v"),
    (call("_[_]", items("x", "y"), 1), "y"), (call("_[_]", items("x", "y"), 0), "x"),
    (method("abc", "size"), 3), (call("size", items(1, 2)), 2), (call("_+_", 1, 2), 3), (call("_-_", 5, 2), 3),
    (call("string", True), "true"), (call("string", False), "false"),
    (call("string", 7), "7"), (call("int", "-7"), -7), (call("int", 7.9), 7), (method("Ab", "lowerAscii"), "ab"),
    (method("Ab", "upperAscii"), "AB"), (call("urlDecode", "a%20b"), "a b"), (call("_?_:_", True, 1, 2), 1),
    (call("_?_:_", False, 1, 2), 2), (const(2.5), 2.5),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "value"), VALUES)
def test_values(expression: Json, value: Any) -> None:
    assert Expression(call("_==_", expression, value)).holds(ATTRIBUTES)
    assert not Expression(call("_!=_", expression, value)).holds(ATTRIBUTES)


HOLDS = [
    (const(True), True), (const(False), False), (const("true"), False), (const(1), False), ({"const_expr": {}}, False),
    (call("_==_", {"const_expr": {}}, ""), True), (call("_==_", None, None), True),
    (call("_==_", 1, 1.0), True), (call("_==_", True, 1), False), (call("_==_", "1", 1), False), (call("_!=_", "1", 1), True),
    (call("_<_", 1, 2), True), (call("_<_", 2, 2), False), (call("_<=_", 2, 2), True), (call("_<=_", 3, 2), False),
    (call("_>_", 2, 1), True), (call("_>_", 2, 2), False), (call("_>=_", 2, 2), True), (call("_>=_", 1, 2), False),
    (call("_<_", "a", "b"), True), (call("_<_", "a", 1), False), (call("!_", call("_<_", "a", 1)), False),
    (call("_<_", 1, 2.5), True), (call("_<_", False, True), True), (call("_<_", False, 1), False), (call("_<_", items(1), items(2)), False), (call("_<_", None, None), False),
    (call("_==_", None, 1), False), (call("_==_", items(1), items(1.0)), True), (call("_==_", items(1), items(1, 2)), False), (call("_==_", items(1), items(True)), False),
    (call("!_", "true"), False), (call("!_", 0), False), (call("@in", 1, items(1.0)), True), (call("_[_]", items("x"), 0.0), False), (call("_==_", call("_[_]", items("x"), 0.0), "x"), True),
    (call("@in", 1, at("request", "headers")), False), (call("_==_", call("size", "é"), 1), True),
    (call("!_", False), True), (call("!_", True), False),
    (method("abc", "startsWith", "ab"), True), (method("abc", "startsWith", "bc"), False),
    (method("abc", "endsWith", "bc"), True), (method("abc", "endsWith", "ab"), False),
    (method("abc", "contains", "b"), True), (method("abc", "contains", "x"), False),
    (method("abc", "matches", "b."), True), (method("abc", "matches", "^b"), False), (method("abc", "matches", "("), False),
    (call("@in", "a", items("a", "b")), True), (call("_in_", "c", items("a", "b")), False), (call("in", 1, items("1")), False),
    (call("@in", "port", name("source")), True), (call("@in", "none", name("source")), False),
    (call("@in", "x-a", at("request", "headers")), True), (call("@in", "x-b", at("request", "headers")), False),
    (at("source", "port", test_only=True), True), (at("source", "none", test_only=True), False),
    (at("request", "headers", "x-b", test_only=True), False),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "holds"), HOLDS)
def test_only_true_holds(expression: Json, holds: bool) -> None:
    assert Expression(expression).holds(ATTRIBUTES) is holds


ABSENT, LATER_SIZE = at("request", "headers", "x-b"), at("request", "size")
ENDS = [  # what stands beside a decided side of ||: whether the whole holds (None: not known), as a real Envoy has it
    (method(ABSENT, "startsWith", "2"), True), (method(ABSENT, "matches", "2"), False), (method(at("source", "port"), "matches", "2"), False), (method(1, "matches", "2"), True),
    (method(at("request", "host"), "matches", "2"), True), (LATER_SIZE, True), (method(LATER_SIZE, "matches", "2"), None), (call("_>_", call("size", at("request", "headers")), 3), True),
]  # fmt: skip


@pytest.mark.parametrize(("side", "holds"), ENDS)
def test_what_a_compiled_pattern_is_given_may_end_the_evaluation(side: Json, holds: bool | None) -> None:
    if holds is None:
        with pytest.raises(Undecidable):
            Expression(call("_||_", side, True)).holds(ATTRIBUTES)
        return
    assert Expression(call("_||_", side, True)).holds(ATTRIBUTES) is holds
    assert Expression(call("_||_", True, side)).holds(ATTRIBUTES)
    assert Expression(call("!_", call("_&&_", side, False))).holds(ATTRIBUTES) is holds


def test_an_unknown_side_before_one_that_ends_the_evaluation() -> None:
    unknown = call("_==_", LATER_SIZE, 0)
    with pytest.raises(Undecidable):
        Expression(call("_||_", unknown, method(ABSENT, "matches", "2"))).holds(ATTRIBUTES)


ERRORS = [
    at("source", "none"),
    at("request", "headers", "x-b"),
    at("metadata", "filter_metadata", "none"),
    at("metadata", "filter_metadata", "ns", "none"),
    at("source", "port", "none"),
    call("_[_]", items("x"), 1),
    call("_[_]", items("x"), -1),
    call("_[_]", items("x"), "0"),
    call("_+_", "a", 1),
    call("_+_", "a", "b"),
    call("_+_", 1, 1.5),
    call("_+_", True, True),
    call("_-_", items(1), items(1)),
    call("!_", 1),
    call("_[_]", items("x"), True),
    call("int", "7x"),
    call("int", ""),
    call("size", 1),
    call("_?_:_", "x", 1, 2),
    method(1, "startsWith", "x"),
]


@pytest.mark.parametrize("expression", ERRORS)
def test_an_error_holds_neither_way(expression: Json) -> None:
    assert not Expression(call("_==_", expression, expression)).holds(ATTRIBUTES)
    assert not Expression(call("_!=_", expression, expression)).holds(ATTRIBUTES)


LOGIC = [  # function, parts, the outcome (None: undecidable, "error": neither way)
    ("_&&_", (True, True), True), ("_&&_", (True, False), False), ("_||_", (False, True), True), ("_||_", (False, False), False),
    ("_&&_", (ERROR, False), False), ("_&&_", (ERROR, True), "error"), ("_||_", (ERROR, True), True),
    ("_||_", (ERROR, False), "error"), ("_&&_", ("x", True), "error"), ("_||_", ("x", True), True),
    ("_&&_", (LATER, False), False), ("_||_", (LATER, True), True), ("_&&_", (LATER, True), None), ("_||_", (LATER, False), None),
    ("_||_", (ERROR, LATER), None), ("_&&_", (True, True, False), False),
]  # fmt: skip


@pytest.mark.parametrize(("function", "parts", "outcome"), LOGIC)
def test_one_side_may_decide(function: str, parts: tuple[Any, ...], outcome: Any) -> None:
    expression = Expression(call(function, *parts))
    turned = Expression(call("!_", call(function, *parts)))
    if outcome is None:
        with pytest.raises(Undecidable):
            expression.holds(ATTRIBUTES)
        return
    assert expression.holds(ATTRIBUTES) is (outcome is True)
    assert turned.holds(ATTRIBUTES) is (outcome is False)


NOT_EVALUATED = [
    (name("response"), "the CEL attribute response is not known when a request is judged"),
    (at("request", "size"), "the CEL attribute request.size is not evaluated"),
    (call("math.abs", 1), "the CEL function math.abs is not evaluated"),
    ({"const_expr": {"bytes_value": "AA=="}}, "the CEL constant bytes_value is not evaluated"),
    ({"id": "3", "comprehension_expr": {}}, "the CEL expression comprehension_expr is not evaluated"),
    ({"id": "3"}, "the CEL expression without a kind is not evaluated"),
    ({}, "the CEL expression without a kind is not evaluated"),
]


@pytest.mark.parametrize(("expression", "why"), NOT_EVALUATED)
def test_what_is_not_evaluated_is_undecidable(expression: Json, why: str) -> None:
    with pytest.raises(Undecidable) as raised:
        Expression(call("_==_", expression, 1)).holds(ATTRIBUTES)
    assert raised.value.reason == why


def test_a_connection_has_no_request() -> None:
    connection = Attributes(None, {"port": 5}, {}, metadata={"mine": {"k": 1}})
    assert not Expression(call("_==_", at("request", "path"), "")).holds(connection)
    assert not Expression(at("metadata", "filter_metadata", "ns", test_only=True)).holds(connection)
    assert Expression(call("_==_", at("metadata", "filter_metadata", "mine", "k"), 1)).holds(connection)
    assert Expression(call("_==_", at("source", "port"), 5)).holds(connection)
    assert not Expression(call("_==_", at("destination", "port"), 0)).holds(connection)


def test_connect_has_no_path() -> None:
    connect = Attributes(RequestView({":method": ["CONNECT"]}))
    assert not Expression(at("request", "path", test_only=True)).holds(connect)
    assert Expression(call("_==_", at("request", "query"), "")).holds(connect)
