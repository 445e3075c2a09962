"""The RBAC filter on requests: enforced rules, and shadow rules whose verdict goes to dynamic metadata.

Follows source/extensions/filters/http/rbac/rbac_filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.match.filter_chains import Facts
from meshctl.match.matcher_tree import Inputs
from meshctl.match.request_view import Part, Unseen
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import policies
from meshctl.proxy.filters.conditions import Subject
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.accept import chain_inputs
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.routing.routes import tree_inputs

RBAC_METADATA = "envoy.filters.http.rbac"


def subject_of(scene: Scene) -> Subject:
    """What RBAC looks at for a request."""
    connection, view = scene.connection, scene.view
    detected = scene.remote_ip not in (
        "",
        connection.src_ip,
    )  # an address that a header tells comes without a port
    return Subject(
        connection.dst_ip,
        connection.dst_port,
        scene.direct_ip or connection.src_ip,
        scene.remote_ip or connection.src_ip,
        view.sni,
        view.tls,
        view.peer or connection.carried,
        view,
        scene.route.message if scene.route is not None else None,
        remote_port=0 if detected else connection.src_port or None,
        source_ip=connection.src_ip,
    )


def _inputs(scene: Scene) -> Inputs:
    """Inputs of a matcher tree: the request's; the connection's, whose source is the client as XFF names it."""
    http = tree_inputs(scene.view)
    connection = scene.connection
    direct = scene.direct_ip or connection.src_ip
    facts = Facts(
        connection.dst_ip,
        connection.dst_port,
        scene.remote_ip or connection.src_ip,
        connection.src_port,
        sni=scene.view.sni,
        direct_src_ip=direct,
    )
    network = chain_inputs(facts)

    def value(type_name: str, fields: Json) -> Any:
        if type_name.endswith(".HttpAttributesCelMatchInput"):
            return policies.attributes_of(subject_of(scene))
        return network(type_name, fields) if ".network." in type_name else http(type_name, fields)

    return value


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = settings.get("rbac") or {} if settings else http_filter.fields
    rules, shadow = scene.proxy.compile_once(
        fields,
        "rbac",
        lambda: (
            policies.compile_rules(fields),
            policies.compile_rules(fields, "shadow_rules", "shadow_matcher"),
        ),
    )
    subject, inputs = subject_of(scene), _inputs(scene)
    written: Json = dict(scene.view.metadata.get(RBAC_METADATA) or {})
    if shadow is not None:
        try:
            decision = policies.decide(shadow, subject, inputs)
        except Undecidable as unknown:  # of use to who reads the verdict alone: an authorizer, a log
            scene = scene.changed(opaque={Part.METADATA: Unseen(unknown.reason)})
        else:
            written |= _told(decision, f"{fields.get('shadow_rules_stat_prefix') or ''}shadow_")
    scene = scene.changed(metadata={RBAC_METADATA: written}) if written else scene
    if rules is None:
        yield Pass(entry, scene)
        return
    try:
        decision = policies.decide(rules, subject, inputs, explain=not entry.log.silent)
    except Undecidable as unknown:
        passing, refused = open_ways(entry, 2, unknown.reason)
        yield Pass(passing, scene)
        yield Pass(refused, scene, policies.denied(policies.refusal(unknown), rules, 403))
        return
    if not decision.allowed or rules.policies or rules.tree:
        entry.step(lambda: policies.step(rules, decision, subject))
    if not decision.allowed:
        yield Pass(entry, scene, policies.denied(decision, rules, 403))
        return
    if fields.get("track_per_rule_stats") or decision.policy:
        written |= _told(decision, f"{fields.get('rules_stat_prefix') or ''}enforced_")
    yield Pass(entry, scene.changed(metadata={RBAC_METADATA: written}) if written else scene)


def _told(decision: policies.Decision, prefix: str) -> Json:
    """The verdict as it stands in dynamic metadata."""
    found: Json = {f"{prefix}engine_result": "allowed" if decision.allowed else "denied"}
    if decision.policy:
        found[f"{prefix}effective_policy_id"] = decision.policy
    return found


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.rbac.v3.RBAC": Contract(
        _evaluate, effects(Effect.ENDS, Effect.METADATA), "filters/http/rbac/rbac_filter.cc"
    ),
}
