"""Checks of what happens to traffic: the usual packets are walked, and what they meet is judged.

Loops, ports that must not be captured (or must), IPv6 that goes past Envoy, ports that no listener has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from meshctl.netfilter.lint.finding import Finding, Place, Severity
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.packet import Family, Hook, Packet
from meshctl.netfilter.pod import PodNet, routed
from meshctl.netfilter.walk.packet_walk import PathStep, Verdict, WalkResult, walk
from meshctl.netfilter.walk.passages import envoy_packet, inbound_to_application, passages
from meshctl.netfilter.walk.summary import POD, Summary, known_port, named, proxy_of, stand_ins, summarise
from meshctl.values import Struct, replace

CAPTURED = (Verdict.REDIRECT, Verdict.TPROXY)
# Ports of the proxy's container that probes and scrapers ask from outside, by what breaks.
PROBED = {15020: "merged metrics and application probes", 15021: "readiness probes", 15090: "Envoy's metrics"}


class EnvoyFacts(Struct, frozen=True):
    """What a proxy's own configuration says: the ports it listens on, and where its admin interface is."""

    outbound_port: int | None = None
    inbound_port: int | None = None
    admin_address: str | None = None
    admin_port: int | None = None
    listeners: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is checked: rules, the pod, and the proxy's configuration where it is known."""

    rules: RuleSet
    pod: PodNet
    envoy: EnvoyFacts | None = None
    known: dict[Family, Summary] = field(default_factory=dict, compare=False)

    def summary(self, family: Family) -> Summary:
        """What is captured, found out once."""
        if family not in self.known:
            self.known[family] = summarise(self.rules, family, self.pod)
        return self.known[family]

    def families(self) -> list[Family]:
        """Families that have rules."""
        return [
            family
            for family in Family
            if any(chain.rules for table in self.rules.for_family(family) for chain in table.chains)
        ]


def last_place(result: WalkResult) -> Place | None:
    """The rule that decided."""
    return _place(result.path[-1]) if result.path else None


def _place(step: PathStep) -> Place:
    return Place(step.family, step.table, step.chain, step.rule_number, step.text, step.line)


def _new(subject: Subject, family: Family, **changes: object) -> Packet:
    pod = proxy_of(subject.rules, subject.pod)
    own = pod.address(family) or POD[family]
    elsewhere, port, owner = stand_ins(subject.rules, family)
    packet = Packet(
        hook=Hook.OUTPUT, family=family, dst=elsewhere, sport=50505, dport=port, uid=owner, gid=owner
    )
    pod = replace(pod, addresses=tuple(dict.fromkeys((*pod.addresses, own))))
    return routed(replace(packet, **changes), pod)  # type: ignore[arg-type]


def loops(subject: Subject) -> Iterator[Finding]:
    """Envoy's own connections that come back to Envoy."""
    pod = proxy_of(subject.rules, subject.pod)
    for family in subject.families():
        own = _new(subject, family, uid=pod.envoy_uid, gid=pod.envoy_gid, mark=pod.envoy_mark)
        result = walk(subject.rules, own)
        application = walk(subject.rules, _new(subject, family))
        if result.verdict in CAPTURED and application.verdict in CAPTURED:
            yield Finding(
                "loop",
                Severity.ERROR,
                f"Envoy's own connections (uid {pod.envoy_uid}) are captured again, to {known_port(result.redirect_port)}",
                "Every connection Envoy opens comes back to it, until it runs out of sockets.",
                "Return the proxy's uid and gid before the rule that captures; compare the proxy's runAsUser with -u.",
                last_place(result),
            )
        yield from _inbound_loop(subject, family, pod)


def proxy_user(subject: Subject) -> Iterator[Finding]:
    """The rules treat one user apart, and the proxy runs as another."""
    pod = subject.pod
    if not pod.envoy_known or not subject.families():
        return
    owners = named(subject.rules)
    if not owners.uids and not owners.gids:
        return
    if pod.envoy_uid in owners.uids or pod.envoy_gid in owners.gids:
        return
    expected = ", ".join([*(f"uid {uid}" for uid in owners.uids), *(f"gid {gid}" for gid in owners.gids)])
    yield Finding(
        "proxy-user-differs",
        Severity.ERROR,
        f"the proxy runs as uid {pod.envoy_uid}, gid {pod.envoy_gid}, but the rules know {expected}",
        "The proxy's own connections are taken for the application's.",
        "Set runAsUser and runAsGroup of the proxy and -u, -g of istio-iptables to the same.",
    )


