"""Client and server TLS from both sides: what fits is no finding, what does not is told for both."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.check import Finding, Subject, Survey, World
from meshctl.trace.pods import Pod
from tests.unit.proxy import build

Json = dict[str, Any]
_TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
SERVICE = "outbound|80||a.b.svc.cluster.local"
SERVER_IP, SERVER = "10.0.0.2", "spiffe://cluster.local/ns/ns/sa/web"
WORKLOAD = {"tls_certificate_sds_secret_configs": [{"name": "default"}]}


def mutual(match: Json) -> Json:
    context = {
        "@type": f"{_TLS}DownstreamTlsContext",
        "require_client_certificate": True,
        "common_tls_context": WORKLOAD,
    }
    return {
        "filter_chain_match": {"transport_protocol": "tls", **match},
        "filters": build.tcp("c"),
        "transport_socket": {"name": "tls", "typed_config": context},
    }


def plain(match: Json) -> Json:
    return {"filter_chain_match": match, "filters": build.tcp("c")}


ISTIO = {"application_protocols": ["istio", "istio-peer-exchange", "istio-http/1.1"]}
MODES = {
    "STRICT": [mutual({})],
    "PERMISSIVE": [
        mutual(ISTIO),
        plain({"transport_protocol": "raw_buffer"}),
        plain({"transport_protocol": "tls"}),
    ],
    "DISABLE": [plain({})],
}


def server(mode: str, account: str = "web") -> Pod:
    if mode == "NONE":
        return Pod("s", "ns", (SERVER_IP,))
    inbound = {
        **build.listener(MODES[mode], port=15006, traffic_direction="INBOUND"),
        "name": "virtualInbound",
    }
    return Pod("s", "ns", (SERVER_IP,), service_account=account, proxy=build.proxy([inbound]))


def client(tls: bool, names: tuple[str, ...] = (SERVER,), address: str = f"{SERVER_IP}:8080") -> Pod:
    common = {
        **WORKLOAD,
        "combined_validation_context": {
            "default_validation_context": {
                "match_typed_subject_alt_names": [
                    {"san_type": "URI", "matcher": {"exact": name}} for name in names
                ]
            }
        },
    }
    context = {"@type": f"{_TLS}UpstreamTlsContext", "common_tls_context": common}
    more = {"transport_socket": {"name": "tls", "typed_config": context}} if tls else {}
    cluster = build.cluster(SERVICE, address, **more)
    proxy = build.proxy([build.listener([{"filters": build.tcp(SERVICE)}])], (cluster,))
    return Pod("c", "ns", ("10.0.0.1",), proxy=proxy)


def found(*pods: Pod) -> list[Finding]:
    survey = Survey(World())
    for pod in pods:
        survey.add(Subject(pod, World()))
    return [one for one in survey.report().findings if one.code.startswith("mtls-")]


@pytest.mark.parametrize(
    ("speaks_tls", "mode", "expected"),
    [
        (False, "STRICT", ["mtls-plain-to-strict"]),
        (False, "PERMISSIVE", []),
        (False, "DISABLE", []),
        (False, "NONE", []),
        (True, "STRICT", []),
        (True, "PERMISSIVE", []),
        (True, "DISABLE", ["mtls-to-plain"]),
        (True, "NONE", ["mtls-to-plain"]),
    ],
)
def test_what_a_client_speaks_must_be_what_the_server_takes(speaks_tls, mode, expected):
    hits = found(client(speaks_tls), server(mode))
    assert [one.code for one in hits] == expected
    for one in hits:
        assert one.object == f"cluster {SERVICE}"
        assert one.pods == ("c.ns",)
        assert "s.ns (10.0.0.2:8080)" in one.evidence[0]


def test_the_server_must_be_who_the_client_expects():
    (one,) = found(client(True, ("spiffe://cluster.local/ns/ns/sa/other",)), server("STRICT"))
    assert one.code == "mtls-san-mismatch"
    assert SERVER in one.evidence[0]
    assert found(client(True, (SERVER, "spiffe://old/ns/ns/sa/web")), server("STRICT")) == []
    assert found(client(True, ()), server("STRICT")) == []


def test_a_pod_that_was_not_given_says_nothing():
    assert found(client(False)) == []
    assert found(client(False, address="10.0.0.3:8080"), server("STRICT")) == []


def test_a_gateway_is_no_sidecar():
    gateway = server("STRICT")
    gateway.is_gateway = True
    assert found(client(False), gateway) == []
