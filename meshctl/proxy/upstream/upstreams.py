"""From a cluster's name to the endpoints that may answer, with their probabilities.

Joins the cluster's kind with the load balancer: special clusters (original destination, dynamic forward proxy,
aggregate, black hole), subsets by metadata_match, health. Used by the HTTP router and by tcp_proxy alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.sections import SectionKind
from meshctl.match.request_view import Headers
from meshctl.proxy.model import Connection, Endpoint, Rejected, Stage, Step
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream import endpoints as lb
from meshctl.proxy.upstream.clusters import Cluster

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The endpoints (empty: none), why, and what cannot be known."""

    cluster: Cluster
    endpoints: tuple[Endpoint, ...]
    reason: str = ""
    subset: str = ""
    undetermined: str = ""


def choose(
    proxy: Proxy,
    cluster: Cluster,
    connection: Connection,
    wanted: tuple[tuple[str, Any], ...] = (),
    headers: Headers | None = None,
    depth: int = 0,
) -> Choice:
    """The endpoints of a cluster for one connection or request."""
    kind = cluster.kind
    if kind == "ORIGINAL_DST":
        return _original_destination(cluster, connection, headers)
    if kind == "DYNAMIC_FORWARD_PROXY":
        return _forward_proxy(cluster, connection, headers)
    if kind == "AGGREGATE":
        return _aggregate(proxy, cluster, connection, wanted, headers, depth)
    if not cluster.hosts and kind == "EDS":
        gap = proxy.snapshot.gap(SectionKind.ENDPOINTS)
        if gap is not None:
            return Choice(
                cluster, (), undetermined=f"the endpoints of {cluster.name} were not shown: {gap.sentence}"
            )
    found = _distribution(cluster, wanted)
    return Choice(cluster, found.shares, found.reason, found.subset)


def _distribution(cluster: Cluster, wanted: tuple[tuple[str, Any], ...]) -> lb.Distribution:
    cache: dict[Any, lb.Distribution] = cluster.__dict__.setdefault("distributions", {})
    key = repr(wanted)
    found = cache.get(key)
    if found is None:
        if cluster.subsets is None:
            found = lb.distribute(cluster.hosts, cluster.policy)
        else:
            found = lb.select(cluster.hosts, cluster.subsets, dict(wanted), cluster.policy)
        cache[key] = found
    return found


def _join(ip: str, port: int) -> str:
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def _original_destination(cluster: Cluster, connection: Connection, headers: Headers | None) -> Choice:
    """ORIGINAL_DST: the restored destination, or the header that names one."""
    config = cluster.message.get("original_dst_lb_config") or {}
    ip, port = connection.dst_ip, connection.dst_port
    if config.get("use_http_header"):
        name = str(config.get("http_header_name") or "x-envoy-original-dst-host").lower()
        value = ((headers or {}).get(name) or [""])[0]
        if value.rpartition(":")[2].isdigit():
            ip, port = value.rpartition(":")[0].strip("[]"), int(value.rpartition(":")[2])
    elif not connection.restored:
        return Choice(cluster, (), "the connection has no original destination to go on to")
    if config.get("upstream_port_override"):
        port = int(config["upstream_port_override"])
    if not ip:
        return Choice(cluster, (), "the connection has no original destination to go on to")
    return Choice(cluster, (Endpoint(_join(ip, port)),), "the original destination")


def _forward_proxy(cluster: Cluster, connection: Connection, headers: Headers | None) -> Choice:
    """A dynamic forward proxy asks DNS for the Host (or the SNI): the address is not in the dump."""
    host = ((headers or {}).get(":authority") or [""])[0]
    named = connection.session or connection.tls
    if not host and named is not None and named.sni:
        host = f"{named.sni}:{connection.dst_port}"
    if not host:
        return Choice(cluster, (), "there is no host to resolve")
    name, mark, port = host.rpartition(":")
    if not mark or not port.isdigit():
        name, port = host, "443" if cluster.tls_to({})[0] else "80"
    for known in cluster.hosts:
        if known.hostname in (f"{name}:{port}", name):
            return Choice(cluster, (Endpoint(known.address, hostname=name),), "resolved before by DNS")
    return Choice(
        cluster,
        (Endpoint(f"{name}:{port}", hostname=name),),
        "resolved by DNS at request time",
        undetermined=f"the address of {name} is resolved by DNS when the request is made",
    )


def _aggregate(
    proxy: Proxy,
    cluster: Cluster,
    connection: Connection,
    wanted: tuple[tuple[str, Any], ...],
    headers: Headers | None,
    depth: int,
) -> Choice:
    """An aggregate cluster: the first of its clusters that has a healthy host (priorities in order)."""
    _, fields = unpack((cluster.message.get("cluster_type") or {}).get("typed_config"))
    if depth > 8:
        return Choice(cluster, (), "aggregate clusters that name each other")
    last = Choice(cluster, (), "none of the aggregate's clusters has a healthy endpoint")
    for name in fields.get("clusters") or ():
        member = proxy.cluster(str(name))
        if member is None:
            continue
        found = choose(proxy, member, connection, wanted, headers, depth + 1)
        if found.endpoints or found.undetermined:
            return replace(found, reason=f"{found.reason or 'healthy'}, through aggregate {cluster.name}")
        last = replace(last, reason=f"{last.reason}; {name}: {found.reason}")
    return last


def cluster_step(cluster: Cluster, choice: Choice, detail: str = "") -> Step:
    """The step that tells of the cluster."""
    parts = [cluster.kind, _tls_text(cluster, choice), choice.subset, detail]
    return Step(
        Stage.CLUSTER,
        cluster.name,
        ", ".join(part for part in parts if part),
        cluster.where,
        cluster.resource,
    )


def _tls_text(cluster: Cluster, choice: Choice) -> str:
    metadata = choice.endpoints[0].metadata if choice.endpoints else {}
    tls, _ = cluster.tls_to(metadata)
    if tls is None:
        if cluster.message.get("transport_socket_matches"):
            return "plain text (the endpoint has no tlsMode)" if choice.endpoints else ""
        return "plain text"
    words = "mutual TLS" if tls.mutual else "TLS"
    return f"{words}, SNI {tls.sni}" if tls.sni else words


def endpoint_step(choice: Choice) -> Step:
    """The step that tells of the endpoint or the endpoints."""
    cluster = choice.cluster
    chosen = {endpoint.address: endpoint for endpoint in choice.endpoints}
    rejected = tuple(
        Rejected(host.address, host.reason or "not in the subset or priority that is used")
        for host in cluster.hosts
        if host.address not in chosen
    )
    if not choice.endpoints:
        return Step(Stage.ENDPOINT, "none", choice.reason, cluster.where, rejected=rejected)
    if len(choice.endpoints) == 1:
        only = len(cluster.hosts) == 1
        detail = choice.reason or ("healthy, the only one" if only else "healthy")
        return Step(Stage.ENDPOINT, choice.endpoints[0].address, detail, cluster.where, rejected=rejected)
    shares = ", ".join(f"{e.address} {100 * e.probability:.3g} %" for e in choice.endpoints[:8])
    more = f" and {len(choice.endpoints) - 8} more" if len(choice.endpoints) > 8 else ""
    detail = ", ".join(part for part in (cluster.lb_policy, choice.reason) if part)
    return Step(Stage.ENDPOINT, f"one of {len(choice.endpoints)}: {shares}{more}", detail, rejected=rejected)
