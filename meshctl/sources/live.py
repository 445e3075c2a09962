"""Pods of a cluster: resolve the argument, port-forward to the admin port, fetch what is needed.

Several pods are asked at the same time, each over its own stream; one that fails is reported through
``Progress.failed`` and does not stop the others.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from meshctl.envoy.notes import Notes
from meshctl.errors import ConnectError, MeshctlError
from meshctl.sources.admin import AdminPort, fetch, proxy_snapshot
from meshctl.sources.interface import Globals, Needs, Origin, Progress, ProxySnapshot
from meshctl.sources.kube import KubeCluster
from meshctl.sources.kubeconfig import connect
from meshctl.sources.pods import KubePod, resolve, select

MAX_AT_ONCE = 8

Explain = Callable[[Exception, str, int], MeshctlError]  # of an error, the path, the bytes that came


def cluster_of(options: Globals | None) -> KubeCluster:
    """The cluster of the global options."""
    return connect(options or Globals())


def find_pods(cluster: KubeCluster, origin: Origin) -> list[KubePod]:
    """The pods that ``origin`` means, in a stable order."""
    if origin.selector or origin.all_namespaces or not origin.pods:
        namespace = None if origin.all_namespaces else cluster.namespace
        found = select(cluster, origin.selector or "", namespace)
        if not found:
            raise ConnectError(
                f"none of the pods that match {origin.selector!r} runs" if origin.selector else "no pod runs",
                "They wait, have finished or failed.",
                "kubectl get pods tells their state.",
            )
        return [p for p in found if p.has_proxy] or found
    return [pod for text in origin.pods for pod in resolve(cluster, text, every=origin.all_pods)]


def open_pods(origin: Origin, needs: Needs, progress: Progress) -> Iterable[ProxySnapshot]:
    """The snapshots of all pods that ``origin`` means; of several, one after another as they are asked for."""
    cluster = cluster_of(origin.globals)
    pods = _or_close(cluster, lambda: find_pods(cluster, origin))
    if len(pods) != 1:
        return _open_many(cluster, pods, origin.admin_port, needs, progress)
    try:
        return [open_pod(cluster, pods[0], origin.admin_port, needs, progress)]
    finally:
        cluster.close()


def _or_close(cluster: KubeCluster, find: Callable[[], list[KubePod]]) -> list[KubePod]:
    try:
        return find()
    except BaseException:
        cluster.close()
        raise


def _open_many(
    cluster: KubeCluster, pods: list[KubePod], admin_port: int, needs: Needs, progress: Progress
) -> Iterator[ProxySnapshot]:
    """Several pods at once, in order; no more answers are in memory than are asked for at a time."""
    from concurrent.futures import Future, ThreadPoolExecutor

    threads = ThreadPoolExecutor(MAX_AT_ONCE)
    asked: deque[tuple[KubePod, Future[ProxySnapshot]]] = deque()
    waiting = iter(pods)
    try:
        while True:
            for pod in itertools.islice(waiting, MAX_AT_ONCE - len(asked)):
                asked.append((pod, threads.submit(open_pod, cluster, pod, admin_port, needs, progress)))
            if not asked:
                return
            pod, future = asked.popleft()
            try:
                found = future.result()
            except MeshctlError as error:
                progress.failed(f"{pod.name}.{pod.namespace}", error)
                continue
            del future
            yield found
            del found
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # Ctrl-C does not wait for a stalled stream
        cluster.close()


def open_pod(
    cluster: KubeCluster, pod: KubePod, admin_port: int, needs: Needs, progress: Progress
) -> ProxySnapshot:
    """The snapshot of one pod's Envoy."""
    notes = Notes()
    title = f"{pod.name}.{pod.namespace}"
    if pod.proxy == "ztunnel":
        raise ConnectError(
            f'pod "{pod.name}" in namespace "{pod.namespace}" is a ztunnel: it has no Envoy',
            "",
            f"What it knows: meshctl ztunnel-config all {title}",
        )
    with admin_of(cluster, pod, admin_port, progress) as port:
        documents = fetch(port, needs, title, notes, progress)
    return proxy_snapshot(pod.name, pod.namespace, documents, title, notes)


