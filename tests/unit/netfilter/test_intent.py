"""What a pod's settings and annotations ask for and will not get: all that is said of each, and of what is right nothing."""

from __future__ import annotations

from typing import Any

import pytest

from meshctl.netfilter import PodNet, RuleSet, parse_rules
from meshctl.netfilter.istio.settings import CaptureSettings, invalid_ranges
from meshctl.netfilter.lint import Subject, lint
from meshctl.netfilter.lint.intent import annotation_checks, setting_checks

IGNORED, RANGE, BOTH, DNS, SERVERS = (
    "inbound-exclude-ignored",
    "range-ignored",
    "port-included-and-excluded",
    "dns-excluded",
    "dns-without-servers",
)
SETTINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    # excluded inbound ports are heeded only where all others are included (istio-iptables run.go, shortCircuit)
    ({"inbound_ports_include": "80", "inbound_ports_exclude": "81"}, [IGNORED]), ({"inbound_ports_include": "*", "inbound_ports_exclude": "81"}, []),
    ({"inbound_ports_include": "", "inbound_ports_exclude": "81"}, []), ({"inbound_ports_include": "80", "inbound_ports_exclude": ""}, []),
    # what is no network is left out without a word
    ({"outbound_ranges_include": "10.0.0.1"}, [RANGE]), ({"outbound_ranges_include": "10.0.0.1/32"}, []), ({"outbound_ranges_include": "*"}, []),
    ({"outbound_ranges_exclude": "10.0.0.0/8,10.0.0.1, ::1"}, [RANGE, RANGE]), ({"outbound_ranges_include": "here", "outbound_ranges_exclude": "there"}, [RANGE, RANGE]),
    # the exclusion of a port comes before its inclusion
    ({"outbound_ports_include": "25", "outbound_ports_exclude": "25"}, [BOTH]), ({"outbound_ports_include": "25", "outbound_ports_exclude": "26"}, []), ({"outbound_ports_include": "25"}, []), ({"outbound_ports_exclude": "25"}, []),
    # DNS: captured only where it is not excluded, and where a server is known
    ({"redirect_dns": True, "capture_all_dns": True}, []), ({"redirect_dns": True, "dns_servers_v4": ("10.0.0.1",)}, []), ({"redirect_dns": True}, [SERVERS]), ({"capture_all_dns": True}, []),
    ({"redirect_dns": True, "capture_all_dns": True, "outbound_ports_exclude": "53"}, [DNS]), ({"redirect_dns": True, "capture_all_dns": True, "outbound_ports_exclude": "530"}, []), ({"outbound_ports_exclude": "53"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "codes"), SETTINGS)
def test_what_is_said_of_settings(changes: dict[str, Any], codes: list[str]) -> None:
    assert [finding.code for finding in setting_checks(CaptureSettings(**changes))] == codes


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        ("", []), ("*", []), ("10.0.0.0/8", []), ("10.1.2.3/8,fd00::/8", []), ("10.0.0.1", ["10.0.0.1"]), ("10.0.0.0/8,10.0.0.1,fd00::1", ["10.0.0.1", "fd00::1"]),
        # netip.ParsePrefix: a length in digits, no mask, no leading zero, no more bits than the address has
        ("here/8", ["here/8"]), ("10.0.0.0/33", ["10.0.0.0/33"]), ("10.0.0.0/255.0.0.0", ["10.0.0.0/255.0.0.0"]), ("10.0.0.0/08", ["10.0.0.0/08"]), ("10.0.0.0/", ["10.0.0.0/"]), ("10.0.0.0/0", []),
    ],
)  # fmt: skip
def test_what_is_no_network_to_istio_iptables(text: str, left_out: list[str]) -> None:
    assert invalid_ranges(text) == left_out


OUT, MISSPELT, ODD = (
    "traffic.sidecar.istio.io/excludeOutboundPorts",
    "traffic.sidecar.istio.io/excludeOutboundPort",
    "traffic.sidecar.istio.io/zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
)
ANNOTATED: list[tuple[dict[str, str], dict[str, str], list[tuple[str, str]]]] = [
    # on a Deployment, on its pods: what is said, with the advice
    ({}, {OUT: "1"}, []), ({OUT: "1"}, {OUT: "1"}, []), ({"app.example.com/x": "1", MISSPELT: "1"}, {}, []), ({}, {"app.example.com/x": "1"}, []),
    ({OUT: "1"}, {}, [("annotation-on-wrong-object", "Move it to spec.template.metadata.annotations.")]),
    ({}, {MISSPELT: "1"}, [("annotation-unknown", f"Did you mean {OUT}?")]), ({}, {ODD: "1"}, [("annotation-unknown", "See the list in docs/capture.md.")]),
    ({OUT: "1"}, {MISSPELT: "1"}, [("annotation-on-wrong-object", "Move it to spec.template.metadata.annotations."), ("annotation-unknown", f"Did you mean {OUT}?")]),
]  # fmt: skip


def deployment(own: dict[str, str], pods: dict[str, str]) -> dict[str, Any]:
    spec = {"containers": [{"name": "istio-proxy"}]}
    return {
        "kind": "Deployment",
        "metadata": {"annotations": own},
        "spec": {"template": {"metadata": {"annotations": pods}, "spec": spec}},
    }


@pytest.mark.parametrize(("own", "pods", "said"), ANNOTATED)
def test_what_is_said_of_annotations(
    own: dict[str, str], pods: dict[str, str], said: list[tuple[str, str]]
) -> None:
    assert [(f.code, f.advice) for f in annotation_checks(deployment(own, pods))] == said


def test_of_a_pod_its_own_annotations_are_the_right_place() -> None:
    pod = {"kind": "Pod", "metadata": {"annotations": {OUT: "1"}}, "spec": {"containers": []}}
    assert not list(annotation_checks(pod))


def codes(rules: RuleSet, manifest: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    return [(finding.code, finding.severity.value) for finding in lint(Subject(rules, PodNet()), manifest)]


def test_settings_that_istio_iptables_refuses_are_an_error() -> None:
    refused = deployment({}, {"sidecar.istio.io/interceptionMode": "SOMEHOW"})
    assert codes(RuleSet(), refused) == [("settings-refused", "error")]
    assert codes(parse_rules("Istio config:\nPROXY_PORT=none\n")) == [("settings-refused", "error")]


def test_the_worst_comes_first() -> None:
    manifest = deployment(
        {OUT: "1"},
        {MISSPELT: "1", "traffic.sidecar.istio.io/excludeOutboundIPRanges": "10.0.0.1"},
    )
    rules = parse_rules("*nat\n-A OUTPUT -m bpf --x 1 -j RETURN\nCOMMIT\n")
    assert [severity for _, severity in codes(rules, manifest)] == ["error", "error", "warning", "info"]
