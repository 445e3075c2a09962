"""How a pod is named on the command line, and which pods of what was given are meant: offline as live.

``[type/]name[.namespace]``: the namespace is what stands behind the last dot (looked for behind the last
slash), and wins over ``-n``. Without a type the name is a pod's; offline its beginning will do where only one pod
has it. A workload or Service stands for the pods that it made or selects, by their manifests' owners and labels,
never by likeness of names. Follows istio istioctl/pkg/util/handlers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.envoy.documents import DocumentKind
from meshctl.errors import InputError, UsageError
from meshctl.plain import Json, listed

if TYPE_CHECKING:
    from meshctl.reader.given import Given, GivenPod


class Kind(msgspec.Struct, frozen=True):
    """A resource type that stands for pods: its API path, its names, and where its pod selector is."""

    group_path: str
    plural: str
    names: frozenset[str]
    selector: tuple[str, ...]


_APPS, CORE = "/apis/apps/v1", "/api/v1"
KINDS = (
    Kind(CORE, "pods", frozenset({"pod", "pods", "po"}), ()),
    Kind(_APPS, "deployments", frozenset({"deployment", "deployments", "deploy"}), ("spec", "selector")),
    Kind(_APPS, "replicasets", frozenset({"replicaset", "replicasets", "rs"}), ("spec", "selector")),
    Kind(_APPS, "statefulsets", frozenset({"statefulset", "statefulsets", "sts"}), ("spec", "selector")),
    Kind(_APPS, "daemonsets", frozenset({"daemonset", "daemonsets", "ds"}), ("spec", "selector")),
    Kind("/apis/batch/v1", "jobs", frozenset({"job", "jobs"}), ("spec", "selector")),
    Kind(
        CORE,
        "replicationcontrollers",
        frozenset({"replicationcontroller", "replicationcontrollers", "rc"}),
        ("spec", "selector"),
    ),
    Kind(CORE, "services", frozenset({"service", "services", "svc"}), ("spec", "selector")),
    Kind(
        "/apis/gateway.networking.k8s.io/v1",
        "gateways",
        frozenset({"gateway", "gateways", "gtw"}),
        (),
    ),
)
# Types that exist but have no pods: the message says so instead of "unknown".
_WITHOUT_PODS = {"cm": "configmap", "configmap": "configmap", "configmaps": "configmap", "secret": "secret",
                 "secrets": "secret", "ns": "namespace", "namespace": "namespace", "node": "node", "nodes": "node"}  # fmt: skip


class Reference(msgspec.Struct, frozen=True):
    """A pod argument taken apart."""

    text: str
    kind: Kind
    name: str
    namespace: str


def parse(text: str, default_namespace: str) -> Reference:
    """``[type/]name[.namespace]`` as a Reference. Raises UsageError when it is none."""
    head, slash, rest = text.rpartition("/")
    if slash and (not head or "/" in head):
        raise UsageError(f'"{text}" is not [type/]name[.namespace]')
    name, dot, namespace = rest.rpartition(".")
    if not dot:
        name, namespace = rest, default_namespace
    elif not namespace:
        raise UsageError(
            f'"{text}" names an empty namespace after the dot', "", "Write name.namespace or name alone."
        )
    if not name:
        raise UsageError(
            f'"{text}" has no name', "", "Write [type/]name[.namespace], such as deploy/nginx.test"
        )
    return Reference(text, _kind(head, text), name, namespace)


def _kind(name: str, text: str) -> Kind:
    if not name:
        return KINDS[0]
    word = name.split(".", 1)[0].lower()
    for kind in KINDS:
        if word in kind.names:
            return kind
    if word in _WITHOUT_PODS:
        raise UsageError(f'"{text}": a {_WITHOUT_PODS[word]} has no pods', "", "Name a pod or a workload.")
    raise UsageError(
        f'unknown resource type "{name}" in "{text}"',
        "",
        "Use pod, deployment, replicaset, statefulset, daemonset, job, service or gateway.",
    )


def selector_text(selector: Json) -> str:
    """A LabelSelector, or a Service's plain map, in the form of the API's ``labelSelector`` parameter."""
    if "matchLabels" not in selector and "matchExpressions" not in selector:
        return ",".join(f"{k}={v}" for k, v in sorted(selector.items()) if isinstance(v, str))
    parts = [f"{k}={v}" for k, v in sorted((selector.get("matchLabels") or {}).items())]
    for expression in selector.get("matchExpressions") or []:
        key, operator = expression.get("key"), expression.get("operator")
        values = ",".join(expression.get("values") or [])
        parts.append(
            {
                "In": f"{key} in ({values})",
                "NotIn": f"{key} notin ({values})",
                "Exists": f"{key}",
                "DoesNotExist": f"!{key}",
            }.get(str(operator), f"{key}")
        )
    return ",".join(parts)


# One requirement of a label selector: key in (a,b), key notin (a,b), !key, key, key=a, key==a, key!=a.
_REQUIREMENT = re.compile(
    r"\s*(?:(?P<no>!)\s*(?P<absent>[\w./-]+)"
    r"|(?P<key>[\w./-]+)\s*(?:(?P<set>notin|in)\s*\((?P<values>[^)]*)\)|(?P<op>==|=|!=)\s*(?P<value>[\w.-]*))?)\s*(?:,|$)"
)


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether a label selector, as ``-l`` takes it, matches. Raises UsageError when it is none."""
    position = 0
    while position < len(selector):
        match = _REQUIREMENT.match(selector, position)
        if match is None or match.end() == position:
            raise UsageError(f"{selector!r} is no label selector", "", "Write app=web,version!=v1.")
        if not _holds(match, labels):
            return False
        position = match.end()
    return True


