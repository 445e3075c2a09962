"""Replicas, unused clusters, orphans, and Istio's resources against each other; each with a near miss."""

from __future__ import annotations

import json
from typing import Any

import pytest

from meshctl.check import Finding, Open, Report, Severity, Subject, Survey, World
from meshctl.envoy import documents, snapshot
from meshctl.envoy.notes import Notes
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod
from tests.unit.proxy import build

Json = dict[str, Any]
_ADMIN = "type.googleapis.com/envoy.admin.v3."
OWNER = "kubernetes://apis/apps/v1/namespaces/a/deployments/web"


def proxy(
    *listeners: Json,
    clusters: tuple[Json, ...] = (),
    labels: Json | None = None,
    more: tuple[Json, ...] = (),
    updated: str = "",
    **metadata: Any,
) -> Proxy:
    node = {"metadata": {"OWNER": OWNER, "LABELS": labels or {"app": "web"}, **metadata}}
    configs = [
        {"@type": f"{_ADMIN}BootstrapConfigDump", "bootstrap": {"node": node}},
        {
            "@type": f"{_ADMIN}ClustersConfigDump",
            "dynamic_active_clusters": [{"cluster": one} for one in clusters],
        },
        {
            "@type": f"{_ADMIN}ListenersConfigDump",
            "dynamic_listeners": [
                {"name": one["name"], "active_state": {"listener": one, "last_updated": updated}}
                for one in listeners
            ],
        },
        {"@type": f"{_ADMIN}RoutesConfigDump"},
    ]
    bodies = [{"configs": configs}, *more]
    found = [d for body in bodies for d in documents.read(json.dumps(body).encode(), "test", Notes())]
    return Proxy(snapshot.load(found, "test"))


def surveyed(*pods: Pod, complete: bool = False, **objects: list[Json]) -> Report:
    world = World(objects=objects.get, complete=complete)
    survey = Survey(world)
    for pod in pods:
        survey.add(Subject(pod, world))
    return survey.report()


def of(report: Report, code: str) -> list[Finding]:
    return [one for one in report.findings if one.code == code]


def opened(report: Report, code: str) -> list[Open]:
    return [one for one in report.open if one.code == code]


def listener(ip: str = "10.96.0.1", **more: Any) -> Json:
    return build.listener([{"filters": build.tcp("c")}], ip=ip, **more)


def pod(name: str, ip: str, made: Proxy) -> Pod:
    return Pod(name, "a", (ip,), proxy=made)


ONE, TWO = "10.0.0.1", "10.0.0.2"


@pytest.mark.parametrize(
    ("second", "expected"),
    [
        (proxy(listener()), 0),
        (proxy(listener(stat_prefix="other")), 1),
        (proxy(), 1),
        (proxy(listener(), listener(ONE)), 0),  # a headless service leaves out the pod's own address
        (proxy(listener(stat_prefix="other"), labels={"app": "web", "version": "v2"}), 0),
    ],
)
def test_replicas_are_alike(second, expected):
    report = surveyed(pod("w-1", ONE, proxy(listener())), pod("w-2", TWO, second))
    assert len(of(report, "replicas-differ")) == expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z", "w-1.a is behind: its last update of a listener came at 2026-11-20 10:00:00"),
        ("2026-11-20T12:00:00Z", "2026-11-20T10:00:00Z", "w-2.a is behind"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:09Z", ""),  # one push, that reaches one after the other
        ("", "2026-11-20T10:00:00Z", ""),
    ],
)  # fmt: skip
def test_which_replica_is_behind_is_told_by_their_last_updates(first, second, expected):
    old, new = proxy(listener(), updated=first), proxy(listener(stat_prefix="other"), updated=second)
    (found,) = of(surveyed(pod("w-1", ONE, old), pod("w-2", TWO, new)), "replicas-differ")
    behind = [line for line in found.evidence if "is behind" in line]
    assert len(behind) == bool(expected)
    assert all(line.startswith(expected) for line in behind)


def test_the_order_of_maps_and_sets_is_no_difference():
    route = {
        "prefix": "/",
        "headers": [{"name": "a", "present_match": True}, {"name": "b", "present_match": True}],
    }
    turned = {"headers": list(reversed(route["headers"])), "prefix": "/"}

    def made(match: Json) -> Proxy:
        host = build.virtual_host(build.route("r", match))
        return proxy(build.listener([{"filters": build.http([host])}]))

    assert of(surveyed(pod("w-1", ONE, made(route)), pod("w-2", TWO, made(turned))), "replicas-differ") == []


