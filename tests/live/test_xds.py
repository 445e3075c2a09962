"""The lab's management server against a real Envoy: every state that proxy-config shows, both protocols."""

from __future__ import annotations

import json
import pathlib
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from meshctl.envoy.documents import read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, Snapshot, State, load
from tests import envoy
from tests.lab.messages import from_json, type_url
from tests.lab.pki import Authority
from tests.lab.resources import CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET, ResourceStore
from tests.lab.xds import ManagementServer

NODE = "sidecar~10.0.0.1~test-pod.test~test.svc.cluster.local"


def bootstrap(socket: str, api_type: str) -> dict[str, Any]:
    grpc = [{"envoy_grpc": {"cluster_name": "xds"}}]
    return {
        "node": {"id": NODE, "cluster": "test"},
        "dynamic_resources": {
            "ads_config": {"api_type": api_type, "transport_api_version": "V3", "grpc_services": grpc},
            "cds_config": {"ads": {}, "resource_api_version": "V3"},
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
        },
        "hds_config": {"api_type": "GRPC", "transport_api_version": "V3", "grpc_services": grpc},
        "static_resources": {
            "clusters": [
                {
                    "name": "xds",
                    "connect_timeout": "1s",
                    "type": "STATIC",
                    "typed_extension_protocol_options": {
                        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                    "load_assignment": {
                        "cluster_name": "xds",
                        "endpoints": [
                            {"lb_endpoints": [{"endpoint": {"address": {"pipe": {"path": socket}}}}]}
                        ],
                    },
                }
            ]
        },
    }


def cluster(name: str, **more: Any) -> dict[str, Any]:
    config = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    return {
        "name": name,
        "type": "EDS",
        "connect_timeout": "1s",
        "eds_cluster_config": {"eds_config": config},
        **more,
    }


def endpoints(name: str, address: str, health: str = "HEALTHY") -> dict[str, Any]:
    socket = {"socket_address": {"address": address, "port_value": 80}}
    return {
        "cluster_name": name,
        "endpoints": [{"lb_endpoints": [{"endpoint": {"address": socket}, "health_status": health}]}],
    }


def listener(name: str, port: int, **more: Any) -> dict[str, Any]:
    proxy = {
        "@type": type_url("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"),
        "stat_prefix": "x",
        "cluster": "one",
    }
    return {
        "name": name,
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{"name": "envoy.filters.network.tcp_proxy", "typed_config": proxy}]}],
        **more,
    }


