"""istiod's debug pages: every istiod of the mesh is asked on its monitoring port, over a port-forward.

istiod answers ``/debug/...`` on port 15014 without credentials where the request comes from localhost, which is what a
port-forward looks like. Each istiod knows the proxies that are connected to it, so a page of the mesh is the answers
of all of them; what is known of one proxy is the answer of the istiod that has it. Which pods are istiods follows
istio/istioctl/pkg/multixds: label ``app=istiod``, running, of the revision that is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Protocol

import msgspec

from meshctl.errors import ConnectError, MeshctlError
from meshctl.reader.manifests import labels_of
from meshctl.sources.admin import AdminError
from meshctl.sources.interface import Globals, Progress
from meshctl.sources.kube import KubeCluster
from meshctl.sources.live import MAX_AT_ONCE, Explain, admin_of, cluster_of
from meshctl.sources.pods import KubePod, select

PORT = 15014
SYNCZ = "/debug/syncz"
VERSION = "/version"
LABEL = "app=istiod"


class Answer(msgspec.Struct, frozen=True):
    """What one istiod answered. status: HTTP's; a page that is not there, or needs more words, has another than 200."""

    istiod: str
    revision: str
    status: int
    body: bytes


class Compared(msgspec.Struct, frozen=True):
    """The proxy that is compared with istiod: its pod, or a dump that was saved of it, and which istiods are asked."""

    name: str
    file: str
    port: int
    revision: str
    label: str


class Istiods(Protocol):
    """The istiods of a mesh, live or saved."""

    def ask(self, path: str) -> list[Answer]:
        """The answers of all of them to a page, in order of their names. Raises MeshctlError where none answers."""

    def ask_until_known(self, path: str) -> Answer | None:
        """The first answer with status 200; None where no istiod knows what is asked for."""


class LiveIstiods:
    """The istiods of a cluster."""

    def __init__(self, cluster: KubeCluster, pods: list[KubePod], progress: Progress) -> None:
        self._cluster = cluster
        self._pods = pods
        self._progress = progress

    def ask(self, path: str) -> list[Answer]:
        with ThreadPoolExecutor(MAX_AT_ONCE) as threads:
            asked = [(pod, threads.submit(self._get, pod, path)) for pod in self._pods]
            found: list[Answer] = []
            failed: list[tuple[str, MeshctlError]] = []
            for pod, future in asked:
                try:
                    found.append(future.result())
                except MeshctlError as error:
                    failed.append((f"{pod.name}.{pod.namespace}", error))
        if not found:
            raise failed[0][1]
        for name, why in failed:
            self._progress.failed(name, why)
        return found

    def ask_until_known(self, path: str) -> Answer | None:
        failed: MeshctlError | None = None
        for pod in self._pods:
            try:
                answer = self._get(pod, path)
            except MeshctlError as error:
                failed = failed or error
                continue
            if answer.status == 200:
                return answer
        if failed is not None:  # the one that could not be asked may be the one that knows
            raise failed
        return None

    def ask_one(self, istiod: str, path: str) -> Answer:
        """The answer of one of them, by its name."""
        return self._get(next(pod for pod in self._pods if pod.name == istiod), path)

    def _get(self, pod: KubePod, path: str) -> Answer:
        revision = labels_of(pod.object).get("istio.io/rev", "default")
        explain = _explainer(self._cluster, pod)
        with (
            admin_of(self._cluster, pod, PORT, self._progress, explain) as port,
            self._progress.fetching(f"{pod.name}: {path}"),
        ):
            try:
                return Answer(pod.name, revision, 200, bytes(port.get(path)))
            except AdminError as error:
                return Answer(pod.name, revision, error.status, error.body)


@contextmanager
def live(options: Globals, progress: Progress, revision: str = "", label: str = "") -> Iterator[LiveIstiods]:
    """The running istiods of the control plane's namespace. Raises MeshctlError where there are none."""
    with closing(cluster_of(options)) as cluster:
        yield of_cluster(cluster, options, progress, revision, label)


@contextmanager
def live_or_saved(
    files: Sequence[str], options: Globals, progress: Progress, revision: str = "", label: str = ""
) -> Iterator[Istiods]:
    """The istiods of the snapshot in ``files``, or without one those of the cluster."""
    if not files:
        with live(options, progress, revision, label) as istiods:
            yield istiods
        return
    from meshctl.sources.file import open_given
    from meshctl.sources.istiod_saved import SavedIstiods

    yield SavedIstiods(open_given(files, options.namespace), revision)


def of_cluster(
    cluster: KubeCluster, options: Globals, progress: Progress, revision: str = "", label: str = ""
) -> LiveIstiods:
    """The running istiods of a cluster that is open already."""
    selector = f"{label or LABEL},istio.io/rev={revision}" if revision else label or LABEL
    namespace = options.istio_namespace
    try:
        pods = select(cluster, selector, namespace)
    except ConnectError:
        raise
    except MeshctlError:
        pods = []
    if not pods:
        raise MeshctlError(
            f'no running Istio pods in "{namespace}"',
            f'None with the labels {selector} (context "{cluster.context}").',
            "Check -i (istio's namespace), -r (revision) and --context.",
        )
    return LiveIstiods(cluster, pods, progress)


def _explainer(cluster: KubeCluster, pod: KubePod) -> Explain:
    def explain(error: Exception, path: str, received: int) -> MeshctlError:
        import httpcore

        name = f'istiod "{pod.name}"'
        got = f" after {received:,} bytes" if received else ""
        if "refused" in str(error) and not received:
            return ConnectError(
                f"nothing listens on port {PORT} of {name}",
                "istiod was started with another --monitoringAddr, or is not up yet.",
                f"kubectl logs -n {pod.namespace} {pod.name}",
            )
        if isinstance(error, httpcore.TimeoutException):
            return ConnectError(
                f"no data from {name} for {cluster.timeout:g} s while reading {path}{got}{cluster.via}",
                "istiod, the node or the API server hangs.",
                "Try again, or allow more time with --kubeclient-timeout.",
            )
        return ConnectError(
            f"the connection to {name} was lost while reading {path}{got}{cluster.via}: {error}",
            "",
            "Try again.",
        )

    return explain
