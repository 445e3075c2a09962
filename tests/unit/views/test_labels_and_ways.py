"""Label selectors as Kubernetes has them, why a pod is injected or not, and the ways through a waypoint's matcher."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views import ztunnel
from meshctl.views.injection import Outcome, analyse, matches, revision_of, running, table
from meshctl.views.listeners import ListenerFilter
from meshctl.views.matcher_text import leaves
from meshctl.views.waypoint import paths, short
from tests.unit.views.dumps import listeners

Json = dict[str, Any]
LABELS = {"a": "1", "b": "2"}


def asks(operator: str, key: str, *values: str) -> Json:
    return {
        "matchExpressions": [
            {"key": key, "operator": operator, **({"values": list(values)} if values else {})}
        ]
    }


SELECTORS = [  # a selector, whether it takes LABELS
    (None, True), ({}, True), ("text", True), ({"matchLabels": {"a": "1"}}, True), ({"matchLabels": {"a": "2"}}, False), ({"matchLabels": {"c": "1"}}, False),
    (asks("In", "a", "1", "9"), True), (asks("In", "a", "9"), False), (asks("In", "c", "1"), False), (asks("NotIn", "a", "9"), True), (asks("NotIn", "a", "1"), False),
    (asks("NotIn", "c", "1"), True), (asks("Exists", "a"), True), (asks("Exists", "c"), False), (asks("DoesNotExist", "c"), True), (asks("DoesNotExist", "a"), False),
    (asks("Unheard", "a"), False), ({"matchLabels": {"a": "1"}, **asks("In", "b", "9")}, False), ({"matchLabels": {"a": "9"}, **asks("In", "b", "2")}, False),
    ({"matchExpressions": [*asks("In", "a", "1")["matchExpressions"], *asks("Exists", "c")["matchExpressions"]]}, False),
]  # fmt: skip


@pytest.mark.parametrize(("selector", "taken"), SELECTORS)
def test_selectors(selector: Any, taken: bool) -> None:
    assert matches(selector, LABELS) is taken


def hook(
    *webhooks: tuple[Any, Any], name: str = "istio", revision: str = "r", of: str = "x.istio.io"
) -> Json:
    found = [
        {"name": of, "namespaceSelector": over_namespace, "objectSelector": over_pod}
        for over_namespace, over_pod in webhooks
    ]
    return {"metadata": {"name": name, "labels": {"istio.io/rev": revision}}, "webhooks": found}


ENABLED, BY_NAME = asks("In", "istio-injection", "enabled"), asks("In", "kubernetes.io/metadata.name", "shop")
MAY, MUST = asks("NotIn", "sidecar.istio.io/inject", "false"), asks("In", "sidecar.istio.io/inject", "true")
OFF = {"matchLabels": {"istio.io/deactivated": "never-match"}}
ON, YES, NO = (
    {"istio-injection": "enabled"},
    {"sidecar.istio.io/inject": "true"},
    {"sidecar.istio.io/inject": "false"},
)
DECIDED = [  # a webhook configuration, the pod's labels, the namespace's, (injected, why)
    (hook((ENABLED, MAY)), {}, ON, (True, "Namespace label istio-injection=enabled matches")),
    (hook((ENABLED, MAY)), YES, ON, (True, "Namespace label istio-injection=enabled matches, and pod label sidecar.istio.io/inject=true matches")),
    (hook((None, MUST)), YES, {}, (True, "Pod label sidecar.istio.io/inject=true matches")),
    (hook((BY_NAME, MAY)), {}, {"kubernetes.io/metadata.name": "shop"},
     (True, "Namespace label kubernetes.io/metadata.name=shop matches (Automatic injection is enabled in all namespaces).")),
    (hook((ENABLED, MAY)), NO, ON, (False, "Pod has sidecar.istio.io/inject=false label, preventing injection")),
    (hook((ENABLED, asks("DoesNotExist", "x"))), {"x": "1"}, ON, (False, "Pod has x=1 label, preventing injection")),
    (hook((asks("In", "q", "z"), MUST)), YES, {"istio-injection": "disabled"}, (False, "Namespace has istio-injection=disabled label, preventing injection")),
    (hook((ENABLED, MUST)), {}, {}, (False, "No matching namespace labels (istio-injection=enabled) or pod labels (sidecar.istio.io/inject=true)")),
    (hook((OFF, OFF)), {}, ON, (False, "The injection webhook is deactivated, and will never match labels.")),
    (hook((OFF, MAY)), {}, ON, (False, "No matching namespace labels () or pod labels ()")),
    (hook((None, None)), {}, {}, (False, "No matching namespace labels () or pod labels ()")),
    (hook((asks("In", "q", "z"), MAY), (ENABLED, MAY)), {}, ON, (True, "Namespace label istio-injection=enabled matches")),
    (hook((ENABLED, MUST)), YES, None, (None, "the labels of the namespace were not given, and they decide")),
    (hook((ENABLED, MUST)), {}, None, (False, "No matching namespace labels (istio-injection=enabled) or pod labels (sidecar.istio.io/inject=true)")),
]  # fmt: skip


@pytest.mark.parametrize(("configuration", "pod", "namespace", "expected"), DECIDED)
def test_why_a_pod_is_injected_or_not(
    configuration: Json, pod: Json, namespace: Json | None, expected: tuple[Any, str]
) -> None:
    assert [(one.injected, one.reason) for one in analyse([configuration], pod, namespace)] == [expected]


def test_only_istios_webhooks_by_name() -> None:
    found = analyse(
        [
            hook((None, None), name="b"),
            hook((None, None), name="a", revision="q"),
            hook((None, None), of="other.io"),
        ],
        {},
        {},
    )
    assert [(one.name, one.revision) for one in found] == [("a", "q"), ("b", "r")]
    rows = table(
        [Outcome("a", "q", True, "x"), Outcome("b", "r", False, "y"), Outcome("c", "s", None, "z")]
    ).rows
    assert [(row[0], row[2].strip()) for row in rows] == [("a", "✔"), ("b", "✘"), ("c", "?")]


STATUS = "sidecar.istio.io/status"


@pytest.mark.parametrize(("annotations", "revision"), [
    (None, ""), ({}, ""), ({STATUS: '{"revision": "r"}'}, "r"), ({STATUS: "no JSON"}, ""), ({STATUS: "[]"}, ""), ({"istio.io/rev": "q"}, "q"),
    ({STATUS: '{"revision": "r"}', "istio.io/rev": "q"}, "r"), ({STATUS: "{}", "istio.io/rev": "q"}, "q"),
])  # fmt: skip
def test_the_revision_that_made_a_sidecar(annotations: Json | None, revision: str) -> None:
    assert revision_of({"annotations": annotations}) == revision


def pod(sidecar: bool, revision: str = "", **more: Any) -> Json:
    containers = [
        {"name": "app"},
        *([{"name": "istio-proxy", "args": ["proxy", "sidecar"]}] if sidecar else []),
    ]
    return {
        "metadata": {"annotations": {"istio.io/rev": revision}},
        "spec": {"containers": containers},
        "status": {"phase": "Running"},
        **more,
    }


WOULD, WOULD_NOT, PERHAPS = (
    Outcome("a", "r", True, ""),
    Outcome("a", "r", False, ""),
    Outcome("a", "r", None, ""),
)
RUNNING = [  # a pod, what webhooks would do, what is said
    (pod(True, "r"), [WOULD], "runs with a sidecar of revision r"), (pod(True), [WOULD], "runs with a sidecar"),
    (pod(True, "q"), [WOULD], "runs with a sidecar of revision q; started again it would get one of revision r"),
    (pod(True, "q"), [Outcome("a", "", True, "")], "runs with a sidecar of revision q"), (pod(True, "q"), [WOULD, WOULD], "runs with a sidecar of revision q"),
    (pod(True, "r"), [WOULD_NOT], "runs with a sidecar of revision r; started again it would have none"), (pod(False), [WOULD_NOT], "runs without a sidecar"),
    (pod(False), [WOULD], "runs without a sidecar; started again it would get one of revision r"),
    (pod(False), [Outcome("a", "", True, "")], "runs without a sidecar; started again it would get one of revision default"), (pod(True, "r"), [PERHAPS], "runs with a sidecar of revision r"),
    ({**pod(True), "status": {}}, [WOULD], ""), ({**pod(False), "status": {}, "spec": {"nodeName": "n", "containers": []}}, [], "runs without a sidecar"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "outcomes", "said"), RUNNING)
def test_what_a_pod_has_and_whether_a_restart_changes_it(
    one: Json, outcomes: list[Outcome], said: str
) -> None:
    assert running(one, outcomes) == said


def to(chain: str) -> Json:
    return {"action": {"name": chain}}


def node(kind: str, branches: Json, **more: Any) -> Json:
    return {"matcher_tree": {"input": {"name": "ip"}, kind: {"map": branches}}, **more}


def ranges(*matchers: tuple[list[tuple[str, int]], Json]) -> Json:
    config = {
        "@type": "type.googleapis.com/xds.type.matcher.v3.IPMatcher",
        "range_matchers": [
            {"ranges": [{"address_prefix": a, "prefix_len": n} for a, n in cidrs], "on_match": then}
            for cidrs, then in matchers
        ],
    }
    return {"matcher_tree": {"input": {"name": "ip"}, "custom_match": {"typed_config": config}}}


OPAQUE = {"matcher_tree": {"input": {"name": "in"}, "custom_match": {"typed_config": {"@type": "t/a.Lua"}}}}
WAYS = [  # a matcher, the ways to chain c
    ({"on_no_match": to("c")}, ["UNMATCHED"]), ({"on_no_match": to("d")}, ["NONE"]), ({}, ["NONE"]), (node("exact_match_map", {"1": to("c"), "2": to("d")}), ["ip=1"]),
    (node("prefix_match_map", {"1": to("c"), "2": to("c")}), ["ip^1", "ip^2"]), (node("exact_match_map", {"1": {"matcher": node("exact_match_map", {"8": to("c"), "9": to("c")})}}), ["ip=1 -> ip=8", "ip=1 -> ip=9"]),
    (node("exact_match_map", {"1": {"matcher": node("exact_match_map", {}, on_no_match=to("c"))}}), ["ip=1 -> ANY"]),
    ({"on_no_match": {"matcher": node("exact_match_map", {"1": to("c")})}}, ["ip=1"]), ({"on_no_match": {"matcher": node("exact_match_map", {})}}, ["NONE"]),
    (node("exact_match_map", {"1": {"matcher": {"on_no_match": {"matcher": node("exact_match_map", {"8": to("c")})}}}}), ["ip=1 -> ip=8"]),
    (node("exact_match_map", {"1": {"matcher": {"on_no_match": {"matcher": node("exact_match_map", {})}}}}), ["ip=1 -> NONE"]),
    (ranges(([("10.0.0.0", 8), ("10.0.0.1", 32), ("fd00::1", 128)], to("c")), ([("11.0.0.0", 8)], to("d"))), ["ip=10.0.0.0/8", "ip=10.0.0.1", "ip=fd00::1"]),
    (OPAQUE, ["in by a.Lua, which is not evaluated here"]), (node("exact_match_map", {"1": {"action": {}}}), ["NONE"]),
]  # fmt: skip


@pytest.mark.parametrize(("matcher", "ways"), WAYS)
def test_the_ways_to_a_chain(matcher: Json, ways: list[str]) -> None:
    assert paths("c", matcher) == ways


TCP = {"name": "envoy.filters.network.tcp_proxy", "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", "cluster": "d"}}  # fmt: skip


def test_the_ways_of_a_waypoints_listeners() -> None:
    """By port, then address, whatever their order in the dump; a listener with one chain of its own name is internal."""

    def listener(name: str, port: int, *chains: str, **more: Any) -> Json:
        address = {"socket_address": {"address": "0.0.0.0", "port_value": port}}
        return {
            "name": name,
            "address": address,
            "filter_chains": [{"name": chain, "filters": [TCP]} for chain in chains],
            **more,
        }

    matcher = {"filter_chain_matcher": node("exact_match_map", {"1": to("a"), "2": to("b"), "3": to("a")})}
    found = short(
        listeners(
            listener("late", 90, "a", "b", **matcher),
            listener("own", 80, "envoy://own", internal_listener={}),
            listener("other", 70, "a", internal_listener={}),
        ),
        ListenerFilter(),
    )
    assert (found.header, found.padding) == (("LISTENER", "CHAIN", "MATCH", "DESTINATION"), 1)
    assert [row[:3] for row in found.rows] == [
        ("envoy://other", "a", "ALL"),
        ("internal", "envoy://own", "ALL"),
        ("envoy://late", "a", "ip=1"),
        ("envoy://late", "a", "ip=3"),
        ("envoy://late", "b", "ip=2"),
    ]
    assert {row[3] for row in found.rows} == {"Cluster: d"}


ASKED = {
    "name": "i",
    "typed_config": {"@type": "x/envoy.extensions.matching.common_inputs.network.v3.ServerNameInput"},
}
LEAVES = [  # a matcher, the conditions on the way to each action
    ({}, []), ({"on_no_match": to("c")}, [("always", "c")]),
    (node("exact_match_map", {"a": to("c")}, on_no_match=to("d")), [("ServerName a", "c"), ("otherwise", "d")]),
    (node("exact_match_map", {"a": {"matcher": node("exact_match_map", {"b": to("c")}, on_no_match=to("d"))}}), [("ServerName a and ServerName b", "c"), ("ServerName a and otherwise", "d")]),
    (node("exact_match_map", {"a": {**to("c"), "keep_matching": True}}, on_no_match=to("d")), [("ServerName a (and goes on)", "c"), ("otherwise", "d")]),
    ({"on_no_match": {**to("c"), "keep_matching": True}}, [("always", "c")]), ({"on_no_match": {"matcher": {"on_no_match": to("c")}}}, [("always", "c")]),
    (node("exact_match_map", {"a": {"matcher": {"on_no_match": to("c")}, "keep_matching": True}}), [("ServerName a (and goes on)", "c")]),
    # what cannot be read stands where it would be asked, and leads to nothing that is known
    (OPAQUE, [("the matcher Lua on ServerNameInput is not evaluated", "")]), ({"matcher_list": {"matchers": 5}}, [("MatcherList.matchers is a number, where the API has a list", "")]),
    (node("exact_match_map", {"a": {"action": 5}}, on_no_match=to("d")), [("ServerName a and OnMatch.action is a number, where the API has an object", ""), ("otherwise", "d")]),
    (node("exact_match_map", {"a": {"matcher": OPAQUE}}), [("ServerName a and the matcher Lua on ServerNameInput is not evaluated", "")]),
]  # fmt: skip


def _asking(matcher: Any) -> Any:
    """The matcher with an input that is known in place of each of its inputs."""
    if isinstance(matcher, dict):
        return {key: ASKED if key == "input" else _asking(value) for key, value in matcher.items()}
    return matcher


@pytest.mark.parametrize(("matcher", "found"), LEAVES)
def test_the_conditions_on_the_way_to_each_action(matcher: Json, found: list[tuple[str, str]]) -> None:
    assert [(way, action.name) for way, action in leaves(_asking(matcher))] == found


SHAPED = [  # a section, a resource, what istioctl's JSON has of it: its fields in its order
    ("policies", {"action": "Allow", "name": "n", "extra": 1}, {"name": "n", "namespace": "", "scope": "", "action": "Allow", "rules": None}),
    ("policies", {"rules": {"b": 1, "a": 2}}, {"name": "", "namespace": "", "scope": "", "action": "", "rules": {"a": 2, "b": 1}}),
    ("certificates", {"certChain": [{"serialNumber": "1"}]},
     {"identity": "", "state": "", "certChain": [{"pem": "", "serialNumber": "1", "validFrom": "", "expirationTime": ""}], "rootCerts": None}),
    ("workloadState", {"state": "up", "info": {"name": "n"}},
     {"state": "up", "connections": {"inbound": None, "outbound": None}, "info": {"name": "n", "namespace": "", "trustDomain": "", "serviceAccount": ""}}),
    ("workloadState", {"state": "", "connections": {}, "info": 7}, {"connections": {"inbound": None, "outbound": None}, "info": 7}),
]  # fmt: skip


@pytest.mark.parametrize(("section", "resource", "shown"), SHAPED)
def test_istioctls_fields_of_a_ztunnel(section: str, resource: Json, shown: Json) -> None:
    (found,) = ztunnel.shaped(section, [resource])
    assert found == shown
    assert list(found) == list(shown)
    if isinstance(shown.get("rules"), dict):
        assert list(found["rules"]) == ["a", "b"]


def test_absent_fields_of_a_workload_are_left_out_where_istioctl_does() -> None:
    (bare,) = ztunnel.shaped("workloads", [{}])
    (full,) = ztunnel.shaped(
        "workloads",
        [
            {
                "trustDomain": "td",
                "network": "n",
                "authorizationPolicies": ["p"],
                "waypoint": {"destination": "d"},
            }
        ],
    )
    left_out = {"waypoint", "networkGateway", "trustDomain", "network", "authorizationPolicies"}
    assert not left_out & bare.keys()
    assert full.keys() - bare.keys() == left_out - {"networkGateway"}
    (empty,) = ztunnel.shaped("workloads", [{"trustDomain": "", "authorizationPolicies": [], "waypoint": {}}])
    assert empty.keys() == bare.keys()
    assert (bare["capacity"], bare["locality"], bare["applicationTunnel"]) == (0, {}, {"protocol": ""})
