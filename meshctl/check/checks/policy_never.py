"""Rules of authorization policies that no request meets, proved from what Envoy has of them.

Theory of operation. istiod makes of a rule a conjunction of lists: any of these paths, any of these methods, none of those
paths, any of these identities. A list is met by nothing when none of its entries can be: a path without its slash, an
identity that no certificate of the mesh has, another port than the chain's. A conjunction is met by nothing when one of its
parts is not, or when it asks for what it also excludes. A rule counts only when it is dead in every chain that has it. What
istiod itself writes to match nothing (a policy without rules) is not meant.
Follows pilot/pkg/security/authz/model (permission, principal) and source/extensions/filters/common/rbac/matchers.cc.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import msgspec

from meshctl.check.check import Check, Hits
from meshctl.check.checks.policy import enforced_rules, inbound, policy_name
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import managers
from meshctl.check.subject import Subject
from meshctl.plain import Json, object_at, objects_at
from meshctl.values import Struct
from meshctl.views.policies import NOTHING, filters_of

_LISTS = {"or_rules": "rules", "or_ids": "ids", "and_rules": "rules", "and_ids": "ids"}
_NOT = ("not_rule", "not_id")
_IDENTITY = re.compile(r"spiffe://[^/]+/ns/[^/]+/sa/[^/]+")


class _Seen(Struct, frozen=True):
    """A rule in one chain, and why it is dead there ("" where it is not)."""

    where: str
    http: bool
    reason: str


def never_met(subject: Subject) -> Hits:
    """Rules that no request meets in any of the pod's chains."""
    proxy = subject.proxy
    assert proxy is not None
    seen: dict[str, list[_Seen]] = {}
    over_http = {id(manager.chain) for manager in managers(proxy)}
    ports = _ports(subject)
    for listener, chain in inbound(proxy):
        known = frozenset({chain.criteria.port}) if chain.criteria.port else ports
        for config in filters_of(chain.message):
            _, policies = enforced_rules(config) or ("", {})
            for key, policy in policies.items():
                if key != NOTHING and isinstance(policy, dict) and not _on_purpose(policy):
                    where = f"listener {listener.name} > chain {chain.label}"
                    here = _Seen(where, id(chain) in over_http, _why_dead(policy, known))
                    seen.setdefault(key, []).append(here)
    for key, places in seen.items():
        # In TCP chains istiod leaves out what only HTTP has, and what is left says little of the rule.
        judged = [one for one in places if one.http] or places
        if all(one.reason for one in judged):
            said = f"no request meets it: {'; '.join(dict.fromkeys(one.reason for one in judged))}"
            yield Hit(policy_name(key), said, tuple(dict.fromkeys(one.where for one in judged))[:4])


def _ports(subject: Subject) -> frozenset[int]:
    """The ports of the pod's own chains and of its containers; empty where the containers are not known."""
    assert subject.proxy is not None
    if subject.manifest is None:
        return frozenset()
    containers = objects_at(object_at(subject.manifest, "spec"), "containers")
    declared = {port.get("containerPort") for one in containers for port in objects_at(one, "ports")}
    chains = {chain.criteria.port for _, chain in inbound(subject.proxy)}
    return frozenset(port for port in declared | chains if isinstance(port, int) and port)


def _on_purpose(policy: Json) -> bool:
    """Whether istiod wrote the rule to match nothing."""
    parts = (*objects_at(policy, "permissions"), *objects_at(policy, "principals"))
    return any(object_at(part, word).get("any") is True for part in parts for word in _NOT)


def _why_dead(policy: Json, ports: frozenset[int]) -> str:
    """Why no request meets a policy in a chain of these ports (none: of any port); "" where one may."""
    for name in ("permissions", "principals"):
        reason = _of_any(objects_at(policy, name), ports)
        if reason:
            return reason
    return ""


def _of_any(parts: list[Json], ports: frozenset[int]) -> str:
    """Why none of several alternatives is ever met."""
    reasons = [_never(part, ports) for part in parts]
    return "; ".join(dict.fromkeys(reasons)) if reasons and all(reasons) else ""


