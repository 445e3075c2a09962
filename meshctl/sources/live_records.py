"""The pods and objects of a live cluster, as the files that a snapshot would have of them.

Theory of operation. A trace asks for one thing after the other; over a network each costs a round trip, so what will be
asked for next is had at once. ``expect`` is told the addresses of a choice among endpoints: their pods are found with
one list of each namespace that has many of them, and asked at the same time, each over one connection. A failure is
kept with the pod and raised when the pod is met: it costs that branch, and is not tried again.

Where the whole cluster may not be listed (a Role instead of a ClusterRole), the namespaces that the trace meets are;
what could not be seen is told once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from meshctl.errors import ConnectError, MeshctlError
from meshctl.plain import Json
from meshctl.share.index import PARTIAL
from meshctl.sources.interface import Progress
from meshctl.sources.kube import ApiError, KubeCluster
from meshctl.sources.pods import KubePod, resolve, running_in, with_address
from meshctl.sources.record import (
    ADMIN_FILES,
    CLUSTER_OBJECTS,
    CONFIG_DUMP,
    INIT_LOG,
    META,
    POD_MANIFEST,
    NamedFiles,
    meta_of,
)

if TYPE_CHECKING:
    from meshctl.envoy.documents import Document
    from meshctl.envoy.notes import Notes

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 32
_FEW = 3  # so many pods are asked for by their addresses; of more, the namespace is listed
_TRACED = (CONFIG_DUMP, "clusters.json")


class LivePod(NamedFiles):
    """A pod of a cluster: each file is fetched once, when first read."""

    def __init__(
        self,
        cluster: KubeCluster,
        pod: KubePod,
        admin_port: int,
        progress: Progress,
        tell: Callable[[str], None],
    ) -> None:
        self.name, self.namespace, self.pod = pod.name, pod.namespace, pod
        self._cluster = cluster
        self._admin_port = admin_port
        self._progress = progress
        self._tell = tell
        self._files: dict[str, bytes | MeshctlError | None] = {}

    def read(self, name: str) -> bytes | None:
        if name not in self._files:
            self._fetch(name)
        found = self._files[name]
        if isinstance(found, MeshctlError):
            raise found
        return found

    def documents(self, notes: Notes) -> list[Document]:
        self._fetch_admin(_TRACED)
        return super().documents(notes)

    def prepare(self) -> None:
        """Fetch what a trace reads of a pod. Raises nothing: what failed is raised when it is read."""
        self._fetch_admin(_TRACED)
        if INIT_LOG not in self._files:
            self._fetch(INIT_LOG)

    def fetch(self, names: Iterable[str]) -> None:
        """Fetch several of Envoy's answers at once; what failed is raised when it is read."""
        self._fetch_admin(names)

    def forget(self) -> None:
        """Let its files go: they are fetched again when they are read again."""
        self._files.clear()

    def _fetch(self, name: str) -> None:
        if name in ADMIN_FILES:
            self._fetch_admin((name,))
        elif name == META:
            self._files[name] = json.dumps(meta_of(self.pod.object), indent=1).encode()
        elif name == POD_MANIFEST:
            self._files[name] = json.dumps(self.pod.object, indent=1).encode()
        elif name == INIT_LOG:
            self._files[name] = self._init_log()
        else:
            self._files[name] = None

    def _fetch_admin(self, names: Iterable[str]) -> None:
        """Several of Envoy's answers over one connection."""
        wanted = [name for name in names if name not in self._files]
        if not wanted or not self.pod.has_proxy:
            self._files.update(dict.fromkeys(wanted))
            return
        from meshctl.sources.live import admin_of

        try:
            with (
                self._progress.fetching(f"{self.name}: {wanted[0]}"),
                admin_of(self._cluster, self.pod, self._admin_port, self._progress) as port,
            ):
                for name in wanted:
                    self._files[name] = port.get(ADMIN_FILES[name])
        except MeshctlError as error:
            for name in wanted:
                self._files.setdefault(name, error)

    def _init_log(self) -> bytes | MeshctlError | None:
        try:
            with self._progress.fetching(f"{self.name}: {INIT_LOG}"):
                data, reason = init_log(self._cluster, self.pod)
        except MeshctlError as error:
            return error
        if reason:
            self._tell(
                f'{reason} (namespace "{self.namespace}"): capture rules are computed from the manifest'
            )
        return data


def init_log(cluster: KubeCluster, pod: KubePod) -> tuple[bytes | None, str]:
    """The log of the container that set up the pod's capture rules; None where it has none or it is gone.

    Also the reason, where the log is there and may not be read.
    """
    spec = pod.object.get("spec") or {}
    names = [c.get("name") for c in spec.get("initContainers") or []]
    name = next((name for name in ("istio-init", "istio-validation") if name in names), None)
    if name is None:
        return None, ""
    path = f"/api/v1/namespaces/{pod.namespace}/pods/{pod.name}/log"
    try:
        text = cluster.text(path, {"container": name}, what=f"the log of {name}")
    except ApiError as error:
        return None, f'user "{cluster.user}" may not read the logs of pods' if error.status == 403 else ""
    return (text.encode(), "") if text.strip() else (None, "")


class Listed(NamedTuple):
    """The objects of a kind that could be had (None: none), why not all of them, and in which namespaces (None: all)."""

    items: list[Json] | None
    reason: str = ""
    namespaces: frozenset[str] | None = None


