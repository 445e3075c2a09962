"""tcp_proxy: from a connection to the endpoints of its cluster.

Theory of operation. One cluster, or weighted clusters drawn at random. A missing cluster is NC, no healthy
endpoint is UH; the log's code is 0. metadata_match selects a subset. Follows source/common/tcp_proxy/tcp_proxy.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.envoy.api.extensions_filters_network_tcp_proxy_v3 import TcpProxy
from meshctl.envoy.sections import SectionKind
from meshctl.proxy import doubts
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network_scene import Evaluator, NetworkScene, Way
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Passage, Stage, Step, Upstream, Verdict
from meshctl.proxy.routing.router import subset_keys
from meshctl.proxy.upstream import admission, hash_policy, upstreams
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.hash_policy import RANDOM
from meshctl.proxy.upstream.ways import ways
from meshctl.values import replace

Json = dict[str, Any]


def _evaluate(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """All the ways the connection may go; a denied one has connected upstream before it is closed."""
    config = network_filter.fields
    entry.logged = bool(config.get("access_log"))
    entry, either = doubts.doubted(scene.proxy, entry, TcpProxy(config))
    if either is not None:
        yield Way(entry, scene, either)
    for probability, name, settings, reason in _targets(config, scene.cluster):
        branch = entry if probability == 1.0 else entry.branch(probability)
        found = _to_cluster(branch, scene, name, config, settings, reason)
        for passage in doubts.guarded(branch, found):
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
    entry: Entry, scene: NetworkScene, name: str, config: Json, settings: Json, reason: str
) -> Iterator[Passage]:
    proxy = scene.proxy
    cluster = proxy.cluster(name)
    if cluster is None:
        why = f"cluster {name} {proxy.not_in_force(SectionKind.CLUSTERS, name) or 'does not exist'}"
        entry.step(lambda: Step(Stage.CLUSTER, name or "none", why))
        none = Verdict(Disposition.NO_CLUSTER, 0, "NC", None, why)
        yield entry.end(entry.absent(none, proxy.unseen_cluster(name)))
        return
    entry.cluster = name
    for share, refusal in admission.tcp(cluster):
        branch = entry if share >= 1.0 else entry.branch(share)
        if refusal is None:
            yield from _to_host(branch, scene, cluster, config, settings, reason)
        else:
            yield branch.end(refusal)


def _to_host(
    entry: Entry, scene: NetworkScene, cluster: Cluster, config: Json, settings: Json, reason: str
) -> Iterator[Passage]:
    def missing(choice: upstreams.Choice, unresolved: str) -> Verdict:
        why = unresolved or f"cluster {cluster.name}: {choice.reason}"
        return Verdict(choice.ends_as, 0, "UH", None, why)

    key = RANDOM
    if cluster.policy.hashing is not None:
        key = hash_policy.of_connection(TcpProxy(config).hash_policy, scene.facts.src_ip, scene.state)
    ask = upstreams.Ask(scene.connection, subset_keys(config, settings), key=key, resolved=entry.resolved)
    for way in ways(entry, scene.proxy, cluster, ask, missing, detail=reason):
        if isinstance(way, Passage):
            yield way
            continue
        branch, endpoints = way
        upstream = Upstream(
            cluster.name,
            endpoints,
            None,
            cluster.source_ips,
            payload=scene.connection.payload,
            layers=scene.connection.layers,
        )
        delivered = Verdict(Disposition.DELIVERED, 0, None, None)
        yield branch.end(delivered, endpoints=endpoints, upstream=upstream)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": Contract(
        _evaluate, effects(Effect.HOST, Effect.ENDS), "common/tcp_proxy/tcp_proxy.cc"
    ),
}
