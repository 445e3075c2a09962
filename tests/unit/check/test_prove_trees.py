"""Actions of matcher trees that nothing leads to, against the tree that decides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshctl.check.prove.routes import Fate
from meshctl.check.prove.trees import leaves
from meshctl.match.matcher_tree import Decision, parse
from tests.unit.check.found import findings, undecided
from tests.unit.proxy import build

Json = dict[str, Any]
_INPUTS = "type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3."
_STRING = "type.googleapis.com/google.protobuf.StringValue"
_ROUTE = "type.googleapis.com/envoy.config.route.v3."


def asked(short: str, **fields: Any) -> Json:
    return {"name": "i", "typed_config": {"@type": f"{_INPUTS}{short}", **fields}}


def header(name: str) -> Json:
    kind = "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
    return {"name": "i", "typed_config": {"@type": kind, "header_name": name}}


def to(name: str) -> Json:
    return {"action": {"name": name, "typed_config": {"@type": _STRING, "value": name}}}


def inner(tree: Json) -> Json:
    return {"matcher": tree}


def exact(source: Json, otherwise: Json | None = None, **table: Json) -> Json:
    found = {"matcher_tree": {"input": source, "exact_match_map": {"map": table}}}
    return found | ({"on_no_match": otherwise} if otherwise else {})


def prefixes(source: Json, **table: Json) -> Json:
    return {"matcher_tree": {"input": source, "prefix_match_map": {"map": table}}}


def ranges(*entries: tuple[str, Json, bool]) -> Json:
    matchers = [
        {"ranges": [{"address_prefix": cidr.split("/")[0], "prefix_len": int(cidr.split("/")[1])}], "on_match": then, "exclusive": alone}
        for cidr, then, alone in entries
    ]  # fmt: skip
    custom = {"@type": "type.googleapis.com/xds.type.matcher.v3.IPMatcher", "range_matchers": matchers}
    return {
        "matcher_tree": {
            "input": asked("DestinationIPInput"),
            "custom_match": {"name": "ip", "typed_config": custom},
        }
    }


def listed(*entries: tuple[Json, Json]) -> Json:
    return {"matcher_list": {"matchers": [{"predicate": p, "on_match": then} for p, then in entries]}}


def when(source: Json, **value: Any) -> Json:
    return {"single_predicate": {"input": source, "value_match": value}}


PORT, SNI = asked("DestinationPortInput"), asked("ServerNameInput")


def dead(tree: Json) -> list[str]:
    found = leaves(parse(tree))
    assert not [one for one in found if one.fate is Fate.OPEN]
    return [one.action.name for one in found if one.fate is Fate.SHADOWED]


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (exact(PORT, to("c"), **{"80": to("a"), "443": to("b")}), []),
        (exact(PORT, **{"80": inner(exact(PORT, **{"80": to("a"), "81": to("b")}))}), ["b"]),
        (exact(PORT, **{"80": inner(exact(PORT, to("c"), **{"80": to("a")}))}), ["c"]),
        (prefixes(SNI, a=to("a"), ab=to("b")), []),
        (exact(SNI, ab=inner(prefixes(SNI, a=to("a"), b=to("b")))), ["b"]),
        (ranges(("10.0.0.0/8", to("a"), False), ("10.1.0.0/16", to("b"), False)), []),
        (ranges(("10.0.0.0/8", to("a"), False), ("10.0.0.0/24", to("b"), True)), []),
        (ranges(("10.0.0.0/8", inner(ranges(("11.0.0.0/8", to("a"), False))), False)), ["a"]),
        (listed((when(PORT, exact="80"), to("a")), (when(PORT, exact="80"), to("b"))), ["b"]),
        (listed((when(PORT, exact="80"), to("a")), (when(SNI, exact="x"), to("b"))), []),
        (listed((when(SNI, prefix="a"), to("a")), (when(SNI, exact="ab"), to("b"))), ["b"]),
        (listed((when(SNI, exact="ab"), to("a")), (when(SNI, prefix="a"), to("b"))), []),
        (listed(({"not_matcher": when(SNI, exact="x")}, to("a")), (when(SNI, exact="x"), to("b")), (when(SNI, prefix=""), to("c"))), ["c"]),
        (listed((when(SNI, exact="A", ignore_case=True), to("a")), (when(SNI, exact="a"), to("b"))), ["b"]),
    ],
)  # fmt: skip
def test_which_actions_nothing_leads_to(tree, expected):
    assert dead(tree) == expected


@pytest.mark.parametrize(
    "condition",
    [when(SNI, safe_regex={"regex": ".*"}), when(SNI, suffix=".com"), when(SNI, contains="a")],
)
def test_what_a_condition_tells_apart_may_not_be_known(condition):
    fates = [one.fate for one in leaves(parse(listed((condition, to("a")), (condition, to("b")))))]
    assert fates[1] is Fate.OPEN


_values = st.sampled_from(["", "a", "ab", "abc", "b", "80", "443", "10.0.0.1", "10.1.0.0", "11.0.0.1"])
_source = st.sampled_from([PORT, SNI, header("x"), asked("DestinationIPInput")])
_condition = st.builds(
    lambda source, kind, text: when(source, **{kind: text}),
    _source,
    st.sampled_from(["exact", "prefix"]),
    _values,
)
_cidr = st.sampled_from(["10.0.0.0/8", "10.0.0.0/16", "10.1.0.0/16", "0.0.0.0/0", "11.0.0.1/32"])


def _grown(then: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Trees whose branches are ``then``."""
    maps = st.builds(
        lambda kind, source, table: kind(source, **table),
        st.sampled_from([exact, prefixes]),
        _source,
        st.dictionaries(_values.filter(bool), then, min_size=1, max_size=3),
    )
    lists = st.lists(st.tuples(_condition, then), min_size=1, max_size=3).map(lambda found: listed(*found))
    by_ip = st.lists(st.tuples(_cidr, then, st.booleans()), min_size=1, max_size=3).map(
        lambda found: ranges(*found)
    )
    return st.one_of(maps, lists, by_ip).map(inner)


