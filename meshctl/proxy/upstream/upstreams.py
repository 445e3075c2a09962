"""From a cluster to the endpoints that may answer, with their shares.

Theory of operation. A host that a filter named goes before the load balancer. Then the cluster's kind: its own hosts,
the original destination (or one that a header or metadata names), a host that is looked up, the joined priorities of
an aggregate's clusters. Used by the HTTP router and by tcp_proxy alike.
Follows source/common/upstream/{cluster_manager_impl,load_balancer_context_base}.cc and
source/extensions/clusters/{original_dst,dynamic_forward_proxy,aggregate}/*.cc.
"""

from __future__ import annotations

from typing import Any

from meshctl.envoy.addresses import bracketed
from meshctl.envoy.api import config_cluster_v3 as api
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match.address_ranges import number
from meshctl.match.request_view import RequestView
from meshctl.plain import listed
from meshctl.proxy.entry import Override
from meshctl.proxy.model import Connection, Disposition, Endpoint, Rejected, Stage, Step
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream import aggregate
from meshctl.proxy.upstream import endpoints as lb
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.hash_policy import RANDOM, HashKey
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.values import Struct, field, replace

OriginalDst = api.Cluster.OriginalDstLbConfig


class Ask(Struct, frozen=True):
    """What the choice of a host goes by."""

    connection: Connection
    wanted: tuple[tuple[str, Any], ...] = ()  # metadata_match
    view: RequestView | None = None
    key: HashKey = RANDOM
    override: Override | None = None
    resolved: tuple[str, int] | None = None  # a name and a port that a filter has looked up


class Choice(Struct, frozen=True):
    """The endpoints (empty: none), why, the share for which there is none, and what cannot be known."""

    cluster: Cluster
    endpoints: tuple[Endpoint, ...]
    reason: str = ""
    subset: str = ""
    undetermined: str = ""
    missing: float = 0.0
    code: int = 503  # where there is no endpoint
    open: tuple[str, ...] = field(default=())  # what leaves open whether there is one
    loops: bool = False  # it leads back to the cluster that was asked
    doubt: str = ""  # why there may be no endpoint after all
    unshown: str = ""  # what of the endpoints was not shown, though the way on depends on it

    @property
    def ends_as(self) -> Disposition:
        """How a connection or a request ends for which there is no endpoint."""
        return Disposition.LOOP if self.loops else Disposition.NO_HEALTHY_ENDPOINT


def choose(proxy: Proxy, cluster: Cluster, ask: Ask) -> Choice:
    """The endpoints of a cluster for one connection or request."""
    named = _overridden(cluster, ask.override) if ask.override is not None else None
    if named is not None:
        return named
    kind = cluster.kind
    if kind == "ORIGINAL_DST":
        return _original_destination(cluster, ask)
    if kind == "DYNAMIC_FORWARD_PROXY":
        return _forward_proxy(cluster, ask)
    if kind == "AGGREGATE":
        return _told(cluster, _joined(proxy, cluster, ask))
    if not cluster.hosts and kind == "EDS":
        gap = proxy.snapshot.gap(SectionKind.ENDPOINTS)
        if gap is not None:
            why = f"the endpoints of {cluster.name} were not shown: {gap.sentence}"
            return Choice(cluster, (), undetermined=why)
    return _balanced(cluster, ask)


def _told(cluster: Cluster, found: lb.Distribution) -> Choice:
    missing = found.missing if found.shares else 0.0
    unshown = _unshown(cluster) if found.shares else ""
    return Choice(
        cluster,
        found.shares,
        found.reason,
        found.subset,
        found.undetermined,
        missing,
        loops=found.loops,
        unshown=unshown,
        doubt=found.doubt,
    )


def _unshown(cluster: Cluster) -> str:
    """Hosts that only /clusters names have no metadata there, by which their TLS is chosen."""
    if not cluster.config.transport_socket_matches or all(host.shown for host in cluster.hosts):
        return ""
    return f"whether {cluster.name} is spoken to in TLS: the metadata of its endpoints was not shown (include_eds)"


def _balanced(cluster: Cluster, ask: Ask) -> Choice:
    """What the load balancer chooses; without a hash that is the same for all requests that want the same subset."""
    if cluster.policy.hashing is not None:
        return _told(cluster, _distribution(cluster, ask))
    kept: dict[str, Choice] = cluster.__dict__.setdefault("balanced", {})
    key = repr(ask.wanted)
    found = kept.get(key)
    if found is None:
        found = kept[key] = _told(cluster, _distribution(cluster, ask))
    return found


def _distribution(cluster: Cluster, ask: Ask) -> lb.Distribution:
    wanted = dict(ask.wanted)
    found = cluster.shares(cluster.hosts, wanted, ask.key)
    if not cluster.may_drain:
        return found
    return _either(cluster, found, cluster.shares(_drained(cluster), wanted, ask.key))


def _joined(proxy: Proxy, cluster: Cluster, ask: Ask) -> lb.Distribution:
    """An aggregate's shares."""
    wanted = dict(ask.wanted)
    found = aggregate.distribution(proxy, cluster, wanted, ask.key, lambda member: member.hosts)
    if not any(member.may_drain for member in aggregate.members(proxy, cluster)):
        return found
    return _either(cluster, found, aggregate.distribution(proxy, cluster, wanted, ask.key, _drained))


