"""virtualInbound: the filter chains of each of the application's ports, by protocol and PeerAuthentication.

Chains are tables: what a chain matches (transport, ALPN), whether it terminates mutual TLS, what it speaks. istiod
has the same tables (pilot/pkg/networking/core/listener_inbound.go).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.lab.istio import authorization
from tests.lab.istio.clusters import inbound_ports
from tests.lab.istio.common import (
    CORS,
    FAULT,
    GRPC_STATS,
    LISTENER_FILTER,
    ROUTER,
    access_log,
    connection_manager,
    http_inspector,
    refused_log,
    tcp_proxy,
)
from tests.lab.istio.peers import Mode, mode
from tests.lab.istio.tls import HTTP_ALPN, TCP_ALPN, server
from tests.lab.model import Model, Pod, Protocol

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """One filter chain: what it matches and what it is."""

    transport: str
    alpn: tuple[str, ...] = ()
    http: bool = False
    mutual: bool = False


_TLS, _PLAIN = "tls", "raw_buffer"
_HTTP = tuple(HTTP_ALPN)
_SNIFFED = ("http/1.1", "h2c")
_ANY_ISTIO = ("istio", "istio-peer-exchange", *HTTP_ALPN)

_CHAINS: dict[tuple[Mode, Protocol], tuple[Chain, ...]] = {
    (Mode.PERMISSIVE, Protocol.HTTP): (
        Chain(_TLS, _ANY_ISTIO, http=True, mutual=True),
        Chain(_PLAIN, http=True),
    ),
    (Mode.PERMISSIVE, Protocol.TCP): (
        Chain(_TLS, _ANY_ISTIO, mutual=True),
        Chain(_PLAIN),
        Chain(_TLS),
    ),
    (Mode.PERMISSIVE, Protocol.AUTO): (
        Chain(_TLS, _HTTP, http=True, mutual=True),
        Chain(_PLAIN, _SNIFFED, http=True),
        Chain(_TLS, tuple(TCP_ALPN), mutual=True),
        Chain(_PLAIN),
        Chain(_TLS),
    ),
    (Mode.STRICT, Protocol.HTTP): (Chain(_TLS, http=True, mutual=True),),
    (Mode.STRICT, Protocol.TCP): (Chain(_TLS, mutual=True),),
    (Mode.STRICT, Protocol.AUTO): (
        Chain(_TLS, _HTTP, http=True, mutual=True),
        Chain(_TLS, mutual=True),
    ),
    (Mode.DISABLE, Protocol.HTTP): (Chain(_PLAIN, http=True),),
    (Mode.DISABLE, Protocol.TCP): (Chain(_PLAIN),),
    (Mode.DISABLE, Protocol.AUTO): (
        Chain(_PLAIN, _SNIFFED, http=True),
        Chain(_PLAIN),
    ),
}


def _route(cluster: str, port: int) -> Json:
    return {
        "name": cluster,
        "validate_clusters": False,
        "virtual_hosts": [
            {
                "name": f"inbound|http|{port}",
                "domains": ["*"],
                "routes": [
                    {
                        "name": "default",
                        "match": {"prefix": "/"},
                        "route": {
                            "cluster": cluster,
                            "timeout": "0s",
                            "retry_policy": {"retry_on": "reset-before-request", "num_retries": 2},
                        },
                    }
                ],
            }
        ],
    }


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a port's chains lead."""

    cluster: str
    port: int


def _filters(model: Model, pod: Pod, chain: Chain, target: _Target) -> list[Json]:
    log = access_log("virtualInbound", "inbound")
    if not chain.http:
        return [
            *authorization.network_filters(model, pod),
            tcp_proxy({"cluster": target.cluster}, target.cluster, log),
        ]
    manager = connection_manager(
        stat_prefix=f"inbound_0.0.0.0_{target.port};",
        route_config=_route(target.cluster, target.port),
        http_filters=[*authorization.http_filters(model, pod), GRPC_STATS, FAULT, CORS, ROUTER],
        server_name="istio-envoy",
        forward_client_cert_details="APPEND_FORWARD",
        set_current_client_cert_details={"subject": True, "dns": True, "uri": True},
        access_log=log,
    )
    return [manager]


def _chain(model: Model, pod: Pod, chain: Chain, target: _Target) -> Json:
    match: Json = {"transport_protocol": chain.transport}
    if target.port:
        match["destination_port"] = target.port
    if chain.alpn:
        match["application_protocols"] = list(chain.alpn)
    catch_all = "virtualInbound-catchall-http" if chain.http else "virtualInbound"
    found: Json = {
        "name": f"0.0.0.0_{target.port}" if target.port else catch_all,
        "filter_chain_match": match,
        "filters": _filters(model, pod, chain, target),
    }
    if chain.mutual:
        alpn = ["h2", "http/1.1"] if chain.http else ["istio-peer-exchange", "h2", "http/1.1"]
        found["transport_socket"] = server(alpn)
    return found


def _chains(model: Model, pod: Pod) -> Iterator[Json]:
    black_hole = tcp_proxy(
        {"cluster": "BlackHoleCluster"}, "BlackHoleCluster", access_log("virtualInbound", "inbound")
    )
    yield {
        "name": "virtualInbound-blackhole",
        "filter_chain_match": {"destination_port": 15006},
        "filters": [black_hole],
    }
    passing = _Target("InboundPassthroughCluster", 0)
    for chain in _CHAINS[mode(model, pod), Protocol.AUTO]:
        yield _chain(model, pod, chain, passing)
    for port, _ in inbound_ports(model, pod):
        target = _Target(f"inbound|{port.target}||", port.target)
        for chain in _CHAINS[mode(model, pod, port.target), port.protocol]:
            yield _chain(model, pod, chain, target)


def listener(model: Model, pod: Pod) -> Json:
    """Where other pods' connections arrive."""
    itself = {"destination_port_range": {"start": 15006, "end": 15007}}
    return {
        "name": "virtualInbound",
        "address": {"socket_address": {"address": "0.0.0.0", "port_value": 15006}},
        "traffic_direction": "INBOUND",
        "access_log": refused_log("virtualInbound", "inbound"),
        "listener_filters_timeout": "0s",
        "continue_on_listener_filters_timeout": True,
        "filter_chains": list(_chains(model, pod)),
        "listener_filters": [
            {
                "name": "envoy.filters.listener.original_dst",
                "typed_config": {"@type": LISTENER_FILTER + "original_dst.v3.OriginalDst"},
            },
            {
                "name": "envoy.filters.listener.tls_inspector",
                "typed_config": {"@type": LISTENER_FILTER + "tls_inspector.v3.TlsInspector"},
                "filter_disabled": itself,
            },
            http_inspector(filter_disabled=itself),
        ],
    }
