"""The rules of ``describe``, one a test: ports, matches in Go's text form, peers, subsets, weights, policies, gateways."""

from __future__ import annotations

import json

import pytest

from meshctl.envoy.documents import read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import Snapshot, load
from meshctl.errors import ConnectError
from meshctl.views.describe import matches, page, peers, ports, proxy
from meshctl.views.describe.mesh import Page

RBAC = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"
MANAGER = (
    "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
)
LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener"
CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster"
ROUTES = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration"
ADMIN = "type.googleapis.com/envoy.admin.v3."


@pytest.mark.parametrize(
    ("port", "protocol"),
    [
        ({"name": "http", "port": 80}, "HTTP"),
        ({"name": "http-admin", "port": 80}, "HTTP"),
        ({"name": "HTTP2-x", "port": 80}, "HTTP2"),
        ({"name": "grpc-web-x", "port": 80}, "GRPC-Web"),
        ({"name": "x", "port": 80, "appProtocol": "https"}, "HTTPS"),
        ({"name": "http", "port": 80, "appProtocol": "kubernetes.io/h2c"}, "HTTP2"),
        ({"name": "http", "port": 80, "protocol": "UDP"}, "UDP"),
        ({"name": "db", "port": 3306}, "TCP"),
        ({"name": "sniffed", "port": 80}, "auto-detect"),
        ({"port": 80}, "auto-detect"),
        ({"port": 3306}, "auto-detect"),
    ],
)
def test_protocol_of_a_port(port: dict, protocol: str) -> None:
    assert ports.protocol(port) == protocol


def test_a_named_port_is_looked_up_in_the_containers_and_native_sidecars() -> None:
    native = {"name": "s", "restartPolicy": "Always", "ports": [{"name": "b", "containerPort": 2}]}
    init = {"name": "i", "ports": [{"name": "c", "containerPort": 3}]}
    pod = {
        "spec": {
            "containers": [{"ports": [{"name": "a", "containerPort": 1, "protocol": "TCP"}]}],
            "initContainers": [native, init],
        }
    }
    named = {name: ports.target(pod, {"port": 80, "targetPort": name}) for name in ("a", "b", "c")}
    assert named == {"a": 1, "b": 2, "c": None}
    assert ports.target(pod, {"port": 80, "targetPort": 8080}) == 8080
    assert ports.target(pod, {"port": 80}) == 80


@pytest.mark.parametrize(
    ("match", "text"),
    [
        ({"uri": {"prefix": "/a"}}, "Match: /a*"),
        ({"uri": {"exact": "/a"}, "ignoreUriCase": True}, "Match: /a uncased"),
        ({"uri": {"regex": '/a"b'}}, 'Match: regex:"/a\\"b"'),
        ({"headers": {"b": {"exact": "2"}, "a": {"prefix": "1"}}}, "Match:  when headers are a=1*; b=2"),
        ({"queryParams": {"q": {"exact": "1"}}}, "Match:"),
    ],
)
def test_matches(match: dict, text: str) -> None:
    assert matches.match(match) == text


def test_faults_are_in_gos_text_form() -> None:
    delay = {"fixedDelay": "2.5s", "percentage": {"value": 12.5}}
    abort = {"grpcStatus": "UNAVAILABLE", "percentage": {"value": 100.0}}
    assert matches.fault({"abort": abort, "delay": delay}) == (
        "delay:{fixed_delay:{seconds:2  nanos:500000000}  percentage:{value:12.5}}  "
        'abort:{grpc_status:"UNAVAILABLE"  percentage:{value:100}}'
    )
    assert (
        matches.tcp_match({"port": 9000, "sourceLabels": {"app": "x"}})
        == 'port:9000  source_labels:{key:"app"  value:"x"}'
    )


def _policy(
    namespace: str, mode: str, labels: dict | None = None, ports: dict | None = None, at: str = "1"
) -> dict:
    spec: dict = {"mtls": {"mode": mode}} if mode else {}
    if labels:
        spec["selector"] = {"matchLabels": labels}
    if ports:
        spec["portLevelMtls"] = {port: {"mode": m} for port, m in ports.items()}
    return {"metadata": {"name": "p", "namespace": namespace, "creationTimestamp": at}, "spec": spec}


