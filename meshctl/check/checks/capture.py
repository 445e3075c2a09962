"""The rules before Envoy: all of ``capture lint`` with the pod's own Envoy beside it, and failed init runs explained.

A finding of lint keeps its code, with ``capture-`` before it. What Istio's own rules never need (rules behind others that
take everything) is left to ``capture lint``.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

from meshctl.check.check import Check, Hits
from meshctl.check.finding import Hit, Severity
from meshctl.check.subject import Need, Subject
from meshctl.coverage import Basis
from meshctl.netfilter import lint
from meshctl.netfilter.packet import Family
from meshctl.netfilter.pod import PodNet
from meshctl.netfilter.walk.summary import ports_of
from meshctl.plain import object_at
from meshctl.proxy.proxy import Proxy
from meshctl.values import Struct

_OUTBOUND, _INBOUND = ("virtualOutbound", "virtual"), ("virtualInbound",)


def facts_of(proxy: Proxy) -> lint.EnvoyFacts:
    """What a proxy says of ports: its listeners, its virtual listeners, its admin interface."""
    by_name = proxy.listeners.by_name
    ports = {
        name: by_name[name].addresses[0][1]
        for name in (*_OUTBOUND, *_INBOUND)
        if name in by_name and by_name[name].addresses
    }
    admin = object_at(object_at(object_at(proxy.snapshot.bootstrap, "admin"), "address"), "socket_address")
    return lint.EnvoyFacts(
        next((ports[name] for name in _OUTBOUND if name in ports), None),
        next((ports[name] for name in _INBOUND if name in ports), None),
        admin.get("address"),
        admin.get("port_value"),
        frozenset(port for listener in proxy.listeners.all for _, port, _ in listener.addresses),
    )


def lint_subject(subject: Subject) -> lint.Subject:
    """A pod's rules as lint asks them, with what they capture found out once."""
    known = subject.kept.get("lint subject")
    if known is None:
        rules = subject.pod.rules
        assert rules is not None
        facts = facts_of(subject.proxy) if subject.proxy is not None else None
        known = subject.kept["lint subject"] = lint.Subject(rules, subject.net or PodNet(), facts)
    found: lint.Subject = known
    return found


def _linted(subject: Subject) -> list[lint.Finding]:
    """What lint says of a pod, found once."""
    known = subject.kept.get("lint")
    if known is None:
        known = subject.kept["lint"] = lint.lint(lint_subject(subject), subject.manifest)
    found: list[lint.Finding] = known
    return found


def _of_code(code: str, subject: Subject) -> Hits:
    for one in _linted(subject):
        if one.code != code or (code == "unreachable" and one.severity is Severity.INFO):
            continue
        places = [one.place] if one.place is not None else []
        evidence = tuple(f"{place}: {place.text}" for place in (*places, *one.by))
        why = f"{one.what}. {one.why}" if one.why else one.what
        yield Hit(str(one.place or "capture rules"), why, evidence, one.advice, one.severity)


class _Cause(Struct, frozen=True):
    """Why a run of istio-iptables fails: how its log shows it, what it means, what helps."""

    sign: str
    cause: str
    fix: str