def _drained(cluster: Cluster) -> list[Host]:
    """The hosts as they are if those that may be draining are: the others, where the dump tells."""
    if not cluster.may_drain:
        return cluster.hosts
    out = Health.EXCLUDED
    return [replace(h, health=out) if h.health is Health.UNHEALTHY else h for h in cluster.hosts]


def _either(cluster: Cluster, found: lb.Distribution, other: lb.Distribution) -> lb.Distribution:
    """A dump shows draining hosts as unhealthy ones; they count otherwise for health and panic."""
    shares, others = ({e.address: round(e.probability, 6) for e in d.shares} for d in (found, other))
    if shares == others and found.missing == other.missing:
        return found
    why = f"whether hosts of {cluster.name} are unhealthy or draining (the dump does not tell: add /clusters)"
    return replace(found, undetermined=found.undetermined or why)


_STATUS = {
    Health.HEALTHY: "HEALTHY",
    Health.DEGRADED: "DEGRADED",
    Health.UNHEALTHY: "UNHEALTHY",
    Health.EXCLUDED: "DRAINING",
}


def _overridden(cluster: Cluster, override: Override) -> Choice | None:
    """The host that a filter named; None where the load balancer chooses after all."""
    if override.unknown:
        return None
    for host in cluster.hosts:
        if host.address == override.address and _STATUS[host.health] in cluster.override_statuses:
            return Choice(cluster, (_endpoint(host),), "named for this session")
    if not override.strict:
        return None
    return Choice(cluster, (), f"host {override.address} of this session is not there", code=override.code)


def _endpoint(host: Host) -> Endpoint:
    return Endpoint(host.address, 1.0, host.hostname, host.metadata, host.additional)


def _original_destination(cluster: Cluster, ask: Ask) -> Choice:
    """ORIGINAL_DST: what a header or metadata names, else the restored destination."""
    config = cluster.config.original_dst_lb_config or OriginalDst({})
    none = Choice(cluster, (), "the connection has no original destination to go on to")
    address = _by_header(config, ask) or _by_metadata(config, ask)
    if address is None and ask.connection.restored and ask.connection.dst_ip:
        address = ask.connection.dst_ip, ask.connection.dst_port
    if address is None:
        return none
    ip, port = address
    return Choice(
        cluster, (Endpoint(bracketed(ip, config.upstream_port_override or port)),), "the original destination"
    )


def _by_header(config: OriginalDst, ask: Ask) -> tuple[str, int] | None:
    if not config.use_http_header or ask.view is None:
        return None
    return _parsed(ask.view.first((config.http_header_name or "x-envoy-original-dst-host").lower()))


def _by_metadata(config: OriginalDst, ask: Ask) -> tuple[str, int] | None:
    key = config.metadata_key
    if key is None or ask.view is None:
        return None
    value = ask.view.metadata_value(key.key, tuple(part.key for part in key.path))
    return _parsed(value) if isinstance(value, str) else None


def _parsed(text: str) -> tuple[str, int] | None:
    """``ip:port``; None for anything else."""
    ip, mark, port = text.rpartition(":")
    ip = ip[1:-1] if ip.startswith("[") and ip.endswith("]") else ip
    found = number(ip) if mark else None
    if found is None or not port.isascii() or not port.isdigit() or int(port) > 65535:
        return None
    return ip, int(port)


def _forward_proxy(cluster: Cluster, ask: Ask) -> Choice:
    """A dynamic forward proxy looks up the Host (or the server name): what DNS says is not in the dump."""
    name, port = _looked_up(cluster, ask)
    if not name:
        return Choice(cluster, (), "there is no host to resolve")
    for known in cluster.hosts:
        if known.hostname in (f"{name}:{port}", name):
            return Choice(cluster, (Endpoint(known.address, hostname=name),), "resolved before by DNS")
    if number(name) and ask.view is not None and not name.count(":"):
        return Choice(cluster, (Endpoint(bracketed(name, port), hostname=name),), "an address needs no DNS")
    address = f"127.0.0.1:{port}" if name.lower() == "localhost" else f"{name}:{port}"
    why = f"what DNS says of {name} when it is looked up"
    return Choice(
        cluster, (Endpoint(address, hostname=name),), "resolved by DNS at request time", open=(why,)
    )


def _looked_up(cluster: Cluster, ask: Ask) -> tuple[str, int]:
    if ask.resolved is not None:
        return ask.resolved
    default = 443 if cluster.tls_to({})[0] else 80
    if ask.view is None:
        named = ask.connection.session or ask.connection.tls
        return (named.sni if named is not None else ""), ask.connection.dst_port or default
    host = ask.view.first(":authority")
    name, mark, port = host.rpartition(":")
    if host.endswith("]") or not mark or not port.isdigit():
        return host.strip("[]"), default
    return name.strip("[]"), int(port)


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
    try:
        tls, _ = cluster.tls_to(metadata)
    except Undecidable:
        return "in a TLS that cannot be read"
    if tls is None:
        if cluster.config.transport_socket_matches:
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
    shares = listed([f"{e.address} {100 * e.probability:.3g} %" for e in choice.endpoints], 8)
    detail = ", ".join(part for part in (cluster.lb_policy, choice.reason) if part)
    return Step(Stage.ENDPOINT, f"one of {len(choice.endpoints)}: {shares}", detail, rejected=rejected)


__all__ = ["Ask", "Choice", "choose", "cluster_step", "endpoint_step", "replace"]
