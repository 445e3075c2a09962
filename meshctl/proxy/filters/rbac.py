"""RBAC, of requests and of connections: which policy decides, and why.

Theory of operation. Policies are tried in the order of their names (Envoy keeps them in a sorted map); a policy
matches when one of its permissions and one of its principals match. With action ALLOW a request without a
matching policy is denied (``matched_policy[none]``), with DENY the matching policy denies. Shadow rules never
deny: they leave their verdict in dynamic metadata, where Istio's CUSTOM action (ext_authz) reads it. The matcher
form decides by a tree whose actions carry the verdict; no action means denied.
A caller is known by the first of URI names, DNS names, subject of its certificate. HTTP conditions on a
connection never match. Istio names policies ``ns[foo]-policy[bar]-rule[0]``.
Follows source/extensions/filters/common/rbac/{engine_impl,matchers}.cc.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.message import Undecidable
from meshctl.match import (
    address_ranges,
    header_match,
    matcher_tree,
    metadata_match,
    string_match,
    uri_template,
)
from meshctl.match.request_view import Peer, RequestView
from meshctl.proxy.model import Rejected

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """What RBAC looks at: the connection, and the request if there is one."""

    dst_ip: str
    dst_port: int
    direct_ip: str
    remote_ip: str
    sni: str
    tls: bool
    peer: Peer | None
    view: RequestView | None = None

    @property
    def principal(self) -> str:
        return self.peer.principal if self.peer is not None else ""


Test = Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled permission or principal; ``failure`` tells the first part that does not hold."""

    text: str
    test: Test
    seen: Callable[[Subject], str] = lambda subject: ""
    parts: tuple[Condition, ...] = ()

    def failure(self, subject: Subject) -> str:
        for part in self.parts:
            if not part.test(subject):
                return part.failure(subject)
        seen = self.seen(subject)
        return f"{seen}, wants {self.text}" if seen else f"wants {self.text}"


