"""Service addresses as the proxies' own configuration tells them: which service a VIP is, and its endpoints.

Istio writes a service's VIPs into virtual host domains (``10.96.0.1``, ``10.96.0.1:80``; the virtual host is
named ``host:port``) and into listener addresses (``10.96.0.1_80``). That serves two ends: a URL's host name
becomes the address an application would dial, and kube-proxy's translation of a VIP that leaves a pod as it is
can be followed offline.
"""

from __future__ import annotations

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.envoy.api.extensions_filters_network_tcp_proxy_v3 import TcpProxy
from meshctl.envoy.cluster_names import parts_of
from meshctl.envoy.message import Undecidable
from meshctl.envoy.snapshot import SectionKind
from meshctl.match.address_ranges import number
from meshctl.plain import Json, list_at, objects_at
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import istio_config
from meshctl.proxy.upstream.endpoints import Health
from meshctl.values import Struct, field


class Service(Struct, frozen=True):
    """A service's address in the network. endpoints: the ready ones (``ip:port``), None where they are not known;
    foreign: the address is the service's, the port is none of its."""

    host: str
    endpoints: tuple[str, ...] | None
    foreign: bool = False


class ServiceMap(Struct):
    """The services one proxy knows: hosts by (VIP, port), VIPs by host name."""

    hosts: dict[tuple[str, int], str] = field(default_factory=dict)
    vips: dict[str, str] = field(default_factory=dict)  # name (short or long) -> VIP

    def owner(self, ip: str) -> str:
        """The service that has an address, on whatever port; "" for none."""
        return next((host for (vip, _), host in self.hosts.items() if vip == ip), "")

    def service(self, proxy: Proxy, ip: str, port: int) -> Service | None:
        """The service at an address, by what this proxy knows; None when it knows none."""
        host = self.hosts.get((ip, port))
        if host is None:
            owner = self.owner(ip)
            return Service(owner, (), foreign=True) if owner else None
        return Service(host, endpoints_of(proxy, host, port))


def _host_and_port(name: str) -> tuple[str, int]:
    host, _, port = name.rpartition(":")
    return (host, int(port)) if port.isdigit() and host else (name, 0)


def service_map(proxy: Proxy) -> ServiceMap:
    """Read the VIPs out of a proxy's routes and listeners."""
    found = ServiceMap()
    for resource in proxy.snapshot.resources(SectionKind.ROUTES):
        for virtual_host in objects_at(resource.value, "virtual_hosts"):
            _from_virtual_host(found, virtual_host, resource.name)
    for listener in proxy.listeners.all:
        _from_listener(found, listener, proxy)
    return found


def _from_virtual_host(found: ServiceMap, virtual_host: Json, table: str) -> None:
    host, port = _host_and_port(str(virtual_host.get("name") or ""))
    domains = [str(domain) for domain in list_at(virtual_host, "domains")]
    addresses = [d.strip("[]") for d in domains if number(d.strip("[]"))]
    if not addresses or not host or "*" in host:
        return
    for address in addresses:
        found.hosts.setdefault((address, port or _port_of_table(table)), host)
    for domain in domains:
        if not number(domain.strip("[]")) and "*" not in domain:
            found.vips.setdefault(domain.lower(), addresses[0])


def _port_of_table(table: str) -> int:
    tail = table.rpartition(":")[2]
    return int(tail) if tail.isdigit() else 0


def _from_listener(found: ServiceMap, listener: Listener, proxy: Proxy) -> None:
    """A listener at a VIP of its own: the service is that of the cluster it ends in."""
    try:
        host = "" if listener.bound else _service_of(listener)
    except Undecidable:
        return  # what cannot be read names no service
    if not host:
        return
    for ip, port, _ in listener.addresses:
        if number(ip) and ip not in ("0.0.0.0", "::"):
            found.hosts.setdefault((ip, port), host)
            for name in _names(host):
                found.vips.setdefault(name, ip)


def _service_of(listener: Listener) -> str:
    chains = [*listener.chains, *([listener.default_chain] if listener.default_chain else [])]
    for chain in chains:
        if istio_config(chain.message).startswith("VirtualService"):
            continue  # it leads where the VirtualService sends the VIP, which is not whose VIP it is
        for network_filter in chain.filters:
            hosts = {
                parts.host
                for name in _clusters(network_filter.fields)
                if (parts := parts_of(name)) is not None
            }
            rds = network_filter.read(HttpConnectionManager).rds
            name = rds.route_config_name if rds is not None else ""
            if len(hosts) == 1:
                return hosts.pop()
            if ":" in name:
                return name.rpartition(":")[0]
    return ""


def _clusters(proxy: Json) -> list[str]:
    """The outbound clusters of a TCP proxy: one, or several by weight (subsets of a service)."""
    typed = TcpProxy(proxy)
    weighted = typed.weighted_clusters.clusters if typed.weighted_clusters is not None else ()
    return [
        name for name in (typed.cluster, *(part.name for part in weighted)) if name.startswith("outbound|")
    ]


def _names(host: str) -> list[str]:
    """The names by which a service is called: in full, and shortened at each dot of cluster.local names."""
    parts = host.lower().split(".")
    if len(parts) >= 5 and parts[2] == "svc":
        return [".".join(parts), ".".join(parts[:3]), ".".join(parts[:2])]
    return [host.lower()]


def endpoints_of(proxy: Proxy, host: str, port: int) -> tuple[str, ...] | None:
    """The ready endpoints of a service port; None when the proxy does not know them (no such cluster, or one
    that sends to the original destination and so has no endpoints of its own)."""
    cluster = proxy.cluster(f"outbound|{port}||{host}")
    try:
        if cluster is None or cluster.kind == "ORIGINAL_DST":
            return None
        if not cluster.hosts:  # of an EDS cluster that was shown whole: there is none
            whole = cluster.kind == "EDS" and proxy.snapshot.gap(SectionKind.ENDPOINTS) is None
            return () if whole else None
    except Undecidable:
        return None
    return tuple(h.address for h in cluster.hosts if h.health is not Health.UNHEALTHY)
