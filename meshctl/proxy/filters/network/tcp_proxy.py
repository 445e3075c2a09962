"""tcp_proxy: from a connection to the endpoints of its cluster.

Theory of operation. One cluster, or weighted clusters drawn at random. A missing cluster is NC, no healthy
endpoint is UH; the log's code is 0. metadata_match selects a subset. Follows source/common/tcp_proxy/tcp_proxy.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network_scene import Evaluator, Scene, Way
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Connection, Disposition, Passage, Stage, Step, Upstream, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.router import subset_keys
from meshctl.proxy.upstream import upstreams

Json = dict[str, Any]


def _evaluate(entry: Entry, scene: Scene, network_filter: Filter) -> Iterator[Way]:
    """All the ways the connection may go; a denied one has connected upstream before it is closed."""
    config = network_filter.fields
    entry.logged = bool(config.get("access_log"))
    for probability, name, settings, reason in _targets(config, scene.cluster):
        branch = entry if probability == 1.0 else entry.branch(probability)
        passage = _to_cluster(branch, scene.proxy, name, config, settings, scene.connection, reason)
        yield Way(branch, scene, passage if scene.denial is None else _closed(passage, scene.denial))


def _closed(passage: Passage, denial: Verdict) -> Passage:
    return replace(passage, verdict=replace(denial, flags=denial.flags or passage.verdict.flags))


def _targets(config: Json, override: str) -> Iterator[tuple[float, str, Json, str]]:
    if override:
        yield 1.0, override, {}, "named by an earlier filter"
        return
    weighted = (config.get("weighted_clusters") or {}).get("clusters") or ()
    if not weighted:
        yield 1.0, str(config.get("cluster") or ""), {}, ""
        return
    total = sum(int(cluster.get("weight") or 0) for cluster in weighted)
    for cluster in weighted:
        weight = int(cluster.get("weight") or 0)
        if weight:
            yield weight / total, str(cluster.get("name") or ""), cluster, f"weight {weight} of {total}"


def _to_cluster(
    entry: Entry,
    proxy: Proxy,
    name: str,
    config: Json,
    settings: Json,
    connection: Connection,
    reason: str,
) -> Passage:
    cluster = proxy.cluster(name)
    if cluster is None:
        why = f"cluster {name} {'is still warming' if name in proxy.warming_clusters else 'does not exist'}"
        entry.step(lambda: Step(Stage.CLUSTER, name or "none", why))
        return entry.end(
            entry.absent(Verdict(Disposition.NO_CLUSTER, 0, "NC", None, why), proxy.unseen_cluster(name))
        )
    entry.cluster = name
    choice = upstreams.choose(proxy, cluster, connection, subset_keys(config, settings))
    entry.step(lambda: upstreams.cluster_step(cluster, choice, reason))
    if not choice.endpoints and choice.undetermined:
        entry.unknown(choice.undetermined)
        return entry.end(Verdict(Disposition.UNDETERMINED, reason=choice.undetermined))
    entry.step(lambda: upstreams.endpoint_step(choice))
    if not choice.endpoints:
        why = f"cluster {name}: {choice.reason}"
        return entry.end(Verdict(Disposition.NO_HEALTHY_ENDPOINT, 0, "UH", None, why))
    if choice.undetermined:
        entry.note(choice.undetermined)
    return entry.end(
        Verdict(Disposition.DELIVERED, 0, None, None),
        endpoints=choice.endpoints,
        upstream=Upstream(
            name,
            choice.endpoints,
            None,
            cluster.source_ips,
            payload=connection.payload,
            layers=connection.layers,
        ),
    )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": Contract(
        _evaluate, effects(Effect.HOST, Effect.ENDS), "common/tcp_proxy/tcp_proxy.cc"
    ),
}