@pytest.mark.parametrize(
    ("applied", "mode", "ports"),
    [
        ([], "PERMISSIVE", {}),
        ([_policy("root", "STRICT")], "STRICT", {}),
        ([_policy("root", "STRICT"), _policy("ns", "DISABLE")], "DISABLE", {}),
        ([_policy("root", "STRICT"), _policy("ns", "UNSET")], "STRICT", {}),
        ([_policy("ns", "STRICT", at="2"), _policy("ns", "DISABLE", at="1")], "DISABLE", {}),
        (
            [_policy("ns", "STRICT", {"a": "b"}, {"80": "DISABLE", "81": "UNSET"})],
            "STRICT",
            {"80": "DISABLE", "81": "STRICT"},
        ),
        ([_policy("root", "STRICT", {"a": "b"})], "PERMISSIVE", {}),
    ],
    ids=[
        "none",
        "mesh",
        "namespace",
        "inherited",
        "the oldest",
        "ports",
        "a selector in the root namespace is none",
    ],
)
def test_peer_authentications_compose(applied: list, mode: str, ports: dict) -> None:
    assert peers.compose(applied, "root") == (mode, ports)


def _chain(port: int | None, *filters: dict, name: str = "") -> dict:
    match = {"destination_port": port} if port else {}
    manager = {
        "@type": MANAGER,
        "http_filters": [{"name": "rbac", "typed_config": {"@type": RBAC, **f}} for f in filters],
    }
    return {"name": name, "filter_chain_match": match, "filters": [{"name": "hcm", "typed_config": manager}]}


def _rules(*names: str, action: str = "DENY") -> dict:
    return {"rules": {"action": action, "policies": {key: {} for key in names}}}


def _snapshot(chains: list[dict] = (), clusters: list[dict] = (), routes: list[dict] = ()) -> Snapshot:  # type: ignore[assignment]
    listener = {"@type": LISTENER, "name": "virtualInbound", "filter_chains": list(chains)}
    configs = [
        {
            "@type": f"{ADMIN}ListenersConfigDump",
            "dynamic_listeners": [{"name": "virtualInbound", "active_state": {"listener": listener}}],
        },
        {
            "@type": f"{ADMIN}ClustersConfigDump",
            "dynamic_active_clusters": [{"cluster": {"@type": CLUSTER, **c}} for c in clusters],
        },
        {
            "@type": f"{ADMIN}RoutesConfigDump",
            "dynamic_route_configs": [{"route_config": {"@type": ROUTES, **r}} for r in routes],
        },
    ]
    notes = Notes()
    return load(read(json.dumps({"configs": configs}).encode(), "dump", notes), "dump", notes)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([_rules("b", "a")], ["a", "b"]),
        ([_rules("deny"), _rules("allow", action="ALLOW")], ["deny", "allow"]),
        (
            [{"shadow_rules": {"policies": {"x": {}}}, "shadow_rules_stat_prefix": "istio_ext_authz_"}],
            ["x (CUSTOM)"],
        ),
        (
            [{"shadow_rules": {"policies": {"x": {}}}, "shadow_rules_stat_prefix": "istio_dry_run_"}],
            ["x (dry run)"],
        ),
        ([{}], []),
        ([_rules("_anonymous_match_nothing_")], []),
    ],
    ids=["sorted", "every filter", "custom", "dry run", "no rules", "istiod's artefact"],
)
def test_policies_are_those_of_all_filters(filters: list[dict], expected: list[str]) -> None:
    assert proxy.policies(_snapshot([_chain(80, *filters)]), 80) == expected


def test_policies_are_those_of_the_ports_own_chains() -> None:
    envoy = _snapshot(
        [
            _chain(80, _rules("own")),
            _chain(None, _rules("any")),
            _chain(None, _rules("x"), name="virtualInbound-blackhole"),
        ]
    )
    assert (proxy.policies(envoy, 80), proxy.policies(envoy, 81)) == (["own"], ["any"])