def _inbound_loop(subject: Subject, family: Family, pod: PodNet) -> Iterator[Finding]:
    own = pod.address(family) or POD[family]
    pod = replace(pod, addresses=tuple(dict.fromkeys((*pod.addresses, own))))
    elsewhere, port, _ = stand_ins(subject.rules, family)
    came = Packet(hook=Hook.PREROUTING, family=family, src=elsewhere, dst=own, dport=port, in_if="eth0")
    captured = walk(subject.rules, routed(came, pod))
    if captured.verdict not in CAPTURED or pod.envoy_mark:
        return
    tproxy = captured.verdict is Verdict.TPROXY
    back = inbound_to_application(came, replace(pod, tproxy_mark=captured.tproxy_mark), tproxy=tproxy)
    for passage in passages(subject.rules, back, pod):
        if passage.result.verdict in CAPTURED:
            yield Finding(
                "inbound-loop",
                Severity.ERROR,
                f"Envoy's connection to the application is captured again, to {known_port(passage.result.redirect_port)}",
                "Inbound requests never arrive: Envoy hands them to itself.",
                "Return connections from 127.0.0.6 (::6) on lo, or those with the TPROXY mark, before all others.",
                last_place(passage.result),
            )
            return


def probed_ports(subject: Subject) -> Iterator[Finding]:
    """Ports of the agent that are captured, so that probes meet Envoy's mutual TLS."""
    if proxy_of(subject.rules, subject.pod).envoy_mark:
        return  # ambient mode: the node sends probes from an address that the rules let pass
    for family in subject.families():
        own = subject.pod.address(family) or POD[family]
        elsewhere, port, _ = stand_ins(subject.rules, family)
        come = Packet(hook=Hook.PREROUTING, family=family, src=elsewhere, dst=own, dport=port, in_if="eth0")
        if walk(subject.rules, come.normal()).verdict not in CAPTURED:
            continue
        captured = []
        for port in PROBED:
            result = walk(subject.rules, replace(come, dport=port).normal())
            if result.verdict in CAPTURED:
                captured.append((port, result))
        for port, result in captured:
            yield Finding(
                "probe-port-captured",
                Severity.WARNING,
                f"inbound port {port} is captured, though {PROBED[port]} are asked there",
                "Requests to it go through Envoy's inbound listener and its policies.",
                f"Exclude it: excludeInboundPorts must hold {port}.",
                last_place(result),
            )


def proxy_ports(subject: Subject) -> Iterator[Finding]:
    """Rules that send traffic to ports where no Envoy listens."""
    expected = _expected_ports(subject)
    seen: set[tuple[str, int]] = set()
    for table, chain, number, rule in subject.rules.rules():
        action = rule.action
        ports = getattr(action, "ports", None)
        if ports is None or getattr(action, "target", "").upper() not in ("REDIRECT", "TPROXY"):
            continue
        port = ports[0]
        if port in expected or (table.name, port) in seen:
            continue
        seen.add((table.name, port))
        known = subject.envoy is not None
        yield Finding(
            "proxy-port",
            Severity.ERROR if known else Severity.WARNING,
            f"traffic is sent to port {port}, where {'no listener of this Envoy is' if known else 'Istio has no listener'}",
            f"Expected are {', '.join(map(str, sorted(expected)))}.",
            "Compare the proxy's ports with -p and -z of istio-iptables; connections there are refused.",
            Place(table.family, table.name, chain.name, number, rule.text, rule.line),
        )


def _expected_ports(subject: Subject) -> set[int]:
    dns = {15053}
    if subject.envoy is not None and subject.envoy.listeners:
        return set(subject.envoy.listeners) | dns
    facts = subject.rules.facts
    named = (
        facts.get("PROXY_PORT"),
        facts.get("PROXY_INBOUND_CAPTURE_PORT"),
        facts.get("INBOUND_CAPTURE_PORT"),
    )
    return {15001, 15006, 15008, *dns, *(int(port) for port in named if port and port.isdigit())}


