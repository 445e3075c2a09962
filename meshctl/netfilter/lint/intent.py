"""Checks of what was meant against what is done: annotations and settings that have no effect."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from meshctl.netfilter.istio.settings import ANNOTATIONS, CaptureSettings, invalid_ranges, pod_of, split
from meshctl.netfilter.lint.finding import Finding, Severity

PREFIXES = ("traffic.sidecar.istio.io/", "sidecar.istio.io/interceptionMode")


def annotation_checks(manifest: Mapping[str, Any]) -> Iterator[Finding]:
    """Capture annotations on an object that is not the pod, or with a name that nobody reads."""
    on_object = (manifest.get("metadata") or {}).get("annotations") or {}
    pod = pod_of(manifest) or manifest
    on_pod = (pod.get("metadata") or {}).get("annotations") or {}
    if pod is not manifest:
        for name in on_object:
            if name in ANNOTATIONS and name not in on_pod:
                yield Finding(
                    "annotation-on-wrong-object",
                    Severity.ERROR,
                    f"{name} stands on the {manifest.get('kind')}, not on its pods",
                    "Istio reads it from the pod only; here it has no effect.",
                    "Move it to spec.template.metadata.annotations.",
                )
    for name in on_pod:
        if name.startswith(PREFIXES) and name not in ANNOTATIONS:
            near = difflib.get_close_matches(name, ANNOTATIONS, 1)
            yield Finding(
                "annotation-unknown",
                Severity.WARNING,
                f"annotation {name} is not one Istio reads",
                "It has no effect.",
                f"Did you mean {near[0]}?" if near else "See the list in docs/capture.md.",
            )


def setting_checks(chosen: CaptureSettings) -> Iterator[Finding]:
    """Settings that cancel each other."""
    if chosen.inbound_ports_exclude and chosen.inbound_ports_include not in ("*", ""):
        yield Finding(
            "inbound-exclude-ignored",
            Severity.WARNING,
            f"excludeInboundPorts ({chosen.inbound_ports_exclude}) has no effect",
            "Istio heeds it only when includeInboundPorts is *.",
            "Leave the ports out of includeInboundPorts instead.",
        )
    for what, text in (
        ("includeOutboundIPRanges", chosen.outbound_ranges_include),
        ("excludeOutboundIPRanges", chosen.outbound_ranges_exclude),
    ):
        for part in invalid_ranges(text):
            yield Finding(
                "range-ignored",
                Severity.ERROR,
                f"{what} holds {part}, which is no network",
                "istio-iptables leaves it out without a word.",
                f"Write it as a network, such as {part}/32.",
            )
    both = set(split(chosen.outbound_ports_include)) & set(split(chosen.outbound_ports_exclude))
    if both:
        yield Finding(
            "port-included-and-excluded",
            Severity.WARNING,
            f"outbound port {', '.join(sorted(both))} is both included and excluded",
            "The exclusion comes first and wins.",
            "Remove one of the two.",
        )
    if chosen.redirect_dns and "53" in split(chosen.outbound_ports_exclude):
        yield Finding(
            "dns-excluded",
            Severity.WARNING,
            "DNS capture is on, but outbound port 53 is excluded",
            "The exclusion comes first, so no query reaches the agent.",
            "Remove 53 from excludeOutboundPorts.",
        )
    if chosen.redirect_dns and not chosen.dns:
        yield Finding(
            "dns-without-servers",
            Severity.WARNING,
            "DNS capture is on, but no server is known and not all are captured",
            "Istio switches it off again.",
            "Set CAPTURE_ALL_DNS, or let istio-iptables read /etc/resolv.conf.",
        )
