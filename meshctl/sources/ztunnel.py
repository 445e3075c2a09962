"""Which ztunnel is meant, and its configuration from its admin port.

A pod argument is a ztunnel's pod, else a workload's pod, whose node's ztunnel is asked. Without one any ztunnel is,
with ``node`` the one that runs there. Follows istio/istioctl/pkg/ztunnelconfig.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

from meshctl.errors import MeshctlError, MissingDataError, UsageError
from meshctl.reader.manifests import labels_of
from meshctl.sources.interface import Globals, Progress
from meshctl.sources.kube import KubeCluster
from meshctl.sources.pods import KubePod, resolve, select
from meshctl.sources.record import ZTUNNEL_DUMP

LABELS = "app=ztunnel"


def fetch(options: Globals, pod: str, node: str, admin_port: int, progress: Progress) -> tuple[str, bytes]:
    """The name of the ztunnel that was asked, and its config_dump."""
    from meshctl.sources.live import admin_of, cluster_of

    with closing(cluster_of(options)) as cluster:
        found = _choose(cluster, options, pod, node)
        name = f"{found.name}.{found.namespace}"
        with (
            admin_of(cluster, found, admin_port, progress) as port,
            progress.fetching(f"{name}: config_dump"),
        ):
            return name, bytes(port.get("/config_dump"))


def saved(options: Globals, file: str, pod: str, node: str) -> tuple[str, bytes]:
    """A saved dump: the file itself, or the ztunnel of a snapshot, as a pod and a node name it in a cluster."""
    from meshctl.sources.file import open_given
    from meshctl.sources.folder import open_path

    opened = open_path(file)
    if isinstance(opened, bytes):
        if pod or node:
            raise UsageError("both a file and a pod or node are given", "", "A saved dump is of one ztunnel.")
        return "standard input" if file == "-" else file, opened
    given = open_given((file,), options.namespace)
    ztunnels = [one for one in given.pods if one.read(ZTUNNEL_DUMP) is not None]
    if pod:
        named = given.pod(_in_system(pod, options))
        node = "" if named in ztunnels else str(named.meta.get("node") or "")
        ztunnels = [named] if named in ztunnels else ztunnels
    found = [one for one in ztunnels if not node or one.meta.get("node") == node]
    if not found:
        where = f" on node {node}" if node else ""
        raise MissingDataError(
            f"{file} has no dump of a ztunnel{where}", "", "Take one with `meshctl snapshot -A`."
        )
    return f"{found[0].name}.{found[0].namespace}", bytes(found[0].read(ZTUNNEL_DUMP) or b"")


def logging(
    options: Globals, pod: str, node: str, admin_port: int, words: str, progress: Progress
) -> Iterator[tuple[str, str]]:
    """The answers of ``/logging`` of the ztunnel that is named, or of all, by name."""
    from meshctl.sources.live import admin_of, cluster_of

    with closing(cluster_of(options)) as cluster:
        found = [_choose(cluster, options, pod, node)] if pod or node else select(cluster, LABELS, None)
        if not found:
            raise MeshctlError("no ztunnel runs", "", "kubectl get pods -A -l app=ztunnel -o wide")
        for one in found:
            name = f"{one.name}.{one.namespace}"
            try:
                with admin_of(cluster, one, admin_port, progress) as port, progress.fetching(name):
                    path = f"/logging?{words}" if words else "/logging"
                    yield name, port.post(path).decode("utf-8", "replace")
            except MeshctlError as error:
                if len(found) == 1:
                    raise
                progress.failed(name, error)


def _choose(cluster: KubeCluster, options: Globals, pod: str, node: str) -> KubePod:
    if pod:
        if node:
            raise UsageError("both a pod and a node are given", "", "Name one of them.")
        named = resolve(cluster, _in_system(pod, options))[0]
        if labels_of(named.object).get("app") == "ztunnel":
            return named
        node = _node(named)
    ztunnels = select(cluster, LABELS, None)
    found = [one for one in ztunnels if not node or _node(one) == node]
    if not found:
        raise MeshctlError(
            f"no ztunnel runs on node {node}",
            f"{len(ztunnels)} run elsewhere.",
            "kubectl get pods -A -l app=ztunnel -o wide",
        )
    return found[0]


def _in_system(pod: str, options: Globals) -> str:
    """A ztunnel's name with the namespace that it has unless another is named; any other as it stands."""
    elsewhere = "." in pod or options.namespace or not pod.rpartition("/")[2].startswith("ztunnel")
    return pod if elsewhere else f"{pod}.{options.istio_namespace}"


def _node(pod: KubePod) -> str:
    return str((pod.object.get("spec") or {}).get("nodeName") or "")
