"""The RBAC filter on connections: a denied one is closed when its first bytes come.

Theory of operation. tcp_proxy behind it has connected upstream by then, so cluster, host and flags stand in the
log as if the connection had gone on; a connection manager has seen nothing yet, so no route is logged.
Follows source/extensions/filters/network/rbac/rbac_filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.message import Undecidable
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import policies
from meshctl.proxy.filters.conditions import Subject
from meshctl.proxy.filters.network_scene import Evaluator, Json, NetworkScene, Way
from meshctl.proxy.listen.accept import chain_inputs
from meshctl.proxy.listen.listeners import Filter
from meshctl.values import replace

RBAC_METADATA = "envoy.filters.network.rbac"


def _subject(scene: NetworkScene) -> Subject:
    tls = scene.connection.session if scene.tls else None
    return Subject(
        scene.facts.dst_ip,
        scene.facts.dst_port,
        scene.facts.direct_src_ip,
        scene.facts.src_ip,
        scene.facts.sni,
        scene.tls,
        tls.peer if tls else scene.connection.carried,
        metadata=scene.metadata,
        state=scene.state,
        remote_port=scene.facts.src_port or None,
        source_ip=scene.facts.src_ip,
    )


def _evaluate(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    fields: Json = network_filter.fields
    rules = scene.proxy.compile_once(fields, "rbac", lambda: policies.compile_rules(fields))
    if rules is None or not scene.speaks:
        yield Way(entry, scene)
        return
    subject = _subject(scene)
    try:
        explain = not entry.log.silent
        decision = policies.decide(rules, subject, chain_inputs(scene.facts), explain=explain)
    except Undecidable as unknown:
        yield from _undecided(entry, scene, unknown, rules)
        return
    if rules.policies or rules.tree or not decision.allowed:
        entry.step(lambda: policies.step(rules, decision, subject))
    yield Way(entry, scene if decision.allowed else _denied(scene, decision, rules))


def _denied(scene: NetworkScene, decision: policies.Decision, rules: policies.Rules) -> NetworkScene:
    verdict = replace(policies.denied(decision, rules, 0), details=None)
    return scene if scene.denial is not None else replace(scene, denial=verdict)


def _undecided(
    entry: Entry, scene: NetworkScene, unknown: Undecidable, rules: policies.Rules
) -> Iterator[Way]:
    passing, closed = open_ways(entry, 2, unknown.reason)
    yield Way(passing, scene)
    yield Way(closed, _denied(scene, policies.refusal(unknown), rules))


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.network.rbac.v3.RBAC": Contract(
        _evaluate, effects(Effect.ENDS, Effect.METADATA), "filters/network/rbac/rbac_filter.cc"
    ),
}
