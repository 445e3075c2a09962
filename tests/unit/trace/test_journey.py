"""The walk through a small mesh: from a process to a pod, a service, a proxy's endpoint, or out of what was given."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.proxy.model import Disposition, Passage, Payload, Request, Verdict
from meshctl.trace.journey import MAX_HOPS, Journey
from meshctl.trace.passes import as_far_as_it_goes
from meshctl.trace.pods import Pod, Pods
from meshctl.trace.services import Service
from meshctl.trace.streams import Stream
from meshctl.trace.ways import Way, outside
from meshctl.values import replace
from tests.unit.netfilter.sidecar import nat, rules
from tests.unit.proxy.build import cluster, http, listener, proxy, route, tcp, virtual_host

Json = dict[str, Any]
D, U = Disposition.DELIVERED, Disposition.UNDETERMINED
REFUSED, NONE = Disposition.CONNECTION_FAILED, Disposition.NO_HEALTHY_ENDPOINT
HTTP, RAW = Stream(Payload.HTTP1, (), Request("GET", "a.com", "/")), Stream(Payload.RAW)


class Mesh(Pods):
    """Pods, and services by address and port."""

    def __init__(
        self, *pods: Pod, services: dict[tuple[str, int], Service] | None = None, complete: bool = False
    ) -> None:
        super().__init__(list(pods), complete)
        self.known = services or {}

    def service(self, ip: str, port: int) -> Service | None:
        return self.known.get((ip, port))


CLIENT = Pod("client", ips=("10.0.0.1",))
WEB = Pod("web", ips=("10.0.0.2",), app_listens=frozenset({8080}))
VIP = ("10.96.0.1", 80)


def start(mesh: Mesh, ip: str, port: int, stream: Stream = HTTP, pod: Pod = CLIENT, **more: Any) -> list[Way]:
    return Journey(mesh, silent=True).start(pod, ip, port, stream, **more)


def ends(ways: list[Way]) -> list[tuple[Any, ...]]:
    return [
        (way.answer.disposition, way.target.pod if way.target else None, round(way.probability, 3))
        for way in ways
    ]


WALKS = [  # the mesh, where a process without rules dials, the ends
    (Mesh(CLIENT, WEB), ("10.0.0.2", 8080), [(D, "web", 1.0)]), (Mesh(CLIENT, WEB), ("10.0.0.2", 9), [(REFUSED, None, 1.0)]), (Mesh(CLIENT), ("127.0.0.1", 80), [(D, "client", 1.0)]), (Mesh(CLIENT), ("10.0.0.1", 80), [(D, "client", 1.0)]),
    (Mesh(CLIENT), ("8.8.8.8", 80), [(D, "external", 1.0)]), (Mesh(CLIENT), ("10.0.0.9", 80), [(U, "", 1.0)]), (Mesh(CLIENT, complete=True), ("10.0.0.9", 80), [(D, "external", 1.0)]),
    (Mesh(CLIENT, WEB, services={VIP: Service("web", ("10.0.0.2:8080",))}), VIP, [(D, "web", 1.0)]),
    (Mesh(CLIENT, WEB, services={VIP: Service("web", ("10.0.0.2:8080", "10.0.0.2:9", "10.0.0.1:80", "10.0.0.1:81"))}), VIP, [(D, "web", 0.25), (REFUSED, None, 0.25), (D, "client", 0.25), (D, "client", 0.25)]),
    (Mesh(CLIENT, services={VIP: Service("web", ("10.0.0.9:8080",))}), VIP, [(U, "web", 1.0)]), (Mesh(CLIENT, services={VIP: Service("web", ())}), VIP, [(NONE, None, 1.0)]),
    (Mesh(CLIENT, services={VIP: Service("web", None)}), VIP, [(U, "", 1.0)]), (Mesh(CLIENT, services={VIP: Service("web", (), foreign=True)}), VIP, [(REFUSED, None, 1.0)]),
    (Mesh(CLIENT, services={VIP: Service("web", ("10.96.0.1:80",))}), VIP, [(Disposition.LOOP, None, 1.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("mesh", "dialled", "expected"), WALKS)
def test_where_a_connection_ends(mesh: Mesh, dialled: tuple[str, int], expected: list[Any]) -> None:
    assert ends(start(mesh, *dialled)) == expected


def test_a_service_tells_its_translation() -> None:
    mesh = Mesh(CLIENT, WEB, services={VIP: Service("web.shop", ("10.0.0.2:8080",))})
    (way,) = start(mesh, *VIP)
    assert way.network == "kube-proxy: 10.96.0.1:80 is service web.shop, endpoint 10.0.0.2:8080"


def sidecar(pod: Pod, *listeners: Json, clusters: tuple[Json, ...] = (), **more: Any) -> Pod:
    return replace(pod, proxy=proxy(list(listeners), clusters), rules=rules(), **more)


def passing(name: str, port: int, chain: Json, **more: Any) -> Json:
    return listener([chain], port=port, name=name, **more)


HOSTS = [virtual_host(route("r", {"prefix": "/"}, "web"))]
OUTBOUND = passing(
    "virtualOutbound",
    15001,
    {"filters": tcp("PassthroughCluster")},
    use_original_dst=True,
    traffic_direction="OUTBOUND",
)
SERVICE = listener(
    [{"filters": http(HOSTS)}], ip="0.0.0.0", port=80, bind_to_port=False, traffic_direction="OUTBOUND"
)
INBOUND = passing(
    "virtualInbound",
    15006,
    {"filters": http([virtual_host(route("in", {"prefix": "/"}, "app"))])},
    traffic_direction="INBOUND",
    use_original_dst=True,
)
APP = {
    "name": "app",
    "type": "ORIGINAL_DST",
    "lb_policy": "CLUSTER_PROVIDED",
    "upstream_bind_config": {"source_address": {"address": "127.0.0.6"}},
}
MESHED = sidecar(
    CLIENT,
    OUTBOUND,
    SERVICE,
    clusters=(
        cluster("web", "10.0.0.2:8080"),
        {"name": "PassthroughCluster", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED"},
    ),
)
SERVER = sidecar(WEB, INBOUND, clusters=(APP,))


def test_two_sidecars_on_the_way() -> None:
    (way,) = start(Mesh(MESHED, SERVER), *VIP, pod=MESHED)
    assert (way.answer.disposition, way.answer.code, way.target and way.target.pod) == (D, 200, "web")
    client, server = way.hops
    assert [(hop.pod.name, hop.direction, hop.passage.listener, hop.passage.cluster, hop.original_dst) for hop in way.hops] == [
        ("client", "outbound", "0.0.0.0_80", "web", "10.96.0.1:80"), ("web", "inbound", "virtualInbound", "app", "10.0.0.2:8080"),
    ]  # fmt: skip
    assert (client.verdict.code, server.verdict.code, client.endpoint and client.endpoint.address) == (
        200,
        200,
        "10.0.0.2:8080",
    )
    assert [hook.hook for hook in way.sent] == ["output", "prerouting"]
    assert [hook.hook for hook in server.capture] == ["prerouting"]


FAILURES = [  # the server, the answer's code and flags of the client's log
    (replace(SERVER, app_listens=frozenset({9})), (503, "UF")), (replace(WEB, app_listens=frozenset({9})), (503, "UF")), (sidecar(WEB, OUTBOUND), (503, "UF")),
]  # fmt: skip


@pytest.mark.parametrize(("server", "shown"), FAILURES[1:])
def test_what_a_client_sees_of_a_server_that_does_not_listen(server: Pod, shown: tuple[int, str]) -> None:
    (way,) = start(Mesh(MESHED, server), *VIP, pod=MESHED)
    assert (way.hops[0].verdict.code, way.hops[0].verdict.flags, way.answer.code) == (*shown, 503)


def test_an_application_that_does_not_listen_behind_its_sidecar_is_the_sidecars_503() -> None:
    (way,) = start(Mesh(MESHED, FAILURES[0][0]), *VIP, pod=MESHED)
    assert [(hop.verdict.code, hop.verdict.flags, hop.verdict.details) for hop in way.hops] == [
        (503, None, "via_upstream"), (503, "UF", "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"),
    ]  # fmt: skip


def test_the_proxys_own_user_is_not_captured() -> None:
    (way,) = start(Mesh(MESHED, SERVER), "10.0.0.2", 8080, pod=MESHED, uid=1337, gid=1337)
    assert [hop.pod.name for hop in way.hops] == ["web"]
    assert [hook.verdict for hook in way.sent] == ["RETURN"]


UNSEEN = replace(WEB, rules=rules())
GATEWAY = replace(
    WEB, proxy=proxy([listener([{"filters": tcp("c")}], port=8443)]), is_gateway=True, app_listens=None
)
ARRIVALS = [  # a pod, the port that a connection from outside comes to, the end
    (WEB, 8080, (D, "web")), (WEB, 9, (REFUSED, None)), (UNSEEN, 8080, (U, None)), (UNSEEN, 15020, (U, None)), (replace(UNSEEN, app_listens=None), 15020, (D, "web")), (GATEWAY, 9, (REFUSED, None)),
    (GATEWAY, 15021, (D, "web")), (SERVER, 8080, (D, "web")), (sidecar(WEB, OUTBOUND), 8080, (Disposition.NO_LISTENER, None)),
]  # fmt: skip


@pytest.mark.parametrize(("pod", "port", "end"), ARRIVALS)
def test_a_connection_from_outside(pod: Pod, port: int, end: tuple[Any, ...]) -> None:
    (way,) = Journey(Mesh(pod), silent=True).arrive(pod, "10.0.0.2", port, replace(HTTP, src_ip="10.5.5.5"))
    assert (way.answer.disposition, way.target.pod if way.target else None) == end


def test_a_proxy_asked_without_its_rules() -> None:
    (way,) = Journey(Mesh(MESHED, SERVER), silent=True).at_proxy(MESHED, *VIP, HTTP)
    assert [hop.pod.name for hop in way.hops] == ["client", "web"]
    (nothing,) = Journey(Mesh(CLIENT), silent=True).at_proxy(CLIENT, *VIP, HTTP)
    assert nothing.answer.disposition is Disposition.NO_LISTENER
    (inbound,) = Journey(Mesh(SERVER), silent=True).at_proxy(SERVER, "10.0.0.2", 15006, HTTP)
    assert inbound.hops[0].passage.listener == "virtualInbound"


ENDPOINTS = [  # the endpoints of the client's cluster, the ends
    (("10.0.0.2:8080", "8.8.8.8:80"), [(D, "web", 0.5), (D, "external", 0.5)]), (("10.0.0.9:80",), [(U, "web.shop.svc.cluster.local", 1.0)]), (("ext.example.com:80",), [(D, "external", 1.0)]),
]  # fmt: skip


@pytest.mark.parametrize(("addresses", "expected"), ENDPOINTS)
def test_each_endpoint_is_a_way(addresses: tuple[str, ...], expected: list[Any]) -> None:
    services = (
        {"metadata": {"filter_metadata": {"istio": {"services": [{"host": "web.shop.svc.cluster.local"}]}}}}
        if addresses[0].startswith("10.0.0.9")
        else {}
    )
    client = sidecar(CLIENT, OUTBOUND, SERVICE, clusters=(cluster("web", *addresses, **services),))
    assert ends(start(Mesh(client, replace(WEB)), *VIP, pod=client)) == expected


@pytest.mark.parametrize(
    ("ips", "dialled", "comes_to"),
    [
        (("10.0.0.2", "fd00::2"), "fd00::2", "[fd00::2]:8080"),
        (("10.0.0.2", "fd00::2"), "203.0.113.1", "10.0.0.2:8080"),
        ((), "203.0.113.1", "203.0.113.1:8080"),
    ],
)
def test_what_comes_to_an_address_in_front_of_a_pod_comes_to_its_first(
    ips: tuple[str, ...], dialled: str, comes_to: str
) -> None:
    pod = replace(WEB, ips=ips)
    (way,) = Journey(Mesh(pod), silent=True).arrive(pod, dialled, 8080, HTTP)
    assert way.target is not None and (way.target.pod, way.target.address) == ("web", comes_to)


@pytest.mark.parametrize("port", [1, 40000])
def test_the_source_port_that_the_kernel_gives_is_not_known(port: int) -> None:
    chains = [
        {"filters": tcp("web"), "filter_chain_match": {"source_ports": [port]}, "name": "by port"},
        {"filters": tcp("web"), "name": "rest"},
    ]
    at = listener(chains, ip="0.0.0.0", port=80, bind_to_port=False, traffic_direction="OUTBOUND")
    client = sidecar(CLIENT, OUTBOUND, at, clusters=(cluster("web", "10.0.0.2:8080"),))
    ways = start(Mesh(client, WEB), *VIP, stream=RAW, pod=client)
    assert {way.hops[0].passage.filter_chain for way in ways} == {"by port", "rest"}
    assert all(way.undetermined for way in ways)


@pytest.mark.parametrize(("stream", "code"), [(HTTP, 200), (RAW, None)])
def test_a_socket_of_the_pod_is_where_it_ends(stream: Stream, code: int | None) -> None:
    """That something listens on it is assumed."""
    lb_endpoint = {"endpoint": {"address": {"pipe": {"path": "/run/app.sock"}}}}
    web = {
        "name": "web",
        "type": "STATIC",
        "load_assignment": {"endpoints": [{"lb_endpoints": [lb_endpoint]}]},
    }
    chain = SERVICE if stream is HTTP else {**SERVICE, "filter_chains": [{"filters": tcp("web")}]}
    client = sidecar(CLIENT, OUTBOUND, chain, clusters=(web,))
    (way,) = start(Mesh(client), *VIP, stream=stream, pod=client)
    assert way.target is not None
    assert (way.target.pod, way.target.address, way.answer.code) == ("client", "/run/app.sock", code)
    assert "that something listens on the socket /run/app.sock is assumed" in way.assumed


def services(count: int, last: str) -> dict[tuple[str, int], Service]:
    """Services each of which has the next one's address for its endpoint, the last of them an address of its own."""
    ends_at = [f"10.96.0.{n + 1}:80" for n in range(1, count)] + [last]
    return {(f"10.96.0.{n}", 80): Service(f"s{n}", (end,)) for n, end in enumerate(ends_at, 1)}


