"""What a pod's proxy is, by its object: a sidecar, a gateway's router, a waypoint, a ztunnel, or none."""

from __future__ import annotations

from typing import Any

from meshctl.plain import object_at, objects_at

_PROXY_TYPES = ("sidecar", "router", "waypoint", "ztunnel")
# Who made a pod, where its arguments do not say what its proxy is: gateway controllers and the chart of ztunnel.
_BY_LABEL = {
    ("gateway.istio.io/managed", "istio.io-gateway-controller"): "router",
    ("gateway.istio.io/managed", "istio.io-mesh-controller"): "waypoint",
    ("app", "ztunnel"): "ztunnel",
}


def proxy_type(manifest: dict[str, Any]) -> str:
    """What a pod's istio-proxy container is, by its arguments (``proxy router``), else by labels; "none" without one."""
    spec = object_at(manifest, "spec")
    containers = [*objects_at(spec, "containers"), *objects_at(spec, "initContainers")]
    proxy = next((c for c in containers if c.get("name") == "istio-proxy"), None)
    if proxy is None:
        return "none"
    words = [str(word) for word in (*(proxy.get("command") or ()), *(proxy.get("args") or ()))]
    labels = (manifest.get("metadata") or {}).get("labels") or {}
    named = [kind for kind in _PROXY_TYPES if kind in words]
    labelled = [kind for (key, value), kind in _BY_LABEL.items() if labels.get(key) == value]
    return (named or labelled or ["sidecar"])[0]
