"""What is wrong with a rule set. Each check is a function from the subject to findings; the list is here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from meshctl.errors import InputError
from meshctl.netfilter.istio.settings import from_environment, from_pod, pod_of
from meshctl.netfilter.lint import intent, structure, traffic
from meshctl.netfilter.lint.finding import Finding, Place, Severity
from meshctl.netfilter.lint.reach import unreachable
from meshctl.netfilter.lint.traffic import EnvoyFacts, Subject

ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def lint(subject: Subject, manifest: Mapping[str, Any] | None = None) -> list[Finding]:
    """All findings, the worst first."""
    found: dict[tuple[str, str], Finding] = {}
    for check in (*structure.CHECKS, *traffic.CHECKS):
        for finding in check(subject):
            found.setdefault((finding.code, finding.what), finding)
    for finding in unreachable(subject.rules):
        found.setdefault((finding.code, finding.what), finding)
    for finding in _of_intent(subject, manifest):
        found.setdefault((finding.code, finding.what), finding)
    return sorted(found.values(), key=lambda finding: ORDER[finding.severity])


def _of_intent(subject: Subject, manifest: Mapping[str, Any] | None) -> list[Finding]:
    found: list[Finding] = []
    try:
        if manifest is not None:
            found += intent.annotation_checks(manifest)
            if (pod := pod_of(manifest)) is not None:
                found += intent.setting_checks(from_pod(pod).settings)
        elif "PROXY_PORT" in subject.rules.facts:
            found += intent.setting_checks(from_environment(subject.rules.facts)[0])
    except InputError as error:
        found.append(
            Finding(
                "settings-refused", Severity.ERROR, error.what, "istio-iptables refuses this.", error.hint
            )
        )
    return found


__all__ = ["EnvoyFacts", "Finding", "Place", "Severity", "Subject", "lint"]
