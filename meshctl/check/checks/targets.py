"""Where routes and TCP proxies lead: clusters and subsets that do not exist, weights, mirrors.

A cluster's absence is concluded only from clusters that were given whole. Istio makes a route to a subset that no
DestinationRule has, and Envoy answers 503 NC there: the clusters of the same host say which subsets there are.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.check.check import Check, Hits, each
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import RoutePlace, host_name, routes, tables
from meshctl.check.subject import Need, Subject
from meshctl.check.uses import Use, tcp_places, uses_of
from meshctl.envoy.cluster_names import ClusterName, parts_of
from meshctl.envoy.sections import SectionKind
from meshctl.plain import Json, list_at, object_at
from meshctl.proxy.proxy import Proxy
from meshctl.values import replace


def missing_clusters(subject: Subject) -> Hits:
    """Routes and TCP proxies to clusters that the proxy does not have."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(routes(proxy), lambda place: place.name, lambda place: _of_route(proxy, place))
    yield from each(tcp_places(proxy), lambda place: place[0], lambda place: _of_tcp(proxy, *place))


def _of_route(proxy: Proxy, place: RoutePlace) -> Iterator[Hit]:
    if _without_port(proxy, place.host.name):
        return
    missing = [
        use for use in uses_of(object_at(place.route.message, "route")) if proxy.cluster(use.cluster) is None
    ]
    for hit in _missing(proxy, missing, place.name, place.evidence):
        outside = hit.severity is Severity.ERROR and _is_outside(proxy, place)
        yield replace(hit, severity=Severity.WARNING) if outside else hit


def _is_outside(proxy: Proxy, place: RoutePlace) -> bool:
    """Whether a sidecar's route is for a host that no service has: only a client that dials such an address with this
    host name comes there. A gateway's hosts are all like that."""
    host = place.host.name.rpartition(":")[0] or place.host.name
    at_sidecar = any(one.hands_over for one in proxy.listeners.all)
    return (
        at_sidecar
        and not place.host.name.startswith("inbound")
        and host not in _by_host(proxy)
        and ":" in place.host.name
    )


def _of_tcp(proxy: Proxy, name: str, fields: Json, where: str, resource: str) -> Iterator[Hit]:
    evidence = (where, *([f"from {resource}"] if resource else []))
    yield from _missing(
        proxy, [use for use in uses_of(fields) if proxy.cluster(use.cluster) is None], name, evidence
    )


def _missing(proxy: Proxy, uses: list[Use], name: str, evidence: tuple[str, ...]) -> Iterator[Hit]:
    """One finding for what fails, one for mirrors, one for what would fail if it had a weight."""
    for severity, of_kind, said in (
        (Severity.ERROR, [u for u in uses if not u.mirror and (u.weight or not u.total)], _failing),
        (Severity.WARNING, [u for u in uses if u.mirror], lambda _: "requests are mirrored to nowhere"),
        (
            Severity.INFO,
            [u for u in uses if u.total and not u.weight],
            lambda _: "no request goes there yet (weight 0), and it would fail",
        ),
    ):
        if not of_kind:
            continue
        names = list(dict.fromkeys(use.cluster for use in of_kind))
        found = "; ".join(_absent(proxy, cluster) for cluster in names)
        there = tuple(dict.fromkeys(line for cluster in names for line in _alike(proxy, cluster)))
        yield Hit(name, f"{said(of_kind)}: {found}", (*evidence, *there), _advice(names[0], there), severity)


def _failing(uses: list[Use]) -> str:
    weight, total = sum(use.weight for use in uses), uses[0].total
    if total and weight < total:
        return f"{weight} of {total} requests are answered 503 (NC)"
    return "every request of it is answered 503 (NC)"


def _absent(proxy: Proxy, cluster: str) -> str:
    state = proxy.not_in_force(SectionKind.CLUSTERS, cluster)
    return f"cluster {cluster} {state or 'does not exist'}"


def _without_port(proxy: Proxy, host_name: str) -> str:
    """The ports of a service for which Istio made a virtual host on a port that the service does not have: on port 80, for
    each VirtualService of the mesh, as soon as anything listens there. "" for any other virtual host."""
    host, _, port = host_name.rpartition(":")
    ports = (
        {one.port for one in _by_host(proxy).get(host, ()) if one.direction == "outbound"}
        if port == "80"
        else set()
    )
    return ", ".join(sorted(ports)) if port == "80" and ports and port not in ports else ""


