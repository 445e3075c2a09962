"""Istio's own resources against each other and against the proxies: what istiod drops without a word.

Needs the cluster's objects (live, or of a snapshot). A VirtualService's rules are translated as istiod translates them, and
the same proof as for Envoy's routes says which are never reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from meshctl.check.check import Hits, MeshCheck, Unsure
from meshctl.check.finding import Hit, Severity
from meshctl.check.istio_objects import (
    SNAPSHOT,
    Named,
    fqdn,
    gateways_of,
    needing,
    nothing,
    objects_of,
    selector_of,
)
from meshctl.check.prove.routes import Fate, outcomes
from meshctl.check.subject import Subject, World
from meshctl.match.fraction import Runtime
from meshctl.plain import Json, list_at, object_at, objects_at
from meshctl.proxy.routing.routes import RouteTable
from meshctl.values import Struct


def _unreached(services: list[Named]) -> Iterator[Hit]:
    """Rules of a VirtualService that earlier ones hide: istiod stops at the first that takes everything."""
    for one in services:
        matches = [
            (number, match)
            for number, rule in enumerate(objects_at(one.spec, "http"), 1)
            for match in objects_at(rule, "match") or [{}]
        ]
        translated = [_translated(match) for _, match in matches]
        table = RouteTable(
            {"virtual_hosts": [{"name": one.name, "domains": ["*"], "routes": translated}]}, Runtime()
        )
        dead: dict[int, list[tuple[int, str]]] = {}
        for (number, _), outcome in zip(matches, outcomes(table, table.hosts[0]), strict=True):
            by = [matches[route.index][0] for route in outcome.by]
            if outcome.fate is Fate.SHADOWED and number not in by:
                dead.setdefault(number, []).append(
                    (min(by), f"for instance {outcome.request}" if outcome.request else "")
                )
        for number, found in dead.items():
            of_rule = sum(1 for n, _ in matches if n == number)
            taker = min(by for by, _ in found)
            what = (
                "no request reaches it"
                if len(found) == of_rule
                else f"{len(found)} of its {of_rule} matches are never met"
            )
            shown = tuple(dict.fromkeys(line for _, line in found if line))[:2]
            same = _acts(one, number) == _acts(one, taker)
            said = f"{what}: rule {taker} stands before it and takes the same requests"
            yield Hit(
                f"{one.title} http rule {number}", said, shown, severity=Severity.INFO if same else None
            )


def _acts(one: Named, number: int) -> Json:
    rule = objects_at(one.spec, "http")[number - 1]
    return {key: value for key, value in rule.items() if key not in ("match", "name")}


def _translated(match: Json) -> Json:
    """An HTTPMatchRequest as the route that istiod makes of it; what bears on who gets the rule is a header of its own."""
    path = _path(match)
    headers = [
        _header(name, matcher)
        for name, matcher in object_at(match, "headers").items()
        if isinstance(matcher, dict)
    ]
    headers += [
        {**_header(name, matcher), "invert_match": True, "treat_missing_header_as_empty": True}
        for name, matcher in object_at(match, "withoutHeaders").items()
        if isinstance(matcher, dict)
    ]
    for field, header in (("method", ":method"), ("authority", ":authority"), ("scheme", ":scheme")):
        if object_at(match, field):
            headers.append(_header(header, object_at(match, field)))
    for field in ("port", "gateways", "sourceLabels", "sourceNamespace", "statPrefix"):
        if match.get(field) and field != "statPrefix":
            headers.append({"name": f"only-{field}", "string_match": {"exact": str(match[field])}})
    parameters = [
        {
            "name": name,
            **({"string_match": matcher} if (matcher := _string(one)) else {"present_match": True}),
        }
        for name, one in object_at(match, "queryParams").items()
        if isinstance(one, dict)
    ]
    return {"match": {**path, "headers": headers, "query_parameters": parameters}, "route": {"cluster": "c"}}


def _path(match: Json) -> Json:
    uri = object_at(match, "uri")
    more = {"case_sensitive": False} if match.get("ignoreUriCase") else {}
    if "exact" in uri:
        return {"path": str(uri["exact"]), **more}
    if "prefix" in uri:
        return {"prefix": str(uri["prefix"]), **more}
    if "regex" in uri:
        return {"safe_regex": {"regex": str(uri["regex"])}}
    return {"prefix": "/"}


def _string(matcher: Json) -> Json:
    if "regex" in matcher:
        return {"safe_regex": {"regex": str(matcher["regex"])}}
    return {kind: str(matcher[kind]) for kind in ("exact", "prefix") if kind in matcher}


def _header(name: str, matcher: Json) -> Json:
    said = _string(matcher)
    return {"name": name, "string_match": said} if said else {"name": name, "present_match": True}


def _without_gateway(_: Sequence[tuple[str, object]], world: World) -> Hits:
    """VirtualServices of a Gateway that does not exist."""
    services, gateways = (
        objects_of(world, "virtualservices", "VirtualService"),
        objects_of(world, "gateways", "Gateway"),
    )
    if services is None or gateways is None:
        yield Unsure("", SNAPSHOT.format("Gateways and VirtualServices"))
        return
    known = {f"{one.namespace}/{one.name}" for one in gateways}
    for one in services:
        for gateway in gateways_of(one):
            if gateway != "mesh" and gateway not in known:
                near = [name for name in known if name.partition("/")[2] == gateway.partition("/")[2]]
                hint = (
                    (f"there is {near[0]}",)
                    if near
                    else (f"Gateways: {', '.join(sorted(known)[:5]) or 'none'}",)
                )
                yield Hit(
                    one.title,
                    f"it names Gateway {gateway}, which does not exist: it has no effect there",
                    hint,
                )


class _Gateway(Struct, frozen=True):
    """A gateway's pod: its namespace, its labels, the ports it listens on."""

    namespace: str
    labels: dict[str, str]
    ports: frozenset[int]


