"""The capture rules of a pod that was given, from the best of what says anything of them.

In this order: what the kernel had (saves, listings, nft); what istio-init or istio-cni logged; what Istio would
make for the pod's manifest; what istio-iptables' arguments say. An Envoy's dump alone says nothing of rules, but a
sidecar has some: Istio's defaults stand for them, marked assumed (``assumed_rules``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meshctl.coverage import Basis
from meshctl.netfilter.istio.settings import CaptureSettings, from_environment
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.podrules import computed, rules_of_manifest, rules_of_pod
from meshctl.netfilter.read.unseen import observed
from meshctl.patterns import expression
from meshctl.reader.layouts import command_of
from meshctl.reader.rules_forms import pods_of
from meshctl.reader.rules_forms import rules_of as rules_of_text
from meshctl.values import replace

if TYPE_CHECKING:
    from meshctl.reader.given import GivenPod, Identity

_FORMAT_NAMES = expression(r"^(?:ip6?tables-save\.txt|nft-ruleset\.(?:txt|json)|istio-init\.log)$")


def rules_of(pod: GivenPod) -> RuleSet | None:
    """The pod's rules; None when nothing says what they are."""
    for source in (_by_name, _by_content, _of_the_node, _by_manifest):
        found = source(pod)
        if found is not None:
            return found
    return rules_of_pod(pod.read, pod.name)


def _by_name(pod: GivenPod) -> RuleSet | None:
    """The files of the snapshot format."""
    if not any(_FORMAT_NAMES.match(name) for name in pod.files):
        return None
    return rules_of_pod(pod.read, pod.name)


def _by_content(pod: GivenPod) -> RuleSet | None:
    """Texts with rules in them, whatever they are called; those that hold none count for nothing."""
    found = []
    for origin, text in pod.rule_texts:
        command = command_of(origin)
        rules = rules_of_text(f"{command}\n{text}" if command else text, origin, pod.name)
        if rules.tables or "PROXY_PORT" in rules.facts:
            found.append(rules)
    if not found:
        return None
    rules = observed(*_latest(found))
    if rules.tables:
        return rules
    settings, _ = from_environment(rules.facts)
    return replace(computed(settings, rules.source, "the settings in the log"), notes=rules.notes)


def _latest(found: list[RuleSet]) -> list[RuleSet]:
    """What the kernel was seen to have stands above what a log says was set up."""
    seen = [rules for rules in found if "log" not in rules.facts and rules.tables]
    return seen or found


def _of_the_node(pod: GivenPod) -> RuleSet | None:
    """What istio-cni's log says of this pod."""
    for origin, text in pod.shared_rule_texts:
        names = [name for name in pods_of(text) if name in (pod.name, f"{pod.namespace}/{pod.name}")]
        if names:
            rules = rules_of_text(text, f"{pod.origin}/{origin}", names[-1])
            if rules.tables:
                return rules
    return None


def _by_manifest(pod: GivenPod) -> RuleSet | None:
    return rules_of_manifest(pod.manifest, pod.name) if pod.manifest is not None else None


def assumed_rules(identity: Identity) -> RuleSet | None:
    """Istio's defaults for a sidecar that nothing else is known of; None for what has no such rules."""
    if identity.router or identity.interception not in ("REDIRECT", "TPROXY"):
        return None
    settings = CaptureSettings(
        interception_mode=identity.interception,
        inbound_ports_include="*",
        inbound_ports_exclude="15090,15021,15020",
        outbound_ranges_include="*",
        ipv6=any(":" in address for address in identity.addresses),
    )
    rules = computed(settings, "Istio's default rules", "Istio's defaults")
    return replace(rules, origin=Basis.ASSUMED)