def _holds(match: re.Match[str], labels: Mapping[str, str]) -> bool:
    if match["no"]:
        return match["absent"] not in labels
    value = labels.get(match["key"])
    if match["set"]:
        wanted = {part.strip() for part in match["values"].split(",")}
        return (value in wanted) if match["set"] == "in" else value not in wanted
    if match["op"] == "!=":
        return value != match["value"]
    return value is not None if match["op"] is None else value == match["value"]


def find(given: Given, text: str, namespace: str | None, *, every: bool = False) -> list[GivenPod]:
    """The pod that an argument means among those given, or with ``every`` all of a workload. Never empty."""
    exact = [pod for pod in given.pods if text == pod.name and _in(pod, namespace)]
    if len(exact) == 1:  # a name may have dots of its own
        return exact
    reference = parse(text, namespace or "")
    if reference.kind is KINDS[0]:
        return [_one_pod(given, reference)]
    found = _of_workload(given, reference)
    return found if every else found[:1]


def _in(pod: GivenPod, namespace: str | None) -> bool:
    return not namespace or pod.namespace in ("", namespace)


def _one_pod(given: Given, reference: Reference) -> GivenPod:
    here = [pod for pod in given.pods if _in(pod, reference.namespace)]
    for matches in (
        [pod for pod in here if pod.name == reference.name],
        [pod for pod in here if pod.name.startswith(reference.name)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise UsageError(
                f'{given.origin} holds several pods "{reference.text}"',
                "",
                f"Name the namespace too: {listing(matches)}"
                if len({pod.name for pod in matches}) == 1
                else f"Name one: {listing(matches)}",
            )
    raise InputError(
        f'{given.origin} holds no pod "{reference.text}"', "", _did_you_mean(given, reference.name)
    )


def _did_you_mean(given: Given, name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name, [pod.name for pod in given.pods], n=3, cutoff=0.6)
    close = [pod for pod in given.pods if pod.name in near]
    if close:
        return f"Did you mean {listing(close)}?"
    return f"It holds: {listing(given.pods)}" if given.pods else ""


def _of_workload(given: Given, reference: Reference) -> list[GivenPod]:
    kind = reference.kind.plural.removesuffix("s")
    here = [pod for pod in given.pods if _in(pod, reference.namespace)]
    finder = _FINDERS.get(kind, _owned)
    found, why = finder(given, here, kind, reference)
    if not found:
        raise InputError(
            f'{given.origin} holds no pod of {kind} "{reference.name}"',
            why,
            f"It holds: {listing(given.pods)}",
        )
    return sorted(found, key=lambda pod: (pod.namespace, pod.name))


Found = tuple[list["GivenPod"], str]


def _owned(given: Given, here: Sequence[GivenPod], kind: str, reference: Reference) -> Found:
    """Pods that a workload made: by the owners in their manifests, else by the selector of the workload itself."""
    found = [pod for pod in here if any(k.lower() == kind and n == reference.name for k, n in pod.owners)]
    if found:
        return found, ""
    for item in given.objects(reference.kind.plural) or ():
        if (item.get("metadata") or {}).get("name") == reference.name:
            return _selected(here, (item.get("spec") or {}).get("selector") or {}, item), ""
    unknown = [pod for pod in here if not pod.owners]
    return [], "Nothing in it says what made these pods (no pod manifests)." if len(unknown) == len(
        here
    ) else ""


def _of_service(given: Given, here: Sequence[GivenPod], kind: str, reference: Reference) -> Found:
    """Pods that a Service selects; without the Service, those its EndpointSlices name."""
    services = given.objects("services")
    for item in services or ():
        if (item.get("metadata") or {}).get("name") == reference.name and _same(item, reference.namespace):
            return _selected(here, (item.get("spec") or {}).get("selector") or {}, item), ""
    addresses = {
        str(address)
        for item in given.objects("endpointslices") or ()
        if ((item.get("metadata") or {}).get("labels") or {}).get("kubernetes.io/service-name")
        == reference.name
        and _same(item, reference.namespace)
        for endpoint in item.get("endpoints") or ()
        for address in endpoint.get("addresses") or ()
    }
    addresses = addresses or _endpoints(here, reference)
    found = [
        pod
        for pod in here
        if addresses & set(pod.addresses or pod.told_address or pod.identity.addresses if addresses else ())
    ]
    return (
        found,
        "" if services is not None else "It holds no Services, so what this one selects is not known.",
    )


def _endpoints(here: Sequence[GivenPod], reference: Reference) -> set[str]:
    """The addresses of a service's endpoints, by the first Envoy that has a cluster for it."""
    from meshctl.envoy.notes import Notes

    home = re.escape(reference.namespace) or "[^.]+"
    wanted = re.compile(rf"outbound\|\d+\|\|{re.escape(reference.name)}\.{home}\.svc\.")
    for pod in here:
        snapshot = pod.snapshot(Notes()) if pod.has_envoy else None
        answer = snapshot.json(DocumentKind.CLUSTERS) if snapshot is not None else None
        found = {
            str(((host.get("address") or {}).get("socket_address") or {}).get("address"))
            for cluster in (answer or {}).get("cluster_statuses") or ()
            if wanted.match(str(cluster.get("name")))
            for host in cluster.get("host_statuses") or ()
        }
        if found:
            return found
    return set()


def _of_gateway(given: Given, here: Sequence[GivenPod], kind: str, reference: Reference) -> Found:
    wanted = f"gateway.networking.k8s.io/gateway-name={reference.name}"
    return [pod for pod in here if selects(wanted, pod.labels)], ""


_FINDERS: dict[str, Callable[[Any, Any, str, Reference], Found]] = {
    "service": _of_service,
    "gateway": _of_gateway,
}


def _same(item: Json, namespace: str) -> bool:
    return not namespace or str((item.get("metadata") or {}).get("namespace") or "") in ("", namespace)


def _selected(here: Sequence[GivenPod], selector: Json, item: Json) -> list[GivenPod]:
    text = selector_text(selector)
    home = str((item.get("metadata") or {}).get("namespace") or "")
    return [pod for pod in here if text and _in(pod, home) and selects(text, pod.labels)]


def listing(pods: Sequence[GivenPod], most: int = 6) -> str:
    """Pods in a message."""
    return listed([pod.full_name for pod in pods], most)
