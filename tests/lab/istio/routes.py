"""Route configurations: one for each HTTP port, and one for each service whose protocol is found out.

Order and names are istiod's: a virtual host for each service, domains from the client's point of view, the routes
of its VirtualService in order (one for each match), and last ``allow_any`` to PassthroughCluster.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lab.istio.clusters import name as cluster_name
from tests.lab.model import Model, Pod, Port, Protocol, Service, full_host

Json = dict[str, Any]

_RETRY = {
    "retry_on": "connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes",
    "num_retries": 2,
    "retry_host_predicate": [
        {
            "name": "envoy.retry_host_predicates.previous_hosts",
            "typed_config": {
                "@type": "type.googleapis.com/"
                "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
            },
        }
    ],
    "host_selection_retry_max_attempts": "5",
}


def virtual_service(model: Model, service: Service) -> Json | None:
    """The VirtualService that names a service as host."""
    for candidate in model.virtual_services:
        place = candidate["metadata"].get("namespace", "default")
        if service.host in (full_host(host, place) for host in candidate["spec"]["hosts"]):
            return candidate
    return None


def destination(to: Json, namespace: str, port: int) -> str:
    """The cluster of a route's destination; without a port it is that of the listener."""
    host = full_host(to["host"], namespace)
    return cluster_name(int((to.get("port") or {}).get("number", port)), host, to.get("subset", ""))


def split(routes: list[Json], namespace: str, port: int) -> list[tuple[str, int]]:
    """(cluster, weight) of the destinations of a route."""
    return [
        (
            destination(r["destination"], namespace, port),
            int(r.get("weight", 100 if len(routes) == 1 else 0)),
        )
        for r in routes
    ]


def _string(match: Json) -> Json:
    (kind, value), *_ = match.items()
    return {"safe_regex": {"regex": value}} if kind == "regex" else {kind: value}


def _match(match: Json) -> Json:
    uri = match.get("uri")
    found: Json = {"case_sensitive": True}
    if uri is None:
        found["prefix"] = "/"
    elif "exact" in uri:
        found["path"] = uri["exact"]
    elif "prefix" in uri:
        # istiod keeps a prefix that ends in a slash, and the others too: matching is by characters.
        found["prefix"] = uri["prefix"]
    else:
        found["safe_regex"] = {"regex": uri["regex"]}
    headers = [{"name": k, "string_match": _string(v)} for k, v in (match.get("headers") or {}).items()]
    headers += [
        {"name": k, "string_match": _string(v), "invert_match": True}
        for k, v in (match.get("withoutHeaders") or {}).items()
    ]
    if "method" in match:
        headers.append({"name": ":method", "string_match": _string(match["method"])})
    if headers:
        found["headers"] = headers
    if match.get("queryParams"):
        found["query_parameters"] = [
            {"name": k, "string_match": _string(v)} for k, v in match["queryParams"].items()
        ]
    return found


def _action(rule: Json, namespace: str, port: int) -> Json:
    if "redirect" in rule:
        redirect = rule["redirect"]
        answer: Json = {"response_code": "MOVED_PERMANENTLY"}
        if "uri" in redirect:
            answer["path_redirect"] = redirect["uri"]
        if "authority" in redirect:
            answer["host_redirect"] = redirect["authority"]
        return {"redirect": answer}
    if "directResponse" in rule:
        answer = {"status": rule["directResponse"]["status"]}
        if body := (rule["directResponse"].get("body") or {}).get("string"):
            answer["body"] = {"inline_string": body}
        return {"direct_response": answer}
    target = split(rule["route"], namespace, port)
    action: Json = {"timeout": "0s", "retry_policy": _RETRY, "max_grpc_timeout": "0s"}
    if len(target) == 1:
        action["cluster"] = target[0][0]
    else:
        action["weighted_clusters"] = {"clusters": [{"name": n, "weight": w} for n, w in target if w]}
    if "rewrite" in rule and "uri" in rule["rewrite"]:
        action["prefix_rewrite"] = rule["rewrite"]["uri"]
    return {"route": action}


