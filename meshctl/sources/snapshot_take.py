"""Taking a snapshot: which pods, their files with secrets removed, several pods at once, failures noted.

A pod that cannot be asked is entered in the index with the reason and does not stop the others. Bodies go to
disk as soon as a pod is complete, so memory holds at most ``at_once`` pods.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

import meshctl
from meshctl.envoy.documents import read as read_documents
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import SectionKind, load
from meshctl.errors import MeshctlError
from meshctl.plain import Json
from meshctl.share.index import PodEntry
from meshctl.share.redact import APPLIED, Removed, redact_json, redact_text
from meshctl.share.shapes import MARK
from meshctl.sources.interface import Globals, Origin, Silent
from meshctl.sources.istiod_take import AT_MOST, ControlPlane
from meshctl.sources.kube import ApiError, KubeCluster
from meshctl.sources.live import admin_of
from meshctl.sources.live_records import init_log, list_objects
from meshctl.sources.pods import KubePod, resolve, running_in, select
from meshctl.sources.proxy_log import last_lines
from meshctl.sources.record import (
    ADMIN_FILES,
    CLUSTER_OBJECTS,
    CONFIG_DUMP,
    INIT_LOG,
    INTENDED_DUMP,
    ISTIODS,
    META,
    POD_MANIFEST,
    PROXY_LOG,
    ZTUNNEL_DUMP,
    meta_of,
)
from meshctl.sources.snapshot_format import PodWriter, WriteError, Writer, safe_name
from meshctl.values import Struct

_ISTIO_CONTAINERS = frozenset({"istio-proxy", "istio-init", "istio-validation", "discovery"})
_CONTAINERS = frozenset({"containers", "initContainers", "ephemeralContainers"})
_BOOKKEEPING = frozenset({"managedFields", "uid", "resourceVersion", "selfLink"})


class Reporter(Protocol):
    """Told how the run goes."""

    def total(self, pods: int) -> None: ...

    def done(self, pod: str, size: int) -> None: ...

    def failed(self, pod: str, error: MeshctlError) -> None: ...

    def bytes_read(self, count: int) -> None: ...


class Plan(Struct, frozen=True):
    """What a snapshot is to hold. ``around`` names a pod whose reachable pods are wanted too."""

    origin: Origin
    around: str | None = None
    at_once: int = 6
    anonymized: bool = False
    paths: bool = False  # of requests: anonymized, too

    def words(self, namespace: str) -> dict[str, Any]:
        """What makes two runs the same."""
        origin = self.origin
        return {
            "pods": sorted(origin.pods),
            "selector": origin.selector or "",
            "all namespaces": origin.all_namespaces,
            "namespace": namespace,
            "around": self.around or "",
            "admin port": origin.admin_port,
            "anonymize": self.anonymized,
            "anonymize paths": self.paths,
        }


def choose_pods(cluster: KubeCluster, plan: Plan) -> list[KubePod]:
    """The pods of the snapshot, in order of namespace and name, each once."""
    pods: dict[tuple[str, str], KubePod] = {}

    def add(found: Iterable[KubePod]) -> None:
        for pod in found:
            pods.setdefault((pod.namespace, pod.name), pod)

    origin = plan.origin
    if plan.around:
        add(_around(cluster, plan))
    if origin.selector or origin.all_namespaces or not (origin.pods or plan.around):
        # with those that have no sidecar: a trace from the snapshot meets them as it would live
        add(select(cluster, origin.selector or "", None if origin.all_namespaces else cluster.namespace))
    for text in origin.pods:
        add(resolve(cluster, text, every=True))
    return [pods[key] for key in sorted(pods)]


def _around(cluster: KubeCluster, plan: Plan) -> list[KubePod]:
    """A pod, the pods behind the endpoints of its Envoy, and the mesh's gateways."""
    centre = resolve(cluster, plan.around or "")[0]
    with admin_of(cluster, centre, plan.origin.admin_port, Silent()) as port:
        notes = Notes()
        body = port.get(ADMIN_FILES[CONFIG_DUMP])
        snapshot = load(read_documents(body, centre.name, notes), centre.name, notes)
    addresses = set(_endpoint_addresses(r.value for r in snapshot.resources(SectionKind.ENDPOINTS)))
    names = {centre.namespace, *_namespaces(r.name for r in snapshot.resources(SectionKind.CLUSTERS))}
    reachable = []
    for pod in _pods_of_cluster(cluster, names):
        meta = meta_of(pod.object)
        if addresses & set(meta["ips"]) or meta["proxy"] in ("router", "waypoint"):
            reachable.append(pod)
    return [centre, *reachable]


def _namespaces(clusters: Iterable[str]) -> Iterable[str]:
    """The namespaces of the services that a proxy has clusters for."""
    for name in clusters:
        labels = name.rpartition("|")[2].split(".")
        if labels[2:3] == ["svc"]:
            yield labels[1]