def list_objects(cluster: KubeCluster, kind: str, namespaces: Iterable[str] = ()) -> Listed:
    """All objects of a kind; where the whole cluster may not be listed, those of the namespaces, the context's first."""
    path = CLUSTER_OBJECTS[kind]
    try:
        return Listed(cluster.items(path, what=kind))
    except ApiError as error:
        if error.status == 404:
            return Listed(None, "the cluster has no such resource")
        if error.status != 403:
            return Listed(None, error.what)
    base, _, plural = path.rpartition("/")
    found: list[Json] = []
    allowed: list[str] = []
    refused: MeshctlError | None = None
    for namespace in dict.fromkeys((cluster.namespace, *namespaces)):
        try:
            found += cluster.items(f"{base}/namespaces/{namespace}/{plural}", what=kind)
            allowed.append(namespace)
        except MeshctlError as error:
            refused = refused or error
    if not allowed:
        return Listed(None, refused.what if refused else "")
    shown = ", ".join(f'"{namespace}"' for namespace in allowed)
    plural_ = "s" if len(allowed) > 1 else ""
    return Listed(found, f"{PARTIAL}{plural_} {shown} may be listed", frozenset(allowed))


class LiveRecords:
    """The records of a cluster."""

    def __init__(self, cluster: KubeCluster, admin_port: int, progress: Progress) -> None:
        self._cluster = cluster
        self._admin_port = admin_port
        self._progress = progress
        self._pods: dict[tuple[str, str], LivePod] = {}
        self._addresses: dict[str, LivePod | MeshctlError | None] = {}
        self._objects: dict[str, Listed] = {}
        self._listed: dict[str, bool] = {}  # a namespace, and whether its pods may be listed
        self._met = dict.fromkeys([cluster.namespace])  # the namespaces that were met, in order
        self._told: set[str] = set()

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._progress.told(sentence)

    def record(self, pod: KubePod) -> LivePod:
        self._met.setdefault(pod.namespace)
        key = (pod.namespace, pod.name)
        if key not in self._pods:
            self._pods[key] = LivePod(self._cluster, pod, self._admin_port, self._progress, self._tell)
        return self._pods[key]

    def pod(self, text: str) -> LivePod:
        return self.record(resolve(self._cluster, text)[0])

    def by_ip(self, address: str) -> LivePod | None:
        if address not in self._addresses:
            self._addresses[address] = self._at(address)
        found = self._addresses[address]
        if isinstance(found, MeshctlError):
            raise found
        return found

    def _at(self, address: str) -> LivePod | MeshctlError | None:
        try:
            with self._progress.fetching(f"the pod at {address}"):
                found = with_address(self._cluster, address)
        except ApiError as error:
            return self._in_namespaces(address) if error.status == 403 else error
        except MeshctlError as error:
            return error
        return self.record(found) if found is not None else None

    def _in_namespaces(self, address: str) -> LivePod | MeshctlError | None:
        """The pod at an address where the whole cluster may not be listed."""
        for namespace in list(self._met):
            self._list(namespace)
        found = self._addresses.get(address)
        if found is not None:
            return found
        seen = ", ".join(f'"{name}"' for name, allowed in self._listed.items() if allowed) or "none"
        self._tell(
            f'user "{self._cluster.user}" may not list the pods of the cluster; looked in namespaces: {seen}'
        )
        return ConnectError(
            f"no pod of the namespaces that may be listed ({seen}) has the address {address}",
            "It may be a pod of another namespace.",
            "Ask for a ClusterRole that lists pods.",
        )

    def _list(self, namespace: str) -> None:
        """All pods of a namespace by their addresses, once."""
        if namespace in self._listed:
            return
        try:
            with self._progress.fetching(f"pods of namespace {namespace}"):
                pods = running_in(self._cluster, namespace)
        except MeshctlError:
            self._listed[namespace] = False
            return
        self._listed[namespace] = True
        for pod in pods:
            for address in pod.addresses:
                self._addresses.setdefault(address, self.record(pod))

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        """Find the pods at these addresses and fetch what a trace reads of them, at the same time."""
        named = [host.split(".")[1] for host in hosts if host.count(".") > 1 and ".svc." in host]
        self._met.update(dict.fromkeys(named))
        wanted = [a for a in dict.fromkeys(addresses) if a not in self._addresses]
        if len(wanted) > _FEW:
            for namespace in dict.fromkeys(named):
                self._list(namespace)
            wanted = [a for a in wanted if a not in self._addresses]
        if len(wanted) > 1:
            self._addresses.update(zip(wanted, _at_once(self._at, wanted), strict=True))
        found = [self._addresses.get(address) for address in dict.fromkeys(addresses)]
        _at_once(LivePod.prepare, [pod for pod in found if isinstance(pod, LivePod)])

    def prepare(self, pods: Sequence[LivePod]) -> None:
        """Fetch what is read of several pods, at the same time."""
        _at_once(LivePod.prepare, pods)

    def objects(self, kind: str) -> list[Json] | None:
        return self._list_of(kind).items

    def listed_in(self, kind: str) -> frozenset[str] | None:
        """The namespaces whose objects of a kind are known; None: all."""
        return self._list_of(kind).namespaces

    def _list_of(self, kind: str) -> Listed:
        if kind not in self._objects:
            with self._progress.fetching(kind):
                found = list_objects(self._cluster, kind, self._met)
            self._objects[kind] = found
            if found.reason:
                self._tell(f"{kind}: {found.reason}")
        return self._objects[kind]


def _at_once(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """The results in order; threads do not keep Ctrl-C waiting."""
    if len(items) < 2:
        return [work(item) for item in items]
    from concurrent.futures import ThreadPoolExecutor

    threads = ThreadPoolExecutor(min(_AT_ONCE, len(items)))
    try:
        return list(threads.map(work, items))
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
