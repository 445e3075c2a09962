"""The level that a pod's Envoy was started with: its own annotation, else its injector's values.

The injector writes ``--proxyLogLevel`` from ``sidecar.istio.io/logLevel`` or ``global.proxy.logLevel``. istioctl looks for
the latter under another key, and never finds it.
"""

from __future__ import annotations

import msgspec

from meshctl.plain import Json, labels_of, object_at
from meshctl.sources.kube import ApiError, KubeCluster

_ANNOTATION = "sidecar.istio.io/logLevel"


class InjectedLevels:
    """The levels of a mesh's revisions, each asked for once."""

    def __init__(self, cluster: KubeCluster, namespace: str, default: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._default = default
        self._of_revision: dict[str, str] = {}

    def of(self, pod: Json) -> str:
        annotations = object_at(object_at(pod, "metadata"), "annotations")
        own = annotations.get(_ANNOTATION)
        if own:
            return str(own)
        revision = str(annotations.get("istio.io/rev") or labels_of(pod).get("istio.io/rev") or "")
        if revision not in self._of_revision:
            self._of_revision[revision] = self._level(revision) or self._default
        return self._of_revision[revision]

    def _level(self, revision: str) -> str:
        """``global.proxy.logLevel`` of the injector's values; "" where they cannot be read."""
        suffix = "" if revision in ("", "default") else f"-{revision}"
        path = f"/api/v1/namespaces/{self._namespace}/configmaps/istio-sidecar-injector{suffix}"
        try:
            found = self._cluster.get(path, what="the injector's values")
            values = msgspec.json.decode(str(object_at(found, "data").get("values") or "{}"))
        except (ApiError, msgspec.DecodeError):
            return ""
        return str(object_at(object_at(values, "global"), "proxy").get("logLevel") or "")
