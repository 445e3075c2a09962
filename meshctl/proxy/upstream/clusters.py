"""A cluster as the trace needs it: its kind, its hosts with their health, TLS towards them, HTTP version.

Hosts come from the dump's endpoints (include_eds), else from the cluster's own load_assignment; what
``/clusters`` knows of a host (failed checks, outlier ejection) overrides the dump's health. Types by name:
EDS, STATIC, STRICT_DNS, LOGICAL_DNS, ORIGINAL_DST; extension clusters by cluster_type.
Follows envoy.config.cluster.v3.Cluster, source/common/upstream/{upstream_impl,transport_socket_match_impl}.cc.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import Any

from meshctl.envoy.anys import unpack
from meshctl.envoy.api import config_cluster_v3 as api
from meshctl.match.fraction import Runtime, fractional_percent
from meshctl.proxy.upstream.endpoints import Policy
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.lb_policy import Balancing, balancing
from meshctl.proxy.upstream.subsets import Subsets
from meshctl.proxy.upstream.tls import TlsToHost, tls_of
from meshctl.proxy.upstream.zones import Zone

Json = dict[str, Any]

_HEALTH = {
    "UNHEALTHY": Health.UNHEALTHY,
    "DRAINING": Health.EXCLUDED,
    "TIMEOUT": Health.UNHEALTHY,
    "DEGRADED": Health.DEGRADED,
}
# Flags of /clusters that take a host out, and what to call them.
_FAILED_FLAGS = {
    "failed_active_health_check": "failed its active health check",
    "failed_outlier_check": "ejected by outlier detection",
    "excluded_via_immediate_hc_fail": "excluded by an immediate health check failure",
}
_DEGRADED_FLAGS = ("failed_active_degraded_check",)


@dataclass
class Cluster:
    """One cluster of a snapshot; ``where`` is its place in the dump."""

    message: Json
    where: str
    runtime: Runtime
    assignment: Json | None = None
    statuses: Json | None = None
    zone: Zone | None = None

    @functools.cached_property
    def config(self) -> api.Cluster:
        return api.Cluster(self.message)

    @property
    def name(self) -> str:
        return str(self.message.get("name") or "")

    @functools.cached_property
    def kind(self) -> str:
        """The discovery type; STATIC when nothing is said (proto3)."""
        custom = (self.message.get("cluster_type") or {}).get("name")
        if custom:
            return _CUSTOM_KINDS.get(str(custom), str(custom))
        return str(self.message.get("type") or "STATIC")

    @functools.cached_property
    def hosts(self) -> list[Host]:
        assignment = self._shown
        live = _statuses_by_address(self.statuses)
        found = [
            _host(locality, endpoint, live)
            for locality in assignment.get("endpoints") or ()
            for endpoint in locality.get("lb_endpoints") or ()
        ]
        if not found and live:
            found = [_host_of_status(status) for status in live.values()]
        return [
            replace(host, health=Health.EXCLUDED, reason="draining")
            if host.address in self._draining
            else host
            for host in found
        ]

    @functools.cached_property
    def _shown(self) -> Json:
        """The endpoints as the dump shows them; a cluster's own assignment has settings that the dump leaves out."""
        own: Json = self.message.get("load_assignment") or {}
        if self.assignment is None:
            return own
        policy = {**(self.assignment.get("policy") or {}), **(own.get("policy") or {})}
        return {**self.assignment, "policy": policy}

    @functools.cached_property
    def _draining(self) -> frozenset[str]:
        """Hosts that drain: the dump calls them unhealthy, the cluster's own assignment and /clusters know."""
        own = (self.message.get("load_assignment") or {}).get("endpoints") or ()
        found = {
            address_text((endpoint.get("endpoint") or {}).get("address"))
            for locality in own
            for endpoint in locality.get("lb_endpoints") or ()
            if endpoint.get("health_status") == "DRAINING"
        }
        for address, status in _statuses_by_address(self.statuses).items():
            if (status.get("health_status") or {}).get("eds_health_status") == "DRAINING":
                found.add(address)
        return frozenset(found)

    @functools.cached_property
    def may_drain(self) -> bool:
        """Whether hosts that are shown as unhealthy may be draining ones: nothing but a dump of endpoints is there."""
        told = self.statuses is not None or "load_assignment" in self.message
        return not told and any(host.health is Health.UNHEALTHY for host in self.hosts)

    @functools.cached_property
    def balancing(self) -> Balancing:
        return balancing(self.message)

    @functools.cached_property
    def policy(self) -> Policy:
        said, own = self._shown.get("policy") or {}, self.balancing
        threshold = own.common.get("healthy_panic_threshold")
        percent = 50.0 if threshold is None else float(round(float(threshold.get("value") or 0)))
        zones = own.zone_aware or {}
        return Policy(
            float(self.runtime.integer("upstream.healthy_panic_threshold", int(percent))),
            int(said.get("overprovisioning_factor") or 140),
            bool(said.get("weighted_priority_health")),
            own.locality_weighted,
            own.kind == "RANDOM",
            bool(zones.get("fail_traffic_on_panic")),
            own.hashing,
            self._zone(zones) if own.zone_aware is not None and not own.locality_weighted else None,
            own.unknown,
        )

    def _zone(self, zones: Json) -> Zone | None:
        if self.zone is None:
            return None
        routing = zones.get("routing_enabled")
        percent = 100.0 if routing is None else float(routing.get("value") or 0)
        least = int(zones.get("min_cluster_size") or 6)
        return replace(
            self.zone,
            enabled=self.runtime.integer("upstream.zone_routing.enabled", int(percent)) / 100,
            min_cluster_size=self.runtime.integer("upstream.zone_routing.min_cluster_size", least),
        )

    @property
    def lb_policy(self) -> str:
        return self.balancing.kind

    @property
    def subsets(self) -> Subsets | None:
        return self.balancing.subsets

    @functools.cached_property
    def drop_share(self) -> float:
        """The share of requests that drop_overloads drops (Envoy takes one category only)."""
        drops: list[Json] = (self._shown.get("policy") or {}).get("drop_overloads") or []
        return fractional_percent(drops[0].get("drop_percentage")).chance if len(drops) == 1 else 0.0

    @functools.cached_property
    def override_statuses(self) -> frozenset[str]:
        """The health by which a host may be named for a request (override_host_status)."""
        said = (self.message.get("common_lb_config") or {}).get("override_host_status") or {}
        return frozenset(said.get("statuses") or ("UNKNOWN", "HEALTHY", "DEGRADED"))

    def closed(self, priority: str, limit: str) -> bool:
        """Whether a circuit breaker of a priority is 0."""
        for threshold in (self.message.get("circuit_breakers") or {}).get("thresholds") or ():
            if str(threshold.get("priority") or "DEFAULT") == priority:
                value = self.runtime.integer(
                    f"circuit_breakers.{self.name}.{priority.lower()}.{limit}",
                    int(threshold.get(limit, 1024)),
                )
                return value == 0
        return False

    @functools.cached_property
    def http2(self) -> bool | None:
        """Whether requests go out as HTTP/2; None: as they came."""
        fields = self._http_options
        if "use_downstream_protocol_config" in fields:
            return None
        if "explicit_http_config" in fields:
            return "http2_protocol_options" in fields["explicit_http_config"]
        return "http2_protocol_options" in self.message

    @functools.cached_property
    def _http_options(self) -> Json:
        options = self.message.get("typed_extension_protocol_options") or {}
        return unpack(options.get("envoy.extensions.upstreams.http.v3.HttpProtocolOptions"))[1]

    @property
    def filters(self) -> tuple[str, ...]:
        """The types of its own HTTP filters, which run behind the router."""
        return tuple(unpack(f.get("typed_config"))[0] for f in self._http_options.get("http_filters") or ())

    @property
    def hash_policy(self) -> list[Json]:
        """The hash policy for routes that have none of their own."""
        return self._http_options.get("hash_policy") or []

    @functools.cached_property
    def source_ips(self) -> tuple[str, ...]:
        """The addresses Envoy binds to, by family (Istio: 127.0.0.6 and ::6 towards the application)."""
        bind = self.message.get("upstream_bind_config") or {}
        messages = [bind.get("source_address") or {}]
        messages += [extra.get("address") or {} for extra in bind.get("extra_source_addresses") or ()]
        return tuple(str(m["address"]) for m in messages if m.get("address"))

    @property
    def resource(self) -> str:
        return istio_config(self.message)

    def tls_to(self, metadata: Json) -> tuple[TlsToHost | None, str]:
        """The TLS used towards a host with this metadata (None: plain text), and which match chose it."""
        labels = metadata.get("envoy.transport_socket_match") or {}
        key = repr(labels)
        if key not in self._tls:
            self._tls[key] = self._tls_by(labels)
        return self._tls[key]

    @functools.cached_property
    def _tls(self) -> dict[str, tuple[TlsToHost | None, str]]:
        return {}

    def _tls_by(self, labels: Json) -> tuple[TlsToHost | None, str]:
        for match in self.config.transport_socket_matches:
            if all(labels.get(key) == value for key, value in match.match.items()):
                return tls_of(match.transport_socket), match.name
        return tls_of(self.config.transport_socket), ""

    @property
    def proxy_protocol(self) -> bool:
        """Whether a PROXY header goes first (then a sidecar's TLS cannot read what follows)."""
        return "ProxyProtocolUpstreamTransport" in str(
            self.message.get("transport_socket") or ""
        ) or "ProxyProtocolUpstreamTransport" in str(self.message.get("transport_socket_matches") or "")


