"""What a process sends once connected, and how what a proxy sends follows from what came in; who belongs to the mesh."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.match.request_view import Peer
from meshctl.netfilter.model import Backend, Chain, Rule, RuleSet, Table
from meshctl.proxy.model import Endpoint, Payload, Request, Tls, Upstream
from meshctl.trace import membership, streams
from meshctl.trace.pods import Pod, Pods, better
from meshctl.trace.services import Service, endpoints_of, service_map
from meshctl.trace.streams import Stream
from meshctl.values import replace
from tests.unit.proxy.build import cluster, endpoint, http, listener, proxy, route, tcp, virtual_host

Json = dict[str, Any]
V4, V6, BOTH, NONE = (
    Pod("a", ips=("10.0.0.1",)),
    Pod("a", ips=("fd00::1",)),
    Pod("a", ips=("10.0.0.1", "fd00::1")),
    Pod("a"),
)
FOUR = Endpoint("10.0.0.9:80", additional=("[fd00::9]:80",))
SIX = Endpoint("[fd00::9]:80", additional=("10.0.0.9:80", "10.0.0.8:80"))


@pytest.mark.parametrize(("pod", "asked", "address"), [
    (V4, FOUR, "10.0.0.9:80"), (V6, FOUR, "[fd00::9]:80"), (BOTH, FOUR, "10.0.0.9:80"), (NONE, FOUR, "10.0.0.9:80"),
    (V4, SIX, "10.0.0.9:80"), (V6, SIX, "[fd00::9]:80"), (V6, Endpoint("10.0.0.9:80"), "10.0.0.9:80"),
])  # fmt: skip
def test_of_several_addresses_the_one_whose_family_the_pod_has(
    pod: Pod, asked: Endpoint, address: str
) -> None:
    assert streams.reachable(pod, asked).address == address


@pytest.mark.parametrize(("pod", "dst", "source"), [
    (V4, "10.9.9.9", "10.0.0.1"), (V4, "fd00::9", ""), (BOTH, "fd00::9", "fd00::1"), (V4, "10.0.0.1", "10.0.0.1"), (V4, "127.0.0.1", "127.0.0.1"),
    (V4, "127.0.0.6", "127.0.0.1"), (V4, "::1", "::1"), (NONE, "10.9.9.9", ""), (BOTH, "fd00::1", "fd00::1"),
])  # fmt: skip
def test_the_address_that_the_kernel_gives(pod: Pod, dst: str, source: str) -> None:
    assert streams.source_address(pod, dst) == source


@pytest.mark.parametrize(("headers", "expected"), [
    ((("Content-Type", "application/grpc+proto"),), True), ((("content-type", "text"),), False), ((("x", "application/grpc"),), False), ((), False),
])  # fmt: skip
def test_grpc(headers: tuple[tuple[str, str], ...], expected: bool) -> None:
    assert streams.is_grpc(Request(headers=headers)) is expected
    assert not streams.is_grpc(None)


def tls_socket(certificate: str, *alpn: str, sni: str = "s") -> Json:
    common = {
        "alpn_protocols": list(alpn),
        "tls_certificate_sds_secret_configs": [{"name": certificate}] if certificate else [],
        "combined_validation_context": {"validation_context_sds_secret_config": {"name": "ROOTCA"}},
    }
    kind = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    return {
        "transport_socket": {
            "name": "tls",
            "typed_config": {"@type": kind, "sni": sni, "common_tls_context": common},
        }
    }


def sender(**message: Any) -> Pod:
    built = proxy(
        [listener([{"filters": tcp("c")}])],
        (cluster("c", "10.0.0.9:80", **message),),
        {"node": {"metadata": {"NAMESPACE": "n", "SERVICE_ACCOUNT": "s"}}},
    )
    return replace(V4, proxy=built)


CAME = Stream(Payload.HTTP1, (Tls("client"),), Request("GET", "a.com", "/"))
AT = Endpoint("10.0.0.9:80")


def test_a_request_goes_on_as_rewritten_and_without_the_tls_that_was_ended() -> None:
    onward = Request("GET", "b.com", "/x", protocol="HTTP/1.0", scheme="https", absolute_form="http://a.com")
    one = streams.outgoing(sender(), Upstream("c", (AT,), onward), AT, CAME)
    two = streams.outgoing(sender(), Upstream("c", (AT,), onward, http2=True), AT, CAME)
    assert (one.payload, one.layers, one.request) == (
        Payload.HTTP1,
        (),
        replace(onward, protocol="HTTP/1.1", absolute_form=""),
    )
    assert (two.payload, two.request and two.request.protocol) == (Payload.HTTP2, "HTTP/2")


def test_bytes_go_on_with_the_clients_own_tls() -> None:
    found = streams.outgoing(
        sender(), Upstream("c", (AT,), None, payload=Payload.RAW, layers=CAME.layers), AT, CAME
    )
    assert found == Stream(Payload.RAW, CAME.layers, CAME.request)


SESSIONS = [  # the certificate of a cluster's TLS, alpn_override, ALPN, peer, whether it is the mesh's
    ("default", None, ("istio", "h2"), Peer(("spiffe://cluster.local/ns/n/sa/s",)), True),
    ("default", ("istio-http/1.1",), ("istio-http/1.1",), Peer(("spiffe://cluster.local/ns/n/sa/s",)), True),
    ("mine", ("istio-http/1.1",), ("istio-http/1.1",), Peer(subject="mine"), False),
    ("", ("istio-http/1.1",), ("istio", "h2"), None, False),
]  # fmt: skip


@pytest.mark.parametrize(("certificate", "override", "alpn", "peer", "mesh"), SESSIONS)
def test_the_tls_of_the_cluster_goes_round_it(
    certificate: str, override: tuple[str, ...] | None, alpn: tuple[str, ...], peer: Peer | None, mesh: bool
) -> None:
    pod = sender(**tls_socket(certificate, "istio", "h2"))
    found = streams.outgoing(
        pod, Upstream("c", (AT,), None, alpn_override=override, layers=CAME.layers), AT, CAME
    )
    session, inner = found.layers
    assert (session.sni, session.alpn, session.peer, session.mesh, inner) == (
        "s",
        alpn,
        peer,
        mesh,
        CAME.layers[0],
    )


INSIDE = [
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.1.1",
    "fd00::1",
    "fe80::1",
]
OUTSIDE = ["11.0.0.1", "172.32.0.1", "192.169.1.1", "100.128.0.1", "8.8.8.8", "2001:db8::1", "name", ""]


def test_addresses_that_may_be_inside() -> None:
    assert [ip for ip in INSIDE + OUTSIDE if membership.may_be_inside(ip)] == INSIDE


def of_services(*hosts: Any) -> Json:
    return {"metadata": {"filter_metadata": {"istio": {"services": [{"host": host} for host in hosts]}}}}


MESH = {"envoy.transport_socket_match": {"tlsMode": "istio"}}
TUNNEL = {"envoy.transport_socket_match": {"tunnel": "http"}}
K8S = "web.shop.svc.cluster.local"
BEHIND = [  # a cluster, an endpoint's metadata, the service of the mesh, whether it is told to be outside
    (cluster("c", **of_services(K8S)), {}, K8S, True), (cluster("c", **of_services("ext.com")), {}, "", True),
    (cluster("c", **of_services("ext.com")), MESH, "ext.com", True), (cluster("c", **of_services("ext.com")), TUNNEL, "ext.com", True),
    (cluster("c", **of_services("ext.com", K8S)), {}, K8S, True), (cluster("c"), {}, "", False), (cluster("c"), MESH, "c", False),
    (cluster("c"), {"envoy.transport_socket_match": {"tlsMode": "disabled"}}, "", False), (cluster("c"), {"envoy.transport_socket_match": "x"}, "", False),
    (cluster("c", **tls_socket("default")), {}, "c", False), (cluster("c", **tls_socket("mine")), {}, "", False),
    (cluster("c", **tls_socket("")), {}, "", False), ({"name": "c", "type": "ORIGINAL_DST", **of_services(K8S)}, MESH, "", False),
    (cluster("c", metadata={"filter_metadata": {"istio": {"services": "x"}}}), {}, "", False), (cluster("c", metadata="x"), {}, "", False),
    (cluster("c", **of_services("a.b.svcs.c")), {}, "", True), (cluster("c", **of_services("a.svc")), {}, "", True),
]  # fmt: skip


@pytest.mark.parametrize(("message", "metadata", "service", "external"), BEHIND)
def test_the_service_behind_an_endpoint(message: Json, metadata: Json, service: str, external: bool) -> None:
    built = proxy([listener([{"filters": tcp("c")}])], (message,))
    assert membership.service_behind(built, "c", Endpoint("10.0.0.9:80", metadata=metadata)) == service
    assert membership.is_told_external(built, "c") is external
    assert membership.service_behind(built, "none", Endpoint("10.0.0.9:80")) == ""
    assert not membership.is_told_external(built, "none")


@pytest.mark.parametrize(("name", "service"), [
    (f"outbound|80||{K8S}", K8S), (f"outbound|80|v1|{K8S}", K8S), (f"inbound|80||{K8S}", ""), ("outbound|80||ext.com", ""),
])  # fmt: skip
def test_istios_own_name_of_a_cluster_tells_the_service(name: str, service: str) -> None:
    built = proxy([listener([{"filters": tcp(name)}])], (cluster(name),))
    assert membership.service_behind(built, name, Endpoint("10.0.0.9:80")) == service


def table(name: str, *domains: str) -> Json:
    return {**virtual_host(route("r", {"prefix": "/"}), domains=domains), "name": name}


def test_whose_address_it_is_by_what_a_proxy_knows() -> None:
    web = "web.shop.svc.cluster.local"
    sick = endpoint("10.0.0.2:8080", health_status="UNHEALTHY")
    known = cluster(f"outbound|80||{web}", "10.0.0.1:8080")
    known["load_assignment"]["endpoints"][0]["lb_endpoints"].append(sick)
    vip = listener([{"filters": tcp(f"outbound|80||{web}")}], ip="10.96.0.9", port=80, bind_to_port=False)
    other = listener(
        [{"filters": tcp("outbound|90||db.shop.svc.cluster.local")}],
        ip="10.96.0.8",
        port=90,
        bind_to_port=False,
    )
    bound = listener([{"filters": tcp(f"outbound|80||{web}")}], ip="10.96.0.7", port=80)
    built = proxy(
        [vip, other, bound], (known, {"name": "outbound|90||db.shop.svc.cluster.local", "type": "EDS"})
    )
    services = service_map(built)
    assert services.hosts == {("10.96.0.9", 80): web, ("10.96.0.8", 90): "db.shop.svc.cluster.local"}
    assert {name: services.vips[name] for name in (web, "web.shop.svc", "web.shop")} == dict.fromkeys(
        (web, "web.shop.svc", "web.shop"), "10.96.0.9"
    )
    assert services.service(built, "10.96.0.9", 80) == Service(web, ("10.0.0.1:8080",))
    assert services.service(built, "10.96.0.9", 81) == Service(web, (), foreign=True)
    assert services.service(built, "10.96.0.8", 90) == Service("db.shop.svc.cluster.local", None)
    assert services.service(built, "10.9.9.9", 80) is None
    assert endpoints_of(built, "none", 80) is None
    pods = Pods([Pod("bare"), replace(V4, proxy=built, namespace="n")])
    assert pods.service("10.96.0.9", 80) == Service(web, ("10.0.0.1:8080",))
    assert [
        pod and pod.name
        for pod in (
            pods.by_name("a"),
            pods.by_name("a.n"),
            pods.by_name("x"),
            pods.by_ip("10.0.0.1"),
            pods.by_ip("x"),
        )
    ] == ["a", "a", None, "a", None]


WITH, WITHOUT, FOREIGN = Service("h", ("x:1",)), Service("h", None), Service("h", (), foreign=True)


@pytest.mark.parametrize(("first", "second", "best"), [
    (None, None, None), (None, FOREIGN, FOREIGN), (WITHOUT, None, WITHOUT), (FOREIGN, WITHOUT, WITHOUT), (WITHOUT, WITH, WITH), (WITH, WITHOUT, WITH),
    (FOREIGN, WITH, WITH), (Service("a", ("x:1",)), WITH, Service("a", ("x:1",))),
])  # fmt: skip
def test_of_what_two_proxies_know_the_better(
    first: Service | None, second: Service | None, best: Service | None
) -> None:
    assert better(first, second) == best


DOMAINS = [  # the node's metadata, the trust domain
    ({"PROXY_CONFIG": {"trustDomain": "td"}}, "td"), ({"PROXY_CONFIG": {}}, "cluster.local"), ({}, "cluster.local"), (None, "cluster.local"),
]  # fmt: skip


@pytest.mark.parametrize(("metadata", "domain"), DOMAINS)
def test_the_trust_domain_of_a_proxy(metadata: Any, domain: str) -> None:
    node = {} if metadata is None else {"metadata": metadata}
    assert proxy([], bootstrap={"node": node}).trust_domain == domain
    assert proxy([], bootstrap={}).trust_domain == "cluster.local"


@pytest.mark.parametrize(("pod", "identity"), [
    (Pod("a", "ns", service_account="sa"), ""), (replace(sender(), namespace="ns", service_account="sa"), "spiffe://cluster.local/ns/ns/sa/sa"),
    (sender(), "spiffe://cluster.local/ns/n/sa/s"), (replace(sender(), proxy=proxy([])), ""), (replace(sender(), proxy=proxy([]), namespace="ns"), ""),
])  # fmt: skip
def test_the_identity_of_a_pod(pod: Pod, identity: str) -> None:
    assert pod.identity == identity


def test_a_proxy_that_rules_send_to_and_that_was_not_given() -> None:
    empty, full = (
        RuleSet((Table("nat", "ip", Backend.NFT, (Chain("OUTPUT", rules),)),))
        for rules in ((), (Rule("", ()),))
    )
    assert not replace(V4, rules=None).proxy_unseen
    assert not replace(V4, rules=empty).proxy_unseen
    assert replace(V4, rules=full).proxy_unseen
    assert not replace(sender(), rules=full).proxy_unseen


def test_virtual_hosts_name_services_too() -> None:
    hosts = [
        table("web.shop:80", "web.shop", "10.96.0.1", "[fd00::1]", "*.x"),
        table("*:80", "10.96.0.2"),
        table("plain", "plain.com"),
        table("db.shop", "10.96.0.3"),
    ]
    built = proxy([listener([{"filters": http(hosts)}], bind_to_port=False)])
    assert service_map(built).hosts == {}  # only route tables that were given apart are asked