class FakeMesh:
    """A mesh of objects in memory; an Envoy that is None does not answer."""

    namespace = "ns"

    def __init__(self, envoy: Snapshot | None = None, **objects: list[dict]) -> None:
        self.objects, self._envoy = objects, envoy
        self.asked: list[str] = []

    def services(self, namespace: str) -> list[dict]:
        return [o for o in self.objects.get("services", []) if o["metadata"]["namespace"] == namespace]

    def object(self, kind: str, namespace: str, name: str) -> dict | None:
        found = self.objects.get(kind, [])
        return next((o for o in found if o["metadata"] == {"namespace": namespace, "name": name}), None)

    def peer_authentications(self, namespace: str) -> list[dict]:
        return []

    def mesh_config(self, revision: str) -> dict:
        return {}

    def pods(self, labels: dict[str, str], namespace: str | None) -> list[dict]:
        found = self.objects.get("pods", [])
        return [o for o in found if labels.items() <= o["metadata"].get("labels", {}).items()]

    def envoy(self, pod: dict) -> Snapshot:
        self.asked.append(pod["metadata"]["name"])
        if self._envoy is None:
            raise ConnectError("it does not answer")
        return self._envoy


def _pod(name: str = "web", *, sidecar: bool = True, **labels: str) -> dict:
    containers = [{"name": "app"}, *([{"name": "istio-proxy"}] if sidecar else [])]
    statuses = [{"name": c["name"], "ready": True} for c in containers]
    return {
        "metadata": {"name": name, "namespace": "ns", "labels": {"app": "web", "version": "v1", **labels}},
        "spec": {"containers": containers},
        "status": {"phase": "Running", "containerStatuses": statuses},
    }


SERVICE = {
    "metadata": {"name": "web", "namespace": "ns"},
    "spec": {
        "selector": {"app": "web"},
        "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}],
    },
}
HOST = "web.ns.svc.cluster.local"


def _istio(kind: str, name: str) -> dict:
    path = f"/apis/networking.istio.io/v1/namespaces/ns/{kind}/{name}"
    return {"metadata": {"filter_metadata": {"istio": {"config": path}}}}


def _envoy() -> Snapshot:
    cluster = {"name": f"outbound|80||{HOST}", **_istio("destination-rule", "dr")}
    route = {
        "match": {"prefix": "/"},
        "route": {"cluster": cluster["name"]},
        **_istio("virtual-service", "vs"),
    }
    hosts = [{"name": f"{HOST}:80", "domains": [HOST], "routes": [route]}]
    return _snapshot(
        clusters=[cluster],
        routes=[{"name": "80", "virtual_hosts": hosts}, {"name": "http.8080", "virtual_hosts": hosts}],
    )


def _named(name: str, **spec: object) -> dict:
    return {"metadata": {"namespace": "ns", "name": name}, "spec": spec}


def _described(mesh: FakeMesh, pod: dict | None = None) -> Page:
    return page.pod(mesh, pod or _pod(), "istio-system", ignore_unmeshed=False)


def test_a_destination_that_is_alone_has_everything() -> None:
    routes = [
        {"route": [{"destination": {"host": "web", "subset": "v1"}, "weight": 100}]},
        {"route": [{"destination": {"host": "other.ns.svc.cluster.local"}}]},
    ]
    rule = _named("dr", host="web", subsets=[{"name": "v1", "labels": {"version": "v2"}}])
    mesh = FakeMesh(
        _envoy(), services=[SERVICE], destinationrules=[rule], virtualservices=[_named("vs", http=routes)]
    )
    lines = _described(mesh).lines
    assert "   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets v1)" in lines
    assert "   WARNING: No destinations match pod subsets (checked 2 HTTP routes)" in lines
    assert "      Route to non-matching subset v1 for (everything)" in lines
    assert '      Route to host "other.ns.svc.cluster.local" with weight 100%' in lines


def test_shares_are_told_as_they_are() -> None:
    two = [{"destination": {"host": "web"}, "weight": 90}, {"destination": {"host": "b.c"}, "weight": 10}]
    mesh = FakeMesh(_envoy(), services=[SERVICE], virtualservices=[_named("vs", http=[{"route": two}])])
    lines = _described(mesh).lines
    assert (
        '   Route to host "web" with weight 90%' in lines
        and '   Route to host "b.c" with weight 10%' in lines
    )
    assert "WARNING: Proxy is stale; it references to non-existent destination rule dr.ns" in lines


def test_a_pod_without_a_sidecar_is_not_asked() -> None:
    mesh = FakeMesh(services=[SERVICE])
    found = _described(mesh, _pod(sidecar=False))
    assert mesh.asked == [] and found.error is None
    assert "WARNING: web is not part of mesh; no Istio sidecar" in found.lines
    assert "No PeerAuthentication applies: the pod has no sidecar" in found.lines