_CUSTOM_KINDS = {
    "envoy.cluster.eds": "EDS",
    "envoy.cluster.static": "STATIC",
    "envoy.cluster.strict_dns": "STRICT_DNS",
    "envoy.cluster.logical_dns": "LOGICAL_DNS",
    "envoy.cluster.original_dst": "ORIGINAL_DST",
    "envoy.clusters.dynamic_forward_proxy": "DYNAMIC_FORWARD_PROXY",
    "envoy.clusters.aggregate": "AGGREGATE",
    "envoy.clusters.dns": "STRICT_DNS",
}


def istio_config(message: Json) -> str:
    """The Istio resource a message came from, as ``kind namespace/name``; "" when it names none."""
    path = ((message.get("metadata") or {}).get("filter_metadata") or {}).get("istio", {}).get("config")
    if not isinstance(path, str):
        return ""
    parts = path.strip("/").split("/")
    if "namespaces" not in parts:
        return path
    at = parts.index("namespaces")
    rest = parts[at + 1 :]
    return f"{_kind(rest[1])} {rest[0]}/{'/'.join(rest[2:])}" if len(rest) >= 3 else path


def _kind(word: str) -> str:
    """``virtual-service`` as VirtualService."""
    return "".join(part.capitalize() for part in word.split("-"))


