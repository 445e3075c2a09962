"""A service's ports as Istio reads them: their protocol, and the pod's port that they lead to.

Follows istio pkg/config/kube/conversion.go (ConvertProtocol), pkg/config/protocol/instance.go (Parse) and
pilot/pkg/serviceregistry/kube/controller/util.go (FindPort). A port whose protocol is not declared is found out by its
first bytes; istioctl calls an unnamed one ``auto-detect`` and a named one ``UnsupportedProtocol``, which it is not.
"""

from __future__ import annotations

from meshctl.plain import Json, list_at, objects_at

AUTO = "auto-detect"
_KUBERNETES = {"kubernetes.io/h2c": "HTTP2", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "HTTPS"}
_NAMES = {
    name.lower(): name
    for name in (
        "GRPC",
        "HTTP",
        "HTTP2",
        "HTTP_PROXY",
        "HTTPS",
        "TCP",
        "TLS",
        "UDP",
        "Mongo",
        "Redis",
        "MySQL",
        "HBONE",
    )
}
_WELL_KNOWN = frozenset({25, 53, 3306, 27017})  # SMTP, DNS, MySQL, MongoDB: the server speaks first
_GRPC_WEB = "grpc-web"


def protocol(port: Json) -> str:
    """What Istio takes the traffic of a service's port for."""
    if port.get("protocol") == "UDP":
        return "UDP"
    declared = port.get("appProtocol")
    name = str(declared if declared is not None else port.get("name") or "")
    if declared is not None and name in _KUBERNETES:
        return _KUBERNETES[name]
    if name.lower().startswith(_GRPC_WEB):
        return "GRPC-Web"
    known = _NAMES.get(name.partition("-")[0].lower())
    if known is None and port.get("port") in _WELL_KNOWN and (name or declared is not None):
        return "TCP"
    return known or AUTO


def target(pod: Json, port: Json) -> int | None:
    """The number of the pod's port; None where the pod has none of that name."""
    wanted = port.get("targetPort")
    if isinstance(wanted, int):
        return wanted
    if not wanted:
        return int(port.get("port") or 0)
    if str(wanted).isdigit():
        return int(wanted)
    spec = pod.get("spec") or {}
    native = [c for c in objects_at(spec, "initContainers") if c.get("restartPolicy") == "Always"]
    for container in (*objects_at(spec, "containers"), *native):
        for one in list_at(container, "ports"):
            if isinstance(one, dict) and one.get("name") == wanted and _transport(one) == _transport(port):
                return int(one.get("containerPort") or 0)
    return None


def _transport(port: Json) -> str:
    return str(port.get("protocol") or "TCP")


def is_tcp(port: Json) -> bool:
    """UDP is not Istio's."""
    return _transport(port) == "TCP"
