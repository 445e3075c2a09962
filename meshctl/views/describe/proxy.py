"""What a proxy's configuration says of a service: which Istio objects made it, and the RBAC policies of a port.

istiod notes in a cluster's and a route's metadata the object that it was made from. Follows
istio/istioctl/pkg/describe/describe.go, but for the policies: istioctl takes those of the first RBAC filter of the first
HTTP chain for every port (and ends in a panic where that has shadow rules alone). Here they are those of all RBAC filters,
HTTP and network, of the chains that the port's connections take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from meshctl.envoy.snapshot import SectionKind, Snapshot, State
from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.views.policies import NOTHING, filters_of, rules_of

_OBJECT = r"/apis/networking(?:\.istio\.io)?/v1(?:alpha3|beta1)?/namespaces/([^/]+)/{}/([^/]+)"
_INBOUND = "virtualInbound"
_SUFFIX = ".svc.cluster.local"


def host_of(service: Json) -> str:
    metadata = object_at(service, "metadata")
    return f"{metadata.get('name')}.{metadata.get('namespace')}{_SUFFIX}"


def _named(path: str, kind: str) -> tuple[str, str] | None:
    """(namespace, name) of the object that a path names."""
    found = re.search(_OBJECT.format(kind), path)
    return (found[1], found[2]) if found else None


def _istio_config(value: Json) -> str:
    istio = object_at(object_at(object_at(value, "metadata"), "filter_metadata"), "istio")
    return str(istio.get("config") or "")


def destination_rule(envoy: Snapshot, service: Json, port: int) -> tuple[str, str] | None:
    """(namespace, name) of the DestinationRule of a service's port."""
    host = host_of(service)
    for cluster in envoy.resources(SectionKind.CLUSTERS, State.ACTIVE):
        if not all(part in cluster.name for part in ("outbound", host, f"|{port}|")):
            continue
        if object_at(cluster.value, "metadata"):
            return _named(_istio_config(cluster.value), "destination-rule")
    return None


def virtual_service(envoy: Snapshot, service: Json, port: int) -> tuple[str, str] | None:
    """(namespace, name) of the VirtualService that made the first route to a service's port."""
    configs = envoy.resources(SectionKind.ROUTES, State.ACTIVE)
    for config in sorted(configs, key=lambda r: r.name):
        if config.name != str(port) and not config.name.startswith(("http.", "https.")):
            continue
        for host in sorted(objects_at(config.value, "virtual_hosts"), key=lambda h: str(h.get("name") or "")):
            for route in objects_at(host, "routes"):
                if _leads_to(route, host, service, port):
                    return _named(_istio_config(route), "virtual-service")
    return None


_DOMAIN = re.compile(r"([^.]+)\.([^.]+)\.svc\.cluster\.local$")


def _leads_to(route: Json, host: Json, service: Json, port: int) -> bool:
    metadata = object_at(service, "metadata")
    wanted = (metadata.get("name"), metadata.get("namespace"))
    for domain in list_at(host, "domains"):
        found = _DOMAIN.search(str(domain))
        if found and found.groups() == wanted:
            return True
    action = object_at(route, "route")
    weighted = objects_at(object_at(action, "weighted_clusters"), "clusters")
    cluster = str(action.get("cluster") or (weighted[0].get("name") if weighted else "") or "")
    return cluster.startswith(f"outbound|{port}|") and cluster.endswith(f"|{wanted[0]}.{wanted[1]}{_SUFFIX}")


def policies(envoy: Snapshot, port: int | None) -> list[str]:
    """The RBAC policies that connections to a port of the pod meet, in the order of the filters."""
    found: dict[str, None] = {}
    for chain in _chains(envoy, port):
        for config in filters_of(chain):
            for action, key, dry in sorted(rules_of(config), key=lambda rule: rule[1]):
                if key == NOTHING or key.endswith(f"policy[{NOTHING}]-rule[0]"):
                    continue
                mark = " (dry run)" if dry else " (CUSTOM)" if action == "CUSTOM" else ""
                found[key + mark] = None
    return list(found)


def _chains(envoy: Snapshot, port: int | None) -> Iterator[Json]:
    """The filter chains of a port: its own, else those that take what has none; a gateway's listener."""
    listeners = {r.name: r.value for r in envoy.resources(SectionKind.LISTENERS, State.ACTIVE)}
    inbound = listeners.get(_INBOUND)
    if inbound is None:
        for value in listeners.values():
            socket = object_at(object_at(value, "address"), "socket_address")
            if port is not None and socket.get("port_value") == port:
                yield from _all(value)
        return
    chains = list(_all(inbound))
    own = [chain for chain in chains if _port(chain) == port]
    yield from own or [c for c in chains if _port(c) is None and "blackhole" not in str(c.get("name"))]


def _all(listener: Json) -> list[Json]:
    default = object_at(listener, "default_filter_chain")
    return [*objects_at(listener, "filter_chains"), *([default] if default else [])]


def _port(chain: Json) -> Any:
    return object_at(chain, "filter_chain_match").get("destination_port")
