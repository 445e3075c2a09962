"""Which policies a proxy enforces, by its RBAC filters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.views import policies

HTTP = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
NETWORK = "type.googleapis.com/envoy.extensions.filters.network.rbac.v3.RBAC"
MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)


def rules(action: Any, *names: str) -> dict[str, Any]:
    return {**({} if action is None else {"action": action}), "policies": {name: {} for name in names}}


def of(*filters: dict[str, Any], default: bool = False) -> snapshot.Snapshot:
    """A dump with one listener: network filters stand in its chain, HTTP filters in a connection manager."""
    network = [{"typed_config": f} for f in filters if f["@type"] == NETWORK]
    http = [{"typed_config": f} for f in filters if f["@type"] != NETWORK]
    chain = {"filters": [*network, {"typed_config": {"@type": MANAGER, "http_filters": http}}]}
    listener = {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": "virtualInbound",
        **({"default_filter_chain": chain} if default else {"filter_chains": [chain]}),
    }
    section = {
        "@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump",
        "dynamic_listeners": [{"name": "virtualInbound", "active_state": {"listener": listener}}],
    }
    notes = Notes()
    read = documents.read(json.dumps({"configs": [section]}).encode(), "dump", notes)
    return snapshot.load(read, "dump", notes)


def rows(shot: snapshot.Snapshot) -> list[tuple[str, ...]]:
    return list(policies.table(shot).rows)


A0, A1, B0 = (f"ns[n]-policy[{name}]-rule[{rule}]" for name, rule in (("a", 0), ("a", 1), ("b", 0)))


@pytest.mark.parametrize("default", [False, True])
def test_a_rule_counts_once_however_many_filters_have_it(default: bool) -> None:
    one = {"@type": HTTP, "rules": rules("DENY", A0, A1)}
    other = {"@type": NETWORK, "rules": rules("DENY", A0)}
    assert rows(of(one, other, default=default)) == [("DENY", "a.n", "2")]


@pytest.mark.parametrize(
    ("action", "shown"),
    [(None, "ALLOW"), ("ALLOW", "ALLOW"), (1, "DENY"), ("LOG", "LOG"), ("NEW", "NEW"), (7, "7")],
)
def test_actions(action: Any, shown: str) -> None:
    assert rows(of({"@type": HTTP, "rules": rules(action, A0)})) == [(shown, "a.n", "1")]


def test_denials_first_then_allowances_audits_and_authorizers() -> None:
    custom = {
        "@type": HTTP,
        "shadow_rules": rules("DENY", B0),
        "shadow_rules_stat_prefix": "istio_ext_authz_",
    }
    shot = of(
        custom,
        {"@type": HTTP, "rules": rules("LOG", A0)},
        {"@type": HTTP, "rules": rules(None, B0, A0)},
        {"@type": HTTP, "rules": rules("DENY", B0)},
    )
    assert [row[:2] for row in rows(shot)] == [
        ("DENY", "b.n"),
        ("ALLOW", "a.n"),
        ("ALLOW", "b.n"),
        ("LOG", "a.n"),
        ("CUSTOM", "b.n"),
    ]


def test_dry_runs_and_artefacts_are_no_policies_and_are_said() -> None:
    shot = of(
        {"@type": HTTP, "shadow_rules": rules("DENY", A0), "shadow_rules_stat_prefix": "istio_dry_run_deny_"},
        {"@type": NETWORK, "rules": rules(None, "_anonymous_match_nothing_")},
    )
    assert rows(shot) == []
    dry, artefact = policies.notes(shot)
    assert "a.n (DENY" in dry and "dry run" in dry
    assert "allows nothing" in artefact


@pytest.mark.parametrize("odd", [None, 1, "x", [], {"policies": []}, {"policies": {"p": 1}, "action": []}])
def test_odd_rules_cost_no_more_than_themselves(odd: Any) -> None:
    shot = of({"@type": HTTP, "rules": odd}, {"@type": HTTP, "rules": rules("DENY", A0)})
    assert ("DENY", "a.n", "1") in rows(shot)
