"""tcp_proxy: from a connection to the endpoints of its cluster.

Theory of operation. One cluster, or weighted clusters drawn at random. A missing cluster is NC, no healthy
endpoint is UH; the log's code is 0. metadata_match selects a subset. Follows source/common/tcp_proxy/tcp_proxy.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.proxy.entry import Entry
from meshctl.proxy.model import Connection, Disposition, Passage, Stage, Step, Upstream, Verdict
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing.router import subset_keys
from meshctl.proxy.upstream import upstreams

Json = dict[str, Any]


def forward(
    entry: Entry, proxy: Proxy, config: Json, connection: Connection, cluster_override: str = ""
) -> Iterator[Passage]:
    """All the ways the connection may go."""
    for probability, name, settings, reason in _targets(config, cluster_override):
        branch = entry if probability == 1.0 else entry.branch(probability)
        yield _to_cluster(branch, proxy, name, config, settings, connection, reason)


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