_CAUSES = (
    _Cause(
        r"holding the xtables lock",
        "another process held the xtables lock (kube-proxy, a CNI plugin), and iptables did not wait for it",
        "Let the pod be restarted: the next try usually gets the lock. Istio 1.19 and later waits for it (`--wait`).",
    ),
    _Cause(
        r"Permission denied|you must be root|Operation not permitted",
        "the init container may not change the network: it lacks NET_ADMIN and NET_RAW, or a policy took them (PodSecurity "
        "restricted, OpenShift's SCC, SELinux)",
        "Use istio-cni, which needs no rights in the pod; or allow NET_ADMIN and NET_RAW to istio-init.",
    ),
    _Cause(
        r"Could not fetch rule set generation id|nf_tables.*(?:Invalid argument|not supported)",
        "the kernel does not answer nf_tables, or does not let this container: iptables-nft needs it",
        "Load nf_tables on the node, or let istio-iptables use the legacy backend; with user namespaces or gVisor use istio-cni.",
    ),
    _Cause(
        r"insmod|can't initialize ip6?tables table|unable to initialize table|missing kernel module|Couldn't load (?:match|target)|"
        r"No chain/target/match by that name|Extension .* revision .* not supported",
        "the node's kernel lacks a module that the rules need (iptable_nat, xt_REDIRECT, xt_owner, xt_conntrack, or their nf_tables forms)",
        "Load the modules on every node (`modprobe iptable_nat xt_REDIRECT xt_owner xt_conntrack`; ip6table_nat for IPv6), and "
        "keep them over reboots (/etc/modules-load.d).",
    ),
    _Cause(
        r"iptables validation failed|Validation (?:failed|has failed)|istio-validation|workload is not ready to start|connection refused.*127\.0\.0\.6",
        "the pod was started before istio-cni had set up its rules (the CNI plugin was not there yet, or is not first in the chain)",
        "Enable repair in istio-cni (`repair.repairPods` or `deletePods`), and check its DaemonSet on this node.",
    ),
    _Cause(
        r"executable file not found|no such file or directory.*iptables|iptables: not found",
        "the image has no iptables",
        "Use Istio's proxyv2 image for istio-init, or istio-cni.",
    ),
    _Cause(
        r"unknown option|Bad argument|invalid (?:port|mask|address)|parameter problem|host/network .* not found",
        "iptables refused an argument that was made of an annotation or an option",
        "Check traffic.sidecar.istio.io/* annotations: ports are numbers, ranges are CIDRs, with commas between them.",
    ),
)


def failed_run(subject: Subject) -> Hits:
    """Runs of istio-init that failed, with what their log says of the cause."""
    rules = subject.pod.rules
    if rules is None or not rules.failure:
        return
    text = f"{rules.failure}\n{subject.log}"
    found = next((cause for cause in _CAUSES if re.search(cause.sign, text, re.IGNORECASE)), None)
    line = _line(text, found) if found is not None else rules.failure
    why = found.cause if found is not None else "the log does not say why"
    fix = found.fix if found is not None else "Look at the lines before the failure in the log of istio-init."
    yield Hit("istio-init", f"setting up the capture rules failed: {why}", (line, rules.source), fix)


def _line(text: str, cause: _Cause) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if re.search(cause.sign, line, re.IGNORECASE)), "")[:300]


def bypassed_listeners(subject: Subject) -> Hits:
    """Outbound listeners whose port the capture rules leave out."""
    proxy, rules = subject.proxy, subject.pod.rules
    assert proxy is not None and rules is not None
    if rules.failure or rules.origin is Basis.FAILED_RUN or not rules.tables:
        return
    summary = lint_subject(subject).summary(Family.V4)
    if not summary.outbound.default.captured:
        return
    left_out = {
        number
        for kinds in summary.outbound.exceptions.values()
        for kind, values in kinds.items()
        if kind == "port"
        for ports in values
        for number in ports_of(ports)
    }
    for listener in proxy.listeners.all:
        ports = [port for _, port, _ in listener.addresses if port in left_out]
        if ports and not listener.bound and listener.direction == "OUTBOUND":
            said = (
                f"no connection of the application comes to it: the capture rules leave port {ports[0]} out"
            )
            yield Hit(f"listener {listener.name}", said, (listener.where,))


