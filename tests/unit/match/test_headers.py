"""Conditions on headers, query parameters and cookies, and headers changed: whether they hold and how they are told."""

from __future__ import annotations

import pytest

from meshctl.envoy.api.config_common_mutation_rules_v3 import HeaderMutation
from meshctl.envoy.api.config_core_v3 import HeaderValueOption
from meshctl.envoy.message import Undecidable
from meshctl.match import header_change, header_match
from meshctl.match.grpc import has_grpc_content, is_grpc
from meshctl.match.request_view import Drawn, Headers, PartlyKnown, RequestView
from meshctl.match.substitution import Known


def view(**headers: str | list[str]) -> RequestView:
    named = {name.replace("_", "-"): v if isinstance(v, list) else [v] for name, v in headers.items()}
    return RequestView({":path": ["/"], **named})


ONE_TO_FIVE = {"range_match": {"start": "1", "end": "5"}}
HEADERS = [  # a HeaderMatcher's condition, values of the header, whether it holds
    ({"exact_match": "a"}, ["a"], True),
    ({"exact_match": "a"}, ["b"], False),
    ({"prefix_match": "a"}, ["ab"], True),
    ({"suffix_match": "b"}, ["ab"], True),
    ({"contains_match": "b"}, ["abc"], True),
    ({"contains_match": "d"}, ["abc"], False),
    ({"safe_regex_match": {"regex": "a+"}}, ["aa"], True),
    ({"regex_match": "a+"}, ["ab"], False),
    ({"string_match": {"exact": "a"}}, ["b", "a"], True),
    ({"string_match": {"exact": "a"}}, [], False),
    ({"string_match": {"exact": "a"}, "invert_match": True}, ["b"], True),
    ({"string_match": {"exact": "a"}, "invert_match": True}, ["b", "a"], False),
    ({"string_match": {"exact": "a"}, "invert_match": True}, [], False),
    ({"string_match": {"exact": ""}, "treat_missing_header_as_empty": True}, [], True),
    ({"string_match": {"exact": "a"}, "treat_missing_header_as_empty": True}, [], False),
    ({"string_match": {"exact": "a"}, "treat_missing_header_as_empty": True, "invert_match": True}, [], True),
    ({"string_match": {"exact": ""}, "treat_missing_header_as_empty": True, "invert_match": True}, [], False),
    ({}, ["x"], True),
    ({}, [], False),
    ({"present_match": True}, [], False),
    ({"present_match": False}, [], True),
    ({"present_match": False}, ["x"], False),
    ({"present_match": True, "invert_match": True}, [], True),
    ({"present_match": True, "invert_match": True}, ["x"], False),
    ({"present_match": True, "treat_missing_header_as_empty": True}, [], True),
    ({"present_match": True, "treat_missing_header_as_empty": True, "invert_match": True}, [], False),
    (ONE_TO_FIVE, ["1"], True),
    (ONE_TO_FIVE, ["4"], True),
    (ONE_TO_FIVE, ["5"], False),
    (ONE_TO_FIVE, ["0"], False),
    (ONE_TO_FIVE, [" 2 "], True),
    (ONE_TO_FIVE, ["2x"], False),
    ({"range_match": {"start": "-5", "end": "-1"}}, ["-5"], True),
    ({"range_match": {"start": str(-(1 << 63)), "end": str((1 << 63) - 1)}}, [str(-(1 << 63))], True),
    ({"range_match": {"start": str(-(1 << 63)), "end": str((1 << 63) - 1)}}, [str((1 << 63) - 2)], True),
    # what does not fit into an int64 is no number: it never matches, which an inverted condition takes
    ({"range_match": {"end": str((1 << 63) - 1)}, "invert_match": True}, [str(1 << 63)], True),
    ({"range_match": {"end": str((1 << 63) - 1)}}, ["9" * 5000], False),
    (ONE_TO_FIVE, ["0" * 40 + "3"], True),
    ({"range_match": {"start": "-5", "end": "-1"}}, ["-" + "0" * 40 + "3"], True),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "values", "holds"), HEADERS)