def _routes_of(rules: list[Json], namespace: str, port: int, config: str) -> Iterator[Json]:
    for rule in rules:
        for match in rule.get("match") or [None]:
            route: Json = {
                "match": {"prefix": "/"} if match is None else _match(match),
                **_action(rule, namespace, port),
                "metadata": {"filter_metadata": {"istio": {"config": config}}},
            }
            own = rule.get("name", "")
            part = (match or {}).get("name", "")
            if own or part:
                route["name"] = f"{own}.{part}" if part else own
            if abort := (rule.get("fault") or {}).get("abort"):
                share = int(float((abort.get("percentage") or {}).get("value", 100)) * 10_000)
                route["typed_per_filter_config"] = {
                    "envoy.filters.http.fault": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault",
                        "abort": {
                            "percentage": {"numerator": share, "denominator": "MILLION"},
                            "http_status": abort["httpStatus"],
                        },
                    }
                }
            yield route


def _service_routes(model: Model, service: Service, port: int) -> list[Json]:
    found = virtual_service(model, service)
    if found is not None and found["spec"].get("http"):
        place = found["metadata"].get("namespace", "default")
        config = (
            f"/apis/networking.istio.io/v1/namespaces/{place}/virtual-service/{found['metadata']['name']}"
        )
        return list(_routes_of(found["spec"]["http"], place, port, config))
    action = {
        "cluster": cluster_name(port, service.host),
        "timeout": "0s",
        "retry_policy": _RETRY,
        "max_grpc_timeout": "0s",
    }
    return [{"name": "default", "match": {"prefix": "/"}, "route": action}]


def _domains(service: Service, pod: Pod) -> list[str]:
    """The names by which a client calls a service; the short one only within its namespace."""
    short = [service.name] if service.namespace == pod.namespace else []
    within = f"{service.name}.{service.namespace}"
    return [service.host, f"{service.host}.", *short, f"{within}.svc", within, service.vip]


def _virtual_host(model: Model, service: Service, port: int, domains: list[str]) -> Json:
    return {
        "name": f"{service.host}:{port}",
        "domains": domains,
        "routes": _service_routes(model, service, port),
        "include_request_attempt_count": True,
    }


def _configuration(name: str, hosts: list[Json]) -> Json:
    return {
        "name": name,
        "virtual_hosts": hosts,
        "validate_clusters": False,
        "ignore_port_in_host_matching": True,
    }


_ALLOW_ANY: Json = {
    "name": "allow_any",
    "domains": ["*"],
    "routes": [
        {
            "name": "allow_any",
            "match": {"prefix": "/"},
            "route": {"cluster": "PassthroughCluster", "timeout": "0s", "max_grpc_timeout": "0s"},
        }
    ],
    "include_request_attempt_count": True,
}


def http_ports(model: Model) -> list[int]:
    """The ports that have a shared listener: those of services that say HTTP."""
    return sorted({p.number for s in model.services for p in s.ports if p.protocol is Protocol.HTTP})


def sniffed(model: Model) -> Iterator[tuple[Service, Port]]:
    """Ports whose protocol is found out: each has a listener of its own."""
    for service in model.services:
        for port in service.ports:
            if port.protocol is Protocol.AUTO:
                yield service, port


def routes(model: Model, pod: Pod) -> Iterator[Json]:
    """All route configurations that a pod's listeners name."""
    for number in http_ports(model):
        hosts = [
            _virtual_host(model, service, number, _domains(service, pod))
            for service in model.services
            if (port := service.port(number)) is not None and port.protocol is not Protocol.TCP
        ]
        yield _configuration(str(number), [*hosts, _ALLOW_ANY])
    for service, port in sniffed(model):
        name = f"{service.host}:{port.number}"
        yield _configuration(name, [_virtual_host(model, service, port.number, ["*"])])
