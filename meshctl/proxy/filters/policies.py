"""RBAC, of requests and of connections: which policy decides, and why.

Theory of operation. Policies are tried in the order of their names (Envoy keeps them in a sorted map); a policy
matches when one of its permissions and one of its principals match. With action ALLOW a request without a
matching policy is denied (``matched_policy[none]``), with DENY the matching policy denies. Shadow rules never
deny: they leave their verdict in dynamic metadata, where Istio's CUSTOM action (ext_authz) reads it. The matcher
form decides by a tree whose actions carry the verdict; no action means denied.
Istio names policies ``ns[foo]-policy[bar]-rule[0]``.
Follows source/extensions/filters/common/rbac/{engine_impl,matchers}.cc.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy.addresses import bracketed
from meshctl.envoy.api import config_rbac_v3 as api
from meshctl.envoy.message import Packed, Undecidable
from meshctl.match import cel, matcher_tree
from meshctl.match.supposing import NOTHING_SUPPOSED
from meshctl.patterns import expression
from meshctl.proxy.filters.conditions import Condition, Subject, any_of, condition, every
from meshctl.proxy.model import Disposition, Rejected, Stage, Step, Verdict
from meshctl.values import Struct, field

Json = dict[str, Any]


class Policy(Struct, frozen=True):
    """One policy: any of the permissions and any of the principals, and its CEL condition."""

    name: str
    permissions: Condition
    principals: Condition
    condition: cel.Expression | None = None

    def matches(self, subject: Subject) -> bool:
        if not every((self.permissions.test, self.principals.test))(subject):
            return False
        return self.condition is None or self.condition.holds(attributes_of(subject))

    def failure(self, subject: Subject) -> str:
        """The first part that does not hold; the expression is the last."""
        parts = (self.permissions, self.principals)
        return Condition("its CEL condition to hold", lambda _: True, parts=parts).failure(subject)


class Rules(Struct, frozen=True):
    """One set of rules: an action and policies, or a matcher tree."""

    action: str
    policies: tuple[Policy, ...] = ()
    tree: matcher_tree.Tree | None = None


class Decision(Struct, frozen=True):
    """What a set of rules decides; ``policy`` is the one that matched, "" for none. doubt: why it may have been another one
    that decided the same."""

    allowed: bool
    policy: str
    rejected: tuple[Rejected, ...] = field(default=())
    doubt: str = ""


class Undecided(Undecidable):
    """Whether the rules deny depends on what is not known; ``policy`` would be the one that denies, "" none."""

    def __init__(self, reason: str, policy: str) -> None:
        super().__init__(reason)
        self.policy = policy


def refusal(unknown: Undecidable) -> Decision:
    """The denial that an undecided set of rules may end in."""
    return Decision(False, unknown.policy if isinstance(unknown, Undecided) else "")


def compile_rules(message: Json, key: str = "rules", tree_key: str = "matcher") -> Rules | None:
    """The rules or the matcher of an RBAC filter; None when neither is there (nothing is enforced)."""
    if tree_key in message:
        return Rules("MATCHER", tree=matcher_tree.parse(message[tree_key]))
    if key not in message:
        return None
    rules = api.RBAC(message[key])
    policies = [
        Policy(
            name,
            any_of([condition(p.raw) for p in policy.permissions]),
            any_of([condition(p.raw) for p in policy.principals]),
            _expression(policy),
        )
        for name, policy in sorted(rules.policies.items())
    ]
    return Rules(rules.action, tuple(policies))


def _expression(policy: api.Policy) -> cel.Expression | None:
    """The CEL condition of a policy."""
    checked = policy.checked_condition.expr if policy.checked_condition is not None else None
    found = policy.condition or checked
    return None if found is None else cel.Expression(found.raw)


def attributes_of(subject: Subject) -> cel.Attributes:
    """What a CEL expression may ask of a request or a connection."""
    return cel.Attributes(
        subject.view,
        _side(subject.remote_ip, subject.remote_port),
        _side(subject.dst_ip, subject.dst_port),
        {
            "mtls": bool(subject.tls and subject.peer is not None and subject.peer.principal),
            "requested_server_name": subject.sni,
            "uri_san_peer_certificate": next(iter(subject.peer.uris), None) if subject.peer else None,
            "dns_san_peer_certificate": next(iter(subject.peer.dns), None) if subject.peer else None,
            "subject_peer_certificate": (subject.peer.subject or None) if subject.peer else None,
            **({} if subject.tls else _WITHOUT_TLS),
        },
        subject.metadata,
    )


# What only a TLS session has.
_WITHOUT_TLS = dict.fromkeys(
    "tls_version subject_local_certificate dns_san_local_certificate uri_san_local_certificate"
    " sha256_peer_certificate_digest".split()
)


def _side(ip: str, port: int | None) -> dict[str, Any]:
    """The address of one side, which Envoy writes with its port; the client's port is often not told."""
    if not ip:
        unknown = Undecidable("the client's address is not known")
        return {"address": unknown, "port": unknown}
    if port is None:
        unknown = Undecidable("the client's port is not told")
        return {"address": unknown, "port": unknown}
    return {"address": bracketed(ip, port), "port": port}


