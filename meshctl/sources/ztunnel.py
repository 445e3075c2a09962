"""Where a ztunnel's configuration comes from: a file, or the ztunnel of a node by its admin port.

A pod argument is a ztunnel's pod, else a workload's pod, whose node's ztunnel is asked. Without one any ztunnel is,
with ``node`` the one that runs there. Follows istio/istioctl/pkg/ztunnelconfig.
"""

from __future__ import annotations

import sys
from contextlib import closing

from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.sources.interface import Globals, Progress
from meshctl.sources.kube import KubeCluster
from meshctl.sources.pods import KubePod, resolve, select

LABELS = "app=ztunnel"


def read_file(name: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        with open(name, "rb") as file:
            return file.read()
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}") from None


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


def _choose(cluster: KubeCluster, options: Globals, pod: str, node: str) -> KubePod:
    if pod:
        if node:
            raise UsageError("both a pod and a node are given", "", "Name one of them.")
        named = (
            resolve(cluster, _in_system(pod, options))[0]
            if _looks_like_ztunnel(pod)
            else resolve(cluster, pod)[0]
        )
        if _is_ztunnel(named):
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


def _looks_like_ztunnel(pod: str) -> bool:
    return pod.rpartition("/")[2].startswith("ztunnel")


def _in_system(pod: str, options: Globals) -> str:
    """A ztunnel's name with the namespace that it has unless another is named."""
    return pod if "." in pod or options.namespace else f"{pod}.{options.istio_namespace}"


def _is_ztunnel(pod: KubePod) -> bool:
    labels = (pod.object.get("metadata") or {}).get("labels") or {}
    return bool(labels.get("app") == "ztunnel")


def _node(pod: KubePod) -> str:
    return str((pod.object.get("spec") or {}).get("nodeName") or "")
