"""AuthorizationPolicy as RBAC filters: DENY before ALLOW, one policy for each rule, as istiod names them.

On a TCP chain a DENY rule loses its HTTP fields (it then denies more), an ALLOW rule that has any is left out
(it would allow more): security/builder of istiod.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.lab.istio.common import HTTP, NETWORK
from tests.lab.istio.peers import ROOT_NAMESPACE
from tests.lab.model import Model, Pod

Json = dict[str, Any]

_ANY = {"any": True}
_HTTP_ONLY = {"methods", "notMethods", "paths", "notPaths", "hosts", "notHosts"}


def _text(value: str) -> Json:
    """Istio's string match: a star at an end is a wildcard."""
    if value == "*":
        return {"safe_regex": {"regex": ".+"}}
    if value.startswith("*"):
        return {"suffix": value[1:]}
    if value.endswith("*"):
        return {"prefix": value[:-1]}
    return {"exact": value}


def _principal(value: str) -> Json:
    if value.startswith("*") and value != "*":
        name: Json = {"safe_regex": {"regex": f"spiffe://.*{re.escape(value[1:])}"}}
    elif value == "*":
        name = {"safe_regex": {"regex": ".+"}}
    else:
        name = _text(f"spiffe://{value}")
    return {"authenticated": {"principal_name": name}}


def _namespace(value: str) -> Json:
    regex = f".*/ns/{value.replace('*', '.*')}/.*"
    return {"authenticated": {"principal_name": {"safe_regex": {"regex": regex}}}}


def _range(value: str) -> Json:
    address, _, length = value.partition("/")
    return {"direct_remote_ip": {"address_prefix": address, "prefix_len": int(length or 32)}}


_SOURCES: dict[str, Callable[[str], Json]] = {
    "principals": _principal,
    "namespaces": _namespace,
    "ipBlocks": _range,
}
_OPERATIONS: dict[str, Callable[[str], Json]] = {
    "hosts": lambda v: {"header": {"name": ":authority", "string_match": {**_text(v), "ignore_case": True}}},
    "methods": lambda v: {"header": {"name": ":method", "string_match": _text(v)}},
    "paths": lambda v: {"url_path": {"path": _text(v)}},
    "ports": lambda v: {"destination_port": int(v)},
}


def _all_of(
    fields: Json, table: dict[str, Callable[[str], Json]], words: tuple[str, str, str, str], skip: set[str]
) -> Json:
    """The conjunction of one source or operation; each field is a disjunction of its values."""
    every, some, inner, negated = words
    found: list[Json] = []
    for key, build in table.items():
        opposite = f"not{key[0].upper()}{key[1:]}"
        if fields.get(key) and key not in skip:
            found.append({some: {inner: [build(v) for v in fields[key]]}})
        if fields.get(opposite) and opposite not in skip:
            found.append({negated: {some: {inner: [build(v) for v in fields[opposite]]}}})
    return {every: {inner: found or [_ANY]}}


_PERMISSION = ("and_rules", "or_rules", "rules", "not_rule")
_PRINCIPAL = ("and_ids", "or_ids", "ids", "not_id")


def _rule(rule: Json, tcp: bool, deny: bool) -> Json | None:
    operations = [entry["operation"] for entry in rule.get("to") or ()] or [{}]
    if tcp and not deny and any(_HTTP_ONLY & set(o) for o in operations):
        return None
    skip = _HTTP_ONLY if tcp else set()
    sources = [entry["source"] for entry in rule.get("from") or ()] or [{}]
    return {
        "permissions": [_all_of(o, _OPERATIONS, _PERMISSION, skip) for o in operations],
        "principals": [_all_of(s, _SOURCES, _PRINCIPAL, set()) for s in sources],
    }


def _nothing() -> Json:
    return {"permissions": [{"not_rule": _ANY}], "principals": [{"not_id": _ANY}]}


def _selected(model: Model, pod: Pod, action: str) -> list[Json]:
    found = []
    for policy in model.authorization_policies:
        place = policy["metadata"].get("namespace", "default")
        spec = policy.get("spec") or {}
        labels = (spec.get("selector") or {}).get("matchLabels") or {}
        concerns = place in (pod.namespace, ROOT_NAMESPACE) and pod.matches(labels)
        if concerns and spec.get("action", "ALLOW") == action:
            found.append(policy)
    return found


def _rules(model: Model, pod: Pod, action: str, tcp: bool) -> Json | None:
    policies: Json = {}
    selected = _selected(model, pod, action)
    for policy in selected:
        stem = f"ns[{policy['metadata'].get('namespace', 'default')}]-policy[{policy['metadata']['name']}]"
        rules = (policy.get("spec") or {}).get("rules") or ()
        if not rules and action == "ALLOW":
            policies[f"{stem}-rule[0]"] = _nothing()
        for index, rule in enumerate(rules):
            if (built := _rule(rule, tcp, action == "DENY")) is not None:
                policies[f"{stem}-rule[{index}]"] = built
    if not selected:
        return None
    return {"action": action, "policies": policies}


def http_filters(model: Model, pod: Pod) -> list[Json]:
    """The filters of an HTTP connection manager."""
    return _filters(model, pod, "envoy.filters.http.rbac", HTTP + "rbac.v3.RBAC", tcp=False)


def network_filters(model: Model, pod: Pod) -> list[Json]:
    """The filters of a TCP chain."""
    kind = NETWORK + "rbac.v3.RBAC"
    return _filters(model, pod, "envoy.filters.network.rbac", kind, tcp=True, stat_prefix="tcp.")


def _filters(model: Model, pod: Pod, name: str, kind: str, *, tcp: bool, **more: Any) -> list[Json]:
    found = [_rules(model, pod, action, tcp) for action in ("DENY", "ALLOW")]
    return [
        {
            "name": name,
            "typed_config": {
                "@type": kind,
                "rules": rules,
                **more,
                "shadow_rules_stat_prefix": "istio_dry_run_allow_",
            },
        }
        for rules in found
        if rules is not None
    ]
