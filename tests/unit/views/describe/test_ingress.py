"""Which addresses a service is reached at through an ingress gateway: the Gateway's servers, the VirtualService's hosts."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.plain import namespace_of
from meshctl.views.describe.ingress import Ingress, _address, _common, _ingresses, _lines

Json = dict[str, Any]
EXPOSED = "Exposed on Ingress Gateway "


def service(namespace: str = "gw", selector: Any = None, *ports: Json, **status: Any) -> Json:
    spec: Json = {"selector": {"app": "gw"} if selector is None else selector, "ports": list(ports)}
    return {"metadata": {"name": "gw", "namespace": namespace}, "spec": spec, "status": status}


def pod(namespace: str = "gw", app: str = "gw", **status: Any) -> Json:
    metadata = {"name": f"{namespace}-{app}", "namespace": namespace, "labels": {"app": app}}
    return {
        "metadata": metadata,
        "status": status,
        "spec": {"containers": [{"ports": [{"name": "web", "containerPort": 8080}]}]},
    }


PORTS = (
    {"port": 80, "targetPort": 8080},
    {"port": 443, "targetPort": 8443},
    {"port": 9000},
    {"port": 81, "targetPort": "web"},
)
BALANCED = service("gw", None, *PORTS, loadBalancer={"ingress": [{"ip": "1.2.3.4"}]})
HTTP, TLS, TCP = {"http": [{}]}, {"tls": [{}]}, {"tcp": [{}]}
SERVED: list[tuple[Json, Json, list[str]]] = [  # a server of the Gateway, a VirtualService for a.b, the addresses
    ({"port": {"number": 80, "protocol": "HTTP"}}, HTTP, ["http://a.b (1.2.3.4:80)"]),
    ({"port": {"number": 8080, "protocol": "http2"}}, HTTP, ["http://a.b (1.2.3.4:80)"]),
    ({"port": {"number": 8443, "protocol": "HTTPS"}}, HTTP, ["https://a.b (1.2.3.4:443)"]),
    ({"port": {"number": 9000, "protocol": "HTTPS"}}, HTTP, ["https://a.b:9000 (1.2.3.4:9000)"]),
    ({"port": {"number": 443, "protocol": "HTTP"}}, HTTP, ["http://a.b:443 (1.2.3.4:443)"]),
    ({"port": {"number": 80, "protocol": "GRPC"}}, HTTP, ["grpc://a.b:80 (1.2.3.4:80)"]),
    ({"port": {"number": 80, "protocol": "GRPC-Web"}}, HTTP, ["grpc://a.b:80 (1.2.3.4:80)"]),
    ({"port": {"number": 80, "protocol": "TCP"}}, TCP, ["tcp://a.b:80 (1.2.3.4:80)"]),
    ({"port": {"number": 80}}, TCP, ["tcp://a.b:80 (1.2.3.4:80)"]),
    ({"port": {"number": 443, "protocol": "TLS"}}, TCP, ["tls://a.b:443 (1.2.3.4:443)"]),
    ({"port": {"number": 80, "protocol": "HTTP"}, "tls": {"httpsRedirect": True}}, HTTP, ["http://a.b (1.2.3.4:80, redirects to https)"]),
    # which of the VirtualService's routes a server serves
    ({"port": {"number": 80, "protocol": "HTTP"}}, TCP, []),
    ({"port": {"number": 80, "protocol": "TCP"}}, HTTP, []),
    ({"port": {"number": 443, "protocol": "TLS"}}, TLS, []),
    ({"port": {"number": 443, "protocol": "TLS"}, "tls": {"mode": "PASSTHROUGH"}}, TLS, ["tls://a.b:443 (1.2.3.4:443)"]),
    ({"port": {"number": 443, "protocol": "HTTPS"}, "tls": {"mode": "AUTO_PASSTHROUGH"}}, TLS, ["https://a.b (1.2.3.4:443)"]),
    ({"port": {"number": 443, "protocol": "HTTPS"}, "tls": {"mode": "PASSTHROUGH"}}, HTTP, []),
    # by the port that the pods listen on, or the Service's own; one that no port leads to is not reached
    ({"port": {"number": 81, "protocol": "HTTP"}}, HTTP, ["http://a.b:81 (1.2.3.4:81)"]),
    ({"port": {"number": 7, "protocol": "HTTP"}}, HTTP, []),
    ({"port": {"protocol": "HTTP"}}, HTTP, []),
    # the hosts, with or without a namespace
    ({"port": {"number": 80, "protocol": "HTTP"}, "hosts": ["ns/a.b", "c.d"]}, HTTP, ["http://a.b (1.2.3.4:80)"]),
    ({"port": {"number": 80, "protocol": "HTTP"}, "hosts": ["c.d"]}, HTTP, []),
]  # fmt: skip


@pytest.mark.parametrize(("server", "routes", "lines"), SERVED)
def test_where_a_server_is_reached(server: Json, routes: Json, lines: list[str]) -> None:
    gateway = {"spec": {"servers": [{"hosts": ["*"], **server}]}}
    found = _lines(Ingress(BALANCED, (pod(),)), gateway, {"spec": {"hosts": ["a.b"], **routes}})
    assert list(found) == [EXPOSED + line for line in lines]


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        ({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}, "http://1.2.3.4 (1.2.3.4:80)"),
        ({}, "http://* (no external address)"),
    ],
)
def test_any_host_is_shown_as_the_address(status: Json, shown: str) -> None:
    gateway = {"spec": {"servers": [{"hosts": ["*"], "port": {"number": 80, "protocol": "HTTP"}}]}}
    ingress = Ingress(service("gw", None, *PORTS, **status), (pod(),))
    assert list(_lines(ingress, gateway, {"spec": {"hosts": ["*"], **HTTP}})) == [EXPOSED + shown]


COMMON = [  # a VirtualService's hosts, a server's, those that both mean
    ("a.b", "a.b", "a.b"), ("a.b", "*", "a.b"), ("*", "a.b", "a.b"), ("*", "*", "*"), ("a.b", "*.b", "a.b"), ("*.b", "a.b", "a.b"), ("*.b", "*.b", "*.b"), ("*.a.b", "*.b", "*.a.b"),
    ("a.b", "b", ""), ("b", "*.b", ""), ("ab", "*.b", ""), ("xa.b", "a.b", ""), ("a.b c.d", "*", "a.b c.d"), ("*.b", "a.b c.b c.d", "a.b c.b"), ("a.b *", "a.b", "a.b"), ("a.b", "*.b *", "a.b"), ("a.b", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "served", "common"), COMMON)
def test_the_hosts_that_a_server_and_a_virtual_service_share(wanted: str, served: str, common: str) -> None:
    assert _common(wanted.split(), served.split()) == common.split()


@pytest.mark.parametrize(
    ("status", "node", "address"),
    [
        ({"loadBalancer": {"ingress": [{"ip": "1.1.1.1", "hostname": "h"}]}}, "9.9.9.9", "1.1.1.1"),
        ({"loadBalancer": {"ingress": [{}, {"hostname": "h"}]}}, "9.9.9.9", "h"),
        ({"loadBalancer": {}}, "9.9.9.9", "9.9.9.9"),
        ({}, None, ""),
    ],
)
def test_the_address_from_outside(status: Json, node: str | None, address: str) -> None:
    assert _address(Ingress(service(**status), (pod(hostIP=node),))) == address


class Services:
    def __init__(self, *found: Json) -> None:
        self.found = found

    def services(self, namespace: str) -> list[Json]:
        return [one for one in self.found if namespace_of(one) == namespace]


def test_a_gateways_service_selects_pods_of_its_own_namespace() -> None:
    mesh: Any = Services(service("gw"), service("other"), service("gw", {}), service("gw", {"app": "none"}))
    pods = [pod(), pod("other"), pod("gw", "else"), pod("gw", "gw")]
    found = [
        (namespace_of(one.service), [p["metadata"]["name"] for p in one.pods])
        for one in _ingresses(mesh, pods)
    ]
    assert found == [("gw", ["gw-gw", "gw-gw"]), ("other", ["other-gw"])]
