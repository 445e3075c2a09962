"""Small proxies for the unit tests: a snapshot from just the messages a test is about."""

from __future__ import annotations

import json
from typing import Any

from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Passage, Payload, Request, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit

Json = dict[str, Any]

_ADMIN = "type.googleapis.com/envoy.admin.v3."
_FILTERS = "type.googleapis.com/envoy.extensions.filters."
HTTP_MANAGER = f"{_FILTERS}network.http_connection_manager.v3.HttpConnectionManager"
TCP_PROXY = f"{_FILTERS}network.tcp_proxy.v3.TcpProxy"
RBAC = f"{_FILTERS}http.rbac.v3.RBAC"
NETWORK_RBAC = f"{_FILTERS}network.rbac.v3.RBAC"
ROUTER = {"name": "router", "typed_config": {"@type": f"{_FILTERS}http.router.v3.Router"}}


def endpoint(address: str, **more: Any) -> Json:
    ip, _, port = address.rpartition(":")
    return {
        "endpoint": {"address": {"socket_address": {"address": ip, "port_value": int(port)}}},
        **more,
    }


def cluster(name: str, *addresses: str, **more: Any) -> Json:
    assignment = {"endpoints": [{"lb_endpoints": [endpoint(a) for a in addresses]}]}
    return {"name": name, "type": "STATIC", "load_assignment": assignment, **more}


def tcp(cluster_name: str) -> list[Json]:
    return [
        {"name": "tcp", "typed_config": {"@type": TCP_PROXY, "cluster": cluster_name, "access_log": [{}]}}
    ]


def http(virtual_hosts: list[Json], *, filters: tuple[Json, ...] = (), **more: Any) -> list[Json]:
    config = {
        "@type": HTTP_MANAGER,
        "route_config": {"name": "rc", "virtual_hosts": virtual_hosts},
        "http_filters": [*filters, ROUTER],
        "access_log": [{}],
        **more,
    }
    return [{"name": "http", "typed_config": config}]


def virtual_host(*routes: Json, domains: tuple[str, ...] = ("*",), **more: Any) -> Json:
    return {"name": "vh", "domains": list(domains), "routes": list(routes), **more}


def route(name: str, match: Json, to: str = "c", **more: Any) -> Json:
    return {"name": name, "match": match, "route": {"cluster": to, **more}}


def listener(chains: list[Json], ip: str = "0.0.0.0", port: int = 80, **more: Any) -> Json:
    return {
        "name": f"{ip}_{port}",
        "address": {"socket_address": {"address": ip, "port_value": port}},
        "filter_chains": chains,
        **more,
    }


def proxy(listeners: list[Json], clusters: tuple[Json, ...] = (), bootstrap: Json | None = None) -> Proxy:
    """A proxy with these listeners and clusters (``c`` with one endpoint unless given)."""
    found = clusters or (cluster("c", "10.0.0.1:8080"),)
    configs = [
        {"@type": f"{_ADMIN}BootstrapConfigDump", "bootstrap": bootstrap or {}},
        {"@type": f"{_ADMIN}ClustersConfigDump", "static_clusters": [{"cluster": c} for c in found]},
        {
            "@type": f"{_ADMIN}ListenersConfigDump",
            "dynamic_listeners": [{"name": x["name"], "active_state": {"listener": x}} for x in listeners],
        },
    ]
    notes = Notes()
    data = json.dumps({"configs": configs}).encode()
    return Proxy(snapshot.load(documents.read(data, "test", notes), "test", notes), "test", 1_764_000_000.0)


def ask(
    built: Proxy,
    request: Request | None = None,
    *,
    payload: Payload = Payload.HTTP1,
    dst: tuple[str, int] = ("10.9.9.9", 80),
    src: str = "10.1.1.1",
    tls: Tls | None = None,
    at: Listener | None = None,
    silent: bool = True,
) -> list[Passage]:
    """The passages of one connection at the first listener (or at one)."""
    accepting = at or built.listeners.all[0]
    connection = Connection(src, dst[0], dst[1], 40000, payload, (tls,) if tls else ())
    return visit(built, accepting, connection, request, silent=silent)


def get(path: str = "/", host: str | None = "a.com", *headers: tuple[str, str], **more: Any) -> Request:
    return Request(more.pop("method", "GET"), host, path, tuple(headers), **more)


def routed(built: Proxy, request: Request) -> Passage:
    """The only passage of a request."""
    passages = ask(built, request)
    assert len(passages) == 1, passages
    return passages[0]