def test_header_condition(condition: dict[str, object], values: list[str], holds: bool) -> None:
    criterion = header_match.header({"name": "X-A", **condition})
    assert criterion.test(view(x_a=values) if values else view()) is holds


PARTLY = [  # a condition on a header of which only "mid" is known, or which is drawn; None: undecidable
    ({"string_match": {"contains": "i"}}, PartlyKnown("mid"), True),
    ({"string_match": {"contains": "x"}}, PartlyKnown("mid"), None),
    ({"string_match": {"prefix": "mid"}}, PartlyKnown("mid"), None),
    ({"string_match": {"exact": "mid"}}, PartlyKnown("mid"), None),
    ({"string_match": {"exact": "mid"}}, Drawn("mid"), False),
    ({"string_match": {"prefix": "mid"}}, Drawn("mid"), None),
    ({"present_match": True}, PartlyKnown("mid"), True),
]


@pytest.mark.parametrize(("condition", "value", "holds"), PARTLY)
def test_a_value_known_in_part(condition: dict[str, object], value: str, holds: bool | None) -> None:
    criterion = header_match.header({"name": "x-a", **condition})
    if holds is None:
        with pytest.raises(Undecidable, match="the value of header `x-a` is not known in full"):
            criterion.test(view(x_a=value))
    else:
        assert criterion.test(view(x_a=value)) is holds


PARAMETERS = [  # a QueryParameterMatcher's condition, the path, whether it holds
    ({"string_match": {"exact": "1"}}, "/?a=1", True),
    ({"string_match": {"exact": "1"}}, "/?a=2", False),
    ({"string_match": {"exact": ""}}, "/?b", False),
    ({"string_match": {"exact": ""}}, "/?a", True),
    ({"string_match": {"exact": "1"}}, "/?a=1&a=2", True),
    ({"string_match": {"exact": "2"}}, "/?a=1&a=2", False),
    ({"string_match": {"exact": "1=2"}}, "/?a=1=2", True),
    ({"string_match": {"exact": "%31"}}, "/?a=%31", True),
    ({"string_match": {"exact": "1?x"}}, "/?a=1?x", True),
    ({}, "/?a", True),
    ({}, "/?b=a", False),
    ({}, "/", False),
    ({"present_match": True}, "/?a=1", True),
    ({"present_match": False}, "/?a=1", False),
    ({"present_match": False}, "/?b", True),
    ({"value": "1"}, "/?a=1", True),
    ({"value": "1"}, "/?a=11", False),
    ({"value": "1+", "regex": True}, "/?a=11", True),
    ({"value": "1+", "regex": False}, "/?a=11", False),
]


@pytest.mark.parametrize(("condition", "path", "holds"), PARAMETERS)
def test_query_parameter_condition(condition: dict[str, object], path: str, holds: bool) -> None:
    criterion = header_match.query_parameter({"name": "a", **condition})
    assert criterion.test(RequestView({":path": [path]})) is holds


COOKIES = [  # cookie headers, the value that `a` has (None: absent)
    (["a=1"], "1"),
    (["b=2; a=1"], "1"),
    (["b=2", "a=1"], "1"),
    (["a=1; a=2"], "1"),
    (['a="1"'], "1"),
    (['a="1'], '"1'),
    (['a="'], '"'),
    (['a=""'], ""),
    (["a=1=2"], "1=2"),
    (["a"], None),
    (["\ta=1"], None),
    ([], None),
]


@pytest.mark.parametrize(("headers", "value"), COOKIES)
def test_cookie_condition(headers: list[str], value: str | None) -> None:
    asked = view(cookie=headers) if headers else view()
    assert asked.cookies.get("a") == value
    wanted = {"name": "a", "string_match": {"exact": value or ""}}
    assert header_match.cookie(wanted).test(asked) is (value is not None)
    assert header_match.cookie({**wanted, "invert_match": True}).test(asked) is (value is None)


