"""The two descriptions, of a pod and of a service, put together. Follows istio/istioctl/pkg/describe/describe.go.

A pod without a sidecar is described as far as Kubernetes knows it: there is no proxy to ask. istioctl asks its admin port
all the same and fails.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from meshctl.envoy.snapshot import Snapshot
from meshctl.errors import MeshctlError
from meshctl.plain import Json, labels_of, namespace_of, object_at, objects_at
from meshctl.views.describe import ingress, peers, proxy, rules
from meshctl.views.describe.mesh import Mesh, Page, selects
from meshctl.views.describe.ports import is_tcp, protocol, target

_PROXY = "istio-proxy"
_REQUIREMENTS = "https://istio.io/v1.31/docs/ops/deployment/requirements/"
_UID = 1337
# The labels that name a workload's service and its revision, for Istio's telemetry.
_NAMES = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
_REVISIONS = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")


def pod(mesh: Mesh, item: Json, istio_namespace: str, ignore_unmeshed: bool) -> Page:
    """The description of a pod."""
    page = Page(mesh.namespace)
    labels = labels_of(item)
    namespace = namespace_of(item)
    revision = _revision(item)
    _pod(page, item, revision, ignore_unmeshed)
    services = [one for one in mesh.services(namespace) if _selects(one, labels)]
    if not services and not ignore_unmeshed:
        page.write(
            f"Warning: No Kubernetes Services select pod {page.name(item)} "
            "(see https://istio.io/docs/setup/kubernetes/additional-setup/requirements/ )"
        )
    page.rule()
    envoy = _envoy(page, mesh, item) if is_meshed(item) and _running(item) else None
    if envoy is not None or not ignore_unmeshed:
        _services(page, mesh, item, services, [labels], envoy)
    page.rule()
    root = str(mesh.mesh_config(revision).get("rootNamespace") or istio_namespace)
    if is_meshed(item) or ignore_unmeshed:
        peers.describe(page, mesh, namespace, labels, root)
    else:
        page.write("No PeerAuthentication applies: the pod has no sidecar")
    ingress.describe(page, mesh, services, [labels])
    return page


def service(mesh: Mesh, item: Json) -> Page:
    """The description of a service, by the proxy of its first pod that is ready."""
    page = Page(mesh.namespace)
    selector = object_at(object_at(item, "spec"), "selector")
    namespace = namespace_of(item)
    selected = mesh.pods({str(k): str(v) for k, v in selector.items()}, namespace) if selector else []
    ready = [one for one in selected if _is_ready(page, one)]
    if not ready:
        title = page.name(item)
        if not selected:
            page.write(f'Service "{title}" has no pods.')
            return page
        page.write(f'Service "{title}" has no Istio pods.  ({len(selected)} pods in service).')
        page.write("Use `istioctl kube-inject` or redeploy with Istio automatic sidecar injection.")
        return page
    labels = [labels_of(one) for one in ready]
    _services(page, mesh, ready[0], [item], labels, _envoy(page, mesh, ready[0]))
    ingress.describe(page, mesh, [item], labels)
    return page


def _envoy(page: Page, mesh: Mesh, item: Json) -> Snapshot | None:
    """What the proxy has; where it does not say, the page goes on without it, and ends with the reason."""
    try:
        return mesh.envoy(item)
    except MeshctlError as error:
        page.error = error
        return None


def is_meshed(item: Json) -> bool:
    """Whether a pod has the proxy's container, as a native sidecar or beside the others."""
    spec = object_at(item, "spec")
    return any(
        c.get("name") == _PROXY
        for c in (*objects_at(spec, "containers"), *objects_at(spec, "initContainers"))
    )


def _running(item: Json) -> bool:
    return object_at(item, "status").get("phase") == "Running"


def _selects(item: Json, labels: dict[str, str]) -> bool:
    selector = object_at(object_at(item, "spec"), "selector")
    return bool(selector) and selects(selector, labels)


def _revision(item: Json) -> str:
    """The revision that injected a pod, as its annotations have it."""
    annotations = object_at(object_at(item, "metadata"), "annotations")
    if "istio.io/rev" in annotations:
        return str(annotations["istio.io/rev"])
    try:
        status = msgspec.json.decode(str(annotations.get("sidecar.istio.io/status") or "null"))
    except msgspec.DecodeError:
        return ""
    return str(status.get("revision") or "") if isinstance(status, dict) else ""