def many(used: int, known: int = 300, uptime: str = "7200s") -> Pod:
    names = [f"outbound|80||s{i}.ns{i % 7}.svc.cluster.local" for i in range(known)]
    statuses = [
        {
            "name": name,
            "host_statuses": [{"stats": [{"name": "cx_total", "value": "3" if i < used else "0"}]}],
        }
        for i, name in enumerate(names)
    ]
    info = {"version": "v", "state": "LIVE", "uptime_current_epoch": uptime, "command_line_options": {}}
    clusters = tuple({"name": name, "type": "EDS"} for name in names)
    return pod("w-1", ONE, proxy(listener(), clusters=clusters, more=({"cluster_statuses": statuses}, info)))


@pytest.mark.parametrize(
    ("used", "known", "uptime", "expected"),
    [(3, 300, "7200s", 1), (100, 300, "7200s", 0), (3, 50, "7200s", 0), (3, 300, "60s", 0)],
)
def test_a_sidecar_that_knows_much_and_uses_little(used, known, uptime, expected):
    report = surveyed(many(used, known, uptime))
    found = of(report, "clusters-unused")
    assert len(found) == expected
    assert all(
        one.severity is Severity.INFO and "ns0/s0.ns0.svc.cluster.local" in one.evidence[-1] for one in found
    )
    assert len(opened(report, "clusters-unused")) == (uptime == "60s")


def named(kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    return {"kind": kind, "metadata": {"name": name, "namespace": "a", **metadata}, "spec": spec}


def service(name: str, *rules: Json, **spec: Any) -> Json:
    return named("VirtualService", name, {"hosts": [name], "http": list(rules), **spec})


def to(host: str, *matches: Json) -> Json:
    return {**({"match": list(matches)} if matches else {}), "route": [{"destination": {"host": host}}]}


def test_an_orphan_is_told_only_where_every_pod_was_given():
    config = {
        "filter_metadata": {
            "istio": {"config": "/apis/networking.istio.io/v1/namespaces/a/virtual-service/seen"}
        }
    }
    shown = pod("w-1", ONE, proxy({**listener(), "metadata": config}))
    services = [
        service("seen", to("x")),
        service("lost", to("x")),
        named("VirtualService", "tcp", {"hosts": ["t"], "tcp": [{}]}),
    ]
    found = of(surveyed(shown, complete=True, virtualservices=services), "resource-orphan")
    assert [one.object for one in found] == ["VirtualService a/lost"]
    part = surveyed(shown, virtualservices=services)
    assert of(part, "resource-orphan") == []
    assert len(opened(part, "resource-orphan")) == 1


def test_two_virtual_services_of_one_host():
    def claimed(*services: Json) -> int:
        return len(of(surveyed(virtualservices=list(services)), "host-claimed-twice"))

    first, second = (
        named("VirtualService", n, {"hosts": ["web"], "http": [to("x")]}) for n in ("one", "two")
    )
    assert claimed(first, second) == 1
    assert claimed(first, service("other", to("x"))) == 0
    gateway = named("VirtualService", "two", {"hosts": ["web"], "http": [to("x")], "gateways": ["g"]})
    assert claimed(first, gateway) == 0
    assert (
        claimed(
            first, named("VirtualService", "two", {"hosts": ["web"], "http": [to("x")], "exportTo": ["."]})
        )
        == 0
    )


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ([to("x"), to("y", {"uri": {"prefix": "/api"}})], ["VirtualService a/web http rule 2"]),
        ([to("x", {"uri": {"prefix": "/"}}), to("y", {"headers": {"end-user": {"exact": "jason"}}})], ["VirtualService a/web http rule 2"]),
        ([to("x", {"uri": {"prefix": "/api"}}), to("y")], []),
        ([to("x", {"port": 80}), to("y")], []),
        ([to("x", {"sourceLabels": {"app": "a"}}), to("y", {"uri": {"prefix": "/"}})], []),
        ([to("x", {"withoutHeaders": {"a": {}}}), to("y", {"headers": {"a": {"exact": "1"}}})], []),
        ([to("x", {"uri": {"regex": "/api/.*"}}), to("y", {"uri": {"exact": "/api/v1"}})], ["VirtualService a/web http rule 2"]),
    ],
)  # fmt: skip
def test_rules_that_no_request_reaches(rules, expected):
    found = of(surveyed(virtualservices=[service("web", *rules)]), "rule-unreachable")
    assert [one.object for one in found] == expected
    assert all(one.severity is Severity.WARNING for one in found)


def test_without_the_objects_it_is_not_decidable():
    assert opened(surveyed(), "rule-unreachable")[0].needs.startswith("the cluster's VirtualServices")