SAID = [  # a criterion, how it reads, how its failure reads where the request has nothing, and where it has x
    (header_match.header({"name": "X-A"}), "header `x-a` present",
     "header `x-a` is absent, wants present", "header `x-a` is `x` and `y`, wants present"),
    (header_match.header({"name": "x-a", "present_match": False}), "header `x-a` absent",
     "header `x-a` is absent, wants absent", "header `x-a` is `x` and `y`, wants absent"),
    (header_match.header({"name": "x-a", "exact_match": "z", "invert_match": True}), "header `x-a` not exact `z`",
     "header `x-a` is absent, wants not exact `z`", "header `x-a` is `x` and `y`, wants not exact `z`"),
    (header_match.header({"name": "x-a", "exact_match": "z", "treat_missing_header_as_empty": True}),
     "header `x-a` exact `z` (absent counts as empty)", "header `x-a` is absent, wants exact `z` (absent counts as empty)",
     "header `x-a` is `x` and `y`, wants exact `z` (absent counts as empty)"),
    (header_match.header({"name": "x-a", "range_match": {"start": "1", "end": "5"}}), "header `x-a` in range [1, 5)",
     "header `x-a` is absent, wants in range [1, 5)", "header `x-a` is `x` and `y`, wants in range [1, 5)"),
    (header_match.query_parameter({"name": "a", "string_match": {"exact": "z"}}), "query parameter `a` exact `z`",
     "query parameter `a` is absent, wants exact `z`", "query parameter `a` is `x`, wants exact `z`"),
    (header_match.query_parameter({"name": "a", "present_match": False}), "query parameter `a` absent",
     "query parameter `a` is absent, wants absent", "query parameter `a` is `x`, wants absent"),
    (header_match.query_parameter({"name": "a"}), "query parameter `a` present",
     "query parameter `a` is absent, wants present", "query parameter `a` is `x`, wants present"),
    (header_match.cookie({"name": "a", "string_match": {"exact": "z"}}), "cookie `a` exact `z`",
     "cookie `a` is absent, wants exact `z`", "cookie `a` is `x`, wants exact `z`"),
    (header_match.cookie({"name": "a", "string_match": {"exact": "z"}, "invert_match": True}), "cookie `a` not exact `z`",
     "cookie `a` is absent, wants not exact `z`", "cookie `a` is `x`, wants not exact `z`"),
]  # fmt: skip


@pytest.mark.parametrize(("criterion", "text", "of_nothing", "of_x"), SAID, ids=[s[1] for s in SAID])
def test_conditions_in_words(
    criterion: header_match.Criterion, text: str, of_nothing: str, of_x: str
) -> None:
    assert criterion.text == text
    assert criterion.failure(RequestView({":path": ["/"]})) == of_nothing
    full = {":path": ["/?a=x"], "x-a": ["x", "y"], "cookie": ["a=x"]}
    assert criterion.failure(RequestView(full)) == of_x


@pytest.mark.parametrize("build", [header_match.header, header_match.query_parameter, header_match.cookie])
def test_a_condition_outside_the_schema_is_never_met(build: object) -> None:
    criterion = build({"name": "a", "new_field": 1})  # type: ignore[operator]
    with pytest.raises(Undecidable, match="has new_field, which meshctl does not know"):
        criterion.test(view(a="1"))
    assert criterion.failure(view()).endswith("wants what meshctl does not know")
    misread = build({"name": "a", "string_match": "text"})  # type: ignore[operator]
    with pytest.raises(Undecidable, match="is a text, where the API has an object"):
        misread.test(view(a="1"))


GRPC = [  # content-type, whether it is gRPC
    ("application/grpc", True), ("application/grpc+proto", True), ("application/grpc-web", False),
    ("application/grpc;x", False), ("Application/grpc", False), (None, False),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "expected"), GRPC)
def test_grpc(kind: str | None, expected: bool) -> None:
    headers: Headers = {"content-type": [kind]} if kind else {}
    assert has_grpc_content(headers) is expected
    assert is_grpc({":path": ["/"], **headers}) is expected
    assert not is_grpc(headers)  # CONNECT has no path


