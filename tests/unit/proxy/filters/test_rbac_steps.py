"""What a reader is told of RBAC: a step where rules were asked, with the policies that did not match, over HTTP and TCP."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Stage
from tests.unit.proxy.build import (
    NETWORK_RBAC,
    RBAC,
    ask,
    get,
    http,
    listener,
    proxy,
    route,
    tcp,
    virtual_host,
)
from tests.unit.proxy.filters.chains import VIA, a_filter, answer, passages

Json = dict[str, Any]
POLICY = "ns[foo]-policy[bar]-rule[0]"


def policies(port: int) -> Json:
    return {
        "policies": {POLICY: {"permissions": [{"destination_port": port}], "principals": [{"any": True}]}}
    }


TOLD: list[tuple[Json, str, str, list[str]]] = [  # rules, the step, its detail, the policies that were rejected
    ({"action": "ALLOW", **policies(80)}, "RBAC ALLOW: allowed", f"{POLICY}; caller a plain text client", []), ({"action": "ALLOW", **policies(81)}, "RBAC ALLOW: denied", "no policy matches; caller a plain text client", [POLICY]), ({"action": "ALLOW"}, "RBAC ALLOW: denied", "no policies; caller a plain text client", []),
    ({"action": "DENY", **policies(80)}, "RBAC DENY: denied", f"{POLICY}; caller a plain text client", []), ({"action": "DENY", **policies(81)}, "RBAC DENY: allowed", "no policy matches; caller a plain text client", [POLICY]), ({"action": "DENY"}, "", "", []),
]  # fmt: skip


@pytest.mark.parametrize("over_http", [True, False])
@pytest.mark.parametrize(("rules", "title", "detail", "rejected"), TOLD)
def test_what_is_told_of_a_decision(
    rules: Json, title: str, detail: str, rejected: list[str], over_http: bool
) -> None:
    kind = RBAC if over_http else NETWORK_RBAC
    own = {
        "name": "rbac",
        "typed_config": {"@type": kind, "rules": rules, **({} if over_http else {"stat_prefix": "x"})},
    }
    routes = [virtual_host(route("r", {"prefix": "/"}))]
    filters = http(routes, filters=(own,)) if over_http else [own, *tcp("c")]
    (passage,) = ask(proxy([listener([{"filters": filters}])]), get(), silent=False)
    found = [step for step in passage.steps if step.chosen.startswith("RBAC")]
    assert [(step.stage, step.chosen, step.detail) for step in found] == (
        [(Stage.HTTP_FILTER, title, detail)] if title else []
    )
    assert [one.name for step in found for one in step.rejected] == [f"policy {name}" for name in rejected]


def test_nobody_is_told_of_policies_where_nobody_listens() -> None:
    own = {"name": "rbac", "typed_config": {"@type": RBAC, "rules": {"action": "ALLOW", **policies(81)}}}
    built = proxy(
        [listener([{"filters": http([virtual_host(route("r", {"prefix": "/"}))], filters=(own,))}])]
    )
    (passage,) = ask(built, get())
    assert passage.steps == ()


ANY: Json = {"permissions": [{"any": True}], "principals": [{"any": True}]}
NONE: Json = {"permissions": [{"destination_port": 81}], "principals": [{"any": True}]}
WRITTEN: list[tuple[Json, Json]] = [  # settings, what stands in dynamic metadata behind the filter
    ({"rules": {"action": "ALLOW", "policies": {"p": ANY}}}, {"enforced_engine_result": "allowed", "enforced_effective_policy_id": "p"}),
    ({"rules": {"action": "DENY", "policies": {"p": NONE}}}, {}), ({"rules": {"action": "DENY", "policies": {"p": NONE}}, "track_per_rule_stats": True}, {"enforced_engine_result": "allowed"}),
    ({"rules": {"action": "ALLOW", "policies": {"p": ANY}}, "rules_stat_prefix": "x_"}, {"x_enforced_engine_result": "allowed", "x_enforced_effective_policy_id": "p"}),
    ({"shadow_rules": {"action": "DENY", "policies": {"p": ANY}}}, {"shadow_engine_result": "denied", "shadow_effective_policy_id": "p"}),
    ({"shadow_rules": {"action": "DENY", "policies": {"p": NONE}}, "shadow_rules_stat_prefix": "y_"}, {"y_shadow_engine_result": "allowed"}), ({}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "written"), WRITTEN)
def test_what_stands_in_metadata_behind_the_filter(fields: Json, written: Json) -> None:
    (way,) = passages((a_filter("rbac.v3.RBAC", **fields),))
    assert way.seen is not None
    names = [f"{prefix}{kind}_{end}" for prefix in ("", "x_", "y_") for kind in ("enforced", "shadow")
             for end in ("engine_result", "effective_policy_id")]  # fmt: skip
    found = {name: way.seen.metadata_value("envoy.filters.http.rbac", (name,)) for name in names}
    assert {name: value for name, value in found.items() if value is not None} == written


INPUT = {"name": "i", "typed_config": {"@type": "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput", "header_name": "x"}}  # fmt: skip


def _acts(action: str | None, kind: str = "envoy.config.rbac.v3.Action") -> Json:
    fields = {} if action is None else {"action": action}
    return {
        "action": {
            "name": "a",
            "typed_config": {"@type": f"type.googleapis.com/{kind}", "name": "p", **fields},
        }
    }


MATCHER: Json = {
    "matcher_tree": {
        "input": INPUT,
        "exact_match_map": {"map": {"allow": _acts("ALLOW"), "deny": _acts("DENY"), "log": _acts("LOG"), "none": _acts(None)}},
    }
}  # fmt: skip
DENIED = (403, "rbac_access_denied_matched_policy[p]")
BY_MATCHER: list[tuple[Json, str, tuple[int, str]]] = [  # what else the matcher has, the header, the answer
    ({}, "allow", VIA), ({}, "none", VIA), ({}, "deny", DENIED), ({}, "log", VIA), ({}, "other", (403, "rbac_access_denied_matched_policy[none]")),
    ({"on_no_match": _acts("ALLOW")}, "other", VIA), ({"on_no_match": _acts("DENY")}, "other", DENIED), ({"on_no_match": _acts("DENY")}, "allow", VIA),
]  # fmt: skip


@pytest.mark.parametrize(("more", "value", "expected"), BY_MATCHER)
def test_a_matcher_decides(more: Json, value: str, expected: tuple[int, str]) -> None:
    one = a_filter("rbac.v3.RBAC", matcher={**MATCHER, **more})
    assert answer((one,), get("/", "a.com", ("x", value))) == expected


def test_an_action_of_another_kind_is_open() -> None:
    one = a_filter("rbac.v3.RBAC", matcher={"on_no_match": _acts("ALLOW", "mine.Action")})
    found = passages((one,))
    assert len(found) == 2 and all(way.undetermined for way in found)