def _by_host(proxy: Proxy) -> dict[str, list[ClusterName]]:
    """The outbound clusters of each host, taken apart, found once."""

    def build() -> dict[str, list[ClusterName]]:
        found: dict[str, list[ClusterName]] = {}
        for name in proxy.cluster_names:
            parts = parts_of(name)
            if parts is not None:
                found.setdefault(parts.host, []).append(parts)
        return found

    hosts: dict[str, list[ClusterName]] = proxy.compile_once(_HOSTS, "check hosts", build)
    return hosts


_HOSTS: Json = {}


def hosts_without_port(subject: Subject) -> Hits:
    """Virtual hosts of services on a port that they do not have."""
    proxy = subject.proxy
    assert proxy is not None
    for place in tables(proxy):
        for index, host in enumerate(place.table.hosts):
            ports = _without_port(proxy, host.name)
            if ports:
                service = host.name.rpartition(":")[0]
                where = f"{place.where}.virtual_hosts[{index}]"
                said = f"{service} has no port 80 (it has {ports}); a request to it there is routed by its VirtualService and answered 503 (NC)"
                yield Hit(host_name(place, host), said, (where,))


def _alike(proxy: Proxy, cluster: str) -> tuple[str, ...]:
    """What there is of the same host, as evidence."""
    wanted = parts_of(cluster)
    if wanted is None:
        return ()
    alike = _by_host(proxy).get(wanted.host, [])
    if not alike:
        return (f"there is no cluster of host {wanted.host} at all",)
    subsets = sorted({one.subset for one in alike if one.subset})
    ports = sorted({one.port for one in alike}, key=lambda port: (len(port), port))
    found = [f"subsets of {wanted.host} that exist: {', '.join(subsets) or 'none'}"] if wanted.subset else []
    return (*found, f"ports of {wanted.host} that exist: {', '.join(ports)}")


def _advice(cluster: str, there: tuple[str, ...]) -> str:
    wanted = parts_of(cluster)
    if wanted is None:
        return ""
    direction, port, subset, host = wanted
    ports = there[-1].rpartition("exist: ")[2] if there and "that exist: " in there[-1] else ""
    if ports and port not in ports.split(", "):
        return f"Write the destination's port (port.number: {ports}): without one Istio takes that of the listener, {port}."
    if direction == "outbound" and subset and not there[0].startswith("there is no"):
        return f"Add subset {subset} to the DestinationRule of {host}, or name one that exists (port {port})."
    return f"Check host and port of the destination: {host}, port {port}; is it exported to this namespace?"


def weights(subject: Subject) -> Hits:
    """Weighted clusters whose weights add up to nothing."""
    proxy = subject.proxy
    assert proxy is not None

    def judge(place: RoutePlace) -> Iterator[Hit]:
        clusters = list_at(
            object_at(object_at(place.route.message, "route"), "weighted_clusters"), "clusters"
        )
        if clusters and not any(int(one.get("weight") or 0) for one in clusters if isinstance(one, dict)):
            names = ", ".join(str(one.get("name")) for one in clusters)
            yield Hit(
                place.name, f"all weights are 0: no request of this route is sent ({names})", place.evidence
            )

    yield from each(routes(proxy), lambda place: place.name, judge)


CHECKS = (
    Check(
        "cluster-missing",
        Severity.ERROR,
        "A route or TCP proxy leads to a cluster that the proxy does not have",
        "Envoy answers 503 with the flag NC (TCP: closes the connection). Usually a VirtualService names a subset that "
        "no DestinationRule has, a port that the Service does not have, or a host that is not exported to this proxy.",
        "Name a host, port and subset that exist.",
        missing_clusters,
        (Need.CLUSTERS,),
        "Absence is concluded only from clusters that were given whole. A weight of 0 is an info, a mirror a warning.",
    ),
    Check(
        "host-without-port",
        Severity.INFO,
        "A virtual host of a service on a port that the service does not have",
        "As soon as anything in the mesh listens on port 80, Istio makes a virtual host there for every VirtualService of "
        "the mesh, also for services without a port 80. It does no harm unless somebody calls the service on port 80.",
        "Nothing, unless the service is called on port 80: then call it on a port that it has.",
        hosts_without_port,
        (Need.CLUSTERS,),
    ),
    Check(
        "weights-zero",
        Severity.ERROR,
        "A route whose weighted clusters all have weight 0",
        "There is no cluster to draw: requests of the route fail.",
        "Give at least one destination a weight.",
        weights,
    ),
)