def test_a_proxy_that_does_not_answer_ends_the_page_with_the_reason() -> None:
    found = _described(FakeMesh(services=[SERVICE]))
    assert found.error is not None and "Effective PeerAuthentication:" in found.lines


GATEWAY_POD = {
    "metadata": {"name": "gw", "namespace": "ns", "labels": {"istio": "ingressgateway"}},
    "spec": {"containers": [{"name": "istio-proxy"}]},
    "status": {"phase": "Running", "hostIP": "192.0.2.1"},
}


def _gateway_service(**status: object) -> dict:
    gw_ports = [
        {"name": "http2", "port": 80, "targetPort": 8080},
        {"name": "https", "port": 443, "targetPort": 8443},
    ]
    return {
        "metadata": {"name": "gw", "namespace": "ns"},
        "spec": {"selector": {"istio": "ingressgateway"}, "ports": gw_ports},
        "status": status,
    }


def _exposed(*servers: dict, hosts: tuple[str, ...] = ("shop.example.com",), **status: object) -> list[str]:
    gateway = _named("gate", selector={"istio": "ingressgateway"}, servers=list(servers))
    item = _named(
        "vs", hosts=list(hosts), gateways=["gate"], http=[{"route": [{"destination": {"host": "web"}}]}]
    )
    services = [SERVICE, _gateway_service(**status)]
    mesh = FakeMesh(
        _envoy(), services=services, pods=[GATEWAY_POD], gateways=[gateway], virtualservices=[item]
    )
    return [
        line.removeprefix("Exposed on Ingress Gateway ")
        for line in _described(mesh).lines
        if line.startswith("Exposed")
    ]


HTTP, HTTPS = {"number": 80, "protocol": "HTTP"}, {"number": 443, "protocol": "HTTPS"}


def test_exposure_tells_scheme_host_address_and_port() -> None:
    shop = {"port": HTTPS, "hosts": ["*.example.com"], "tls": {"mode": "SIMPLE"}}
    balanced = {"ingress": [{"ip": "203.0.113.9"}]}
    assert _exposed(shop, loadBalancer=balanced) == ["https://shop.example.com (203.0.113.9:443)"]
    assert _exposed(shop) == ["https://shop.example.com (192.0.2.1:443)"]
    assert _exposed({"port": HTTP, "hosts": ["other.example.com"]}) == []
    assert _exposed({"port": HTTP, "hosts": ["ns/*"], "tls": {"httpsRedirect": True}}) == [
        "http://shop.example.com (192.0.2.1:80, redirects to https)"
    ]
    assert _exposed({"port": HTTPS, "hosts": ["*"], "tls": {"mode": "PASSTHROUGH"}}) == []
    assert _exposed({"port": {"number": 9000, "protocol": "HTTP"}, "hosts": ["*"]}) == []
    assert _exposed({"port": {"number": 8080, "protocol": "HTTP"}, "hosts": ["*"]}, hosts=("*",)) == [
        "http://192.0.2.1 (192.0.2.1:80)"
    ]
    names = {"ingress": [{"hostname": "lb.example.net"}]}
    assert _exposed(shop, loadBalancer=names) == ["https://shop.example.com (lb.example.net:443)"]


def test_a_gateway_that_does_not_answer_is_told_and_left_out() -> None:
    mesh = FakeMesh(services=[_gateway_service()], pods=[GATEWAY_POD])
    found = _described(mesh, _pod(sidecar=False))
    assert found.notes == ["the ingress gateway gw is left out: it does not answer"]


def test_a_service_is_described_by_its_first_ready_pod() -> None:
    waiting = _pod("early")
    waiting["status"]["containerStatuses"][1]["ready"] = False
    mesh = FakeMesh(_envoy(), pods=[waiting, _pod("plain", sidecar=False), _pod("web")])
    found = page.service(mesh, SERVICE)
    assert found.lines[:3] == [
        "WARNING: Pod early Container istio-proxy NOT READY",
        'Pod plain: no container "istio-proxy" in pod',
        "Service: web",
    ]
    assert mesh.asked == ["web"]
    assert page.service(FakeMesh(), SERVICE).lines == ['Service "web" has no pods.']