CHANGES = [  # HeaderValueOption beside its key, the header before, the header after
    ({"header": {"value": "n"}}, ["o"], ["o", "n"]),
    ({"header": {"value": "n"}}, None, ["n"]),
    ({"header": {"value": "n"}, "append": False}, ["o"], ["n"]),
    ({"header": {"value": "n"}, "append": True}, ["o"], ["o", "n"]),
    ({"header": {"value": "n"}, "append_action": "ADD_IF_ABSENT"}, ["o"], ["o"]),
    ({"header": {"value": "n"}, "append_action": "ADD_IF_ABSENT"}, None, ["n"]),
    ({"header": {"value": "n"}, "append_action": "OVERWRITE_IF_EXISTS"}, ["o", "p"], ["n"]),
    ({"header": {"value": "n"}, "append_action": "OVERWRITE_IF_EXISTS"}, None, None),
    ({"header": {"value": "n"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}, ["o"], ["n"]),
    ({"header": {"value": "n"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}, None, ["n"]),
    ({"header": {}}, ["o"], ["o"]),
    ({"header": {}, "keep_empty_value": True}, ["o"], ["o", ""]),
    ({"header": {"value": "%REQ(x-none)%"}}, None, None),
    ({"header": {"value": "%REQ(x-b)%!"}}, None, ["b!"]),
    ({}, ["o"], ["o"]),
]  # fmt: skip


@pytest.mark.parametrize(("option", "before", "after"), CHANGES)
def test_headers_added(option: dict[str, object], before: list[str] | None, after: list[str] | None) -> None:
    headers: Headers = {"x-b": ["b"], **({"x-a": before} if before else {})}
    if isinstance(option.get("header"), dict):
        option = {**option, "header": {"key": "X-A", **option["header"]}}  # type: ignore[dict-item]
    header_change.add(headers, [HeaderValueOption(option)], Known(headers))
    assert headers.get("x-a") == after
    assert headers["x-b"] == ["b"]


def test_one_option_never_reads_what_another_wrote() -> None:
    headers: Headers = {}
    options = [("x-a", "1"), ("x-b", "<%REQ(x-a)%>")]
    header_change.add(
        headers, [HeaderValueOption({"header": {"key": k, "value": v}}) for k, v in options], Known(headers)
    )
    assert headers == {"x-a": ["1"], "x-b": ["<>"]}


def test_operators_stay_where_nothing_is_known_and_hide_what_depends_on_more() -> None:
    headers: Headers = {}
    option = HeaderValueOption({"header": {"key": "x-a", "value": "%START_TIME%"}})
    header_change.add(headers, [option], None)
    assert headers == {"x-a": ["%START_TIME%"]}
    header_change.add(headers, [option], Known({}))
    assert [type(value) for value in headers["x-a"]] == [str, PartlyKnown]


@pytest.mark.parametrize("name", [":method", ":path", ":scheme", ":authority", "host", "Host"])
def test_pseudo_headers_are_never_touched(name: str) -> None:
    headers: Headers = {name.lower(): ["o"]}
    header_change.add(
        headers, [HeaderValueOption({"header": {"key": name, "value": "n"}, "append": False})], None
    )
    header_change.remove(headers, [name])
    assert headers == {name.lower(): ["o"]}


MUTATIONS = [
    ({"remove": "X-A"}, ["x-b", "y"]),
    ({"append": {"header": {"key": "x-c", "value": "1"}}}, ["x-a", "x-b", "y", "x-c"]),
    ({"remove_on_match": {"key_matcher": {"prefix": "x-"}}}, ["y"]),
]


@pytest.mark.parametrize(("mutation", "left"), MUTATIONS)
def test_header_mutations(mutation: dict[str, object], left: list[str]) -> None:
    headers: Headers = {"x-a": ["1"], "x-b": ["2"], "y": ["3"]}
    header_change.mutate(headers, [HeaderMutation(mutation)], None)
    assert list(headers) == left


@pytest.mark.parametrize("mutation", [{}, {"remove_on_match": {}}])
def test_a_mutation_without_a_known_action_is_undecidable(mutation: dict[str, object]) -> None:
    with pytest.raises(Undecidable, match="without an action that meshctl knows"):
        header_change.mutate({}, [HeaderMutation(mutation)], None)
