"""Through which ingress gateways a service is reached: address, port and host, as its Gateway and Service say.

Which VirtualService leads there is read off each gateway's Envoy, as in istio/istioctl/pkg/describe/describe.go
(printIngressInfo). istioctl prints ``http://IP`` for any of them; here a line for each server of the Gateway whose host is
one of the VirtualService's tells scheme, host, address and port. A gateway that does not answer is told, and the others
are asked; istioctl ends there, in every description.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import MeshctlError
from meshctl.plain import Json, labels_of, list_at, namespace_of, object_at, objects_at
from meshctl.views.describe import proxy, rules
from meshctl.views.describe.mesh import Mesh, Page, Subsets, selects
from meshctl.views.describe.ports import target

_LABELS = {"istio": "ingressgateway"}


class Ingress(msgspec.Struct, frozen=True):
    """A gateway's Service and the pods that it selects."""

    service: Json
    pods: tuple[Json, ...]


def describe(page: Page, mesh: Mesh, services: Sequence[Json], labels: Sequence[dict[str, str]]) -> None:
    pods = [pod for pod in mesh.pods(_LABELS, None) if object_at(pod, "status").get("phase") == "Running"]
    if not pods:
        page.write("Skipping Gateway information (no ingress gateway pods)")
        return
    ingresses = list(_ingresses(mesh, pods))
    if not ingresses:
        page.write("Skipping Gateway information (no ingress gateway service)")
    seen: set[tuple[str, str]] = set()
    for pod in pods:
        try:
            envoy = mesh.envoy(pod)
        except MeshctlError as error:
            page.notes.append(f"the ingress gateway {page.name(pod)} is left out: {error.what}")
            continue
        for service in services:
            for port in objects_at(object_at(service, "spec"), "ports"):
                _exposed(page, mesh, envoy, service, int(port.get("port") or 0), labels, ingresses, seen)


def _ingresses(mesh: Mesh, pods: Sequence[Json]) -> Iterable[Ingress]:
    for namespace in sorted({namespace_of(pod) for pod in pods}):
        for service in mesh.services(namespace):
            selector = object_at(object_at(service, "spec"), "selector")
            found = tuple(
                pod for pod in pods if namespace_of(pod) == namespace and selects(selector, labels_of(pod))
            )
            if found and selector:
                yield Ingress(service, found)


def _exposed(
    page: Page,
    mesh: Mesh,
    envoy: Snapshot,
    service: Json,
    port: int,
    labels: Sequence[dict[str, str]],
    ingresses: Sequence[Ingress],
    seen: set[tuple[str, str]],
) -> None:
    """The Gateways of the VirtualService that leads to a port, each once."""
    rule, subsets = applied_rule(page, mesh, envoy, service, port, labels)
    named = proxy.virtual_service(envoy, service, port)
    item = stated(page, mesh, "virtualservices", "virtual service", named)
    if item is None or named is None:
        return
    for name in list_at(object_at(item, "spec"), "gateways"):
        if not isinstance(name, str) or name in ("", "mesh"):
            continue
        namespace, _, own = name.rpartition("/")
        key = (namespace or named[0], own)
        if key in seen:
            continue
        gateway = mesh.object("gateways", *key)
        if gateway is None:
            page.write(f"WARNING: Proxy is stale; it references to non-existent gateway {key[0]}/{key[1]}")
            continue
        seen.add(key)
        selector = object_at(object_at(gateway, "spec"), "selector")
        serving = [one for one in ingresses if any(selects(selector, labels_of(pod)) for pod in one.pods)]
        if not serving:
            continue
        page.rule()
        for line in dict.fromkeys(sorted(line for one in serving for line in _lines(one, gateway, item))):
            page.write(line)
        rules.virtual_service(page, item, service, rule, subsets, 0)


