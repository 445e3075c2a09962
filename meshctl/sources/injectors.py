"""The namespaces, pods, webhooks and injectors' values of a cluster, or of manifests and snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import msgspec

from meshctl.errors import MissingDataError
from meshctl.plain import Json
from meshctl.sources.interface import Globals
from meshctl.sources.kube import ApiError

_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class Objects(msgspec.Struct, frozen=True):
    """What ``injector list`` reads. notes: what of it could not be had."""

    namespaces: list[Json]
    webhooks: list[Json]
    pods: list[Json]
    config_maps: list[Json]
    notes: list[str]


def from_cluster(options: Globals) -> Objects:
    from meshctl.sources.live import cluster_of

    notes: list[str] = []
    with closing(cluster_of(options)) as cluster:
        namespaces = cluster.items("/api/v1/namespaces", what="namespaces")
        webhooks = cluster.items(
            _WEBHOOKS, {"labelSelector": "app=sidecar-injector"}, what="mutating webhooks"
        )
        pods = cluster.items("/api/v1/pods", what="pods in all namespaces")
        try:
            maps = cluster.items("/api/v1/configmaps", {"labelSelector": "istio.io/rev"}, what="configmaps")
        except ApiError as error:  # they name the image, and nothing more
            maps = []
            notes.append(f"the sidecars' images are not known: {error.what}")
    return Objects(namespaces, webhooks, pods, maps, notes)


def from_files(files: Sequence[str], options: Globals) -> Objects:
    from meshctl.sources.file import open_given

    given = open_given(files, options.namespace)
    found = {
        kind: given.objects(kind) for kind in ("namespaces", "mutatingwebhookconfigurations", "configmaps")
    }
    for kind in ("namespaces", "mutatingwebhookconfigurations"):
        if found[kind] is None:
            raise MissingDataError(
                f"{given.origin} has no {kind}",
                "Without them nothing can be said of injection.",
                f"kubectl get {kind} -o yaml > {kind}.yaml, and -f {kind}.yaml beside it.",
            )
    pods = [pod.manifest for pod in given.pods]
    failed = [entry.pod for entry in given.index.pods if entry.error] if given.index is not None else []
    notes = [] if found["configmaps"] else ["the sidecars' images are not known: no configmaps were given"]
    if failed:
        notes.append(f"{len(failed)} pods could not be taken and are not counted: {', '.join(failed[:4])}")
    return Objects(
        found["namespaces"] or [],
        found["mutatingwebhookconfigurations"] or [],
        [pod for pod in pods if pod is not None],
        found["configmaps"] or [],
        notes,
    )
