"""What ``describe`` needs of a mesh: from the API server and the pods' admin ports, or from what was saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, Snapshot
from meshctl.errors import MeshctlError, MissingDataError
from meshctl.plain import Json, object_at
from meshctl.reader.manifests import labels_of, name_of, namespace_of
from meshctl.sources.interface import Globals, Needs, Progress
from meshctl.sources.kube import ApiError, KubeCluster
from meshctl.sources.live import open_pod
from meshctl.sources.pods import KubePod
from meshctl.sources.record import ISTIODS

if TYPE_CHECKING:
    from meshctl.reader.given import Given

_NEEDS = Needs(frozenset({SectionKind.LISTENERS, SectionKind.CLUSTERS, SectionKind.ROUTES}))
_NETWORKING, _SECURITY = "/apis/networking.istio.io/v1", "/apis/security.istio.io/v1"
# istioctl's words for what is not there.
_MISSING = '{} "{}" not found'


class LiveMesh:
    """A cluster."""

    def __init__(self, cluster: KubeCluster, options: Globals, admin_port: int, progress: Progress) -> None:
        self._cluster = cluster
        self._options = options
        self._port = admin_port
        self._progress = progress

    gaps: tuple[str, ...] = ()  # what it does not know, in sentences

    @property
    def namespace(self) -> str:
        return self._cluster.namespace

    def pod(self, name: str, namespace: str) -> Json:
        return self._core("pods", name, namespace)

    def service(self, name: str, namespace: str) -> Json:
        return self._core("services", name, namespace)

    def _core(self, kind: str, name: str, namespace: str) -> Json:
        path = f"/api/v1/namespaces/{namespace}/{kind}/{name}"
        what = f'{kind.removesuffix("s")} "{name}" in namespace "{namespace}"'
        found = _or_none(lambda: self._cluster.get(path, what=what))
        if found is None:
            raise MeshctlError(
                _MISSING.format(kind, name), f'In namespace "{namespace}".', "Check the name and -n."
            )
        return found

    def services(self, namespace: str) -> list[Json]:
        what = f'services in namespace "{namespace}"'
        return _by_name(self._cluster.items(f"/api/v1/namespaces/{namespace}/services", what=what))

    def object(self, kind: str, namespace: str, name: str) -> Json | None:
        path = f"{_NETWORKING}/namespaces/{namespace}/{kind}/{name}"
        return _or_none(lambda: self._cluster.get(path, what=f"{kind} {name}.{namespace}"))

    def peer_authentications(self, namespace: str) -> list[Json]:
        path = f"{_SECURITY}/namespaces/{namespace}/peerauthentications"
        found = _or_none(lambda: self._cluster.items(path, what=f'peerauthentications in "{namespace}"'))
        return _by_name(found or [])

    def mesh_config(self, revision: str) -> Json:
        """The mesh's configuration of a revision; the default's where there is no other."""
        names = ["istio"] if revision in ("", "default") else [f"istio-{revision}", "istio"]
        for name in names:
            path = f"/api/v1/namespaces/{self._options.istio_namespace}/configmaps/{name}"
            try:
                return _mesh_config(self._cluster.get(path, what="the mesh's configuration"))
            except ApiError as error:
                if error.status != 404:
                    self._progress.told(f"the mesh's configuration is not known: {error.message}")
                    return {}
        return {}

    def pods(self, labels: dict[str, str], namespace: str | None) -> list[Json]:
        path = f"/api/v1/namespaces/{namespace}/pods" if namespace else "/api/v1/pods"
        selector = ",".join(f"{key}={value}" for key, value in sorted(labels.items()))
        return _by_name(self._cluster.items(path, {"labelSelector": selector}, what="pods"))

    def envoy(self, pod: Json) -> Snapshot:
        found = KubePod(name_of(pod), namespace_of(pod), pod)
        return open_pod(self._cluster, found, self._port, _NEEDS, self._progress).snapshot


T = TypeVar("T")


def _or_none(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except ApiError as error:
        if error.status != 404:
            raise
        return None


def _by_name(found: list[Json]) -> list[Json]:
    return sorted(found, key=lambda item: (namespace_of(item), name_of(item)))


def _mesh_config(config_map: Json) -> Json:
    from meshctl.reader.yaml_text import documents

    text = str(object_at(config_map, "data").get("mesh") or "")
    return next((one for one in documents(text, "configmap istio") if isinstance(one, dict)), {})


class SavedMesh:
    """A snapshot, or dumps and manifests."""

    def __init__(self, given: Given, options: Globals) -> None:
        self._given = given
        self._options = options

    @property
    def namespace(self) -> str:
        return self._options.namespace or "default"

    @property
    def gaps(self) -> list[str]:
        """What it does not know, in sentences."""
        index = self._given.index
        failed = [entry.pod for entry in index.pods if entry.error] if index is not None else []
        if not failed:
            return []
        return [f"{len(failed)} pods could not be taken, and count for nothing here: {', '.join(failed[:4])}"]

    def pod(self, name: str, namespace: str) -> Json:
        return self._found("pods", name, namespace)

    def service(self, name: str, namespace: str) -> Json:
        return self._found("services", name, namespace)

    def _found(self, kind: str, name: str, namespace: str) -> Json:
        found = [o for o in self._all(kind) if (name_of(o), namespace_of(o)) == (name, namespace)]
        if not found:
            raise MeshctlError(
                _MISSING.format(kind, name),
                f'{self._given.origin} has none of this name in namespace "{namespace}".',
                f"`meshctl snapshot show {self._given.origin}` lists what is in it.",
            )
        return found[0]

    def _all(self, kind: str) -> list[Json]:
        if kind == "pods":
            manifests = [pod.manifest for pod in self._given.pods]
            return [one for one in manifests if one is not None]
        found = self._given.objects(kind)
        if found is None:
            raise MissingDataError(
                f"{self._given.origin} has no {kind}",
                "What is not in it may be in the cluster.",
                f"kubectl get {kind} -A -o yaml > {kind}.yaml, and -f {kind}.yaml beside it.",
            )
        return found

    def services(self, namespace: str) -> list[Json]:
        return _by_name([o for o in self._all("services") if namespace_of(o) == namespace])

    def object(self, kind: str, namespace: str, name: str) -> Json | None:
        own = [o for o in self._all(kind) if "gateway.networking.k8s.io" not in str(o.get("apiVersion"))]
        return next((o for o in own if (namespace_of(o), name_of(o)) == (namespace, name)), None)

    def peer_authentications(self, namespace: str) -> list[Json]:
        found = self._given.objects("peerauthentications") or []
        return _by_name([o for o in found if namespace_of(o) == namespace])

    def mesh_config(self, revision: str) -> Json:
        for one in self._given.objects("configmaps") or ():
            if name_of(one) == ("istio" if revision in ("", "default") else f"istio-{revision}"):
                return _mesh_config(one)
        for one in self._given.objects(ISTIODS) or ():
            if revision in ("", one.get("revision")):
                return object_at(object_at(one, "pages"), "/debug/mesh")
        return {}

    def pods(self, labels: dict[str, str], namespace: str | None) -> list[Json]:
        found = [o for o in self._all("pods") if labels.items() <= labels_of(o).items()]
        return _by_name([o for o in found if namespace in (None, namespace_of(o))])

    def envoy(self, pod: Json) -> Snapshot:
        name, namespace = name_of(pod), namespace_of(pod)
        for one in self._given.pods:
            if (one.name, one.namespace) == (name, namespace):
                found = one.snapshot(Notes())
                if found is not None:
                    return found
        raise MissingDataError(
            f"{self._given.origin} has no dump of {name}.{namespace}",
            "",
            "Take one with `meshctl snapshot`, or curl localhost:15000/config_dump in the pod.",
        )
