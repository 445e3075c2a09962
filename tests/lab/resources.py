"""The resources that the management server serves: versioned, and able to be in every state a proxy can see.

A resource is put, changed or removed by name; ``hold`` keeps it from being sent (so that what refers to it
stays warming), ``release`` lets it go. Whoever serves a stream registers a callback and is told of each change.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.lab.messages import from_json, type_url

CLUSTER = "envoy.config.cluster.v3.Cluster"
ENDPOINTS = "envoy.config.endpoint.v3.ClusterLoadAssignment"
LISTENER = "envoy.config.listener.v3.Listener"
ROUTES = "envoy.config.route.v3.RouteConfiguration"
SECRET = "envoy.extensions.transport_sockets.tls.v3.Secret"
EXTENSION = "envoy.config.core.v3.TypedExtensionConfig"

# Types of which a proxy asks for all there are; of the others it names what it wants.
WILDCARD = frozenset({type_url(CLUSTER), type_url(LISTENER)})


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as it goes over the wire; ``version`` grows with each change of this resource."""

    name: str
    version: int
    message: Any


class ResourceStore:
    """The resources of one proxy (each pod has its own view of the mesh)."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._resources: dict[str, dict[str, Resource]] = {}
        self._held: set[tuple[str, str]] = set()
        self._versions: dict[str, int] = {}
        self._watchers: list[Callable[[str], None]] = []

    def watch(self, callback: Callable[[str], None]) -> Callable[[], None]:
        """Call back with the type URL after each change; returns what ends it."""
        with self._lock:
            self._watchers.append(callback)
        return lambda: self._watchers.remove(callback) if callback in self._watchers else None

    def _changed(self, url: str) -> None:
        self._versions[url] = self._versions.get(url, 0) + 1
        for callback in list(self._watchers):
            callback(url)

    def put(self, full_name: str, value: dict[str, Any]) -> None:
        """Add or change a resource, given as proto3 JSON; unchanged content is no change."""
        message = from_json(full_name, value)
        name = getattr(message, "cluster_name", "") or message.name
        self.put_message(type_url(full_name), name, message)

    def put_message(self, url: str, name: str, message: Any) -> None:
        with self._lock:
            known = self._resources.setdefault(url, {})
            before = known.get(name)
            if before is not None and before.message == message:
                return
            known[name] = Resource(name, before.version + 1 if before else 1, message)
            self._changed(url)

    def replace(self, full_name: str, values: Iterable[dict[str, Any]]) -> None:
        """Make these the only resources of a type: one change for all."""
        url = type_url(full_name)
        with self._lock:
            before = self._resources.get(url, {})
            after: dict[str, Resource] = {}
            for value in values:
                message = from_json(full_name, value)
                name = getattr(message, "cluster_name", "") or message.name
                old = before.get(name)
                same = old is not None and old.message == message
                after[name] = old if same and old else Resource(name, old.version + 1 if old else 1, message)
            if after != before:
                self._resources[url] = after
                self._changed(url)

    def remove(self, full_name: str, name: str) -> None:
        url = type_url(full_name)
        with self._lock:
            if self._resources.get(url, {}).pop(name, None) is not None:
                self._changed(url)

    def hold(self, full_name: str, name: str) -> None:
        """Do not send a resource (any more): what refers to it stays warming."""
        with self._lock:
            self._held.add((type_url(full_name), name))

    def release(self, full_name: str, name: str) -> None:
        with self._lock:
            self._held.discard((type_url(full_name), name))
            self._changed(type_url(full_name))

    def version(self, url: str) -> str:
        with self._lock:
            return str(self._versions.get(url, 0))

    def get(self, url: str, names: Iterable[str] | None) -> dict[str, Resource]:
        """What may be sent of a type: all (``names`` None) or those named."""
        with self._lock:
            found = self._resources.get(url, {})
            wanted = found.keys() if names is None else [n for n in names if n in found]
            return {n: found[n] for n in sorted(wanted) if (url, n) not in self._held}
