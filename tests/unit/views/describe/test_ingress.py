"""Which addresses a service is reached at through an ingress gateway: the Gateway's servers, the VirtualService's hosts."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.plain import namespace_of
from meshctl.views.describe.ingress import Ingress, _address, _common, _ingresses, _lines, describe
from meshctl.views.describe.mesh import Page
from tests.unit.views import dumps

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


ISTIO = "/apis/networking.istio.io/v1/namespaces/ns/virtual-service/vs"
WEB_SERVICE: Json = {"metadata": {"name": "web", "namespace": "ns"}, "spec": {"ports": [{"port": 80}]}}
TO_WEB = {
    "name": "http.8080",
    "virtual_hosts": [
        {
            "name": "vh",
            "domains": ["a.b"],
            "routes": [
                {
                    "match": {"prefix": "/"},
                    "metadata": {"filter_metadata": {"istio": {"config": ISTIO}}},
                    "route": {"cluster": "outbound|80||web.ns.svc.cluster.local"},
                }
            ],
        }
    ],
}


class Gateways(Services):
    """A mesh with one ingress gateway whose Envoy has these routes; objects by kind, namespace and name."""

    def __init__(
        self, objects: dict[tuple[str, str, str], Json], routes: Json = TO_WEB, phase: str = "Running"
    ) -> None:
        super().__init__(BALANCED)
        self.objects, self.routes, self.phase = objects, routes, phase

    def pods(self, labels: Any, namespace: Any) -> list[Json]:
        return [pod(phase=self.phase)]

    def envoy(self, _: Json) -> Any:
        return dumps.routes(self.routes)

    def object(self, *named: str) -> Json | None:
        return self.objects.get(named)  # type: ignore[arg-type]


def virtual_service(*gateways: Any) -> Json:
    to = [{"route": [{"destination": {"host": "web"}}]}]
    metadata = {"name": "vs", "namespace": "ns"}
    return {"metadata": metadata, "spec": {"hosts": ["a.b"], "gateways": list(gateways), "http": to}}


def gateway(**selector: str) -> Json:
    server = {"hosts": ["*"], "port": {"number": 80, "protocol": "HTTP"}}
    return {"metadata": {"name": "g", "namespace": "ns"}, "spec": {"selector": selector, "servers": [server]}}


VS, OWN, OTHER = ("virtualservices", "ns", "vs"), ("gateways", "ns", "g"), ("gateways", "gw", "g")
RULE = "--------------------"
TOLD = [EXPOSED + "http://a.b (1.2.3.4:80)", "VirtualService: vs", "   1 HTTP route(s)"]
PAGES: list[tuple[dict[tuple[str, str, str], Json], list[str]]] = [  # the objects, the page
    ({VS: virtual_service("g"), OWN: gateway(app="gw")}, [RULE, *TOLD]),
    ({VS: virtual_service("gw/g"), OTHER: gateway(app="gw")}, [RULE, *TOLD]),
    # each Gateway once; one that serves no gateway pod, mesh and what is no name are passed over
    ({VS: virtual_service("g", "ns/g", "mesh", "", 5), OWN: gateway(app="gw")}, [RULE, *TOLD]),
    ({VS: virtual_service("g"), OWN: gateway(app="else")}, []), ({VS: virtual_service("mesh"), OWN: gateway(app="gw")}, []),
    # what the proxy names and is gone
    ({VS: virtual_service("g")}, ["WARNING: Proxy is stale; it references to non-existent gateway ns/g"]),
    ({OWN: gateway(app="gw")}, ["WARNING: Proxy is stale; it references to non-existent virtual service vs.ns"]),
]  # fmt: skip


@pytest.mark.parametrize(("objects", "lines"), PAGES)
def test_what_is_said_of_the_gateways_that_expose_a_service(
    objects: dict[tuple[str, str, str], Json], lines: list[str]
) -> None:
    mesh: Any = Gateways(objects)
    page = Page("ns")
    describe(page, mesh, [WEB_SERVICE], [])
    assert page.lines == lines


def test_without_a_gateway_that_runs_nothing_is_said_of_gateways() -> None:
    page, mesh = Page("ns"), Gateways({}, phase="Pending")
    describe(page, mesh, [WEB_SERVICE], [])  # type: ignore[arg-type]
    assert page.lines == ["Skipping Gateway information (no ingress gateway pods)"]
    page, unserved = Page("ns"), Gateways({})
    unserved.found = ()
    describe(page, unserved, [WEB_SERVICE], [])  # type: ignore[arg-type]
    assert page.lines[0] == "Skipping Gateway information (no ingress gateway service)"