def envoy_listeners(subject: Subject) -> Iterator[Finding]:
    """Where the proxy's own configuration and the rules disagree."""
    envoy = subject.envoy
    if envoy is None:
        return
    for family in subject.families():
        summary = subject.summary(family)
        yield from _direction_port("outbound", summary.outbound.default.port, envoy.outbound_port)
        yield from _direction_port("inbound", summary.inbound.default.port, envoy.inbound_port)
    if envoy.admin_address not in (None, "127.0.0.1", "::1", "localhost") and envoy.admin_port:
        yield Finding(
            "admin-reachable",
            Severity.ERROR,
            f"Envoy's admin interface listens on {envoy.admin_address}:{envoy.admin_port}",
            "Other pods can read its secrets' names and shut it down; port 15000 is not protected by these rules.",
            "Bind it to 127.0.0.1 (proxyAdminPort, bootstrap).",
        )


def _direction_port(direction: str, port: int | None, listener: int | None) -> Iterator[Finding]:
    if port is not None and listener is not None and port != listener:
        yield Finding(
            f"{direction}-port-differs",
            Severity.ERROR,
            f"{direction} traffic is sent to {port}, but Envoy's {direction} listener is on {listener}",
            "Connections are refused or meet the wrong listener.",
            f"Set {'-p' if direction == 'outbound' else '-z'} of istio-iptables to {listener}.",
        )


def ipv6(subject: Subject) -> Iterator[Finding]:
    """IPv6 that goes past Envoy while IPv4 is captured."""
    has_v6 = any(":" in address for address in subject.pod.addresses)
    if not has_v6:
        return
    if Family.V6 not in subject.rules.covers:
        yield Finding(
            "ipv6-unknown",
            Severity.INFO,
            "the pod has an IPv6 address, but the source holds no IPv6 rules",
            "They may exist and only not be in what was given.",
            "Add the output of ip6tables-save.",
        )
        return
    v4, v6 = (subject.summary(family) for family in (Family.V4, Family.V6))
    for direction, of in (("inbound", _inbound), ("outbound", _outbound)):
        if of(v4) and not of(v6):
            yield Finding(
                "ipv6-not-captured",
                Severity.ERROR,
                f"{direction} IPv4 is captured, {direction} IPv6 is not",
                "IPv6 connections go past Envoy: no mutual TLS, no policy, no telemetry.",
                "Enable dual stack (ISTIO_DUAL_STACK) or give the pod IPv4 only.",
            )


def _inbound(summary: Summary) -> bool:
    return summary.inbound.default.captured or any(
        what.startswith("to ") for what in summary.inbound.exceptions
    )


def _outbound(summary: Summary) -> bool:
    return summary.outbound.default.captured or any(
        what.startswith("to ") for what in summary.outbound.exceptions
    )


def dropped(subject: Subject) -> Iterator[Finding]:
    """The application's or Envoy's ordinary traffic that a rule drops."""
    pod = proxy_of(subject.rules, subject.pod)
    for family in subject.families():
        for who, packet in (
            ("the application's connections", _new(subject, family)),
            ("Envoy's connections", _new(subject, family, uid=pod.envoy_uid, gid=pod.envoy_gid)),
        ):
            result = walk(subject.rules, packet)
            if result.verdict in (Verdict.DROP, Verdict.REJECT):
                yield Finding(
                    "dropped",
                    Severity.ERROR,
                    f"{who} to other pods are {'dropped' if result.verdict is Verdict.DROP else 'rejected'}",
                    f"By {result.policy or last_place(result)}.",
                    "Accept established traffic, lo and the proxy's connections before it.",
                    last_place(result),
                )


def only_ports(subject: Subject) -> Iterator[Finding]:
    """includeOutboundPorts without includeOutboundIPRanges: only those ports are captured (issue 32677)."""
    for family in subject.families():
        direction = subject.summary(family).outbound
        if direction.default.captured:
            continue
        kinds = [kinds for what, kinds in direction.exceptions.items() if what.startswith("to ")]
        ports = [port for each in kinds for port in each.get("port", ())]
        networks = [network for each in kinds for network in each.get("network", ())]
        if ports and not networks:
            yield Finding(
                "include-ports-only",
                Severity.WARNING,
                f"only outbound ports {', '.join(ports)} are captured; all others go past Envoy",
                "includeOutboundPorts adds ports to what includeOutboundIPRanges captures, which is nothing here.",
                "Set includeOutboundIPRanges to * if everything was meant (istio issue 32677).",
            )


CHECKS = (loops, proxy_user, probed_ports, proxy_ports, envoy_listeners, ipv6, dropped, only_ports)

__all__ = ["CHECKS", "EnvoyFacts", "Subject", "envoy_packet"]
