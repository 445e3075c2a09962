"""Whether an upstream address belongs to the mesh, by what the proxy that sends to it was told.

An endpoint whose pod was not given is outside of what was shown, not outside of the mesh: behind it may stand a
proxy that refuses. A proxy's own configuration tells: mutual TLS with the mesh's certificates, the endpoint's
``tlsMode`` and workload metadata (pilot/pkg/networking/util, AppendLbEndpointMetadata), a tunnel to it, a service of
Kubernetes among the cluster's Istio services (pilot/pkg/networking/core/cluster_builder.go, metadata ``istio``).
"""

from __future__ import annotations

import ipaddress

from meshctl.envoy.cluster_names import parts_of
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.plain import Json
from meshctl.proxy.model import Endpoint
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import istio_metadata


def service_behind(proxy: Proxy, cluster: str, endpoint: Endpoint) -> str:
    """The service of the mesh that an endpoint of a cluster serves; "" where the cluster does not say (an address
    outside of the mesh, or one that came from the request: ``service_at`` may know it)."""
    found = proxy.cluster(cluster)
    if found is None or found.kind in ("ORIGINAL_DST", "DYNAMIC_FORWARD_PROXY"):
        return ""
    hosts = _services(found.message) or [_host_of_name(cluster)]
    if _carries_mesh_metadata(endpoint.metadata) or _mutual(proxy, cluster, endpoint):
        return hosts[0] or cluster
    return next((host for host in hosts if _of_kubernetes(host)), "")


def is_told_external(proxy: Proxy, cluster: str) -> bool:
    """Whether a cluster is of a service outside of the mesh (a ServiceEntry's), by Istio's own metadata."""
    found = proxy.cluster(cluster)
    return found is not None and found.kind != "ORIGINAL_DST" and bool(_services(found.message))


def service_at(proxy: Proxy, ip: str) -> str:
    """The service of the mesh that has an address among its endpoints, on whatever port, by the proxy's load
    assignments; "" when none has it."""
    known: dict[str, str] = proxy.compile_once(_INDEX, "mesh endpoints", lambda: _index(proxy))
    return known.get(ip, "")


# Networks that pods and services get their addresses from (RFC 1918, RFC 6598, RFC 3927, RFC 4193).
_INSIDE = tuple(
    ipaddress.ip_network(text)
    for text in "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 100.64.0.0/10 169.254.0.0/16 fc00::/7 fe80::/10".split()
)


def may_be_inside(ip: str) -> bool:
    """Whether an address nobody knows may still be a pod's or a service's of the cluster."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in _INSIDE)


_INDEX: Json = {}


def _index(proxy: Proxy) -> dict[str, str]:
    found: dict[str, str] = {}
    for resource in proxy.snapshot.resources(SectionKind.ENDPOINTS):
        cluster = proxy.cluster(resource.name) if resource.name else None
        try:
            for host in cluster.hosts if cluster is not None else ():
                endpoint = Endpoint(host.address, metadata=host.metadata)
                service = service_behind(proxy, resource.name, endpoint)
                if service:
                    found.setdefault(endpoint.ip, service)
        except Undecidable:
            continue  # a cluster that cannot be read costs what goes to it, not the others
    return found


def _services(message: Json) -> list[str]:
    try:
        services = istio_metadata(message).get("services")
    except Undecidable:
        return []
    return (
        [str(s.get("host") or "") for s in services if isinstance(s, dict)]
        if isinstance(services, list)
        else []
    )


def _host_of_name(cluster: str) -> str:
    """``outbound|80|v1|reviews.default.svc.cluster.local``: Istio's own name of a service port."""
    parts = parts_of(cluster)
    return parts.host if parts is not None and parts.direction.startswith("outbound") else ""


def _of_kubernetes(host: str) -> bool:
    """A Kubernetes service: its endpoints are pods, with or without a proxy."""
    parts = host.split(".")
    return len(parts) > 2 and parts[2] == "svc"


def _carries_mesh_metadata(metadata: Json) -> bool:
    labels = metadata.get("envoy.transport_socket_match") or {}
    tunnel = (labels.get("tunnel") or "") if isinstance(labels, dict) else ""
    return bool(isinstance(labels, dict) and labels.get("tlsMode") == "istio") or tunnel == "http"


def _mutual(proxy: Proxy, cluster: str, endpoint: Endpoint) -> bool:
    """Mutual TLS with the workload's own certificate: only a proxy of the mesh ends it."""
    found = proxy.cluster(cluster)
    try:
        tls = found.tls_to(endpoint.metadata)[0] if found is not None else None
    except Undecidable:
        return False  # the index looks at every cluster: the trace is open where it goes to this one
    return tls is not None and tls.mutual and tls.client_certificate == "default"