class Proxy:
    """A running Envoy and the store that feeds it."""

    def __init__(self, port: int, server: ManagementServer, store: ResourceStore) -> None:
        self.port = port
        self.server = server
        self.store = store

    def snapshot(self) -> Snapshot:
        url = f"http://127.0.0.1:{self.port}/config_dump?include_eds"
        notes = Notes()
        return load(read(urllib.request.urlopen(url, timeout=5).read(), "live", notes), "live", notes)

    def states(self, kind: SectionKind) -> set[tuple[str, State]]:
        return {(r.name, r.state) for r in self.snapshot().resources(kind) if r.state is not State.STATIC}

    def until(self, true: Callable[[], bool], seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, json.dumps([str(r) for r in self.server.log.answers][-10:])
            time.sleep(0.05)


@pytest.fixture(params=["GRPC", "DELTA_GRPC"])
def proxy(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> Iterator[Proxy]:
    server = ManagementServer(str(tmp_path / "xds.sock"))
    store = ResourceStore()
    server.add(NODE, store)
    server.start()
    store.put(CLUSTER, cluster("one"))
    store.put(ENDPOINTS, endpoints("one", "10.0.0.9"))
    store.put(LISTENER, listener("first", envoy.free_port()))
    try:
        with envoy.running(bootstrap(server.socket, request.param), tmp_path) as port:
            result = Proxy(port, server, store)
            result.until(lambda: ("first", State.ACTIVE) in result.states(SectionKind.LISTENERS))
            yield result
    finally:
        server.stop()


@pytest.mark.envoy
def test_a_resource_that_is_held_back_keeps_its_cluster_warming(proxy: Proxy) -> None:
    proxy.store.hold(ENDPOINTS, "two")
    proxy.store.put(ENDPOINTS, endpoints("two", "10.0.0.8"))
    proxy.store.put(CLUSTER, cluster("two"))
    proxy.until(lambda: ("two", State.WARMING) in proxy.states(SectionKind.CLUSTERS))
    proxy.store.release(ENDPOINTS, "two")
    proxy.until(lambda: ("two", State.ACTIVE) in proxy.states(SectionKind.CLUSTERS))


@pytest.mark.envoy
def test_a_bad_update_is_refused_with_its_reason(proxy: Proxy) -> None:
    bad = listener("bad", 0, filter_chains=[{"filters": [{"name": "no.such.filter"}]}])
    proxy.store.put(LISTENER, bad)
    proxy.until(lambda: bool(proxy.server.log.refused(NODE)))
    refused = [r for r in proxy.snapshot().resources(SectionKind.LISTENERS) if r.rejection]
    assert any("no.such.filter" in r.rejection.details for r in refused if r.rejection)
    assert ("first", State.ACTIVE) in proxy.states(SectionKind.LISTENERS)


@pytest.mark.envoy
def test_a_removed_listener_drains(proxy: Proxy) -> None:
    proxy.store.put(LISTENER, listener("second", envoy.free_port()))
    proxy.until(lambda: ("second", State.ACTIVE) in proxy.states(SectionKind.LISTENERS))
    proxy.store.remove(LISTENER, "second")
    proxy.until(lambda: ("second", State.ACTIVE) not in proxy.states(SectionKind.LISTENERS))


@pytest.mark.envoy
def test_a_changed_listener_leaves_the_old_one_draining(proxy: Proxy) -> None:
    proxy.store.put(LISTENER, listener("first", envoy.free_port(), stat_prefix="changed"))
    proxy.until(lambda: ("first", State.DRAINING) in proxy.states(SectionKind.LISTENERS))


@pytest.mark.envoy
def test_changed_endpoints_and_health_arrive(proxy: Proxy) -> None:
    proxy.store.put(ENDPOINTS, endpoints("one", "10.0.0.7", "UNHEALTHY"))

    def arrived() -> bool:
        text = json.dumps([r.value for r in proxy.snapshot().resources(SectionKind.ENDPOINTS)])
        return "10.0.0.7" in text and "UNHEALTHY" in text

    proxy.until(arrived)


@pytest.mark.envoy
def test_routes_and_secrets_are_served_by_name(proxy: Proxy) -> None:
    hosts = [
        {"name": "v", "domains": ["*"], "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "one"}}]}
    ]
    proxy.store.put(ROUTES, {"name": "r", "virtual_hosts": hosts})
    proxy.store.put(ROUTES, {"name": "not wanted", "virtual_hosts": hosts})
    manager = {
        "@type": type_url(
            "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
        ),
        "stat_prefix": "h",
        "rds": {"route_config_name": "r", "config_source": {"ads": {}, "resource_api_version": "V3"}},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": type_url("envoy.extensions.filters.http.router.v3.Router")},
            }
        ],
    }
    ads = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    context = {
        "@type": type_url("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
        "common_tls_context": {
            "tls_certificate_sds_secret_configs": [{"name": "default", "sds_config": ads}],
            "validation_context_sds_secret_config": {"name": "ROOTCA", "sds_config": ads},
        },
    }
    chain = {
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}],
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": context},
    }
    proxy.store.put(LISTENER, listener("http", envoy.free_port(), filter_chains=[chain]))

    proxy.until(lambda: any(n == "ROOTCA" for n, _ in proxy.states(SectionKind.SECRETS)))
    proxy.store.put(
        SECRET, {"name": "ROOTCA", "validation_context": {"trusted_ca": {"inline_string": Authority().root}}}
    )
    proxy.until(lambda: ("ROOTCA", State.ACTIVE) in proxy.states(SectionKind.SECRETS))
    proxy.until(lambda: ("r", State.ACTIVE) in proxy.states(SectionKind.ROUTES))
    assert "not wanted" not in {name for name, _ in proxy.states(SectionKind.ROUTES)}


@pytest.mark.envoy
def test_health_is_reported(tmp_path: pathlib.Path) -> None:
    server = ManagementServer(str(tmp_path / "xds.sock"))
    store = ResourceStore()
    server.add(NODE, store)
    check = {
        "timeout": "1s",
        "interval": "0.2s",
        "unhealthy_threshold": 1,
        "healthy_threshold": 1,
        "no_traffic_interval": "0.2s",
        "tcp_health_check": {},
    }
    dead = {"address": {"socket_address": {"address": "127.0.0.1", "port_value": envoy.free_port()}}}
    specifier = {
        "cluster_health_checks": [
            {
                "cluster_name": "checked",
                "health_checks": [check],
                "locality_endpoints": [{"endpoints": [dead]}],
            }
        ],
        "interval": "0.3s",
    }
    server.set_health_checks(NODE, from_json("envoy.service.health.v3.HealthCheckSpecifier", specifier))
    server.start()
    try:
        with envoy.running(bootstrap(server.socket, "GRPC"), tmp_path) as port:
            proxy = Proxy(port, server, store)
            proxy.until(lambda: any(h != "HEALTHY" for _, h in server.log.health.get(NODE, [])))
    finally:
        server.stop()
