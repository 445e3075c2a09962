"""One Envoy ready to be asked: the indexes over its snapshot, compiled when first used.

Listeners by address, route configurations and clusters by name, endpoints and live host status by cluster, the
runtime. Everything is compiled once a snapshot and shared by all requests.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable
from typing import Any

from meshctl.coverage import Gap
from meshctl.envoy.api.config_core_v3 import Node
from meshctl.envoy.documents import DocumentKind
from meshctl.envoy.message import Undecidable
from meshctl.envoy.snapshot import Resource, SectionKind, Snapshot, State
from meshctl.match.fraction import Runtime, runtime_of
from meshctl.plain import Json
from meshctl.proxy.listen.listeners import Listener, ListenerBook
from meshctl.proxy.routing.routes import RouteTable
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.load_assignment import locality_text
from meshctl.proxy.upstream.zones import Zone

_NOT_IN_FORCE = (State.WARMING, State.ERROR, State.DRAINING)


def _state_words(resource: Resource) -> str:
    """Why a resource is not used, as the end of a sentence."""
    if resource.rejection is not None:
        return f"was refused by Envoy: {resource.rejection.details}"
    if resource.state is State.DRAINING:
        return "is draining: it only serves what it already has"
    return "is still warming" if resource.state is State.WARMING else "was refused by Envoy"


class Proxy:
    """The compiled view of a snapshot."""

    def __init__(self, snapshot: Snapshot, name: str = "", now: float = 0.0) -> None:
        """``now`` (seconds since 1970) is what tokens are checked against."""
        self.now = now
        self.compiled: dict[Any, Any] = {}
        self.snapshot = snapshot
        self.name = name or snapshot.origin
        self._tables: dict[int, RouteTable] = {}
        self._clusters: dict[str, Cluster | None] = {}

    @functools.cached_property
    def runtime(self) -> Runtime:
        return runtime_of(self.snapshot.bootstrap)

    @functools.cached_property
    def listeners(self) -> ListenerBook:
        """Static and active listeners; warming, draining and refused ones take no new connection."""
        resources = self.snapshot.resources(SectionKind.LISTENERS, State.STATIC, State.ACTIVE)
        dynamic_first = sorted(resources, key=lambda r: r.state is State.STATIC)
        return ListenerBook([Listener(r.value, r.path) for r in dynamic_first if r.value])

    @functools.cached_property
    def unseen_listeners(self) -> Gap | None:
        """What would have to be seen before "there is no such listener" can be said.

        A listener without an address is one whose address was cut off (``?mask=``): Envoy takes none without.
        """
        for listener in self.listeners.all:
            config = listener.config
            if not config.raw.keys() & {"address", "internal_listener", "api_listener"}:
                return Gap(
                    f"the address of listener {listener.name}", "it is not in the dump", "a whole config_dump"
                )
        return self.snapshot.gap(SectionKind.LISTENERS)

    def inactive_listener(self, ip: str, port: int) -> str:
        """A listener for an address that the dump has and Envoy does not use, with the reason; "" for none."""
        for resource in self.snapshot.resources(SectionKind.LISTENERS, *_NOT_IN_FORCE):
            if resource.name in self.listeners.by_name:
                continue  # the form before is in force
            addresses = Listener(resource.value, resource.path).addresses if resource.value else []
            wildcards = ("0.0.0.0", "::")
            if resource.name == f"{ip}_{port}" or any(
                p == port and i in (ip, *wildcards) for i, p, _ in addresses
            ):
                return f"listener {resource.name} {_state_words(resource)}"
        return ""

    def not_in_force(self, kind: SectionKind, name: str) -> str:
        """Why a resource that the dump names is not used (warming, draining, refused with Envoy's reason), or ""."""
        found = [r for r in self.snapshot.resources(kind, *_NOT_IN_FORCE) if r.name == name]
        found.sort(key=lambda resource: resource.rejection is None)  # Envoy's own reason says most
        return _state_words(found[0]) if found else ""

    def refused_update(self, kind: SectionKind, name: str) -> str:
        """What Envoy said to a newer form of a resource in force, or ""."""
        for resource in self.snapshot.resources(kind, State.ERROR):
            if name and resource.name == name and resource.rejection is not None:
                return f"an update was refused by Envoy, the former one is in force: {resource.rejection.details}"
        return ""

    @functools.cached_property
    def _route_resources(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for resource in self.snapshot.resources(SectionKind.ROUTES, State.ACTIVE, State.STATIC):
            found.setdefault(resource.name, resource)
        return found

    @property
    def route_names(self) -> tuple[str, ...]:
        """The names of all route configurations of the dump."""
        return tuple(self._route_resources)

    def route_table(self, name: str) -> RouteTable | None:
        """A route configuration by its RDS name."""
        resource = self._route_resources.get(name)
        return None if resource is None else self.inline_table(resource.value, resource.path)

    def inline_table(self, message: Json, where: str) -> RouteTable:
        """A route configuration by its message, compiled once."""
        table = self._tables.get(id(message))
        if table is None:
            table = self._tables[id(message)] = RouteTable(message, self.runtime, where)
        return table

    @functools.cached_property
    def _cluster_resources(self) -> dict[str, Resource]:
        """Clusters by name; an active one before a warming one of the same name."""
        found: dict[str, Resource] = {}
        for resource in self.snapshot.resources(SectionKind.CLUSTERS, State.STATIC, State.ACTIVE):
            found.setdefault(resource.name, resource)
        return found

    def unseen_cluster(self, name: str) -> Gap | None:
        """What would have to be seen before "there is no such cluster" can be said; None for a warming one."""
        return None if name in self.warming_clusters else self.snapshot.gap(SectionKind.CLUSTERS)

    @functools.cached_property
    def warming_clusters(self) -> frozenset[str]:
        """Clusters that exist only as warming: not usable yet."""
        warming = self.snapshot.resources(SectionKind.CLUSTERS, State.WARMING)
        return frozenset(r.name for r in warming) - self._cluster_resources.keys()

    @functools.cached_property
    def _assignments(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        for resource in self.snapshot.resources(SectionKind.ENDPOINTS):
            found.setdefault(resource.name, resource)
        return found

    @functools.cached_property
    def _statuses(self) -> dict[str, Json]:
        answer = self.snapshot.json(DocumentKind.CLUSTERS) or {}
        return {str(status.get("name")): status for status in answer.get("cluster_statuses") or ()}

    def cluster(self, name: str) -> Cluster | None:
        """A usable cluster by name."""
        if name not in self._clusters:
            self._clusters[name] = self._compile_cluster(name)
        return self._clusters[name]

    def _compile_cluster(self, name: str) -> Cluster | None:
        resource = self._cluster_resources.get(name)
        if resource is None:
            return None
        cluster = Cluster(resource.value, resource.path, self.runtime, statuses=self._statuses.get(name))
        cluster.zone = None if name == self._local_cluster else self._zone
        try:
            service = cluster.service_name
        except Undecidable:
            return cluster  # its hosts say so when they are asked for
        assigned = self._assignments.get(service or name) or self._assignments.get(name)
        cluster.assignment = assigned.value if assigned else None
        return cluster

    @property
    def _local_cluster(self) -> str:
        manager = (self.snapshot.bootstrap or {}).get("cluster_manager") or {}
        return str(manager.get("local_cluster_name") or "")

    @functools.cached_property
    def _zone(self) -> Zone | None:
        """The proxy's locality and the hosts of its local cluster, for zone aware routing."""
        local = self.cluster(self._local_cluster) if self._local_cluster else None
        if local is None:
            return None
        try:
            own = Node((self.snapshot.bootstrap or {}).get("node") or {}).locality
            return Zone(locality_text(own), tuple(h for h in local.hosts if h.priority == 0))
        except Undecidable as unknown:
            return Zone("", (), unread=f"zone aware routing: {unknown.reason}")

    @functools.cached_property
    def cluster_names(self) -> tuple[str, ...]:
        return tuple(self._cluster_resources)

    def compile_once(self, message: Json, what: Hashable, build: Callable[[], Any]) -> Any:
        """A compiled form of a message of this snapshot, made once."""
        key = (id(message), what)
        if key not in self.compiled:
            self.compiled[key] = build()
        return self.compiled[key]

    @functools.cached_property
    def ecds(self) -> dict[str, Json]:
        """Filter configurations from extension discovery, by name."""
        found: dict[str, Json] = {}
        for resource in self.snapshot.resources(SectionKind.ECDS):
            found[str(resource.value.get("name") or resource.name)] = resource.value
        return found

    def scoped_routes(self, name: str) -> list[Json]:
        """The scopes of a scoped_routes configuration: all of the dump (Envoy does not tell them apart)."""
        return [r.value for r in self.snapshot.resources(SectionKind.SCOPED_ROUTES)]

    @functools.cached_property
    def trust_domain(self) -> str:
        metadata: Any = ((self.snapshot.bootstrap or {}).get("node") or {}).get("metadata") or {}
        mesh = metadata.get("PROXY_CONFIG") or {}
        return str(mesh.get("trustDomain") or "cluster.local")