@contextmanager
def admin_of(
    cluster: KubeCluster,
    pod: KubePod,
    admin_port: int,
    progress: Progress,
    explain: Explain | None = None,
) -> Iterator[AdminPort]:
    """A port of a pod, by default Envoy's admin port, for as long as the context lasts; its stream is closed with it."""
    import httpcore

    from meshctl.sources.portforward import PodBackend

    if pod.phase != "Running":
        raise not_running(pod)
    backend = PodBackend(cluster, pod.namespace, pod.name)
    with httpcore.ConnectionPool(network_backend=backend) as pool:
        yield AdminPort(
            pool,
            f"http://localhost:{admin_port}",
            f'port {admin_port} in pod "{pod.name}"',
            cluster.patience,
            progress,
            explain or _explainer(cluster, pod, admin_port),
        )


def not_running(pod: KubePod) -> MeshctlError:
    """Why a pod has no Envoy to ask: waiting, finished or failed."""
    status = pod.object.get("status") or {}
    what = f'pod "{pod.name}" in namespace "{pod.namespace}" is {pod.phase}: there is no Envoy to ask'
    if pod.phase in ("Succeeded", "Failed"):
        return ConnectError(
            what, "It has finished.", "Name a running pod of the same workload, or deploy/NAME."
        )
    reasons = [
        f"{c.get('name')}: {waiting.get('reason')}"
        for c in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
        if (waiting := (c.get("state") or {}).get("waiting"))
    ]
    reasons += [
        str(c.get("message"))
        for c in status.get("conditions") or []
        if c.get("type") == "PodScheduled" and c.get("status") == "False" and c.get("message")
    ]
    return ConnectError(what, "; ".join(reasons), "Try again when it runs.")


def _explainer(cluster: KubeCluster, pod: KubePod, admin_port: int) -> Explain:
    """Connection errors on the way to a pod's port, in the user's words."""

    def explain(error: Exception, path: str, received: int) -> MeshctlError:
        import httpcore

        text = str(error)
        name = f'pod "{pod.name}" in namespace "{pod.namespace}"'
        got = f" after {received:,} bytes" if received else ""
        if "refused" in text and not received:
            return _port_refused(pod, admin_port)
        if isinstance(error, httpcore.TimeoutException):
            return ConnectError(
                f"no data from {name} for {cluster.timeout:g} s while reading {path}{got}{cluster.via}",
                "Envoy, the node or the API server hangs.",
                "Try again, or allow more time with --kubeclient-timeout.",
            )
        if isinstance(error, httpcore.RemoteProtocolError) and not received and "illegal" in text:
            return ConnectError(
                f'port {admin_port} in pod "{pod.name}" answers, but not as an HTTP server',
                "It is not Envoy's admin port, which is 15000 unless changed.",
                "Check --proxy-admin-port.",
            )
        return ConnectError(
            f"the connection to {name} was lost while reading {path}{got}{cluster.via}: {text}",
            f"Envoy, the node or the API server closed it; the proxy has restarted {_restarts(pod)} times.",
            "Nothing was printed. Try again.",
        )

    return explain


def _port_refused(pod: KubePod, admin_port: int) -> MeshctlError:
    if not pod.has_proxy:
        names = ", ".join(str(c.get("name")) for c in pod.containers) or "none"
        return ConnectError(
            f'pod "{pod.name}" in namespace "{pod.namespace}" has no istio-proxy container, and port {admin_port} is closed',
            f"It is not in the mesh (containers: {names}); in ambient mode ask its ztunnel or waypoint.",
            "Check the injection label of the namespace, or name another pod.",
        )
    return ConnectError(
        f'nothing listens on port {admin_port} in pod "{pod.name}" (connection refused)',
        f"The istio-proxy container has another admin port, or is not ready; it has restarted {_restarts(pod)} times.",
        "Check --proxy-admin-port (default 15000) and the container's log.",
    )


def _restarts(pod: KubePod) -> int:
    status = pod.object.get("status") or {}
    found = [*(status.get("containerStatuses") or []), *(status.get("initContainerStatuses") or [])]
    return next((int(c.get("restartCount") or 0) for c in found if c.get("name") == "istio-proxy"), 0)