_LINTED: tuple[tuple[str, Severity, str], ...] = (
    ("unreachable", Severity.WARNING, "A rule that no packet reaches"),
    ("two-backends", Severity.ERROR, "Istio's rules in legacy and nft tables at once"),
    ("repeated", Severity.WARNING, "The same rule twice in a chain"),
    ("loop", Severity.ERROR, "Envoy's own connections are captured again"),
    ("inbound-loop", Severity.ERROR, "Envoy's connection to the application is captured again"),
    ("proxy-user-differs", Severity.ERROR, "The proxy runs as a user that the rules do not know"),
    ("proxy-port", Severity.WARNING, "Traffic is sent to a port where no Envoy listens"),
    ("outbound-port-differs", Severity.ERROR, "Outbound traffic is sent to another port than Envoy's"),
    ("inbound-port-differs", Severity.ERROR, "Inbound traffic is sent to another port than Envoy's"),
    ("probe-port-captured", Severity.WARNING, "A port of probes or metrics is captured"),
    ("admin-reachable", Severity.ERROR, "Envoy's admin interface is not on localhost"),
    ("include-ports-only", Severity.WARNING, "includeOutboundPorts without includeOutboundIPRanges"),
    ("ipv6-not-captured", Severity.ERROR, "IPv6 goes past Envoy"),
    ("ipv6-unknown", Severity.INFO, "The pod has IPv6, and no IPv6 rules were given"),
    ("foreign-rule-first", Severity.WARNING, "Rules of others stand before Istio's"),
    ("other-nat-chain", Severity.WARNING, "Another chain translates connections, too"),
    ("excluded-interface", Severity.INFO, "An interface is left out of the mesh"),
    ("not-entered", Severity.ERROR, "Nothing jumps to Istio's chain"),
    ("inbound-not-captured", Severity.INFO, "Inbound traffic is not captured"),
    ("dropped", Severity.ERROR, "Ordinary traffic is dropped or rejected"),
    ("circle", Severity.ERROR, "Chains that jump in a circle"),
    ("annotation-on-wrong-object", Severity.ERROR, "An annotation that stands where nobody reads it"),
    ("annotation-unknown", Severity.WARNING, "An annotation that Istio does not know"),
    ("inbound-exclude-ignored", Severity.WARNING, "excludeInboundPorts without effect"),
    ("range-ignored", Severity.WARNING, "A range that is no network"),
    ("port-included-and-excluded", Severity.WARNING, "A port that is both included and excluded"),
    ("dns-excluded", Severity.WARNING, "DNS capture is on, and port 53 is excluded"),
    ("dns-without-servers", Severity.WARNING, "DNS capture is on, and no server is known"),
    ("settings-refused", Severity.ERROR, "Settings that istio-iptables refuses"),
    ("not-shown", Severity.INFO, "A part of the rules was not shown"),
    ("not-understood", Severity.INFO, "Rules that were not understood"),
)


def _rows() -> Iterator[Check]:
    for code, severity, title in _LINTED:
        run: Callable[[Subject], Hits] = functools.partial(_of_code, code)
        yield Check(
            f"capture-{code}",
            severity,
            title,
            "See [capture](../capture.md): what the rules do with packets, found by walking them.",
            "What the finding says; `meshctl capture lint` shows the rule, `capture walk` a packet's way.",
            run,
            (Need.RULES,),
        )


CHECKS = (
    Check(
        "capture-failed-run",
        Severity.ERROR,
        "A run of istio-init that failed",
        "The rules are not in force: the pod does not start, or its traffic goes past Envoy.",
        "What the cause asks for: rights, kernel modules, the other backend, istio-cni.",
        failed_run,
        (Need.RULES,),
        "The log of istio-init says that iptables-restore failed; the cause is read out of its messages: "
        + "; ".join(cause.cause for cause in _CAUSES)
        + ".",
    ),
    Check(
        "capture-listener-bypassed",
        Severity.INFO,
        "An outbound listener whose port is excluded from capture",
        "Its routes, policies and retries do not apply to the application's connections.",
        "Take the port out of excludeOutboundPorts, if the mesh should see it.",
        bypassed_listeners,
        (Need.ENVOY, Need.RULES),
        "The rules are walked with packets to every port that they name.",
    ),
    *_rows(),
)