def _pod(page: Page, item: Json, revision: str, ignore_unmeshed: bool) -> None:
    spec = object_at(item, "spec")
    ports = []
    for container in objects_at(spec, "containers"):
        for port in objects_at(container, "ports"):
            transport = "" if port.get("protocol") == "TCP" else f"/{port.get('protocol') or ''}"
            ports.append(f"{port.get('containerPort')}{transport} ({container.get('name')})")
        if container.get("name") not in (_PROXY, "istio-operator") and _runs_as_proxy(container):
            page.write("WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.")
    page.write(f"Pod: {page.name(item)}")
    page.write(f"Pod Revision: {revision}", 3)
    page.write(f"Pod Ports: {', '.join(ports)}" if ports else "Pod does not expose ports", 3)
    if not _running(item):
        page.write(f"Pod is not Running ({object_at(item, 'status').get('phase') or ''})", 3)
        return
    _not_ready(page, item)
    if ignore_unmeshed:
        return
    if not is_meshed(item):
        page.write(f"WARNING: {page.name(item)} is not part of mesh; no Istio sidecar")
        return
    if _runs_as_proxy(spec):
        page.write("WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.", 3)
    labels = labels_of(item)
    for what, names in (("name", _NAMES), ("revision", _REVISIONS)):
        if not any(labels.get(name) for name in names):
            page.write(
                f"Suggestion: add required service {what} label for Istio telemetry. See {_REQUIREMENTS}."
            )


def _runs_as_proxy(value: Json) -> bool:
    return object_at(value, "securityContext").get("runAsUser") == _UID


def _not_ready(page: Page, item: Json) -> None:
    status = object_at(item, "status")
    for key, word in (("containerStatuses", ""), ("initContainerStatuses", "Init ")):
        for one in objects_at(status, key):
            if not one.get("ready"):
                page.write(f"WARNING: Pod {page.name(item)} {word}Container {one.get('name')} NOT READY")


def _is_ready(page: Page, item: Json) -> bool:
    """Whether a pod of a service can be described by; why not is said."""
    if not _running(item):
        page.write(f"Pod is not Running ({object_at(item, 'status').get('phase') or ''})", 3)
        return False
    status = object_at(item, "status")
    for one in (*objects_at(status, "containerStatuses"), *objects_at(status, "initContainerStatuses")):
        if one.get("name") == _PROXY:
            if not one.get("ready"):
                page.write(f"WARNING: Pod {page.name(item)} Container {_PROXY} NOT READY")
            return bool(one.get("ready"))
    page.write(f'Pod {page.name(item)}: no container "{_PROXY}" in pod')
    return False


def _services(
    page: Page,
    mesh: Mesh,
    item: Json,
    services: Sequence[Json],
    labels: Sequence[dict[str, str]],
    envoy: Snapshot | None,
) -> None:
    """The services of a pod with their ports, and what acts on each port."""
    for row, one in enumerate(services):
        if row:
            page.rule()
        page.write(f"Service: {page.name(one)}")
        ports = objects_at(object_at(one, "spec"), "ports")
        for port in filter(is_tcp, ports):
            number = target(item, port)
            page.write(
                f"Port: {port.get('name') or ''} {port.get('port')}/{protocol(port)} targets pod port {number}"
                if number is not None
                else f"no suitable port for manifest: {object_at(item, 'metadata').get('uid') or ''}",
                3,
            )
        if envoy is None:
            continue
        for port in ports:
            _port(page, mesh, item, one, port, labels, envoy, len(ports) > 1)


def _port(
    page: Page,
    mesh: Mesh,
    item: Json,
    service: Json,
    port: Json,
    labels: Sequence[dict[str, str]],
    envoy: Snapshot,
    several: bool,
) -> None:
    number = int(port.get("port") or 0)
    indent = 3 if several else 0
    if several:
        page.write(f"{number}:")
    rule, subsets = ingress.applied_rule(page, mesh, envoy, service, number, labels)
    if rule is not None:
        rules.destination_rule(page, rule, labels, indent)
    named = proxy.virtual_service(envoy, service, number)
    virtual = ingress.stated(page, mesh, "virtualservices", "virtual service", named)
    if virtual is not None:
        rules.virtual_service(page, virtual, service, rule, subsets, indent)
    found = proxy.policies(envoy, target(item, port))
    if found:
        page.write(f"{f'{number} ' if several else ''}RBAC policies: {', '.join(found)}")