_names = st.integers(0, 10**6).map(lambda number: to(f"n{number}"))
_tree = st.recursive(_names, _grown, max_leaves=6).filter(lambda found: "matcher" in found)


@settings(max_examples=300, deadline=None)
@given(_tree, st.data())
def test_nothing_that_is_called_dead_is_ever_chosen(made, data):
    tree = parse(made["matcher"])
    never = [one.action for one in leaves(tree) if one.fate is Fate.SHADOWED]
    for _ in range(30):
        case: dict[str, str | None] = {}

        def inputs(type_name: str, fields: Json, case: dict[str, str | None] = case) -> str | None:
            key = type_name + str(fields.get("header_name"))
            return case.setdefault(key, data.draw(st.one_of(st.none(), _values)))

        found = tree.evaluate(inputs, Decision())
        assert not any(found is action for action in never)


def waypoint(tree: Json, *names: str) -> Any:
    chains = [{"name": name, "filters": build.tcp("c")} for name in names]
    return build.proxy([build.listener(chains, filter_chain_matcher=tree)])


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (exact(PORT, to("b"), **{"80": to("a")}), []),
        (exact(PORT, **{"80": to("a")}), ["listener 0.0.0.0_80 > chain b (#1)"]),
        (exact(PORT, **{"80": inner(exact(PORT, **{"80": to("a"), "81": to("b")}))}), ["listener 0.0.0.0_80 > chain b (#1)"]),
    ],
)  # fmt: skip
def test_a_chain_that_the_tree_never_leads_to(tree, expected):
    assert [one.object for one in findings(waypoint(tree, "a", "b"), "chain-unreachable")] == expected


def test_a_chain_behind_a_regex_is_not_decidable():
    tree = listed(
        (when(SNI, safe_regex={"regex": ".*"}), to("a")), (when(SNI, safe_regex={"regex": "x"}), to("b"))
    )
    made = waypoint(tree, "a", "b")
    assert findings(made, "chain-unreachable") == []
    assert any("chain b" in one.needs for one in undecided(made, "chain-unreachable"))


def routes(*listed_routes: Json) -> Json:
    config = {"@type": f"{_ROUTE}RouteList", "routes": list(listed_routes)}
    return {"action": {"name": "r", "typed_config": config}}


def routed(tree: Json) -> Any:
    host = {"name": "vh", "domains": ["*"], "matcher": tree}
    return build.proxy([build.listener([{"filters": build.http([host])}])])


ALL = {"prefix": "/"}


def test_routes_of_a_tree_are_proved():
    live, dead_one = routes(build.route("one", ALL)), routes(build.route("two", ALL))
    tree = exact(header("x"), live, a=inner(exact(header("x"), live, b=dead_one)))
    (found,) = findings(routed(tree), "route-shadowed")
    assert found.object == "route rc > vh > #1 (two)"
    assert "by the virtual host's matcher tree" in found.message


def test_a_route_behind_another_of_the_same_action_is_dead():
    both = routes(build.route("one", ALL), build.route("two", {"prefix": "/x"}, "d"))
    (found,) = findings(routed(exact(header("x"), a=both)), "route-shadowed")
    assert found.object == "route rc > vh > #2 (two)"
    assert "#1 (one)" in found.message


def test_what_a_route_of_a_tree_leads_to_is_checked():
    made = routed(
        exact(header("x"), a=routes(build.route("one", ALL, "outbound|80||gone.b.svc.cluster.local")))
    )
    assert [one.code for one in findings(made, "cluster-missing")] == ["cluster-missing"]