@pytest.mark.parametrize(("count", "end"), [(MAX_HOPS, D), (MAX_HOPS + 1, Disposition.LOOP)])
def test_services_behind_services_are_followed_so_far(count: int, end: Disposition) -> None:
    (way,) = start(Mesh(CLIENT, WEB, services=services(count, "10.0.0.2:8080")), "10.96.0.1", 80)
    assert way.answer.disposition is end
    (circle,) = start(Mesh(CLIENT, services=services(2, "10.96.0.1:80")), "10.96.0.1", 80)
    assert "10.96.0.1:80 leads back to itself" in circle.answer.reason


@pytest.mark.parametrize(("floor", "followed"), [(0.5, True), (0.51, False)])
def test_a_services_endpoints_that_are_chosen_seldom_are_told_together(floor: float, followed: bool) -> None:
    mesh = Mesh(CLIENT, WEB, services={VIP: Service("web.shop.svc", ("10.0.0.2:8080", "10.0.0.2:9"))})
    found = Journey(mesh, silent=True, floor=floor).start(CLIENT, *VIP, HTTP)
    if followed:
        assert ends(found) == [(D, "web", 0.5), (REFUSED, None, 0.5)]
        return
    (way,) = found
    assert way.answer.disposition is U
    assert (
        way.answer.reason
        == "2 endpoints of service web.shop.svc are each chosen less often than 51 % (--min-probability)"
    )