def _pods_of_cluster(cluster: KubeCluster, namespaces: set[str]) -> list[KubePod]:
    """All running pods, or where the whole cluster may not be listed, those of the namespaces that may."""
    try:
        return select(cluster, "", None)
    except ApiError as error:
        if error.status != 403:
            raise
    found: list[KubePod] = []
    for namespace in sorted(namespaces):
        try:
            found += running_in(cluster, namespace)
        except ApiError:
            continue  # the index says which kinds could not be listed everywhere
    return found


def _endpoint_addresses(assignments: Iterable[Json]) -> Iterable[str]:
    for assignment in assignments:
        for locality in assignment.get("endpoints") or []:
            for endpoint in locality.get("lb_endpoints") or []:
                address = (endpoint.get("endpoint") or {}).get("address") or {}
                host = (address.get("socket_address") or {}).get("address")
                if host:
                    yield str(host)


def take(cluster: KubeCluster, plan: Plan, writer: Writer, reporter: Reporter, arguments: list[str]) -> None:
    """Fill ``writer`` with everything the plan asks for that is not there yet."""
    index = writer.index
    index.created = index.created or datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    index.meshctl = meshctl.__version__
    index.context = cluster.context
    writer.same_run(cluster.identity, plan.words(cluster.namespace))
    index.arguments = arguments
    pods = choose_pods(cluster, plan)
    pending = [p for p in pods if not _is_there(writer, p)]
    reporter.total(len(pods))
    for pod in pods:
        if _is_there(writer, pod):
            reporter.done(f"{pod.name}.{pod.namespace}", 0)
    _take_objects(cluster, writer, {pod.namespace for pod in pods})
    plane = ControlPlane(cluster, plan.origin.globals or Globals())
    _take_control_plane(plane, writer)
    if sum(pod.has_proxy for pod in pods) > AT_MOST:
        plane.missing, plane.asked = f"more than {AT_MOST} proxies: name fewer pods", False
    _run(pending, plan.at_once, lambda pod: _take_pod(cluster, pod, plan, plane, writer, reporter))


def _is_there(writer: Writer, pod: KubePod) -> bool:
    entry = writer.index.pod(pod.namespace, pod.name)
    return entry is not None and not entry.error


def _run(pods: list[KubePod], at_once: int, work: Callable[[KubePod], None]) -> None:
    """Work on the pods, so many at once; the first error that is not a pod's own ends the run."""
    threads = ThreadPoolExecutor(at_once)
    waiting = iter(pods)
    running: set[Future[None]] = set()
    try:
        while True:
            while len(running) < at_once and (pod := next(waiting, None)) is not None:
                running.add(threads.submit(work, pod))
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


class _Counting(Silent):
    """Passes the bytes of a transfer on to the reporter."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def advance(self, count: int) -> None:
        self._reporter.bytes_read(count)


def _take_pod(
    cluster: KubeCluster,
    pod: KubePod,
    plan: Plan,
    plane: ControlPlane,
    writer: Writer,
    reporter: Reporter,
) -> None:
    name = f"{pod.name}.{pod.namespace}"
    meta = meta_of(pod.object)
    entry = PodEntry(
        pod.name,
        pod.namespace,
        f"pods/{safe_name(pod.namespace)}/{safe_name(pod.name)}",
        str(meta["proxy"]),
    )
    try:
        with writer.pod(entry) as folder:
            _write_files(cluster, pod, plan, meta, entry, folder, reporter)
            _take_intended(plane, pod, entry, folder)
    except WriteError:
        raise  # the disk is full: that ends the run, not this pod alone
    except MeshctlError as error:
        entry.files = {}
        entry.error = " ".join(error.lines()).removeprefix("Error: ")
        writer.enter(entry, [])
        reporter.failed(name, error)
        return
    reporter.done(name, sum(file.size for file in entry.files.values()))


def _write_files(
    cluster: KubeCluster,
    pod: KubePod,
    plan: Plan,
    meta: Json,
    entry: PodEntry,
    folder: PodWriter,
    reporter: Reporter,
) -> None:
    """Fetch a pod's files, one in memory at a time, and write each without its secrets."""

    def write(file: str, data: bytes) -> None:
        folder.write(file, _redacted(file, data, entry.folder, folder.removed))

    write(META, _encode(meta))
    write(POD_MANIFEST, _encode(clean_manifest(pod.object, folder.removed)))
    if pod.phase != "Running":
        entry.missing[CONFIG_DUMP] = f"the pod is {pod.phase}"
    elif pod.has_proxy:
        with admin_of(cluster, pod, plan.origin.admin_port, _Counting(reporter)) as port:
            for file, path in ADMIN_FILES.items():
                write(file, bytes(port.get(path)))
    else:
        if pod.proxy == "ztunnel":
            with admin_of(cluster, pod, plan.origin.admin_port, _Counting(reporter)) as port:
                write(ZTUNNEL_DUMP, bytes(port.get("/config_dump")))
        entry.missing[CONFIG_DUMP] = (
            "the pod has no sidecar" if pod.proxy == "none" else f"the pod is a {pod.proxy}"
        )
    if pod.has_proxy and pod.phase == "Running":
        _take_proxy_log(write, cluster, pod, entry, anonymized=plan.anonymized)
    log, reason = init_log(cluster, pod)
    if log is not None:
        write(INIT_LOG, log)
    elif pod.has_proxy:
        entry.missing[INIT_LOG] = f"{reason or 'no log'}: capture rules are computed from pod.json"


