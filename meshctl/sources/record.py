"""What can be known of a pod and of its cluster, as named files: fetched when asked for, or read from a snapshot.

Live and saved are the same thing to whoever reads: a ``PodRecord`` gives ``config_dump.json`` whether it has to
port-forward for it or open an archive. A snapshot is these files written down (docs/snapshot-format.md), which
is why every command answers from it as it would have answered live.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from meshctl.envoy.documents import DocumentKind
from meshctl.errors import InputError, MeshctlError
from meshctl.plain import Json

if TYPE_CHECKING:
    from meshctl.envoy.documents import Document
    from meshctl.envoy.notes import Notes
    from meshctl.netfilter.model import RuleSet
    from meshctl.sources.admin import AdminPort
    from meshctl.sources.interface import Progress
    from meshctl.sources.kube import KubeCluster
    from meshctl.sources.pods import KubePod

CONFIG_DUMP = "config_dump.json"
POD_MANIFEST = "pod.json"
INIT_LOG = "istio-init.log"
META = "meta.json"

# Envoy's answers in a pod's folder, and the requests that print them.
ADMIN_FILES: dict[str, str] = {
    CONFIG_DUMP: "/config_dump?include_eds",
    "clusters.json": DocumentKind.CLUSTERS.value,
    "certs.json": DocumentKind.CERTS.value,
    "listeners.json": DocumentKind.LISTENERS.value,
    "server_info.json": DocumentKind.SERVER_INFO.value,
    "stats.json": DocumentKind.STATS.value,
    "init_dump.json": DocumentKind.INIT_DUMP.value,
}

# The cluster's objects that commands read, and where the API keeps them.
CLUSTER_OBJECTS: dict[str, str] = {
    "services": "/api/v1/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices",
    "namespaces": "/api/v1/namespaces",
    "mutatingwebhookconfigurations": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "virtualservices": "/apis/networking.istio.io/v1/virtualservices",
    "destinationrules": "/apis/networking.istio.io/v1/destinationrules",
    "gateways": "/apis/networking.istio.io/v1/gateways",
    "serviceentries": "/apis/networking.istio.io/v1/serviceentries",
    "sidecars": "/apis/networking.istio.io/v1/sidecars",
    "workloadentries": "/apis/networking.istio.io/v1/workloadentries",
    "envoyfilters": "/apis/networking.istio.io/v1alpha3/envoyfilters",
    "peerauthentications": "/apis/security.istio.io/v1/peerauthentications",
    "authorizationpolicies": "/apis/security.istio.io/v1/authorizationpolicies",
    "requestauthentications": "/apis/security.istio.io/v1/requestauthentications",
    "telemetries": "/apis/telemetry.istio.io/v1/telemetries",
    "wasmplugins": "/apis/extensions.istio.io/v1alpha1/wasmplugins",
    "gatewayclasses": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "k8s-gateways": "/apis/gateway.networking.k8s.io/v1/gateways",
    "httproutes": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "grpcroutes": "/apis/gateway.networking.k8s.io/v1/grpcroutes",
}


class PodRecord(Protocol):
    """One pod's files."""

    @property
    def name(self) -> str: ...

    @property
    def namespace(self) -> str: ...

    def read(self, name: str) -> bytes | None:
        """A file by its name in the snapshot format; None where there is none."""

    def documents(self, notes: Notes) -> list[Document]:
        """The answers of its Envoy."""

    def rules(self) -> RuleSet | None:
        """Its capture rules; None when nothing says what they are."""

    @property
    def manifest(self) -> Json | None: ...

    @property
    def meta(self) -> Json: ...


class NamedFiles:
    """A record whose files are had by their names in the snapshot format."""

    name: str
    namespace: str

    def read(self, name: str) -> bytes | None:
        """A file by its name; None where there is none."""
        raise NotImplementedError

    def documents(self, notes: Notes) -> list[Document]:
        """What trace reads of Envoy's answers."""
        from meshctl.envoy.documents import read

        found: list[Document] = []
        for file in (CONFIG_DUMP, "clusters.json"):
            data = self.read(file)
            if data:
                found += read(data, f"{self.name}/{file}", notes)
        return found

    def rules(self) -> RuleSet | None:
        """What was observed, else logged, else computed."""
        from meshctl.netfilter.podrules import rules_of_pod

        return rules_of_pod(self.read, self.name)

    @property
    def manifest(self) -> Json | None:
        """The pod's object; None where there is none."""
        return self._object(POD_MANIFEST)

    @property
    def meta(self) -> Json:
        """Who the pod is; empty where nothing says."""
        return self._object(META) or {}

    def _object(self, name: str) -> Json | None:
        data = self.read(name)
        if not data:
            return None
        try:
            value = json.loads(data)
        except ValueError as error:
            raise InputError(f"{name} of {self.name} cannot be used: {error}") from error
        return value if isinstance(value, dict) else None


class MeshRecords(Protocol):
    """The pods and objects that one live cluster or one snapshot has."""

    def pod(self, text: str) -> PodRecord:
        """The pod that ``[type/]name[.namespace]`` means. Raises MeshctlError when there is none."""

    def by_ip(self, address: str) -> PodRecord | None:
        """The pod that has an address, or None when it is not known."""

    def objects(self, kind: str) -> list[Json] | None:
        """The cluster's objects of a kind of CLUSTER_OBJECTS; None when they are not known."""


