"""Whether a pod gets a sidecar: what the injection webhooks make of its labels and of its namespace's.

Theory of operation. A MutatingWebhookConfiguration is Istio's when one of its webhooks is named ``….istio.io``. Each of its
webhooks has a selector over the namespace's labels and one over the pod's; the first webhook that matches both injects, and
one that nearly does says what prevents it. Follows istio/istioctl/pkg/checkinject; other than there, the label that is named
is one that a selector asks for, where there is one, and not one that it only does not forbid. A namespace whose labels were
not given leaves open what depends on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from meshctl.plain import Json, objects_at
from meshctl.proxy_kind import proxy_type
from meshctl.views.table import Table

Labels = Mapping[str, str]

_INJECTION = "istio-injection"
_REVISION = "istio.io/rev"
_NAME = "kubernetes.io/metadata.name"
_DEACTIVATED = {"matchLabels": {"istio.io/deactivated": "never-match"}}
_STATUS = "sidecar.istio.io/status"


class Outcome(msgspec.Struct, frozen=True):
    """What one webhook configuration does with the pod; ``injected`` is None where that is not known."""

    name: str
    revision: str
    injected: bool | None
    reason: str


def is_istios(configuration: Json) -> bool:
    return any(
        str(webhook.get("name", "")).endswith("istio.io") for webhook in objects_at(configuration, "webhooks")
    )


def analyse(configurations: Iterable[Json], pod: Labels, namespace: Labels | None) -> list[Outcome]:
    """One outcome a configuration of Istio's, by name. ``namespace``: its labels, None where they were not given."""
    found = []
    for configuration in configurations:
        if is_istios(configuration):
            metadata = configuration.get("metadata") or {}
            labels = metadata.get("labels") or {}
            injected, reason = _decide(objects_at(configuration, "webhooks"), pod, namespace)
            found.append(
                Outcome(str(metadata.get("name", "")), str(labels.get(_REVISION, "")), injected, reason)
            )
    return sorted(found, key=lambda one: one.name)


def _decide(webhooks: list[Json], pod: Labels, namespace: Labels | None) -> tuple[bool | None, str]:
    for webhook in webhooks:
        over_namespace, over_pod = webhook.get("namespaceSelector"), webhook.get("objectSelector")
        if namespace is None:
            if matches(over_pod, pod):
                return None, "the labels of the namespace were not given, and they decide"
            continue
        of_namespace, of_pod = matches(over_namespace, namespace), matches(over_pod, pod)
        if of_namespace and of_pod:
            reason = _why(_named(over_namespace, namespace), _named(over_pod, pod))
            if reason:
                return True, reason
        elif of_namespace and (forbidden := _forbidden(over_pod, pod)):
            return False, f"Pod has {forbidden} label, preventing injection"
        elif of_pod and namespace.get(_INJECTION, "enabled") != "enabled":
            label = f"{_INJECTION}={namespace[_INJECTION]}"
            return False, f"Namespace has {label} label, preventing injection"
    return False, _no_match(webhooks)


def matches(selector: Any, labels: Labels) -> bool:
    """A LabelSelector on labels; one that is not there matches everything, an operator nobody knows nothing."""
    if not isinstance(selector, dict):
        return True
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_holds(expression, labels) for expression in objects_at(selector, "matchExpressions"))


def _holds(expression: Json, labels: Labels) -> bool:
    key, values = str(expression.get("key", "")), expression.get("values") or []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return False


def _named(selector: Any, labels: Labels) -> str:
    """The label by which a selector matches: one that it asks for, else one that it does not forbid."""
    expressions = objects_at(selector, "matchExpressions")
    for operator in ("In", "NotIn"):
        for expression in expressions:
            key = str(expression.get("key", ""))
            if expression.get("operator") == operator and key in labels:
                return f"{key}={labels[key]}"
    return ""


def _why(of_namespace: str, of_pod: str) -> str:
    if of_namespace and of_pod:
        return f"Namespace label {of_namespace} matches, and pod label {of_pod} matches"
    if of_namespace.startswith(f"{_NAME}="):
        return f"Namespace label {of_namespace} matches (Automatic injection is enabled in all namespaces)."
    if of_namespace:
        return f"Namespace label {of_namespace} matches"
    return f"Pod label {of_pod} matches" if of_pod else ""


def _forbidden(selector: Any, labels: Labels) -> str:
    """The pod's label that a selector does not allow."""
    for expression in objects_at(selector, "matchExpressions"):
        key = str(expression.get("key", ""))
        if expression.get("operator") in ("NotIn", "DoesNotExist") and not _holds(expression, labels):
            return f"{key}={labels[key]}"
    return ""


def _no_match(webhooks: list[Json]) -> str:
    if any(
        webhook.get("namespaceSelector") == _DEACTIVATED == webhook.get("objectSelector")
        for webhook in webhooks
    ):
        return "The injection webhook is deactivated, and will never match labels."
    asked = [
        [
            f"{expression.get('key')}={value}"
            for webhook in webhooks
            for expression in objects_at(webhook.get(which), "matchExpressions")
            if expression.get("operator") == "In"
            for value in expression.get("values") or []
        ]
        for which in ("namespaceSelector", "objectSelector")
    ]
    return f"No matching namespace labels ({', '.join(asked[0])}) or pod labels ({', '.join(asked[1])})"


# istioctl pads a column by the bytes of its cells, and those of this one are in colour there.
_MARK_WIDTH = 12
_MARKS = {True: "\N{HEAVY CHECK MARK}", False: "\N{HEAVY BALLOT X}", None: "?"}


def table(outcomes: list[Outcome]) -> Table:
    rows = [(o.name, o.revision, f"{_MARKS[o.injected]:<{_MARK_WIDTH}}", o.reason) for o in outcomes]
    return Table(("WEBHOOK", "REVISION", "INJECTED", "REASON"), rows, padding=2)


def running(pod: Json, outcomes: list[Outcome]) -> str:
    """What a pod that runs has, and whether a restart would change that; "" for one that does not run."""
    metadata, spec = pod.get("metadata") or {}, pod.get("spec") or {}
    if not (pod.get("status") or {}).get("phase") and not spec.get("nodeName"):
        return ""
    has = proxy_type(pod) != "none"
    revision = revision_of(metadata)
    now = (
        f"runs with a sidecar{f' of revision {revision}' if revision else ''}"
        if has
        else "runs without a sidecar"
    )
    would = [outcome for outcome in outcomes if outcome.injected]
    if any(outcome.injected is None for outcome in outcomes):
        return now
    if has and not would:
        return f"{now}; started again it would have none"
    if would and not has:
        return f"{now}; started again it would get one of revision {would[0].revision or 'default'}"
    if has and revision and len(would) == 1 and would[0].revision not in ("", revision):
        return f"{now}; started again it would get one of revision {would[0].revision}"
    return now


def revision_of(metadata: Json) -> str:
    """Of the injector that made the pod's sidecar."""
    annotations = metadata.get("annotations") or {}
    try:
        status = msgspec.json.decode(annotations.get(_STATUS) or "{}")
    except (msgspec.DecodeError, TypeError):
        status = {}
    found = status.get("revision") if isinstance(status, dict) else ""
    return str(found or annotations.get(_REVISION) or "")