def applied_rule(
    page: Page, mesh: Mesh, envoy: Snapshot, service: Json, port: int, labels: Sequence[dict[str, str]]
) -> tuple[Json | None, Subsets]:
    """The DestinationRule that a proxy applies to a port, and which of its subsets the pods are in."""
    named = proxy.destination_rule(envoy, service, port)
    rule = stated(page, mesh, "destinationrules", "destination rule", named)
    return rule, rules.subsets_of(rule, labels) if rule is not None else Subsets()


def stated(page: Page, mesh: Mesh, kind: str, noun: str, named: tuple[str, str] | None) -> Json | None:
    """The object that a proxy's configuration was made from; that it is gone is said."""
    if named is None:
        return None
    found = mesh.object(kind, *named)
    if found is None:
        page.write(f"WARNING: Proxy is stale; it references to non-existent {noun} {named[1]}.{named[0]}")
    return found


# A server's protocol: its scheme, and the routes of a VirtualService that it serves; one that passes TLS through
# looks at server names alone.
_SCHEMES = {
    "HTTP": ("http", "http"),
    "HTTP2": ("http", "http"),
    "GRPC": ("grpc", "http"),
    "GRPC-WEB": ("grpc", "http"),
    "HTTPS": ("https", "http"),
    "TLS": ("tls", "tcp"),
}
_THROUGH = frozenset({"PASSTHROUGH", "AUTO_PASSTHROUGH"})
_STANDARD = {"http": 80, "https": 443}


def _lines(ingress: Ingress, gateway: Json, item: Json) -> Iterable[str]:
    """``Exposed on Ingress Gateway https://shop.example.com (203.0.113.9:443)``, for each server and host."""
    address = _address(ingress)
    spec = object_at(item, "spec")
    wanted = [str(host) for host in list_at(spec, "hosts")]
    for server in objects_at(object_at(gateway, "spec"), "servers"):
        opened, tls = object_at(server, "port"), object_at(server, "tls")
        outside = _service_port(ingress, int(opened.get("number") or 0))
        scheme, routes = _SCHEMES.get(str(opened.get("protocol") or "").upper(), ("tcp", "tcp"))
        if tls.get("mode") in _THROUGH:
            routes = "tls"
        if outside is None or not list_at(spec, routes):
            continue
        suffix = "" if _STANDARD.get(scheme) == outside else f":{outside}"
        more = ", redirects to https" if tls.get("httpsRedirect") else ""
        for host in _common(wanted, [str(h).rpartition("/")[2] for h in list_at(server, "hosts")]):
            shown = host if host != "*" else address if address else "*"
            at = f"{address}:{outside}" if address else "no external address"
            yield f"Exposed on Ingress Gateway {scheme}://{shown}{suffix} ({at}{more})"


def _service_port(ingress: Ingress, number: int) -> int | None:
    """The port of the gateway's Service that leads to a port that its Envoy listens on."""
    for port in objects_at(object_at(ingress.service, "spec"), "ports"):
        if number in (target(ingress.pods[0], port), port.get("port")):
            return int(port.get("port") or 0)
    return None


def _common(wanted: Sequence[str], served: Sequence[str]) -> list[str]:
    """The hosts that both mean: of a wildcard and a name in it, the name."""
    found = []
    for one in wanted:
        for other in served:
            if _within(one, other):
                found.append(one)
            elif _within(other, one):
                found.append(other)
    return list(dict.fromkeys(found))


def _within(name: str, pattern: str) -> bool:
    return name == pattern or pattern == "*" or (pattern.startswith("*.") and name.endswith(pattern[1:]))


def _address(ingress: Ingress) -> str:
    """Where the gateway is reached from outside: its load balancer, else its node; "" where nothing says."""
    for one in objects_at(object_at(object_at(ingress.service, "status"), "loadBalancer"), "ingress"):
        found = one.get("ip") or one.get("hostname")
        if found:
            return str(found)
    return str(object_at(ingress.pods[0], "status").get("hostIP") or "")
