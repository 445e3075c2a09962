"""Clusters and endpoints: outbound ones by EDS with a subset each, inbound ones to the application, special ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lab.istio.common import ADS
from tests.lab.istio.peers import Mode, mode
from tests.lab.istio.tls import client
from tests.lab.model import Model, Pod, Port, Service, full_host
from tests.lab.pki import spiffe

Json = dict[str, Any]

_UNLIMITED = 4294967295
_LIMITS = {
    "thresholds": [
        dict.fromkeys(("max_connections", "max_pending_requests", "max_requests", "max_retries"), _UNLIMITED)
    ]
}
LOOPBACK = {"source_address": {"address": "127.0.0.6", "port_value": 0}}
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def name(port: int, host: str, subset: str = "") -> str:
    return f"outbound|{port}|{subset}|{host}"


def _http_options(fresh: bool) -> Json:
    """Upstream as downstream; ``fresh`` opens a connection for each request, so that each has a first packet."""
    options: Json = {
        "@type": "type.googleapis.com/" + _HTTP_OPTIONS,
        "use_downstream_protocol_config": {"http_protocol_options": {}, "http2_protocol_options": {}},
    }
    if fresh:
        options["common_http_protocol_options"] = {"max_requests_per_connection": 1}
    return {_HTTP_OPTIONS: options}


def _base(cluster: str, kind: str, fresh: bool) -> Json:
    return {
        "name": cluster,
        "type": kind,
        "connect_timeout": "10s",
        "circuit_breakers": _LIMITS,
        "alt_stat_name": f"{cluster};",
        "typed_extension_protocol_options": _http_options(fresh),
    }


def rule_of(model: Model, service: Service) -> Json | None:
    """The destination rule of a service."""
    return next(
        (
            rule
            for rule in model.destination_rules
            if full_host(rule["spec"]["host"], rule["metadata"].get("namespace", "default")) == service.host
        ),
        None,
    )


def subsets(model: Model, service: Service) -> list[tuple[str, dict[str, str]]]:
    """The name and labels of each subset, the whole service (no name) first."""
    rule = rule_of(model, service)
    named = [
        (s["name"], dict(s.get("labels") or {})) for s in (rule or {}).get("spec", {}).get("subsets", ())
    ]
    return [("", {}), *named]


def _plain(rule: Json | None) -> bool:
    """Whether a destination rule turns mutual TLS off."""
    policy = (rule or {}).get("spec", {}).get("trafficPolicy") or {}
    return bool((policy.get("tls") or {}).get("mode") == "DISABLE")


def _metadata(service: Service, subset: str, rule: Json | None) -> Json:
    istio: Json = {
        "services": [{"host": service.host, "name": service.name, "namespace": service.namespace}],
    }
    if subset:
        istio["subset"] = subset
    if rule is not None:
        place = rule["metadata"].get("namespace", "default")
        istio["config"] = (
            f"/apis/networking.istio.io/v1/namespaces/{place}/destination-rule/{rule['metadata']['name']}"
        )
    return {"filter_metadata": {"istio": istio}}


def outbound(model: Model, fresh: bool) -> Iterator[Json]:
    """The clusters of every service, port and subset."""
    for service in model.services:
        rule = rule_of(model, service)
        pods = [model.pod_at(e.ip) for e in model.behind(service)]
        accounts = sorted({spiffe(p.namespace, p.service_account) for p in pods if p is not None})
        for port in service.ports:
            for subset, _ in subsets(model, service):
                cluster = name(port.number, service.host, subset)
                value = _base(cluster, "EDS", fresh)
                value["lb_policy"] = "LEAST_REQUEST"
                value["common_lb_config"] = {"healthy_panic_threshold": {}}
                value["eds_cluster_config"] = {"eds_config": ADS, "service_name": cluster}
                value["metadata"] = _metadata(service, subset, rule)
                if not _plain(rule):
                    sni = f"outbound_.{port.number}_.{subset}_.{service.host}"
                    value["transport_socket_matches"] = client(sni, accounts)
                yield value


def endpoints(model: Model) -> Iterator[Json]:
    """The addresses of each outbound cluster."""
    for service in model.services:
        for port in service.ports:
            for subset, labels in subsets(model, service):
                yield {
                    "cluster_name": name(port.number, service.host, subset),
                    "endpoints": _locality(model, service, port, labels),
                }


def _locality(model: Model, service: Service, port: Port, labels: dict[str, str]) -> list[Json]:
    hosts = []
    for endpoint in model.behind(service):
        pod = model.pod_at(endpoint.ip)
        if labels and (pod is None or not pod.matches(labels)):
            continue
        hosts.append(_host(model, pod, endpoint.ip, port.target))
    locality = {"region": "us-east1", "zone": "us-east1-b"}
    return (
        [{"locality": locality, "lb_endpoints": hosts, "load_balancing_weight": len(hosts)}] if hosts else []
    )


def _host(model: Model, pod: Pod | None, ip: str, port: int) -> Json:
    metadata: Json = {}
    if pod is not None:
        metadata["istio"] = {"workload": f"{pod.name};{pod.namespace};;;Kubernetes"}
        if pod.sidecar and mode(model, pod, port) is not Mode.DISABLE:
            metadata["envoy.transport_socket_match"] = {"tlsMode": "istio"}
    return {
        "endpoint": {"address": {"socket_address": {"address": ip, "port_value": port}}},
        "health_status": "HEALTHY",
        "metadata": {"filter_metadata": metadata},
        "load_balancing_weight": 1,
    }


def inbound(model: Model, pod: Pod, fresh: bool) -> Iterator[Json]:
    """A cluster to the application for each port of the services that the pod is behind."""
    for port, service in inbound_ports(model, pod):
        yield {
            **_base(f"inbound|{port.target}||", "ORIGINAL_DST", fresh),
            "lb_policy": "CLUSTER_PROVIDED",
            "upstream_bind_config": LOOPBACK,
            "metadata": _metadata(service, "", None),
        }


def inbound_ports(model: Model, pod: Pod) -> list[tuple[Port, Service]]:
    """The ports of the application that services lead to; the first service to name one says its protocol."""
    found: dict[int, tuple[Port, Service]] = {}
    for service in model.of_pod(pod):
        for port in service.ports:
            found.setdefault(port.target, (port, service))
    return [found[number] for number in sorted(found)]


def special(fresh: bool) -> Iterator[Json]:
    """Where unknown destinations go, and where nothing goes."""
    passing = {"lb_policy": "CLUSTER_PROVIDED"}
    yield {
        "name": "BlackHoleCluster",
        "type": "STATIC",
        "connect_timeout": "10s",
        "alt_stat_name": "BlackHoleCluster;",
    }
    yield {**_base("PassthroughCluster", "ORIGINAL_DST", fresh), **passing}
    yield {
        **_base("InboundPassthroughCluster", "ORIGINAL_DST", fresh),
        **passing,
        "upstream_bind_config": LOOPBACK,
    }
