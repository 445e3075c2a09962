"""What collides on a port, and browsers that reuse connections; each with a near miss."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check.checks import ports
from tests.unit.check.found import findings
from tests.unit.proxy import build

Json = dict[str, Any]
HTTP, TCP = "outbound|80||web.a.svc.cluster.local", "outbound|80||db.example.com"


def outbound(chains: list[Json], port: int = 80, **more: Any) -> Json:
    return build.listener(chains, port=port, bind_to_port=False, traffic_direction="OUTBOUND", **more)


def sidecar(*listeners: Json, clusters: tuple[str, ...] = (HTTP, TCP), **of_cluster: Any) -> Any:
    main = build.listener([{"filters": build.tcp(HTTP)}], port=15001, use_original_dst=True)
    return build.proxy(
        [main, *listeners], tuple(build.cluster(c, "10.0.0.1:80", **of_cluster) for c in clusters)
    )


def web(name: str = "web.a.svc.cluster.local:80") -> list[Json]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": HTTP}}
    return [{"filters": build.http([{**build.virtual_host(route), "name": name}])}]


def test_a_tcp_service_that_lost_the_port_to_http():
    (found,) = findings(sidecar(outbound(web())), "service-unreachable")
    assert found.object == "service db.example.com:80"
    assert "HTTP services own 0.0.0.0_80" in found.message


@pytest.mark.parametrize(
    "listeners",
    [
        [outbound(web()), build.listener([{"filters": build.tcp(TCP)}], ip="240.0.0.1", bind_to_port=False)],
        [outbound(web("db.example.com:80"))],  # its VirtualService leads elsewhere
        [outbound(web(), port=8080)],  # nothing has its port
    ],
)
def test_a_service_that_something_leads_to_is_no_finding(listeners):
    assert findings(sidecar(*listeners), "service-unreachable") == []


@pytest.mark.parametrize(
    ("match", "kind", "expected"),
    [
        ({}, "STATIC", 1),
        ({"prefix_ranges": [{"address_prefix": "10.0.0.0", "prefix_len": 8}]}, "STATIC", 0),
        ({}, "ORIGINAL_DST", 0),
    ],
)
def test_a_wildcard_listener_that_takes_every_connection(match, kind, expected):
    made = sidecar(outbound([{"filter_chain_match": match, "filters": build.tcp(TCP)}]), type=kind)
    assert len(findings(made, "wildcard-swallows")) == expected


@pytest.mark.parametrize(
    ("port", "alpn", "expected"), [(3306, ["http/1.1"], 1), (3306, [], 0), (9080, ["http/1.1"], 0)]
)
def test_a_server_that_speaks_first_is_not_sniffed(port, alpn, expected):
    chains = [
        {"filter_chain_match": {"application_protocols": alpn}, "filters": build.tcp(TCP)},
        {"filters": build.tcp(TCP)},
    ]
    assert len(findings(sidecar(outbound(chains, port=port)), "server-first-sniffed")) == expected


def secure(
    host: str, secret: str, alpn: tuple[str, ...] = ("h2", "http/1.1"), domains: tuple[str, ...] = ()
) -> Json:
    context = {
        "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {
            "alpn_protocols": list(alpn),
            "tls_certificate_sds_secret_configs": [{"name": secret}],
        },
    }
    route = {"match": {"prefix": "/"}, "route": {"cluster": "c"}}
    return {
        "filter_chain_match": {"server_names": [host]},
        "filters": build.http([build.virtual_host(route, domains=domains or (host,))]),
        "transport_socket": {"name": "tls", "typed_config": context},
    }


A, B = "a.example.com", "b.example.com"


@pytest.mark.parametrize(
    ("chains", "expected"),
    [
        (
            [secure(A, "one"), secure(B, "one")],
            [f"listener 0.0.0.0_443 > {B}", f"listener 0.0.0.0_443 > {A}"],
        ),
        ([secure(A, "one"), secure(B, "two")], []),
        ([secure(A, "one", domains=("*",)), secure(B, "one", domains=("*",))], []),
        ([secure(A, "one", ("http/1.1",)), secure(B, "one", ("http/1.1",))], []),
    ],
)
def test_a_browser_brings_one_hosts_request_over_anothers_connection(chains, expected):
    made = build.proxy([build.listener(chains, port=443)])
    assert [one.object for one in findings(made, "connection-reuse")] == expected


@pytest.mark.parametrize(
    ("names", "host", "expected"),
    [
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "a.b.example.com", False),
        (["*.example.com"], "example.com", False),
        (["a.example.com"], "a.example.com", True),
    ],
)
def test_a_wildcard_of_a_certificate_is_one_label(names, host, expected):
    assert ports._covers(names, host) is expected
