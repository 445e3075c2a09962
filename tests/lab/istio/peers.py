"""PeerAuthentication: which mode a pod's port has."""

from __future__ import annotations

from enum import Enum

from tests.lab.model import Model, Pod


class Mode(Enum):
    """Whether a port takes plain text, mutual TLS, or either."""

    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"
    DISABLE = "DISABLE"


ROOT_NAMESPACE = "istio-system"


def mode(model: Model, pod: Pod, port: int | None = None) -> Mode:
    """The port's own mode, else that of the policy which selects the pod, else the namespace's, else the mesh's."""
    own, namespace, mesh = None, None, None
    for policy in model.peer_authentications:
        place = policy["metadata"].get("namespace", "default")
        spec = policy.get("spec") or {}
        selector = (spec.get("selector") or {}).get("matchLabels")
        if selector and place == pod.namespace and pod.matches(selector):
            own = spec
        elif not selector and place == pod.namespace:
            namespace = spec
        elif not selector and place == ROOT_NAMESPACE:
            mesh = spec
    if own is not None and port is not None:
        word = ((own.get("portLevelMtls") or {}).get(str(port)) or {}).get("mode", "UNSET")
        if word != "UNSET":
            return Mode(word)
    for spec in (own, namespace, mesh):
        word = ((spec or {}).get("mtls") or {}).get("mode", "UNSET")
        if word != "UNSET":
            return Mode(word)
    return Mode.PERMISSIVE