def test_what_is_behind_a_proxy_counts_as_far_as_the_request_gets() -> None:
    behind = replace(outside("8.8.8.8:80", http=True), undetermined=("open",))
    for disposition in (Disposition.DENIED, U, D):
        passage = Passage(Verdict(disposition, 403, "UAEX", "details", "reason"))
        found = as_far_as_it_goes(passage, behind)
        if disposition is D:
            assert found == behind
            continue
        assert (found.answer.disposition, found.answer.reason) == (disposition, "reason")
        shown = (found.target is not None, bool(found.undetermined), bool(found.assumed))
        assert shown == ((False, False, False) if disposition is Disposition.DENIED else (True, True, True))


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ((80,), "(it listens on 80)"),
        ((443, 80), "(it listens on 80, 443)"),
        (tuple(range(1, 9)), "(it listens on 1, 2, 3, 4, 5, 6, 7, 8)"),
        (tuple(range(1, 11)), "(it listens on 1, 2, 3, 4, 5, 6, 7, 8, …)"),
    ],
)
def test_where_a_gateway_listens_is_said_of_a_port_where_it_does_not(
    ports: tuple[int, ...], said: str
) -> None:
    bound = [listener([{"filters": tcp("c")}], port=port) for port in ports]
    gateway = Pod("gw", ips=("10.0.0.5",), proxy=proxy(bound), is_gateway=True)
    (way,) = start(Mesh(CLIENT, gateway, complete=True), "10.0.0.5", 9999)
    assert way.answer.reason is not None and said in way.answer.reason


