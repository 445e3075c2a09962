"""The mesh as manifests say it: pods, services, endpoints and a few of Istio's resources.

Kubernetes objects become small values; Istio's resources stay the mappings they are, since only their translation
(``tests.lab.istio``) looks into them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Json = dict[str, Any]
DOMAIN = "svc.cluster.local"


class Protocol(Enum):
    """What Istio takes a port for; AUTO is found out from the first bytes."""

    HTTP = "http"
    TCP = "tcp"
    AUTO = "auto"


_PROTOCOLS = {
    **dict.fromkeys(("http", "http2", "grpc"), Protocol.HTTP),
    **dict.fromkeys(("tcp", "tls", "https", "mongo", "redis", "mysql"), Protocol.TCP),
}


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a service."""

    name: str
    number: int
    target: int
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Service:
    """A service with a cluster IP."""

    name: str
    namespace: str
    vip: str
    ports: tuple[Port, ...]
    selector: tuple[tuple[str, str], ...]

    @property
    def host(self) -> str:
        return f"{self.name}.{self.namespace}.{DOMAIN}"

    def port(self, number: int) -> Port | None:
        return next((p for p in self.ports if p.number == number), None)


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod; ``capture`` are the arguments of its istio-init, empty for a pod without a sidecar."""

    name: str
    namespace: str
    ip: str
    labels: tuple[tuple[str, str], ...]
    service_account: str = "default"
    node: str = "worker-1"
    sidecar: bool = True
    capture: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()

    @property
    def node_id(self) -> str:
        """How its proxy names itself to the management server."""
        return f"sidecar~{self.ip}~{self.name}.{self.namespace}~{self.namespace}.{DOMAIN}"

    def matches(self, labels: Iterable[tuple[str, str]] | Mapping[str, str]) -> bool:
        wanted = labels.items() if isinstance(labels, Mapping) else labels
        own = dict(self.labels)
        return all(own.get(key) == value for key, value in wanted)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address behind a service."""

    ip: str
    ready: bool = True


@dataclass
class Model:
    """Everything the translation knows."""

    pods: list[Pod] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    endpoints: dict[tuple[str, str], list[Endpoint]] = field(default_factory=dict)
    virtual_services: list[Json] = field(default_factory=list)
    destination_rules: list[Json] = field(default_factory=list)
    peer_authentications: list[Json] = field(default_factory=list)
    authorization_policies: list[Json] = field(default_factory=list)

    def pod(self, name: str) -> Pod:
        return next(p for p in self.pods if p.name == name)

    def pod_at(self, ip: str) -> Pod | None:
        return next((p for p in self.pods if p.ip == ip), None)

    def service(self, host: str) -> Service | None:
        return next((s for s in self.services if s.host == host), None)

    def behind(self, service: Service) -> list[Endpoint]:
        """The endpoints of a service, ready ones only: others are not sent to proxies."""
        return [e for e in self.endpoints.get((service.namespace, service.name), []) if e.ready]

    def of_pod(self, pod: Pod) -> list[Service]:
        """The services that a pod is behind."""
        return [
            s
            for s in self.services
            if s.namespace == pod.namespace and s.selector and pod.matches(s.selector)
        ]


def full_host(host: str, namespace: str) -> str:
    """A short host of an Istio resource, completed in the resource's namespace."""
    return host if "." in host else f"{host}.{namespace}.{DOMAIN}"


def parse(text: str) -> Model:
    """A model from YAML documents. Kinds that the lab does not translate raise ValueError."""
    import yaml

    return build(document for document in yaml.safe_load_all(text) if document)


def build(documents: Iterable[Json]) -> Model:
    """A model from manifests."""
    model = Model()
    lists = {
        "VirtualService": model.virtual_services,
        "DestinationRule": model.destination_rules,
        "PeerAuthentication": model.peer_authentications,
        "AuthorizationPolicy": model.authorization_policies,
    }
    for document in documents:
        match document["kind"]:
            case "Namespace":
                pass
            case "Pod":
                model.pods.append(_pod(document))
            case "Service":
                model.services.append(_service(document))
            case "EndpointSlice":
                name = document["metadata"]["labels"]["kubernetes.io/service-name"]
                known = model.endpoints.setdefault((_namespace(document), name), [])
                known += _endpoints(document)
            case kind if kind in lists:
                lists[kind].append(document)
            case kind:
                raise ValueError(f"the lab does not know {kind}")
    return model


def _namespace(document: Json) -> str:
    return str(document["metadata"].get("namespace", "default"))


def _pod(document: Json) -> Pod:
    metadata, spec = document["metadata"], document["spec"]
    init = next((c for c in spec.get("initContainers", ()) if c["name"] == "istio-init"), None)
    arguments = tuple(map(str, init.get("args", ())))[1:] if init else ()
    labels = {str(k): str(v) for k, v in (metadata.get("labels") or {}).items()}
    return Pod(
        name=metadata["name"],
        namespace=_namespace(document),
        ip=document["status"]["podIP"],
        labels=tuple(labels.items()),
        service_account=spec.get("serviceAccountName", "default"),
        node=spec.get("nodeName", "worker-1"),
        sidecar=init is not None,
        capture=arguments,
        ports=tuple(
            int(p["containerPort"])
            for c in spec["containers"]
            for p in c.get("ports", ())
            if c["name"] != "istio-proxy"
        ),
    )


def _service(document: Json) -> Service:
    spec = document["spec"]
    return Service(
        name=document["metadata"]["name"],
        namespace=_namespace(document),
        vip=spec["clusterIP"],
        ports=tuple(_port(p) for p in spec["ports"]),
        selector=tuple((spec.get("selector") or {}).items()),
    )


def _port(port: Json) -> Port:
    word = str(port.get("appProtocol") or port.get("name", "").split("-")[0]).lower()
    number = int(port["port"])
    return Port(
        port.get("name", ""), number, int(port.get("targetPort", number)), _PROTOCOLS.get(word, Protocol.AUTO)
    )


def _endpoints(document: Json) -> list[Endpoint]:
    return [
        Endpoint(address, bool((entry.get("conditions") or {}).get("ready", True)))
        for entry in document.get("endpoints") or ()
        for address in entry["addresses"]
    ]