def _never(rule: Json, ports: frozenset[int]) -> str:
    for name in ("or_rules", "or_ids"):
        if name in rule:
            return _of_any(objects_at(object_at(rule, name), _LISTS[name]), ports)
    for name in ("and_rules", "and_ids"):
        if name in rule:
            return _of_all(objects_at(object_at(rule, name), _LISTS[name]), ports)
    for field_name, judge in _ATOMS.items():
        if field_name in rule:
            return judge(rule[field_name], ports)
    return ""


def _of_all(parts: list[Json], ports: frozenset[int]) -> str:
    reason = next((found for part in parts if (found := _never(part, ports))), "")
    if reason:
        return reason
    excluded = {
        _text(one): one for part in parts for word in _NOT for one in _alternatives(object_at(part, word))
    }
    for part in parts:
        wanted = [] if any(word in part for word in _NOT) else _alternatives(part)
        if wanted and all(_text(one) in excluded for one in wanted):
            return f"it asks for what it also excludes ({', '.join(map(_short, wanted[:3]))})"
    return ""


def _alternatives(rule: Json) -> list[Json]:
    """The entries of a list, or the one condition."""
    for name in ("or_rules", "or_ids"):
        if name in rule:
            return objects_at(object_at(rule, name), _LISTS[name])
    return [rule] if rule else []


def _text(rule: Json) -> bytes:
    return msgspec.json.encode(rule, order="sorted")


def _short(rule: Json) -> str:
    """What a condition says, as its values alone."""
    return ", ".join(_values(rule)) or next(iter(rule), "")


def _values(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _values(inner)
    elif not isinstance(value, bool):
        yield str(value)


def _path(value: object, _: frozenset[int]) -> str:
    matcher = object_at(value, "path") if isinstance(value, dict) else {}
    text = next((matcher[kind] for kind in ("exact", "prefix") if isinstance(matcher.get(kind), str)), "/")
    if text.startswith("/") or text in ("", "*"):
        return ""
    return f"a path begins with a slash, {text!r} does not"


def _header(value: object, _: frozenset[int]) -> str:
    header = value if isinstance(value, dict) else {}
    if header.get("name") != ":method" or header.get("invert_match"):
        return ""
    method = object_at(header, "string_match").get("exact")
    if not isinstance(method, str) or method == method.upper():
        return ""
    return f"methods are compared as they are written, and clients write {method.upper()}, not {method}"


def _port(value: object, ports: frozenset[int]) -> str:
    if not ports or value in ports:
        return ""
    return f"it asks for port {value}, and the pod's are {', '.join(map(str, sorted(ports)))}"


def _identity(value: object, _: frozenset[int]) -> str:
    name = object_at(value, "principal_name").get("exact") if isinstance(value, dict) else None
    return _no_identity(name)


def _filter_state(value: object, _: frozenset[int]) -> str:
    state = value if isinstance(value, dict) else {}
    if state.get("key") != "io.istio.peer_principal":
        return ""
    return _no_identity(object_at(state, "string_match").get("exact"))


def _no_identity(name: object) -> str:
    if not isinstance(name, str) or _IDENTITY.fullmatch(name):
        return ""
    if name.startswith("spiffe://spiffe://"):
        return f"principals are written without spiffe://, which istiod adds: {name} is nobody's name"
    return f"{name} is no identity of a mesh (trust-domain/ns/NAMESPACE/sa/ACCOUNT)"


# What a condition is made of: why no request ever meets it in a chain of these ports.
_ATOMS: dict[str, Callable[[object, frozenset[int]], str]] = {
    "url_path": _path,
    "header": _header,
    "destination_port": _port,
    "authenticated": _identity,
    "filter_state": _filter_state,
}


CHECKS = (
    Check(
        "policy-never-matches",
        Severity.WARNING,
        "A rule of an AuthorizationPolicy that no request meets",
        "An ALLOW rule that is never met allows nobody, and as soon as there is one of it others are denied; a DENY rule that is "
        "never met denies nobody.",
        "Correct the rule: paths begin with /, methods are in capitals, principals are trust-domain/ns/NAMESPACE/sa/ACCOUNT "
        "without spiffe://, ports are those of the workload, not of the Service.",
        never_met,
        proved="Each condition of the rule is read as Envoy has it; the rule is reported only when it is dead in every inbound chain "
        "of HTTP (of TCP where there is none). For connections that pass through, the pod's ports are those of its containers.",
    ),
)