def address_text(address: Json | None) -> str:
    """An Address message as ``ip:port``, a pipe's path, or an internal listener's name."""
    address = address or {}
    socket = address.get("socket_address")
    if socket is not None:
        ip, port = str(socket.get("address", "")), socket.get("port_value") or socket.get("named_port") or 0
        return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"
    if "pipe" in address:
        return str(address["pipe"].get("path", ""))
    internal = address.get("envoy_internal_address") or {}
    name = internal.get("server_listener_name")
    if not name:
        return ""
    return f"envoy://{name}/{internal.get('endpoint_id', '')}"


def _statuses_by_address(statuses: Json | None) -> dict[str, Json]:
    found = {}
    for status in (statuses or {}).get("host_statuses") or ():
        found[address_text(status.get("address"))] = status
    return found


def _live_health(status: Json | None) -> tuple[Health, str] | None:
    """The health by /clusters; None when it does not contradict the dump."""
    flags = (status or {}).get("health_status") or {}
    for flag, text in _FAILED_FLAGS.items():
        if flags.get(flag):
            return Health.UNHEALTHY, text
    eds = str(flags.get("eds_health_status") or "")
    if eds in _HEALTH:
        return _HEALTH[eds], eds.lower()
    if any(flags.get(flag) for flag in _DEGRADED_FLAGS):
        return Health.DEGRADED, "degraded"
    return None


def locality_text(message: Json | None) -> str:
    message = message or {}
    return "/".join(str(message.get(part, "")) for part in ("region", "zone", "sub_zone")).rstrip("/")


def _host(locality: Json, lb_endpoint: Json, live: dict[str, Json]) -> Host:
    endpoint = lb_endpoint.get("endpoint") or {}
    address = address_text(endpoint.get("address"))
    said = str(lb_endpoint.get("health_status") or "HEALTHY")
    health, reason = _HEALTH.get(said, Health.HEALTHY), said.lower()
    found = _live_health(live.get(address))
    if found is not None and health is Health.HEALTHY:
        health, reason = found
    return Host(
        address,
        str(endpoint.get("hostname") or ""),
        health,
        int(lb_endpoint.get("load_balancing_weight") or 1),
        int(locality.get("priority") or 0),
        locality_text(locality.get("locality")),
        int(locality.get("load_balancing_weight") or 0),
        (lb_endpoint.get("metadata") or {}).get("filter_metadata") or {},
        "" if health is Health.HEALTHY else reason,
        tuple(address_text(a.get("address")) for a in endpoint.get("additional_addresses") or ()),
    )


def _host_of_status(status: Json) -> Host:
    """A host known only from /clusters."""
    health, reason = _live_health(status) or (Health.HEALTHY, "")
    return Host(
        address_text(status.get("address")),
        str(status.get("hostname") or ""),
        health,
        int(status.get("weight") or 1),
        int(status.get("priority") or 0),
        locality_text(status.get("locality")),
        reason=reason,
        shown=False,
    )