def _gateway_pod(subject: Subject) -> _Gateway | None:
    if not subject.pod.is_gateway or subject.proxy is None or subject.proxy.unseen_listeners is not None:
        return None
    ports = frozenset(
        port for one in subject.proxy.listeners.all if one.bound for _, port, _ in one.addresses
    )
    return _Gateway(subject.pod.namespace, dict(subject.pod.labels), ports)


def _server_ports(facts: Sequence[tuple[str, _Gateway]], world: World) -> Hits:
    """Servers of a Gateway for whose port its pods have no listener."""
    gateways, services = objects_of(world, "gateways", "Gateway"), objects_of(world, "services", "Service")
    if gateways is None or services is None:
        yield Unsure("", SNAPSHOT.format("Gateways and Services"))
        return
    for one in gateways:
        selector = selector_of(one)
        for pod, gateway in facts:
            if not selector or not selector.items() <= gateway.labels.items():
                continue
            for server in objects_at(one.spec, "servers"):
                port = object_at(server, "port").get("number")
                if not isinstance(port, int) or _targets(services, gateway, port) & gateway.ports:
                    continue
                exposed = _targets(services, gateway, port)
                why = (
                    "no Service of its pods has this port"
                    if not exposed
                    else f"its pods would listen on {', '.join(map(str, sorted(exposed)))}"
                )
                hosts = ", ".join(map(str, list_at(server, "hosts")))
                said = f"server port {port} ({hosts}) has no listener in its pods: {why}"
                yield Hit(one.title, said, pods=(pod,))


def _targets(services: list[Named], gateway: _Gateway, port: int) -> set[int]:
    """The ports of the pod behind a port of its Services; the port itself where no Service is known to select it."""
    selecting = [
        one
        for one in services
        if one.namespace == gateway.namespace
        and (selector := {str(k): str(v) for k, v in object_at(one.spec, "selector").items()})
        and selector.items() <= gateway.labels.items()
    ]
    if not selecting:
        return {port}
    found: set[int] = set()
    for one in selecting:
        for entry in objects_at(one.spec, "ports"):
            if entry.get("port") == port:
                target = entry.get("targetPort", port)
                found |= {target} if isinstance(target, int) else gateway.ports
    return found


def _entries_over_services(_: Sequence[tuple[str, object]], world: World) -> Hits:
    """ServiceEntries for the host of a Service."""
    entries, services = (
        objects_of(world, "serviceentries", "ServiceEntry"),
        objects_of(world, "services", "Service"),
    )
    if entries is None or services is None:
        yield Unsure("", SNAPSHOT.format("ServiceEntries and Services"))
        return
    known = {f"{one.name}.{one.namespace}.svc.cluster.local": one for one in services}
    for entry in entries:
        for host in list_at(entry.spec, "hosts"):
            service = known.get(fqdn(str(host), entry.namespace))
            if service is not None:
                said = f"its host {host} is that of {service.title}: endpoints and ports of both are mixed, or one hides the other"
                yield Hit(
                    entry.title,
                    said,
                    (
                        f"ports {', '.join(str(p.get('port')) for p in objects_at(service.spec, 'ports'))} of the Service",
                    ),
                )


CHECKS = (
    MeshCheck(
        "rule-unreachable",
        Severity.WARNING,
        "A rule of a VirtualService that no request reaches",
        "Rules are tried in order. istiod does not even send what stands behind a rule that takes everything.",
        "Move the narrower rule to the front.",
        nothing,
        needing("virtualservices", "VirtualService", _unreached),
        (),
        "The rule's matches are translated as istiod translates them, and proved as route-shadowed is.",
    ),
    MeshCheck(
        "gateway-unknown",
        Severity.WARNING,
        "A VirtualService of a Gateway that does not exist",
        "The rules are in no gateway: 404.",
        "Name the Gateway with its namespace: `namespace/name`.",
        nothing,
        _without_gateway,
        (),
    ),
    MeshCheck(
        "gateway-port-closed",
        Severity.WARNING,
        "A Gateway's server without a listener",
        "Nobody listens on the port in the gateway's pods: connection refused.",
        "Add the port to the Service of the gateway (istiod listens only on ports that a Service has).",
        _gateway_pod,
        _server_ports,
        (),
        "The server's port is looked up in the Services that select the gateway's pods, and compared with the sockets of its Envoy.",
    ),
    MeshCheck(
        "serviceentry-over-service",
        Severity.WARNING,
        "A ServiceEntry for the host of a Service",
        "Both make a service of the same name; which endpoints, ports and protocol count depends on their order.",
        "Use another host, or leave the Service alone.",
        nothing,
        _entries_over_services,
        (),
    ),
)
