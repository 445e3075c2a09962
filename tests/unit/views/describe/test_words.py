"""``describe`` line by line: DestinationRules, VirtualServices, matches in Go's text form, and what is said of a pod."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.views.describe import matches, page, rules
from meshctl.views.describe.mesh import Page, Subsets
from tests.unit.views.describe.test_describe import SERVICE, FakeMesh

Json = dict[str, Any]


def named(name: str, **spec: Any) -> Json:
    return {"metadata": {"namespace": "ns", "name": name}, "spec": spec}


V1, V2 = {"name": "v1", "labels": {"version": "v1"}}, {"name": "v2", "labels": {"version": "v2"}}
TLS, PLAIN_TLS = {"tls": {"mode": "SIMPLE"}}, {"tls": {}}
POOL = {"connectionPool": {}, "outlierDetection": {}}
DESTINATION_RULES = [  # the spec of a DestinationRule, the lines about pods of version v1
    ({}, ["   No Traffic Policy"]), ({"trafficPolicy": {}}, []),
    ({"subsets": [V1, V2]}, ["   Matching subsets: v1", "      (Non-matching subsets v2)", "   No Traffic Policy"]), ({"subsets": [V1]}, ["   Matching subsets: v1", "   No Traffic Policy"]),
    ({"subsets": [V2]}, ["   WARNING POD DOES NOT MATCH ANY SUBSETS.  (Non matching subsets v2)", "   Matching subsets: ", "      (Non-matching subsets v2)", "   No Traffic Policy"]),
    ({"trafficPolicy": TLS}, ["   Traffic Policy TLS Mode: SIMPLE"]), ({"trafficPolicy": PLAIN_TLS}, ["   Traffic Policy TLS Mode: DISABLE"]),
    ({"trafficPolicy": {"loadBalancer": {}, **POOL}}, ["   Policies: load balancer/connection pool/outlier detection"]), ({"trafficPolicy": {"loadBalancer": "x"}}, []),
    ({"trafficPolicy": {"portLevelSettings": [{"port": {"number": 81}, **TLS, **POOL}, {}]}},
     ["   Port Level Settings:", "    81:", "      TLS Mode: SIMPLE", "      Policies: connection pool/outlier detection", "    0:"]),
    ({"trafficPolicy": {"portLevelSettings": []}}, ["   Port Level Settings:"]), ({"trafficPolicy": {"portLevelSettings": "x"}}, []),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "lines"), DESTINATION_RULES)
def test_destination_rules(spec: Json, lines: list[str]) -> None:
    written, indented = Page("ns"), Page("other")
    rules.destination_rule(written, named("dr", host="web", **spec), [{"version": "v1"}], 0)
    rules.destination_rule(indented, named("dr", host="web", **spec), [{"version": "v1"}], 3)
    assert written.lines == ['DestinationRule: dr for "web"', *lines]
    assert indented.lines[0] == '   DestinationRule: dr.ns for "web"'
    assert [
        line if line.endswith(":") and line.strip()[0].isdigit() else f"   {line}" for line in lines
    ] == indented.lines[1:]


def to(host: str = "web", subset: str = "", weight: int = 0) -> Json:
    return {
        "destination": {"host": host, **({"subset": subset} if subset else {})},
        **({"weight": weight} if weight else {}),
    }


MATCH = {"uri": {"prefix": "/a"}}
ELSEWHERE = 'Route to host "other" with weight 100%'
VIRTUAL_SERVICES = [  # the spec of a VirtualService, the lines about the service web with subsets v1 (matching) and v2
    ({"http": [{"route": [to()]}]}, ["   1 HTTP route(s)"]), ({"http": [{"route": [to("web.ns")]}, {"route": [to("web.ns.svc.cluster.local")]}]}, ["   2 HTTP route(s)"]),
    ({"http": [{"route": [to(weight=100)]}]}, ['   Route to host "web" with weight 100%']), ({"http": [{"route": [to(subset="v1", weight=100)]}]}, ['   Route to host "web" subset "v1" with weight 100%']),
    ({"http": [{"route": [to(weight=30), to("other", weight=70)]}]}, ['   Route to host "web" with weight 30%', '   Route to host "other" with weight 70%']),
    ({"http": [{"route": [to()], "match": [MATCH]}]}, ["   Match: /a*"]), ({"http": [{"route": [to()], "match": [MATCH, {"uri": {"exact": "/b"}}]}]}, ["   Match: /a*, Match: /b"]),
    ({"http": [{"route": [to()], "fault": {"abort": {"httpStatus": 500}}, "match": [MATCH]}]}, ["   Fault injection abort:{http_status:500}, Match: /a*"]),
    ({"http": [{"route": [to("other")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", f"      {ELSEWHERE}"]),
    ({"http": [{"route": [to("other", "v1")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", "      Route to other with invalid config"]),
    ({"http": [{"route": [to(subset="v2")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", "      Route to non-matching subset v2 for (everything)"]),
    ({"http": [{"route": [to(subset="v2")], "match": [MATCH]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", "      Route to non-matching subset v2 for (Match: /a*)"]),
    ({"http": [{"route": [to(subset="v3")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", "      Warning: Route to UNKNOWN subset v3; check DestinationRule dr"]),
    ({"http": [{"route": [to()]}, {"route": [to("other")]}]}, ["   1 additional destination(s) that will not reach this pod", f"      {ELSEWHERE}"]),
    ({"http": [{"route": [to(weight=100)]}, {"route": [to("other")]}]}, ['   Route to host "web" with weight 100%', "   1 additional destination(s) that will not reach this pod"]),
    ({"http": [{"route": [to()]}], "tls": [{}, {}]}, ["   2 additional destination(s) that will not reach this pod"]), ({"tcp": [{"route": [to()]}]}, ["   1 TCP route(s)"]),
    ({"tcp": [{"route": [to()], "match": [{"port": 9}]}]}, ["   port:9"]), ({"tcp": [{"route": [to("other")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 TCP routes)"]),
    ({"http": [{"route": [to("other")]}], "tcp": [{"route": [to("other")]}]},
     ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", "   WARNING: No destinations match pod subsets (checked 1 TCP routes)", f"      {ELSEWHERE}"]),
    ({}, []), ({"http": [{"route": [to("*")]}]}, ["   WARNING: No destinations match pod subsets (checked 1 HTTP routes)", '      Route to host "*" with weight 100%']),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "lines"), VIRTUAL_SERVICES)
def test_virtual_services(spec: Json, lines: list[str]) -> None:
    written = Page("ns")
    rules.virtual_service(written, named("vs", **spec), SERVICE, named("dr"), Subsets(("v1",), ("v2",)), 0)
    assert written.lines == ["VirtualService: vs", *lines]


def test_a_subset_that_no_rule_defines() -> None:
    written = Page("ns")
    rules.virtual_service(
        written, named("vs", http=[{"route": [to(subset="v1")]}]), SERVICE, None, Subsets(), 3
    )
    assert (
        written.lines[-1] == "         Warning: Route to subset v1 but NO DESTINATION RULE defining subsets!"
    )


@pytest.mark.parametrize(("text", "shown"), [
    ("5s", "seconds:5"), ("1.5s", "seconds:1  nanos:500000000"), ("100ms", "nanos:100000000"), ("1m1s", "seconds:61"), ("1h", "seconds:3600"), ("7us", "nanos:7000"), ("3ns", "nanos:3"), ("0s", ""),
])  # fmt: skip
def test_durations_in_gos_text_form(text: str, shown: str) -> None:
    assert matches.fault({"delay": {"fixedDelay": text}}) == f"delay:{{fixed_delay:{{{shown}}}}}"


FAULTS = [
    ({}, ""), ({"abort": {"httpStatus": 503, "percentage": {"value": 0.1}}}, "abort:{http_status:503  percentage:{value:0.1}}"), ({"abort": {"http2Error": 'a"b\\c'}}, 'abort:{http2_error:"a\\"b\\\\c"}'),
    ({"delay": {"percent": 5, "exponentialDelay": "1s"}}, "delay:{percent:5  exponential_delay:{seconds:1}}"), ({"abort": {"httpStatus": None, "grpcStatus": ""}}, "abort:{}"),
    ({"abort": {"httpStatus": True}}, "abort:{http_status:true}"), ({"abort": {"percentage": {"value": 33.0}}}, "abort:{percentage:{value:33}}"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "text"), FAULTS)
def test_faults_in_gos_text_form(value: Json, text: str) -> None:
    assert matches.fault(value) == text


@pytest.mark.parametrize(("value", "text"), [
    ({}, ""), ({"destinationSubnets": ["10.0.0.0/8", "11.0.0.0/8"]}, 'destination_subnets:"10.0.0.0/8"  destination_subnets:"11.0.0.0/8"'), ({"port": 9, "sourceNamespace": "x"}, 'port:9  source_namespace:"x"'),
    ({"sourceLabels": {"b": "2", "a": "1"}}, 'source_labels:{key:"a"  value:"1"}  source_labels:{key:"b"  value:"2"}'), ({"gateways": ["g"], "sourceSubnet": "s"}, 'source_subnet:"s"  gateways:"g"'),
])  # fmt: skip
def test_tcp_matches_in_gos_text_form(value: Json, text: str) -> None:
    assert matches.tcp_match(value) == text


@pytest.mark.parametrize(("found", "text"), [
    ([], "everything"), ([{}], "Match:"), ([{"uri": {"prefix": "/a"}}, {"uri": {"regex": "x\n"}}], 'Match: /a*, Match: regex:"x\\n"'), ([{"uri": {"exact": "/a"}, "headers": {"h": {}}}], "Match: /a when headers are h="),
    ([{"uri": {}}], "Match:"), ([{"uri": {"prefix": "/a"}, "ignoreUriCase": False}], "Match: /a*"),
])  # fmt: skip
def test_http_matches(found: list[Json], text: str) -> None:
    assert matches.matches(found) == text


LABELS = {"app": "web", "version": "v1"}


def a_pod(
    *containers: Json,
    status: Json | None = None,
    labels: Json | None = None,
    annotations: Json | None = None,
    **spec: Any,
) -> Json:
    made = {
        "name": "web",
        "namespace": "ns",
        "labels": LABELS if labels is None else labels,
        "annotations": annotations or {},
    }
    return {
        "metadata": made,
        "spec": {"containers": list(containers), **spec},
        "status": {"phase": "Running"} if status is None else status,
    }


APP, PROXY = {"name": "app"}, {"name": "istio-proxy"}
ROOTLESS = {"securityContext": {"runAsUser": 1337}}
RESERVED = "WARNING: User ID (UID) 1337 is reserved for the sidecar proxy."
NAME_LABEL = "Suggestion: add required service name label for Istio telemetry. See https://istio.io/v1.31/docs/ops/deployment/requirements/."
REVISION_LABEL = NAME_LABEL.replace("service name", "service revision")
EXPOSING = {
    "name": "app",
    "ports": [
        {"containerPort": 80, "protocol": "TCP"},
        {"containerPort": 53, "protocol": "UDP"},
        {"containerPort": 9},
    ],
}
NO_PORTS = "   Pod does not expose ports"
PODS = [  # a pod, the lines before the services
    (a_pod(APP, PROXY), ["Pod: web", "   Pod Revision: ", NO_PORTS]), (a_pod(EXPOSING, PROXY), ["Pod: web", "   Pod Revision: ", "   Pod Ports: 80 (app), 53/UDP (app), 9/ (app)"]),
    (a_pod(APP, PROXY, annotations={"istio.io/rev": "r"}), ["Pod: web", "   Pod Revision: r", NO_PORTS]),
    (a_pod(APP, PROXY, annotations={"sidecar.istio.io/status": '{"revision": "q"}'}), ["Pod: web", "   Pod Revision: q", NO_PORTS]),
    (a_pod(APP, PROXY, annotations={"sidecar.istio.io/status": "[]"}), ["Pod: web", "   Pod Revision: ", NO_PORTS]), (a_pod(APP, PROXY, annotations={"sidecar.istio.io/status": "{}"}), ["Pod: web", "   Pod Revision: ", NO_PORTS]),
    (a_pod(APP, status={"phase": "Pending"}), ["Pod: web", "   Pod Revision: ", NO_PORTS, "   Pod is not Running (Pending)"]), (a_pod(APP, status={}), ["Pod: web", "   Pod Revision: ", NO_PORTS, "   Pod is not Running ()"]),
    (a_pod(APP), ["Pod: web", "   Pod Revision: ", NO_PORTS, "WARNING: web is not part of mesh; no Istio sidecar"]), (a_pod(APP, initContainers=[PROXY]), ["Pod: web", "   Pod Revision: ", NO_PORTS]),
    (a_pod({**APP, **ROOTLESS}, PROXY), [RESERVED, "Pod: web", "   Pod Revision: ", NO_PORTS]), (a_pod(APP, {**PROXY, **ROOTLESS}), ["Pod: web", "   Pod Revision: ", NO_PORTS]),
    (a_pod({"name": "istio-operator", **ROOTLESS}, PROXY), ["Pod: web", "   Pod Revision: ", NO_PORTS]), (a_pod(APP, PROXY, **ROOTLESS), ["Pod: web", "   Pod Revision: ", NO_PORTS, f"   {RESERVED}"]),
    (a_pod(APP, PROXY, labels={}), ["Pod: web", "   Pod Revision: ", NO_PORTS, NAME_LABEL, REVISION_LABEL]),
    (a_pod(APP, PROXY, labels={"app.kubernetes.io/name": "x", "app.kubernetes.io/version": "1"}), ["Pod: web", "   Pod Revision: ", NO_PORTS]),
    (a_pod(APP, PROXY, labels={"service.istio.io/canonical-name": "x", "service.istio.io/canonical-revision": ""}), ["Pod: web", "   Pod Revision: ", NO_PORTS, REVISION_LABEL]),
    (a_pod(APP, PROXY, status={"phase": "Running", "containerStatuses": [{"name": "app", "ready": False}, {"name": "istio-proxy", "ready": True}], "initContainerStatuses": [{"name": "i"}]}),
     ["Pod: web", "   Pod Revision: ", NO_PORTS, "WARNING: Pod web Container app NOT READY", "WARNING: Pod web Init Container i NOT READY"]),
]  # fmt: skip


@pytest.mark.parametrize(("item", "lines"), PODS)
def test_what_is_said_of_a_pod(item: Json, lines: list[str]) -> None:
    written = page.pod(FakeMesh(), item, "istio-system", ignore_unmeshed=False).lines
    at = written.index("--------------------")
    unselected = "Warning: No Kubernetes Services select pod web (see https://istio.io/docs/setup/kubernetes/additional-setup/requirements/ )"
    assert written[:at] == [*lines, unselected]


def test_services_of_a_pod_and_their_ports() -> None:
    ports = [
        {"name": "http", "port": 80, "targetPort": 8080},
        {"port": 3306, "targetPort": "db"},
        {"name": "dns", "port": 53, "protocol": "UDP"},
    ]
    several = {
        "metadata": {"name": "many", "namespace": "ns"},
        "spec": {"selector": {"app": "web"}, "ports": ports},
    }
    other = {"metadata": {"name": "other", "namespace": "ns"}, "spec": {"selector": {"app": "else"}}}
    blank = {"metadata": {"name": "blank", "namespace": "ns"}, "spec": {}}
    written = page.pod(
        FakeMesh(services=[SERVICE, several, other, blank]),
        a_pod(APP, PROXY),
        "istio-system",
        ignore_unmeshed=False,
    ).lines
    start = written.index("Service: web")
    assert written[start : start + 5] == [
        "Service: web", "   Port: http 80/HTTP targets pod port 8080", "--------------------", "Service: many", "   Port: http 80/HTTP targets pod port 8080",
    ]  # fmt: skip
    assert written[start + 5] == "   no suitable port for manifest: "
    assert not any("other" in line or "blank" in line or "53" in line for line in written)
