"""``authz check``: the AuthorizationPolicies that a proxy enforces, as its RBAC filters have them.

Theory of operation. istiod writes each rule of a policy as one RBAC policy named ``ns[NS]-policy[NAME]-rule[N]``, in HTTP
and network filters of the inbound listeners; what is handed to an external authorizer (CUSTOM) stands as shadow rules with
the prefix ``istio_ext_authz_``, what is only tried (dry run) as other shadow rules. All filters of all listeners count, and
a rule that stands in several of them counts once. Follows istio/istioctl/pkg/authz; not shown as policies are istiod's own
artefacts (``_anonymous_match_nothing_`` stands for HTTP rules on a TCP port, which match nothing).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from meshctl.envoy.anys import unpack
from meshctl.envoy.snapshot import SectionKind, Snapshot, State
from meshctl.plain import Json, list_at, object_at
from meshctl.views.table import Table
from meshctl.views.view import require

KIND = SectionKind.LISTENERS
HEADER = ("ACTION", "AuthorizationPolicy", "RULES")
NAME = re.compile(r"ns\[(.+)\]-policy\[(.+)\]-rule\[(.+)\]")
_RBAC = ("envoy.extensions.filters.http.rbac.v3.RBAC", "envoy.extensions.filters.network.rbac.v3.RBAC")
_MANAGER = "HttpConnectionManager"
AUTHORIZER = "istio_ext_authz_"  # what the shadow rules of a CUSTOM policy are called
_ORDER = ("DENY", "ALLOW", "LOG", "CUSTOM")
_ACTIONS = {None: "ALLOW", 0: "ALLOW", 1: "DENY", 2: "LOG"}
NOTHING = "_anonymous_match_nothing_"


class Policy(msgspec.Struct, frozen=True):
    """A policy by its action and name (``name.namespace``), with how many of its rules the proxy has."""

    action: str
    name: str
    rules: int
    dry_run: bool = False


def check(snapshot: Snapshot) -> None:
    require(snapshot, KIND, "listeners")


def policies(snapshot: Snapshot) -> list[Policy]:
    """All policies, dry runs too: DENY first, then ALLOW, LOG and CUSTOM, each by name."""
    rules: dict[tuple[str, str, bool], set[str]] = {}
    for action, key, dry in _rules(snapshot):
        found = NAME.search(key)
        name, rule = (f"{found[2]}.{found[1]}", found[3]) if found else (key, "")
        rules.setdefault((action, name, dry), set()).add(rule)
    made = [Policy(action, name, len(found), dry) for (action, name, dry), found in rules.items()]
    return sorted(made, key=lambda p: (_rank(p.action), p.name, p.dry_run))


def _rank(action: str) -> int:
    return _ORDER.index(action) if action in _ORDER else len(_ORDER)


def enforced(snapshot: Snapshot) -> list[Policy]:
    return [policy for policy in policies(snapshot) if not policy.dry_run and policy.name != NOTHING]


def table(snapshot: Snapshot) -> Table:
    rows = [(policy.action, policy.name, str(policy.rules)) for policy in enforced(snapshot)]
    return Table(HEADER, rows, padding=3)


def notes(snapshot: Snapshot) -> list[str]:
    """What the table does not show."""
    found = policies(snapshot)
    said = [
        f"{policy.name} ({policy.action}, {policy.rules} rules) is a dry run: it decides nothing"
        for policy in found
        if policy.dry_run
    ]
    if any(policy.name == NOTHING for policy in found):
        said.append("an ALLOW policy with HTTP rules stands on a TCP port, where it allows nothing")
    return said


def _rules(snapshot: Snapshot) -> Iterator[tuple[str, str, bool]]:
    """(action, RBAC policy, whether it is only tried) of each RBAC filter."""
    for resource in snapshot.resources(KIND, State.STATIC, State.ACTIVE):
        for action, key, dry, _ in rules_in(resource.value):
            yield action, key, dry


def rules_in(listener: Any) -> Iterator[tuple[str, str, bool, Any]]:
    """(action, RBAC policy, whether it is only tried, its message) of each RBAC filter of a listener."""
    for chain in (*list_at(listener, "filter_chains"), object_at(listener, "default_filter_chain")):
        for config in filters_of(chain):
            yield from _messages(config)


def rules_of(config: Json) -> Iterator[tuple[str, str, bool]]:
    """(action, RBAC policy, whether it is only tried) of one RBAC filter."""
    for action, key, dry, _ in _messages(config):
        yield action, key, dry


def _messages(config: Json) -> Iterator[tuple[str, str, bool, Any]]:
    yield from _of(config.get("rules"), "", False)
    prefix = str(config.get("shadow_rules_stat_prefix") or "")
    custom = "CUSTOM" if prefix.startswith(AUTHORIZER) else ""
    yield from _of(config.get("shadow_rules"), custom, not custom)


def action_of(rules: Json) -> str:
    """The action of a set of rules, as a word; ``?`` for what is none."""
    said = rules.get("action")
    if isinstance(said, str):
        return said
    return _ACTIONS.get(said, str(said)) if said is None or isinstance(said, int) else "?"


def _of(rules: Any, action: str, dry: bool) -> Iterator[tuple[str, str, bool, Any]]:
    if not isinstance(rules, dict):
        return
    known = action_of(rules)
    for key, message in object_at(rules, "policies").items():
        yield action or known, key, dry, message


def filters_of(chain: Any) -> Iterator[Json]:
    """The settings of all RBAC filters of a filter chain, in order."""
    for network in list_at(chain, "filters"):
        kind, config = unpack(object_at(network, "typed_config"))
        if kind in _RBAC:
            yield config
        elif kind.endswith(_MANAGER):
            for http in list_at(config, "http_filters"):
                kind, inner = unpack(object_at(http, "typed_config"))
                if kind in _RBAC:
                    yield inner
