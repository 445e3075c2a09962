"""From a pod argument to pods, as istioctl and kubectl resolve it.

``[type/]name[.namespace]``: the namespace is what stands behind the last dot (looked for behind the last
slash), and wins over ``-n``. Without a type the name is a pod's. A workload or Service stands for the pods its
selector matches, in the order of ``kubectl logs``: scheduled, running, ready, ready for longer, fewer
restarts, newer first. Follows istio istioctl/pkg/util/handlers and kubectl's podutils.ByLogging.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from meshctl.errors import MeshctlError
from meshctl.plain import Json
from meshctl.proxy_kind import proxy_type
from meshctl.reader.naming import CORE as _CORE
from meshctl.reader.naming import KINDS, Kind, Reference, parse, selector_text
from meshctl.sources.kube import ApiError, KubeCluster


class KubePod(msgspec.Struct, frozen=True):
    """A pod by name, with its object as the API gave it."""

    name: str
    namespace: str
    object: Json

    def __repr__(self) -> str:
        return f"KubePod({self.name!r}, {self.namespace!r})"

    @property
    def phase(self) -> str:
        return str((self.object.get("status") or {}).get("phase") or "Unknown")

    @property
    def addresses(self) -> list[str]:
        """The addresses of its own network; none where it has the node's."""
        if (self.object.get("spec") or {}).get("hostNetwork"):
            return []
        status = self.object.get("status") or {}
        found = [str(entry.get("ip")) for entry in status.get("podIPs") or [] if entry.get("ip")]
        return found or ([str(status["podIP"])] if status.get("podIP") else [])

    @property
    def containers(self) -> list[Json]:
        """Its containers, native sidecars (restartable init containers) included."""
        spec = self.object.get("spec") or {}
        native = [c for c in spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"]
        return [*(spec.get("containers") or []), *native]

    @property
    def proxy(self) -> str:
        """What its proxy is: sidecar, router, waypoint, ztunnel or none."""
        return proxy_type(self.object)

    @property
    def has_proxy(self) -> bool:
        """Whether it has an Envoy."""
        return any(c.get("name") == "istio-proxy" for c in self.containers) and self.proxy != "ztunnel"


def resolve(cluster: KubeCluster, text: str, *, every: bool = False) -> list[KubePod]:
    """The pod that an argument means, or with ``every`` all pods of the workload. Never empty."""
    reference = parse(text, cluster.namespace)
    if reference.kind is KINDS[0]:
        return [_pod(cluster, reference)]
    pods = _pods_of(cluster, reference)
    return pods if every else pods[:1]


def select(cluster: KubeCluster, selector: str, namespace: str | None) -> list[KubePod]:
    """All running pods that a label selector matches, in a namespace or (None) in the cluster."""
    path = f"{_CORE}/namespaces/{namespace}/pods" if namespace else f"{_CORE}/pods"
    params = {"labelSelector": selector} if selector else {}
    where = f'namespace "{namespace}"' if namespace else "any namespace"
    found = [_as_pod(item) for item in cluster.items(path, params, what=f"pods in {where}")]
    if not found:
        raise MeshctlError(
            f"no pods match {selector!r} in {where}" if selector else f"there are no pods in {where}",
            f'Context "{cluster.context}".',
            "Check -l and -n.",
        )
    return sorted((p for p in found if p.phase == "Running"), key=lambda p: (p.namespace, p.name))


def running_names(cluster: KubeCluster, namespace: str) -> list[str]:
    """The names of a namespace's running pods; no more of them is asked for than that, where the server can."""
    path = f"{_CORE}/namespaces/{namespace}/pods"
    found = cluster.items(path, {"fieldSelector": "status.phase=Running"}, what="pods", names_only=True)
    return [_as_pod(item).name for item in found]


def with_address(cluster: KubeCluster, address: str) -> KubePod | None:
    """The running pod that has an address and its own network, or None."""
    items = cluster.items(
        f"{_CORE}/pods", {"fieldSelector": f"status.podIP={address}"}, what=f"the pod at {address}"
    )
    pods = [_as_pod(item) for item in items]
    return next((p for p in pods if p.addresses and p.phase == "Running"), None)


def running_in(cluster: KubeCluster, namespace: str) -> list[KubePod]:
    """The running pods of a namespace; there may be none."""
    path = f"{_CORE}/namespaces/{namespace}/pods"
    items = cluster.items(path, what=f'pods in namespace "{namespace}"')
    return [pod for pod in map(_as_pod, items) if pod.phase == "Running"]


def _as_pod(item: Json) -> KubePod:
    metadata = item.get("metadata") or {}
    return KubePod(str(metadata.get("name") or ""), str(metadata.get("namespace") or ""), item)


def _pod(cluster: KubeCluster, reference: Reference) -> KubePod:
    path = f"{_CORE}/namespaces/{reference.namespace}/pods/{reference.name}"
    try:
        return _as_pod(cluster.get(path, what=f'pod "{reference.name}" in namespace "{reference.namespace}"'))
    except ApiError as error:
        if error.status != 404:
            raise
        raise _missing_pod(cluster, reference) from error


def _missing_pod(cluster: KubeCluster, reference: Reference) -> MeshctlError:
    """Why there is no such pod: the namespace is missing, the name was split at a dot, or it is a typo."""
    if not _namespace_exists(cluster, reference.namespace):
        return MeshctlError(
            f'namespace "{reference.namespace}" does not exist (context "{cluster.context}")',
            f'"{reference.text}" was read as pod "{reference.name}" in it: what stands behind the last dot is the namespace.'
            if "." in reference.text
            else "",
            f"If the pod's own name has a dot, write {reference.text}.NAMESPACE."
            if "." in reference.text
            else "Check -n or the context.",
        )
    what = f'pod "{reference.name}" not found in namespace "{reference.namespace}"'
    names = _names(cluster, KINDS[0], reference.namespace)
    import difflib

    near = difflib.get_close_matches(reference.name, names, n=3, cutoff=0.5)
    near += [n for n in names if n.startswith(reference.name) and n not in near][: 3 - len(near)]
    cause = "A typo, or it was replaced by a roll-out."
    if "." in reference.text.rsplit("/", 1)[-1]:
        cause = f'In "{reference.text}" the text behind the last dot was read as the namespace.'
    hint = f"Similar names: {', '.join(near)}." if near else "Name the workload instead: deploy/NAME."
    return MeshctlError(what, cause, hint)


def _namespace_exists(cluster: KubeCluster, namespace: str) -> bool:
    """Whether it exists; true also when the user may not know."""
    try:
        cluster.get(f"{_CORE}/namespaces/{namespace}", what=f'namespace "{namespace}"')
    except ApiError as error:
        return error.status != 404
    return True


def _names(cluster: KubeCluster, kind: Kind, namespace: str) -> list[str]:
    """The names of a kind in a namespace; empty when they may not be listed."""
    try:
        items = cluster.items(f"{kind.group_path}/namespaces/{namespace}/{kind.plural}")
    except ApiError:
        return []
    return [str((item.get("metadata") or {}).get("name") or "") for item in items]


def _pods_of(cluster: KubeCluster, reference: Reference) -> list[KubePod]:
    kind = reference.kind
    singular = kind.plural.removesuffix("s")
    if kind.plural == "gateways":
        selector = f"gateway.networking.k8s.io/gateway-name={reference.name}"
        what = f'gateway "{reference.name}"'
        owner: Json = {}
    else:
        path = f"{kind.group_path}/namespaces/{reference.namespace}/{kind.plural}/{reference.name}"
        what = f'{singular} "{reference.name}"'
        try:
            owner = cluster.get(path, what=f'{what} in namespace "{reference.namespace}"')
        except ApiError as error:
            if error.status != 404:
                raise
            raise _missing_owner(cluster, reference, what) from error
        selector = selector_text(_at(owner, kind.selector))
        if not selector:
            raise MeshctlError(
                f"{what} has no selector, so no pods can be derived from it", "", "Name a pod."
            )
    pods = [
        _as_pod(item)
        for item in cluster.items(
            f"{_CORE}/namespaces/{reference.namespace}/pods",
            {"labelSelector": selector},
            what=f'pods in namespace "{reference.namespace}"',
        )
    ]
    if not pods:
        replicas = (owner.get("spec") or {}).get("replicas")
        count = f" (spec.replicas {replicas})" if replicas is not None else ""
        raise MeshctlError(
            f'{what} in namespace "{reference.namespace}" has no pods{count}',
            f"Selector: {selector}",
            "Scale it up, or choose another.",
        )
    return sorted(pods, key=log_order)


def _missing_owner(cluster: KubeCluster, reference: Reference, what: str) -> MeshctlError:
    if not _namespace_exists(cluster, reference.namespace):
        return MeshctlError(
            f'namespace "{reference.namespace}" does not exist (context "{cluster.context}")', "", "Check -n."
        )
    names = _names(cluster, reference.kind, reference.namespace)
    there = ", ".join(names[:8]) or "none"
    return MeshctlError(
        f'{what} not found in namespace "{reference.namespace}"',
        "",
        f"{reference.kind.plural.capitalize()} there: {there}",
    )


def _at(value: Any, path: Sequence[str]) -> Json:
    for key in path:
        value = (value or {}).get(key)
    return value if isinstance(value, dict) else {}


def log_order(pod: KubePod) -> tuple[bool, int, bool, str, int, str, str]:
    """The sort key of ``kubectl logs deploy/x``: the most useful pod first."""
    status = pod.object.get("status") or {}
    spec = pod.object.get("spec") or {}
    ready: Json = next((c for c in status.get("conditions") or [] if c.get("type") == "Ready"), {})
    is_ready = ready.get("status") == "True"
    restarts = max(
        (int(c.get("restartCount") or 0) for c in status.get("containerStatuses") or []), default=0
    )
    phases = {"Running": 0, "Unknown": 1, "Pending": 2}
    created = str((pod.object.get("metadata") or {}).get("creationTimestamp") or "")
    return (
        not spec.get("nodeName"),
        phases.get(pod.phase, 3),
        not is_ready,
        str(ready.get("lastTransitionTime") or "") if is_ready else "",
        restarts,
        _inverted(created),
        pod.name,
    )


def _inverted(text: str) -> str:
    """A key that sorts later times first."""
    return "".join(chr(0x10FFFF - ord(c)) for c in text)
