"""Where the injection webhooks, a pod and its namespace come from: the API server, or manifests in files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing

import msgspec

from meshctl.errors import InputError, MeshctlError, UsageError
from meshctl.plain import Json
from meshctl.reader.manifests import labels_of, name_of, namespace_of, objects_of, pod_template
from meshctl.reader.yaml_text import documents
from meshctl.sources.file import read_bytes
from meshctl.sources.interface import Globals

_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"


class Injection(msgspec.Struct, frozen=True):
    """What decides: the configurations, the pod's object ({} for labels alone), both sets of labels.

    namespace_labels: None where the namespace's object was not given.
    """

    configurations: list[Json]
    pod: Json
    pod_labels: dict[str, str]
    namespace: str
    namespace_labels: dict[str, str] | None


def from_cluster(options: Globals, pod: str | None, labels: dict[str, str] | None) -> Injection:
    """From the API server; ``labels`` stand for a pod that is not there yet."""
    from meshctl.sources.live import cluster_of
    from meshctl.sources.pods import resolve

    with closing(cluster_of(options)) as cluster:
        found: Json = {}
        namespace = cluster.namespace
        if pod:
            named = resolve(cluster, pod)[0]
            found, namespace = named.object, named.namespace
        about = cluster.get(f"/api/v1/namespaces/{namespace}", what=f"namespace {namespace}")
        configurations = cluster.items(_WEBHOOKS, what="mutating webhooks")
    return Injection(configurations, found, labels or labels_of(found), namespace, labels_of(about))


def from_files(
    files: Sequence[str], options: Globals, pod: str | None, labels: dict[str, str] | None
) -> Injection:
    """From manifests: webhooks, namespaces and pods in any order and number."""
    objects = [item for name in files for item in _objects(name)]
    configurations = [o for o in objects if o.get("kind") == "MutatingWebhookConfiguration"]
    if not configurations:
        raise InputError(
            f"no MutatingWebhookConfiguration is in {', '.join(files)}",
            "Without it nothing can be said of injection.",
            "kubectl get mutatingwebhookconfigurations -o yaml > webhooks.yaml",
        )
    found = {} if labels is not None else _pod(objects, pod, options.namespace)
    namespace = namespace_of(found) or options.namespace or "default"
    about = next((o for o in objects if o.get("kind") == "Namespace" and name_of(o) == namespace), None)
    return Injection(
        configurations,
        found,
        labels if labels is not None else labels_of(pod_template(found) or found),
        namespace,
        None if about is None else {"kubernetes.io/metadata.name": namespace, **labels_of(about)},
    )


def _objects(name: str) -> list[Json]:
    """All objects of a file, those inside of lists too."""
    found = documents(read_bytes(name).decode("utf-8", "replace"), name)
    return [item for document in found for item in objects_of(document)]


def _pod(objects: Iterable[Json], wanted: str | None, namespace: str | None) -> Json:
    """The pod or workload that is meant: the one of this name, or the only one."""
    candidates = [o for o in objects if pod_template(o) is not None]
    if wanted is not None:
        name, _, behind = wanted.rpartition("/")[2].partition(".")
        candidates = [
            o
            for o in candidates
            if name_of(o) == name and (behind or namespace or namespace_of(o)) in (namespace_of(o), "")
        ]
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise MeshctlError(
            f"no pod {wanted or ''} is in the files".replace("  ", " "),
            "",
            "Give its manifest, or -l LABELS.",
        )
    names = ", ".join(sorted({name_of(o) for o in candidates})[:6])
    raise UsageError(f"{len(candidates)} pods are in the files", "", f"Name one: {names}.")
