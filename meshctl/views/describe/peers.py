"""Which PeerAuthentications act on a pod, and the mode that they make together.

Follows istio pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication): of the mesh's, the namespace's and the
workload's policies the oldest of each counts; a mode that is not set is inherited, from workload to namespace to mesh,
and in the end is PERMISSIVE.
"""

from __future__ import annotations

from collections.abc import Sequence

from meshctl.plain import Json, name_of, namespace_of, object_at
from meshctl.views.describe.mesh import Mesh, Page, selects

_DEFAULT = "PERMISSIVE"


def describe(page: Page, mesh: Mesh, namespace: str, labels: dict[str, str], root: str) -> None:
    """The effective mode, per port where that is another, and the policies it comes from."""
    everything = [*mesh.peer_authentications(root)]
    if namespace != root:
        everything += mesh.peer_authentications(namespace)
    applied = [one for one in everything if selects(_selector(one), labels)]
    mode, ports = compose(applied, root)
    page.write("Effective PeerAuthentication:")
    page.write(f"Workload mTLS mode: {mode}", 3)
    if ports:
        page.write("Port Level mTLS mode:", 3)
        for port in sorted(ports, key=lambda text: (len(text), text)):
            page.write(f"{port}: {ports[port]}", 6)
    if applied:
        page.write("Applied PeerAuthentication:")
        page.write(", ".join(map(_full_name, applied)), 3)


def compose(applied: Sequence[Json], root: str) -> tuple[str, dict[str, str]]:
    """The mode of the workload and of its ports."""
    of_all = [one for one in applied if not _selector(one)]
    of_mesh = _oldest([one for one in of_all if namespace_of(one) == root])
    of_namespace = _oldest([one for one in of_all if namespace_of(one) != root])
    of_workload = _oldest([one for one in applied if _selector(one) and namespace_of(one) != root])
    mode = _DEFAULT
    for one in (of_mesh, of_namespace, of_workload):
        mode = _mode(object_at(object_at(one, "spec"), "mtls")) or mode
    ports = object_at(object_at(of_workload, "spec"), "portLevelMtls")
    return mode, {str(port): _mode(object_at(ports, port)) or mode for port in ports}


def _mode(mtls: Json) -> str:
    mode = str(mtls.get("mode") or "")
    return "" if mode == "UNSET" else mode


def _selector(item: Json) -> Json:
    return object_at(object_at(object_at(item, "spec"), "selector"), "matchLabels")


def _oldest(found: Sequence[Json]) -> Json | None:
    return min(
        found, key=lambda one: str(object_at(one, "metadata").get("creationTimestamp") or ""), default=None
    )


def _full_name(item: Json) -> str:
    return f"{name_of(item)}.{namespace_of(item)}"
