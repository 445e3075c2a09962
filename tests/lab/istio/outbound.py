"""Outbound listeners: virtualOutbound, one for each HTTP port, one for each VIP and port of the others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.lab.istio.clusters import name as cluster_name
from tests.lab.istio.common import (
    ADS,
    CORS,
    FAULT,
    GRPC_STATS,
    ROUTER,
    access_log,
    connection_manager,
    http_inspector,
    refused_log,
    tcp_proxy,
)
from tests.lab.istio.routes import http_ports, split, virtual_service
from tests.lab.istio.tls import ALPN_FILTER
from tests.lab.model import Model, Port, Protocol, Service

Json = dict[str, Any]

_IS_HTTP = {"transport_protocol": "raw_buffer", "application_protocols": ["http/1.1", "h2c"]}


def _listener(name: str, address: str, port: int, **more: Any) -> Json:
    return {
        "name": name,
        "address": {"socket_address": {"address": address, "port_value": port}},
        "bind_to_port": False,
        "traffic_direction": "OUTBOUND",
        "listener_filters_timeout": "0s",
        "continue_on_listener_filters_timeout": True,
        **more,
    }


def _http_chain(name: str, routes: str) -> Json:
    manager = connection_manager(
        stat_prefix=f"outbound_{name};",
        rds={"config_source": ADS, "route_config_name": routes},
        http_filters=[GRPC_STATS, ALPN_FILTER, FAULT, CORS, ROUTER],
        access_log=access_log(name, "outbound"),
    )
    return {"filter_chain_match": _IS_HTTP, "filters": [manager]}


def _to_cluster(cluster: str, listener: str) -> Json:
    return tcp_proxy({"cluster": cluster}, cluster, access_log(listener, "outbound"))


def virtual_outbound() -> Json:
    """Where redirected connections arrive; hands over to the listener of the original destination."""
    name = "virtualOutbound"
    return {
        "name": name,
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 15001}},
        "use_original_dst": True,
        "traffic_direction": "OUTBOUND",
        "access_log": refused_log(name, "outbound"),
        "filter_chains": [
            {
                "name": "virtualOutbound-blackhole",
                "filter_chain_match": {"destination_port": 15001},
                "filters": [_to_cluster("BlackHoleCluster", name)],
            },
            {"name": "virtualOutbound-catchall-tcp", "filters": [_to_cluster("PassthroughCluster", name)]},
        ],
    }


def _http_port(number: int) -> Json:
    name = f"0.0.0.0_{number}"
    return _listener(
        name,
        "0.0.0.0",
        number,
        filter_chains=[_http_chain(name, str(number))],
        default_filter_chain={
            "name": "PassthroughFilterChain",
            "filters": [_to_cluster("PassthroughCluster", name)],
        },
        listener_filters=[http_inspector()],
    )


def _tcp_filter(model: Model, service: Service, port: Port, listener: str) -> Json:
    """The service's own cluster, or those that a VirtualService for TCP gives it."""
    found = virtual_service(model, service)
    for rule in (found or {}).get("spec", {}).get("tcp", ()):
        place = found["metadata"].get("namespace", "default") if found else "default"
        parts = split(rule["route"], place, port.number)
        if len(parts) == 1:
            return _to_cluster(parts[0][0], listener)
        weights = [{"name": n, "weight": w} for n, w in parts if w]
        return tcp_proxy(
            {"weighted_clusters": {"clusters": weights}}, parts[0][0], access_log(listener, "outbound")
        )
    return _to_cluster(cluster_name(port.number, service.host), listener)


def _service_port(model: Model, service: Service, port: Port) -> Json:
    name = f"{service.vip}_{port.number}"
    chain = {"filters": [_tcp_filter(model, service, port, name)]}
    if port.protocol is Protocol.TCP:
        return _listener(name, service.vip, port.number, filter_chains=[chain])
    return _listener(
        name,
        service.vip,
        port.number,
        filter_chains=[_http_chain(name, f"{service.host}:{port.number}")],
        default_filter_chain=chain,
        listener_filters=[http_inspector()],
    )


def listeners(model: Model) -> Iterator[Json]:
    """All outbound listeners; every pod sees the same services."""
    yield virtual_outbound()
    for number in http_ports(model):
        yield _http_port(number)
    for service in model.services:
        for port in service.ports:
            if port.protocol is not Protocol.HTTP:
                yield _service_port(model, service, port)