@dataclass
class LivePod(NamedFiles):
    """A pod of a cluster: each file is fetched once, when first read."""

    cluster: KubeCluster
    pod: KubePod
    admin_port: int
    progress: Progress

    def __post_init__(self) -> None:
        self._files: dict[str, bytes | None] = {}
        self.name, self.namespace = self.pod.name, self.pod.namespace

    def read(self, name: str) -> bytes | None:
        if name not in self._files:
            self._files[name] = self._fetch(name)
        return self._files[name]

    def _fetch(self, name: str) -> bytes | None:
        if name == META:
            return json.dumps(meta_of(self.pod.object), indent=1).encode()
        if name == POD_MANIFEST:
            return json.dumps(self.pod.object, indent=1).encode()
        if name == INIT_LOG:
            with self.progress.fetching(f"{self.name}: {name}"):
                return init_log(self.cluster, self.pod)
        if name not in ADMIN_FILES or not self.pod.has_proxy:
            return None
        from meshctl.sources.live import admin_of

        with (
            self.progress.fetching(f"{self.name}: {name}"),
            admin_of(self.cluster, self.pod, self.admin_port, self.progress) as port,
        ):
            return port.get(ADMIN_FILES[name])


def read_admin(port: AdminPort, files: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Several of Envoy's answers over one connection, one after the other."""
    for name in files:
        yield name, port.get(ADMIN_FILES[name])


def init_log(cluster: KubeCluster, pod: KubePod) -> bytes | None:
    """The log of the container that set up the pod's capture rules; None where it has none or it is gone."""
    from meshctl.sources.kube import ApiError

    spec = pod.object.get("spec") or {}
    names = [c.get("name") for c in spec.get("initContainers") or []]
    for name in ("istio-init", "istio-validation"):
        if name in names:
            path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
            try:
                text = cluster.text(path, {"container": name}, what=f"the log of {name}")
            except ApiError:
                return None
            return text.encode() if text.strip() else None
    return None


def meta_of(pod: Json) -> Json:
    """What trace needs to know of a pod, from its manifest; what the manifest does not say is null."""
    metadata, spec, status = (pod.get(key) or {} for key in ("metadata", "spec", "status"))
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    proxy = next((c for c in containers if c.get("name") == "istio-proxy"), None)
    ips = [str(entry.get("ip")) for entry in status.get("podIPs") or [] if entry.get("ip")]
    if not ips and status.get("podIP"):
        ips = [str(status["podIP"])]
    annotations = metadata.get("annotations") or {}
    return {
        "pod": metadata.get("name"),
        "namespace": metadata.get("namespace"),
        "ip": ips[0] if ips else None,
        "ips": ips,
        "labels": metadata.get("labels") or {},
        "service_account": spec.get("serviceAccountName") or "default",
        "node": spec.get("nodeName"),
        "proxy": "none"
        if proxy is None
        else ("router" if "router" in (proxy.get("args") or []) else "sidecar"),
        "interception": annotations.get("sidecar.istio.io/interceptionMode")
        or ("REDIRECT" if proxy else None),
        "app_uid": _app_uid(spec),
        "proxy_uid": _run_as(proxy) if proxy else None,
    }


def _run_as(container: Json | None) -> int | None:
    uid = ((container or {}).get("securityContext") or {}).get("runAsUser")
    return int(uid) if uid is not None else None


def _app_uid(spec: Json) -> int | None:
    """The uid of the first application container, when the manifest sets one."""
    for container in spec.get("containers") or []:
        if container.get("name") != "istio-proxy":
            uid = _run_as(container)
            return uid if uid is not None else _run_as(spec)
    return None


class LiveRecords:
    """The records of a cluster."""

    def __init__(self, cluster: KubeCluster, admin_port: int, progress: Progress) -> None:
        self._cluster = cluster
        self._admin_port = admin_port
        self._progress = progress
        self._pods: dict[tuple[str, str], LivePod] = {}
        self._addresses: dict[str, LivePod | None] = {}
        self._objects: dict[str, list[Json] | None] = {}

    def _record(self, pod: KubePod) -> LivePod:
        key = (pod.namespace, pod.name)
        if key not in self._pods:
            self._pods[key] = LivePod(self._cluster, pod, self._admin_port, self._progress)
        return self._pods[key]

    def pod(self, text: str) -> LivePod:
        from meshctl.sources.pods import resolve

        return self._record(resolve(self._cluster, text)[0])

    def by_ip(self, address: str) -> LivePod | None:
        if address not in self._addresses:
            from meshctl.sources.pods import with_address

            with self._progress.fetching(f"the pod at {address}"):
                found = with_address(self._cluster, address)
            self._addresses[address] = self._record(found) if found is not None else None
        return self._addresses[address]

    def objects(self, kind: str) -> list[Json] | None:
        if kind not in self._objects:
            with self._progress.fetching(kind):
                self._objects[kind] = list_objects(self._cluster, kind)[0]
        return self._objects[kind]


def list_objects(cluster: KubeCluster, kind: str) -> tuple[list[Json] | None, str]:
    """All objects of a kind; where the whole cluster may not be listed, those of the namespace.

    Returns them and "" , or None and the reason why they are not known.
    """
    from meshctl.sources.kube import ApiError

    path = CLUSTER_OBJECTS[kind]
    try:
        return cluster.items(path, what=kind), ""
    except ApiError as error:
        if error.status == 404:
            return None, "the cluster has no such resource"
        if error.status != 403:
            return None, error.what
    base, _, plural = path.rpartition("/")
    try:
        namespaced = f"{base}/namespaces/{cluster.namespace}/{plural}"
        return cluster.items(
            namespaced, what=kind
        ), f'only those of namespace "{cluster.namespace}" may be listed'
    except MeshctlError as error:
        return None, error.what