def decide(rules: Rules, subject: Subject, inputs: matcher_tree.Inputs, *, explain: bool = False) -> Decision:
    """The verdict of a set of rules."""
    if rules.tree is not None:
        return _by_tree(rules.tree, subject, inputs)
    rejected: list[Rejected] = []
    open_: Undecided | None = None
    for policy in rules.policies:
        try:
            matches = policy.matches(subject)
        except Undecidable as unknown:
            open_ = open_ or Undecided(unknown.reason, "" if rules.action == "ALLOW" else policy.name)
            continue  # another policy may decide for sure
        if matches:
            doubt = open_.reason if open_ is not None else ""
            return Decision(rules.action != "DENY", policy.name, tuple(rejected), doubt)
        if explain:
            rejected.append(Rejected(f"policy {policy.name}", policy.failure(subject)))
    if open_ is not None and rules.action in ("ALLOW", "DENY"):
        raise open_
    return Decision(rules.action != "ALLOW", "", tuple(rejected))


def _by_tree(tree: matcher_tree.Tree, subject: Subject, inputs: matcher_tree.Inputs) -> Decision:
    supposed = subject.view.supposed if subject.view is not None else NOTHING_SUPPOSED
    decision = matcher_tree.Decision(supposed=supposed)
    action = tree.evaluate(inputs, decision)
    if action is None:
        return Decision(False, "", tuple(Rejected("matcher", step) for step in decision.trail))
    packed = Packed(action.config)
    verdict = packed.as_(api.Action)
    if verdict is None:
        raise Undecidable(f"the action {packed.type_name or action.name} of the matcher is not known")
    return Decision(verdict.action != "DENY", verdict.name or action.name)


_ISTIO_NAME = expression(r"ns\[(?P<ns>[^\]]*)\]-policy\[(?P<policy>[^\]]*)\]-rule\[(?P<rule>[^\]]*)\]")


def istio_policy(name: str) -> str:
    """The AuthorizationPolicy behind a policy name, ``AuthorizationPolicy foo/bar rule 0``; "" for others."""
    found = _ISTIO_NAME.search(name)
    return f"AuthorizationPolicy {found['ns']}/{found['policy']} rule {found['rule']}" if found else ""


def details(decision: Decision) -> str:
    """As the access log writes it: characters that break a log line become underscores."""
    return f"rbac_access_denied_matched_policy[{(decision.policy or 'none').replace(' ', '_')}]"


def denied(decision: Decision, rules: Rules, code: int | None) -> Verdict:
    """The verdict of a denial."""
    name = istio_policy(decision.policy) or decision.policy
    shown: str | None = details(decision)
    if decision.policy:
        reason = f"denied by {name}"
        if decision.doubt:
            reason, shown = f"{reason}, or by a policy before it ({decision.doubt})", None
    else:
        wanted = sorted({(istio_policy(p.name) or p.name).partition(" rule ")[0] for p in rules.policies})
        reason = "no ALLOW policy matches" + (f": {', '.join(wanted[:4])}" if wanted else "")
    return Verdict(Disposition.DENIED, code, None, shown, reason)


def step(rules: Rules, decision: Decision, subject: Subject) -> Step:
    """The step of a set of rules."""
    verb = "allowed" if decision.allowed else "denied"
    name = decision.policy or ("no policy matches" if rules.policies or rules.tree else "no policies")
    who = subject.principal or ("a client without a certificate" if subject.tls else "a plain text client")
    return Step(
        Stage.HTTP_FILTER,
        f"RBAC {rules.action}: {verb}",
        f"{name}; caller {who}",
        resource=istio_policy(decision.policy),
        rejected=decision.rejected,
    )