def _take_proxy_log(
    write: Callable[[str, bytes], None],
    cluster: KubeCluster,
    pod: KubePod,
    entry: PodEntry,
    *,
    anonymized: bool,
) -> None:
    """The end of the proxy's log, where its access log is; a cluster that does not let it be read costs the log alone."""
    if anonymized:
        entry.missing[PROXY_LOG] = "its lines hold paths and names that no mapping knows"
        return
    log, reason = last_lines(cluster, pod)
    if log is not None:
        write(PROXY_LOG, log)
    elif reason:
        entry.missing[PROXY_LOG] = reason


def _take_intended(plane: ControlPlane, pod: KubePod, entry: PodEntry, folder: PodWriter) -> None:
    """What istiod would send to the pod's proxy now; that it is not known costs nothing else."""
    if not pod.has_proxy or pod.phase != "Running":
        return
    found = plane.intended(pod.name, pod.namespace)
    if isinstance(found, str):
        entry.missing[INTENDED_DUMP] = found
        return
    for file, data in found.items():
        folder.write(file, _redacted(file, data, entry.folder, folder.removed))


def _take_control_plane(plane: ControlPlane, writer: Writer) -> None:
    """The pages of the istiods, as one more list of the cluster."""
    pages = plane.pages()
    if pages is None:
        writer.index.cluster_missing[ISTIODS] = plane.missing
        return
    removed: list[Removed] = []
    data = _redacted(f"cluster/{ISTIODS}.json", _encode({"kind": "List", "items": pages}), "", removed)
    writer.add_object_list(ISTIODS, data, removed)


def _encode(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=False).encode() + b"\n"


def _redacted(file: str, data: bytes, folder: str, removed: list[Removed]) -> bytes:
    place = f"{folder}/{file}" if folder else file
    if file.endswith(".json"):
        data, found = redact_json(data, place)
    else:
        text, found = redact_text(data.decode("utf-8", "replace"), place)
        data = text.encode() if found else data
    removed.extend(found)
    return data


def clean_manifest(item: Json, removed: list[Removed]) -> Json:
    """A Kubernetes object without managed fields, without the copy of it that kubectl keeps in an annotation,
    and without the values of the application's environment."""
    metadata = {k: v for k, v in (item.get("metadata") or {}).items() if k not in _BOOKKEEPING}
    if APPLIED in (metadata.get("annotations") or {}):
        metadata["annotations"] = {k: v for k, v in metadata["annotations"].items() if k != APPLIED}
    result = {**item, "metadata": metadata}
    spec = item.get("spec")
    if isinstance(spec, dict) and not _CONTAINERS.isdisjoint(spec):
        where = f"pods/{metadata.get('namespace')}/{metadata.get('name')}/{POD_MANIFEST}"
        result["spec"] = {
            **spec,
            **{
                key: [_clean_container(c, where, removed) for c in spec.get(key) or []]
                for key in _CONTAINERS & spec.keys()
            },
        }
    return result


def _clean_container(container: Json, where: str, removed: list[Removed]) -> Json:
    """An application's environment is none of the mesh's business: its names stay, its values go."""
    if container.get("name") in _ISTIO_CONTAINERS or not container.get("env"):
        return container
    variables = []
    for variable in container["env"]:
        if variable.get("value"):
            removed.append(
                Removed(
                    where,
                    f"{container.get('name')}.env.{variable.get('name')}",
                    "the application's environment",
                )
            )
            variable = {**variable, "value": MARK}
        variables.append(variable)
    return {**container, "env": variables}


def _take_objects(cluster: KubeCluster, writer: Writer, namespaces: Iterable[str]) -> None:
    for kind in CLUSTER_OBJECTS:
        if kind in writer.index.cluster:
            continue
        items, reason, _ = list_objects(cluster, kind, namespaces)
        if reason:
            writer.index.cluster_missing[kind] = reason
        if items is None:
            continue
        removed: list[Removed] = []
        data = _encode({"kind": "List", "items": [clean_manifest(item, removed) for item in items]})
        writer.add_object_list(kind, _redacted(f"cluster/{kind}.json", data, "", removed), removed)
    writer.index.istiod = _istiod(cluster)


def _istiod(cluster: KubeCluster) -> str:
    """The control plane's images, as the pods of istiod name them."""
    try:
        pods = cluster.items("/api/v1/pods", {"labelSelector": "app=istiod"}, what="istiod's pods")
    except MeshctlError:
        return ""
    images = {c.get("image") for p in pods for c in (p.get("spec") or {}).get("containers") or []}
    return ", ".join(sorted(str(image) for image in images if image))