def test_an_application_whose_ids_are_not_known_is_1000() -> None:
    for owner in ("--uid-owner 1000", "--gid-owner 1000"):
        caught = replace(CLIENT, rules=nat(f"-A OUTPUT -p tcp -m owner {owner} -j REDIRECT --to-ports 15001"))
        (way,) = start(Mesh(caught, WEB), "10.0.0.2", 8080, pod=caught)
        assert way.sent[0].verdict == "REDIRECT"


def test_the_pods_of_a_services_endpoints_are_asked_for_together() -> None:
    asked: list[tuple[Any, Any]] = []

    class Asked(Mesh):
        def expect(self, addresses: Any, hosts: Any) -> None:
            asked.append((list(addresses), list(hosts)))

    mesh = Asked(CLIENT, WEB, services={VIP: Service("web.shop.svc", ("10.0.0.2:8080", "[fd00::2]:8080"))})
    start(mesh, *VIP)
    assert asked == [(["10.0.0.2", "fd00::2"], ["web.shop.svc"])]


def internal(name: str, metadata: Json | None = None) -> Json:
    address = {"envoy_internal_address": {"server_listener_name": name}}
    more = {"metadata": {"filter_metadata": metadata}} if metadata else {}
    return {
        "name": "web",
        "type": "STATIC",
        "load_assignment": {"endpoints": [{"lb_endpoints": [{"endpoint": {"address": address}, **more}]}]},
    }


INNER = {"name": "inner", "internal_listener": {}, "filter_chains": [{"filters": tcp("direct")}]}
DIRECT = {"name": "direct", "type": "ORIGINAL_DST", "lb_policy": "CLUSTER_PROVIDED"}


@pytest.mark.parametrize(("name", "metadata", "end"), [
    ("none", None, (Disposition.NO_LISTENER, None)), ("inner", {"envoy.filters.listener.original_dst": {"local": "10.0.0.2:8080"}}, (D, "web")),
])  # fmt: skip
def test_an_internal_listener_of_the_same_proxy(
    name: str, metadata: Json | None, end: tuple[Any, ...]
) -> None:
    inner = {
        **INNER,
        "listener_filters": [
            {
                "name": "o",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.filters.listener.original_dst.v3.OriginalDst"
                },
            }
        ],
    }
    client = sidecar(CLIENT, OUTBOUND, SERVICE, inner, clusters=(internal(name, metadata), DIRECT))
    (way,) = start(Mesh(client, WEB), *VIP, pod=client)
    assert (way.answer.disposition, way.target.pod if way.target else None) == end
