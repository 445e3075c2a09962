"""tcp_proxy: from a connection to the endpoints of its cluster.

Theory of operation. One cluster, unless filter state names another, or weighted clusters drawn at random. A missing
cluster is NC, no healthy endpoint is UH; the log's code is 0. metadata_match selects a subset. It connects when the
connection begins, which is before a handshake and before anything that decides at the first bytes, unless
upstream_connect_mode lets it wait for one of these. Follows source/common/tcp_proxy/tcp_proxy.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_network_tcp_proxy_v3 import TcpProxy
from meshctl.envoy.sections import SectionKind
from meshctl.proxy import doubts
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network.connections import CLUSTER_STATE
from meshctl.proxy.filters.network_scene import Evaluator, NetworkScene, Way
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Passage, Stage, Step, Upstream, Verdict
from meshctl.proxy.upstream import admission, hash_policy, subsets, upstreams
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.hash_policy import RANDOM
from meshctl.proxy.upstream.ways import ways
from meshctl.values import Struct, replace


def _evaluate(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """All the ways the connection may go; a denied one has connected upstream before it is closed."""
    config = network_filter.read(TcpProxy)
    entry.logged = bool(config.access_log)
    entry, either = doubts.doubted(entry, config)
    if either is not None:
        yield Way(entry, scene, either)
    waiting = _waiting(config, scene)
    if waiting is not None:
        yield Way(entry, scene, entry.end(waiting))
        return
    for target in _targets(config, scene):
        branch = entry if target.probability == 1.0 else entry.branch(target.probability)
        for passage in doubts.guarded(branch, _to_cluster(branch, scene, config, target)):
            connected = passage.verdict.disposition is Disposition.DELIVERED
            yield Way(branch, scene, _closed(branch, passage, scene) if connected else passage)


def _closed(entry: Entry, passage: Passage, scene: NetworkScene) -> Passage:
    """A connection that has its host, as it ends where it is closed after all: at the handshake, or at its first bytes."""
    end = scene.closing
    if end is None:
        return passage
    if scene.failed is not None or entry.log.silent:
        return replace(passage, verdict=end)
    step = Step(Stage.NETWORK_FILTER, "closed at its first bytes", end.reason)
    return replace(passage, verdict=end, steps=(*passage.steps, step))


def _waiting(config: TcpProxy, scene: NetworkScene) -> Verdict | None:
    """How a connection ends that tcp_proxy has not yet connected; None: it connects."""
    if config.upstream_connect_mode == "ON_DOWNSTREAM_DATA":
        silent = Verdict(
            Disposition.DELIVERED,
            0,
            None,
            None,
            "the client sends nothing, and tcp_proxy waits for its first bytes",
        )
        return scene.closing or (None if scene.speaks else silent)
    return scene.failed if config.upstream_connect_mode == "ON_DOWNSTREAM_TLS_HANDSHAKE" else None


class _Target(Struct, frozen=True):
    """A cluster that the connection may go to: how likely, its own settings, how it was chosen."""

    probability: float
    name: str
    settings: TcpProxy.WeightedCluster.ClusterWeight | None = None
    reason: str = ""


def _targets(config: TcpProxy, scene: NetworkScene) -> Iterator[_Target]:
    weighted = config.weighted_clusters.clusters if config.weighted_clusters is not None else ()
    if not weighted:
        named = scene.opened.get(
            CLUSTER_STATE
        )  # it is picked when the connection begins, however long it waits
        reason = "named by an earlier filter" if named is not None else ""
        yield _Target(1.0, config.cluster if named is None else named, reason=reason)
        return
    total = sum(cluster.weight for cluster in weighted)
    for cluster in weighted:
        if cluster.weight:
            how = f"weight {cluster.weight} of {total}"
            yield _Target(cluster.weight / total, cluster.name, cluster, how)


def _to_cluster(entry: Entry, scene: NetworkScene, config: TcpProxy, target: _Target) -> Iterator[Passage]:
    name = target.name
    proxy = scene.proxy
    cluster = proxy.cluster(name)
    if cluster is None:
        why = f"cluster {name} {proxy.not_in_force(SectionKind.CLUSTERS, name) or 'does not exist'}"
        entry.step(lambda: Step(Stage.CLUSTER, name or "none", why))
        none = Verdict(Disposition.NO_CLUSTER, 0, "NC", None, why)
        yield entry.end(entry.absent(none, proxy.unseen_cluster(name)))
        return
    entry.cluster = name
    refusal = admission.tcp(cluster)
    if refusal is None:
        yield from _to_host(entry, scene, cluster, config, target)
    else:
        yield entry.end(refusal)


def _to_host(
    entry: Entry, scene: NetworkScene, cluster: Cluster, config: TcpProxy, target: _Target
) -> Iterator[Passage]:
    def missing(choice: upstreams.Choice, unresolved: str) -> Verdict:
        why = unresolved or f"cluster {cluster.name}: {choice.reason}"
        return Verdict(choice.ends_as, 0, "UH", None, why)

    key = RANDOM
    state = scene.opened if config.upstream_connect_mode == "IMMEDIATE" else scene.state
    if cluster.may_hash:
        key = hash_policy.of_connection(config.hash_policy, scene.facts.src_ip, state)
    own = target.settings.metadata_match if target.settings is not None else None
    asked = subsets.wanted(config.metadata_match, own)
    ask = upstreams.Ask(scene.connection, asked, key=key, resolved=entry.resolved)
    for way in ways(
        entry, scene.proxy, cluster, ask, missing, admission.overflow_of_connection, detail=target.reason
    ):
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