def test_a_gateway_that_does_not_exist():
    gateways = [named("Gateway", "main", {})]
    wrong, right = (
        service("one", to("x"), gateways=["mian"]),
        service("two", to("x"), gateways=["main", "mesh"]),
    )
    found = of(surveyed(virtualservices=[wrong, right], gateways=gateways), "gateway-unknown")
    assert [one.object for one in found] == ["VirtualService a/one"]


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"port": 443, "targetPort": 8443}], 0),
        ([{"port": 80, "targetPort": 8080}], 1),
        ([{"port": 443, "targetPort": 9443}], 1),
    ],
)
def test_a_server_port_needs_a_listener(ports, expected):
    made = proxy(build.listener([{"filters": build.tcp("c")}], port=8443))
    gateway = Pod("gw", "a", (ONE,), {"istio": "ingress"}, proxy=made, is_gateway=True)
    servers = [{"port": {"number": 443, "protocol": "HTTPS"}, "hosts": ["a.com"]}]
    gateways = [named("Gateway", "main", {"selector": {"istio": "ingress"}, "servers": servers})]
    services = [named("Service", "gw", {"selector": {"istio": "ingress"}, "ports": ports})]
    assert len(of(surveyed(gateway, gateways=gateways, services=services), "gateway-port-closed")) == expected


@pytest.mark.parametrize(("host", "expected"), [("web.a.svc.cluster.local", 1), ("web.example.com", 0)])
def test_a_service_entry_for_a_service(host, expected):
    entries = [named("ServiceEntry", "e", {"hosts": [host]})]
    services = [named("Service", "web", {"ports": [{"port": 80}]})]
    assert (
        len(of(surveyed(serviceentries=entries, services=services), "serviceentry-over-service")) == expected
    )


def gateway_of(name: str, *servers: Json, created: str = "", selector: Json | None = None) -> Json:
    spec = {"selector": selector or {"istio": "ingress"}, "servers": list(servers)}
    return named("Gateway", name, spec, **({"creationTimestamp": created} if created else {}))


def tls_server(*hosts: str, port: int = 443, protocol: str = "HTTPS", **more: Any) -> Json:
    return {
        "port": {"number": port, "protocol": protocol},
        "hosts": list(hosts),
        "tls": {"mode": "SIMPLE"},
        **more,
    }


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [
        ([gateway_of("one", tls_server("a.com")), gateway_of("two", tls_server("a.com", "b.com"))], ["Gateway a/two"]),
        ([gateway_of("one", tls_server("a.com"), created="2026-02-01T00:00:00Z"), gateway_of("two", tls_server("a.com"), created="2026-01-01T00:00:00Z")], ["Gateway a/one"]),
        ([gateway_of("one", tls_server("a.com"), tls_server("a.com"))], ["Gateway a/one"]),
        ([gateway_of("one", tls_server("*/a.com")), gateway_of("two", tls_server("a.com"))], ["Gateway a/two"]),
        ([gateway_of("one", tls_server("a.com")), gateway_of("two", tls_server("b.com"))], []),
        ([gateway_of("one", tls_server("*.com")), gateway_of("two", tls_server("a.com"))], []),
        ([gateway_of("one", tls_server("a.com")), gateway_of("two", tls_server("a.com", port=8443))], []),
        ([gateway_of("one", tls_server("a.com", bind="10.0.0.1")), gateway_of("two", tls_server("a.com", bind="10.0.0.2"))], []),
        ([gateway_of("one", tls_server("a.com")), gateway_of("two", tls_server("a.com"), selector={"istio": "egress"})], []),
        ([gateway_of(name, tls_server("a.com", port=80, protocol="HTTP")) for name in ("one", "two")], []),
    ],
)  # fmt: skip
def test_a_host_of_two_tls_servers_on_one_port(gateways, expected):
    ingress = Pod("gw", "a", (ONE,), {"istio": "ingress"}, proxy=proxy(), is_gateway=True)
    found = of(surveyed(ingress, gateways=gateways), "gateway-host-twice")
    assert [one.object for one in found] == expected
    assert all(one.pods == ("gw.a",) and "on port 443 is dropped" in one.message for one in found)
    alone = of(surveyed(gateways=gateways), "gateway-host-twice")
    assert [one.object for one in alone] == expected  # by the selectors, where no gateway's pod was given


def test_the_hosts_that_go_with_a_dropped_server_are_told():
    gateways = [gateway_of("one", tls_server("a.com")), gateway_of("two", tls_server("a.com", "b.com"))]
    (found,) = of(surveyed(gateways=gateways), "gateway-host-twice")
    assert "and with it b.com: Gateway a/one has the host" in found.message