def _all(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    return Condition(
        " and ".join(p.text for p in parts) or "anything",
        lambda s: all(p.test(s) for p in parts),
        parts=tuple(parts),
    )


def _any(parts: list[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    seen = parts[0].seen if parts else (lambda subject: "")
    return Condition(
        " or ".join(p.text for p in parts) or "nothing", lambda s: any(p.test(s) for p in parts), seen
    )


def _not(inner: Condition) -> Condition:
    return Condition(f"not ({inner.text})", lambda s: not inner.test(s), inner.seen)


def condition(message: Json) -> Condition:
    """A Permission or a Principal: they share their forms."""
    for key, value in message.items():
        builder = _FORMS.get(key)
        if builder is not None:
            return builder(value)
    return _unknown(next(iter(message), "nothing"))


def _unknown(name: str) -> Condition:
    def test(_: Subject) -> bool:
        raise Undecidable(f"the RBAC condition {name} is not evaluated")

    return Condition(name, test)


def _any_value(value: Any) -> Condition:
    return Condition("anyone" if value else "no one", lambda _: bool(value))


def _request(criterion: header_match.Criterion) -> Condition:
    """A condition on a request; a connection has none, so it does not hold there."""

    def seen(subject: Subject) -> str:
        if subject.view is None:
            return "a connection has no request"
        return f"{criterion.subject} {criterion.seen(subject.view)}"

    return Condition(criterion.text, lambda s: s.view is not None and criterion.test(s.view), seen)


def _url_path(value: Json) -> Condition:
    matcher = string_match.parse(value.get("path") or {})
    return Condition(
        f"path {matcher.text}",
        lambda s: s.view is not None and s.view.target is not None and matcher.test(s.view.path),
        lambda s: f"path is `{s.view.path}`" if s.view is not None else "a connection has no request",
    )


def _uri_template(value: Json) -> Condition:
    _, fields = unpack(value.get("typed_config"))
    template = str(fields.get("path_template", ""))
    test = string_match.full_match(uri_template.parse(template).regex)
    return Condition(
        f"path template `{template}`",
        lambda s: s.view is not None and test(s.view.path),
        lambda s: f"path is `{s.view.path}`" if s.view is not None else "a connection has no request",
    )


def _metadata(value: Json) -> Condition:
    return _request(metadata_match.metadata(value))


def _sourced_metadata(value: Json) -> Condition:
    return _metadata(value.get("metadata_matcher") or {})


def _address(what: str, get: Callable[[Subject], str]) -> Callable[[Json], Condition]:
    def build(value: Json) -> Condition:
        cidr = address_ranges.parse(value)
        if cidr is None:
            return _unknown(f"{what} {value}")

        def test(subject: Subject) -> bool:
            address = get(subject)
            if not address:
                raise Undecidable(f"the {what} is not known")
            return address_ranges.contains(cidr, address)

        return Condition(f"{what} in {cidr.text}", test, lambda s: f"{what} is {get(s)}")

    return build


def _port(value: Any) -> Condition:
    return Condition(f"port {value}", lambda s: s.dst_port == int(value), lambda s: f"port is {s.dst_port}")


def _port_range(value: Json) -> Condition:
    start, end = int(value.get("start", 0)), int(value.get("end", 0))
    return Condition(
        f"port in [{start}, {end})", lambda s: start <= s.dst_port < end, lambda s: f"port is {s.dst_port}"
    )


def _server_name(value: Json) -> Condition:
    matcher = string_match.parse(value)
    return Condition(
        f"SNI {matcher.text}",
        lambda s: matcher.test(s.sni),
        lambda s: f"SNI is {s.sni}" if s.sni else "SNI is absent",
    )


def _authenticated(value: Json) -> Condition:
    name = value.get("principal_name")
    if not name:
        return Condition("any client with TLS", lambda s: s.tls, lambda s: "the connection is plain text")
    matcher = string_match.parse(name)

    def test(subject: Subject) -> bool:
        if not subject.tls:
            return False
        peer = subject.peer or Peer()
        names = peer.uris or peer.dns
        return any(map(matcher.test, names)) if names else matcher.test(peer.subject)

    return Condition(f"caller {matcher.text}", test, _caller_seen)


def _caller_seen(subject: Subject) -> str:
    if not subject.tls:
        return "the connection is plain text, the caller has no identity"
    return f"caller is {subject.principal or 'without a certificate'}"


_PEER_STATES = {"io.istio.peer_principal"}


def _filter_state(value: Json) -> Condition:
    """Filter state; Istio keeps the caller's identity in io.istio.peer_principal."""
    key = str(value.get("key", ""))
    matcher = string_match.parse(value.get("string_match") or {})
    if key in _PEER_STATES:
        return Condition(
            f"caller {matcher.text}", lambda s: bool(s.principal) and matcher.test(s.principal), _caller_seen
        )
    return _unknown(f"filter state {key}")


def _matcher_extension(value: Json) -> Condition:
    name, _ = unpack(value.get("typed_config"))
    if name.endswith(".UriTemplateMatchConfig"):
        return _uri_template(value)
    return _unknown(name.rsplit(".", 1)[-1] or str(value.get("name", "")))


def _and_list(value: Any) -> Condition:
    return _all([condition(part) for part in value.get("rules") or value.get("ids") or ()])


def _or_list(value: Any) -> Condition:
    return _any([condition(part) for part in value.get("rules") or value.get("ids") or ()])


_FORMS: dict[str, Callable[[Any], Condition]] = {
    "any": _any_value,
    "and_rules": _and_list,
    "or_rules": _or_list,
    "and_ids": _and_list,
    "or_ids": _or_list,
    "not_rule": lambda value: _not(condition(value)),
    "not_id": lambda value: _not(condition(value)),
    "header": lambda value: _request(header_match.header(value)),
    "url_path": _url_path,
    "uri_template": _uri_template,
    "metadata": _metadata,
    "sourced_metadata": _sourced_metadata,
    "destination_ip": _address("destination address", lambda s: s.dst_ip),
    "source_ip": _address("source address", lambda s: s.direct_ip),
    "direct_remote_ip": _address("source address", lambda s: s.direct_ip),
    "remote_ip": _address("client address", lambda s: s.remote_ip),
    "destination_port": _port,
    "destination_port_range": _port_range,
    "requested_server_name": _server_name,
    "authenticated": _authenticated,
    "filter_state": _filter_state,
    "matcher": _matcher_extension,
}


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: any of the permissions and any of the principals, and no CEL condition."""

    name: str
    permissions: Condition
    principals: Condition
    has_condition: bool = False

    def matches(self, subject: Subject) -> bool:
        if not self.permissions.test(subject) or not self.principals.test(subject):
            return False
        if self.has_condition:
            raise Undecidable(f"policy {self.name} has a CEL condition, which is not evaluated")
        return True

    def failure(self, subject: Subject) -> str:
        if not self.permissions.test(subject):
            return self.permissions.failure(subject)
        return self.principals.failure(subject)


@dataclass(frozen=True, slots=True)
class Rules:
    """One set of rules: an action and policies, or a matcher tree."""

    action: str
    policies: tuple[Policy, ...] = ()
    tree: matcher_tree.Tree | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a set of rules decides; ``policy`` is the one that matched, "" for none."""

    allowed: bool
    policy: str
    rejected: tuple[Rejected, ...] = field(default=())


def compile_rules(message: Json, key: str = "rules", tree_key: str = "matcher") -> Rules | None:
    """The rules or the matcher of an RBAC filter; None when neither is there (nothing is enforced)."""
    if tree_key in message:
        return Rules("MATCHER", tree=matcher_tree.parse(message[tree_key]))
    if key not in message:
        return None
    rules = message[key]
    policies = [
        Policy(
            name,
            _any([condition(p) for p in policy.get("permissions") or ()]),
            _any([condition(p) for p in policy.get("principals") or ()]),
            bool(policy.get("condition") or policy.get("checked_condition")),
        )
        for name, policy in sorted((rules.get("policies") or {}).items())
    ]
    return Rules(str(rules.get("action") or "ALLOW"), tuple(policies))


def decide(rules: Rules, subject: Subject, inputs: matcher_tree.Inputs, *, explain: bool = False) -> Decision:
    """The verdict of a set of rules."""
    if rules.tree is not None:
        return _by_tree(rules.tree, inputs)
    rejected: list[Rejected] = []
    for policy in rules.policies:
        if policy.matches(subject):
            return Decision(rules.action != "DENY", policy.name, tuple(rejected))
        if explain:
            rejected.append(Rejected(f"policy {policy.name}", policy.failure(subject)))
    return Decision(rules.action != "ALLOW", "", tuple(rejected))


def _by_tree(tree: matcher_tree.Tree, inputs: matcher_tree.Inputs) -> Decision:
    decision = matcher_tree.Decision()
    action = tree.evaluate(inputs, decision)
    if action is None:
        return Decision(False, "", tuple(Rejected("matcher", step) for step in decision.trail))
    _, fields = unpack(action.config)
    return Decision(str(fields.get("action") or "ALLOW") != "DENY", str(fields.get("name") or action.name))


_ISTIO_NAME = re.compile(r"ns\[(?P<ns>[^\]]*)\]-policy\[(?P<policy>[^\]]*)\]-rule\[(?P<rule>[^\]]*)\]")


def istio_policy(name: str) -> str:
    """The AuthorizationPolicy behind a policy name, ``AuthorizationPolicy foo/bar rule 0``; "" for others."""
    found = _ISTIO_NAME.search(name)
    return f"AuthorizationPolicy {found['ns']}/{found['policy']} rule {found['rule']}" if found else ""
