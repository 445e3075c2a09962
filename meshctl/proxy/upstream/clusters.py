"""A cluster as the trace needs it: its kind, its hosts with their health, TLS towards them, HTTP version.

Hosts come from the dump's endpoints (include_eds), else from the cluster's own load_assignment. Types by name:
EDS, STATIC, STRICT_DNS, LOGICAL_DNS, ORIGINAL_DST; extension clusters by cluster_type.
Follows envoy.config.cluster.v3.Cluster, source/common/upstream/{upstream_impl,transport_socket_match_impl}.cc.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from meshctl.envoy.api import config_cluster_v3 as api
from meshctl.envoy.api.config_endpoint_v3 import ClusterLoadAssignment
from meshctl.envoy.api.extensions_upstreams_http_v3 import HttpProtocolOptions
from meshctl.envoy.api.type_v3 import Percent
from meshctl.envoy.message import Undecidable
from meshctl.match.fraction import Runtime, fractional_percent
from meshctl.proxy.upstream.endpoints import Distribution, Given, Policy, distribute
from meshctl.proxy.upstream.hash_policy import HashKey, HashPolicy
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.lb_policy import Balancing, ZoneAware, balancing
from meshctl.proxy.upstream.load_assignment import draining, hosts_of, live_of, locality_text
from meshctl.proxy.upstream.subsets import Subsets, select
from meshctl.proxy.upstream.tls import TlsToHost, tls_of
from meshctl.proxy.upstream.zones import Zone
from meshctl.values import Struct, replace

Json = dict[str, Any]


class Cluster(Struct, dict=True):
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
        custom = self.config.cluster_type.name if self.config.cluster_type is not None else ""
        return _CUSTOM_KINDS.get(custom, custom) if custom else self.config.type

    @property
    def service_name(self) -> str:
        """The name of its load assignment, where that is another one."""
        eds = self.config.eds_cluster_config
        return eds.service_name if eds is not None else ""

    @functools.cached_property
    def forbids_alpn(self) -> bool:
        """Whether Istio's ALPN filter leaves its TLS alone."""
        return str(istio_metadata(self.message).get("alpn_override", "")).lower() == "false"

    @functools.cached_property
    def assigned(self) -> ClusterLoadAssignment | None:
        """Its load assignment in the dump's endpoints."""
        return None if self.assignment is None else ClusterLoadAssignment(self.assignment)

    @functools.cached_property
    def hosts(self) -> list[Host]:
        _ = self.service_name  # one that cannot be read: which assignment is its own is not known
        live = live_of(self.statuses)
        gone = draining(self.config.load_assignment, live)
        return [
            replace(host, health=Health.EXCLUDED, reason="draining") if host.address in gone else host
            for host in hosts_of(self._shown, live)
        ]

    @functools.cached_property
    def _shown(self) -> ClusterLoadAssignment:
        """The endpoints as the dump shows them; a cluster's own assignment has settings that the dump leaves out."""
        own = self.config.load_assignment or ClusterLoadAssignment({})
        if self.assignment is None:
            return own
        shown = ClusterLoadAssignment(self.assignment)
        said = [one.policy.raw for one in (shown, own) if one.policy is not None]
        policy = {key: value for fields in said for key, value in fields.items()}
        return ClusterLoadAssignment({**self.assignment, "policy": policy})

    @property
    def locality_weights(self) -> dict[str, int]:
        """The weight of each locality of the first priority that has one, those without hosts included."""
        groups = [group for group in self._shown.endpoints if group.priority == 0]
        weights = {locality_text(group.locality): group.load_balancing_weight or 0 for group in groups}
        return {locality: weight for locality, weight in weights.items() if weight}

    @property
    def _settings(self) -> ClusterLoadAssignment.Policy:
        return self._shown.policy or ClusterLoadAssignment.Policy({})

    @functools.cached_property
    def may_drain(self) -> bool:
        """Whether hosts that are shown as unhealthy may be draining ones: nothing but a dump of endpoints is there."""
        told = self.statuses is not None or "load_assignment" in self.message
        return not told and any(host.health is Health.UNHEALTHY for host in self.hosts)

    @functools.cached_property
    def balancing(self) -> Balancing:
        return balancing(self.config)

    @functools.cached_property
    def policy(self) -> Policy:
        said, own = self._settings, self.balancing
        threshold, zones = own.common.healthy_panic_threshold, own.zone_aware
        percent = 50.0 if threshold is None else float(round(_percent(threshold)))
        return Policy(
            float(self.runtime.integer("upstream.healthy_panic_threshold", int(percent))),
            said.overprovisioning_factor or 140,
            said.weighted_priority_health,
            own.locality_weighted,
            own.ignores_weights,
            zones is not None and zones.fail_traffic_on_panic,
            own.hashing,
            self._zone(zones) if zones is not None else None,
            own.unknown,
        )

    def _zone(self, zones: ZoneAware) -> Zone | None:
        weighted = self.balancing.locality_weighted and any(host.locality_weight for host in self.hosts)
        if self.zone is None or (self.zone.unread and weighted):
            return None  # locality weights go before it
        if self.zone.unread:
            raise Undecidable(self.zone.unread)
        percent = 100.0 if zones.routing_enabled is None else _percent(zones.routing_enabled)
        least = zones.min_cluster_size or 6
        return replace(
            self.zone,
            enabled=self.runtime.integer("upstream.zone_routing.enabled", int(percent)) / 100,
            min_cluster_size=self.runtime.integer("upstream.zone_routing.min_cluster_size", least),
        )

    @property
    def lb_policy(self) -> str:
        return self.balancing.kind

    @property
    def may_hash(self) -> bool:
        """Whether a key may decide: by consistent hashing, its own or that of an aggregate's clusters."""
        return self.policy.hashing is not None or self.kind == "AGGREGATE"

    @property
    def subsets(self) -> Subsets | None:
        return self.balancing.subsets

    def shares(
        self, hosts: Sequence[Host], wanted: Json, key: HashKey, given: Given | None = None
    ) -> Distribution:
        """How its load balancer shares requests among its hosts (or among what they may be instead)."""
        if self.subsets is not None:
            return select(hosts, self.subsets, wanted, self.policy, key, given)
        found = distribute(hosts, self.policy, key, given)
        if not self.policy.locality_weighted or all(host.shown for host in hosts):
            return found
        if len({host.locality for host in hosts}) < 2:
            return found
        why = f"the weights of the localities of {self.name} were not shown (include_eds)"
        return replace(found, undetermined=found.undetermined or why)

    @functools.cached_property
    def drop_share(self) -> float:
        """The share of requests that drop_overloads drops (Envoy takes one category only)."""
        drops = self._settings.drop_overloads
        share = drops[0].drop_percentage if len(drops) == 1 else None
        return fractional_percent(share.raw).chance if share is not None else 0.0

    @functools.cached_property
    def override_statuses(self) -> frozenset[str]:
        """The health by which a host may be named for a request (override_host_status)."""
        common = self.config.common_lb_config
        said = common.override_host_status if common is not None else None
        return frozenset((said.statuses if said is not None else ()) or ("UNKNOWN", "HEALTHY", "DEGRADED"))

    def closed(self, priority: str, limit: str) -> bool:
        """Whether a circuit breaker of a priority is 0."""
        key = (priority, limit)
        if key not in self._closed:
            self._closed[key] = self._is_zero(priority, limit)
        return self._closed[key]

    @functools.cached_property
    def _closed(self) -> dict[tuple[str, str], bool]:
        return {}

    def _is_zero(self, priority: str, limit: str) -> bool:
        breakers = self.config.circuit_breakers
        for threshold in breakers.thresholds if breakers is not None else ():
            if threshold.priority == priority:
                key = f"circuit_breakers.{self.name}.{priority.lower()}.{limit}"
                said: int | None = getattr(threshold, limit)
                return self.runtime.integer(key, 1024 if said is None else said) == 0
        return False

    @functools.cached_property
    def http2(self) -> bool | None:
        """Whether requests go out as HTTP/2; None: as they came."""
        options = self._http_options
        if options.use_downstream_protocol_config is not None:
            return None
        if options.explicit_http_config is not None:
            return options.explicit_http_config.http2_protocol_options is not None
        return self.config.http2_protocol_options is not None

    @functools.cached_property
    def _http_options(self) -> HttpProtocolOptions:
        packed = self.config.typed_extension_protocol_options.get(HttpProtocolOptions.TYPE)
        if packed is None:
            return HttpProtocolOptions({})
        return packed.as_(HttpProtocolOptions) or HttpProtocolOptions(packed.raw)

    @functools.cached_property
    def idle_timeout(self) -> float:
        """For how long an idle HTTP connection to a host is kept, in seconds (an hour unless said; 0: without end)."""
        common = self._http_options.common_http_protocol_options or self.config.common_http_protocol_options
        said = common.idle_timeout if common is not None else None
        return 3600.0 if said is None else said

    @functools.cached_property
    def filters(self) -> tuple[str, ...]:
        """The types of its own HTTP filters, which run behind the router."""
        opened = (one.typed_config for one in self._http_options.http_filters)
        return tuple(packed.type_name if packed is not None else "" for packed in opened)

    @functools.cached_property
    def hash_policy(self) -> tuple[HashPolicy, ...]:
        """The hash policy for routes that have none of their own."""
        return self._http_options.hash_policy

    @functools.cached_property
    def source_ips(self) -> tuple[str, ...]:
        """The addresses Envoy binds to, by family (Istio: 127.0.0.6 and ::6 towards the application)."""
        bind = self.config.upstream_bind_config
        if bind is None:
            return ()
        sockets = [bind.source_address, *(extra.address for extra in bind.extra_source_addresses)]
        return tuple(socket.address for socket in sockets if socket is not None and socket.address)

    @functools.cached_property
    def logged_name(self) -> str:
        """The name that %UPSTREAM_CLUSTER% prints: alt_stat_name, where there is one."""
        return self.config.alt_stat_name or self.name

    @functools.cached_property
    def resource(self) -> str:
        return istio_config(self.message)

    def tls_to(self, metadata: Json) -> tuple[TlsToHost | None, str]:
        """The TLS used towards a host with this metadata (None: plain text), and which match chose it."""
        labels = metadata.get("envoy.transport_socket_match") or {}
        key = repr(labels) if self.config.transport_socket_matches else ""
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

    @functools.cached_property
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


def _percent(said: Percent) -> float:
    """A percentage, which Envoy takes from 0 to 100 only."""
    if not 0 <= said.value <= 100:
        raise Undecidable(f"a percentage of {said.value:g}, where Envoy takes 0 to 100")
    return said.value


def istio_metadata(message: Json) -> Json:
    """What Istio says of a message, in its metadata: routes, chains and listeners have it as clusters do."""
    metadata = api.Cluster(message).metadata
    return metadata.filter_metadata.get("istio", {}) if metadata is not None else {}


def istio_config(message: Json) -> str:
    """The Istio resource a message came from, as ``kind namespace/name``; "" when it names none."""
    try:
        path = istio_metadata(message).get("config")
    except Undecidable:
        return ""
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
