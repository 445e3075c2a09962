"""What can be known of a pod and of its cluster, as named files: fetched when asked for, or read from a snapshot.

Live and saved are the same thing to whoever reads: a ``PodRecord`` gives ``config_dump.json`` whether it has to
port-forward for it or open an archive. A snapshot is these files written down (docs/snapshot-format.md), which
is why every command answers from it as it would have answered live.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from meshctl.envoy.documents import DocumentKind
from meshctl.errors import InputError
from meshctl.plain import Json
from meshctl.proxy_kind import proxy_type

if TYPE_CHECKING:
    from meshctl.envoy.documents import Document
    from meshctl.envoy.notes import Notes
    from meshctl.netfilter.model import RuleSet

CONFIG_DUMP = "config_dump.json"
POD_MANIFEST = "pod.json"
INIT_LOG = "istio-init.log"
PROXY_CONTAINER = "istio-proxy"
PROXY_LOG = "istio-proxy.log"
META = "meta.json"

# Envoy's answers in a pod's folder, and the requests that print them.
ADMIN_FILES: dict[str, str] = {
    CONFIG_DUMP: "/config_dump?include_eds",
    "clusters.json": DocumentKind.CLUSTERS.value,
    "certs.json": DocumentKind.CERTS.value,
    "listeners.json": DocumentKind.LISTENERS.value,
    "server_info.json": DocumentKind.SERVER_INFO.value,
    "stats.json": DocumentKind.STATS.value,
    "init_dump.json": DocumentKind.INIT_DUMP.value,
}

# Beside them: what istiod would send to the pod's proxy, and what a ztunnel has.
INTENDED_DUMP, INTENDED_ENDPOINTS = "istiod_config_dump.json", "istiod_endpoints.json"
ZTUNNEL_DUMP = "ztunnel_config.json"
# A list like the others: the answers of each istiod, by the page that was asked for.
ISTIODS = "istiods"

# The cluster's objects that commands read, and where the API keeps them.
CLUSTER_OBJECTS: dict[str, str] = {
    "services": "/api/v1/services",
    "endpointslices": "/apis/discovery.k8s.io/v1/endpointslices",
    "namespaces": "/api/v1/namespaces",
    "mutatingwebhookconfigurations": "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
    "virtualservices": "/apis/networking.istio.io/v1/virtualservices",
    "destinationrules": "/apis/networking.istio.io/v1/destinationrules",
    "gateways": "/apis/networking.istio.io/v1/gateways",
    "serviceentries": "/apis/networking.istio.io/v1/serviceentries",
    "sidecars": "/apis/networking.istio.io/v1/sidecars",
    "workloadentries": "/apis/networking.istio.io/v1/workloadentries",
    "envoyfilters": "/apis/networking.istio.io/v1alpha3/envoyfilters",
    "peerauthentications": "/apis/security.istio.io/v1/peerauthentications",
    "authorizationpolicies": "/apis/security.istio.io/v1/authorizationpolicies",
    "requestauthentications": "/apis/security.istio.io/v1/requestauthentications",
    "telemetries": "/apis/telemetry.istio.io/v1/telemetries",
    "wasmplugins": "/apis/extensions.istio.io/v1alpha1/wasmplugins",
    "gatewayclasses": "/apis/gateway.networking.k8s.io/v1/gatewayclasses",
    "k8s-gateways": "/apis/gateway.networking.k8s.io/v1/gateways",
    "httproutes": "/apis/gateway.networking.k8s.io/v1/httproutes",
    "grpcroutes": "/apis/gateway.networking.k8s.io/v1/grpcroutes",
}


class PodRecord(Protocol):
    """One pod's files."""

    @property
    def name(self) -> str: ...

    @property
    def namespace(self) -> str: ...

    def read(self, name: str) -> bytes | None:
        """A file by its name in the snapshot format; None where there is none."""

    def documents(self, notes: Notes) -> list[Document]:
        """The answers of its Envoy."""

    def rules(self) -> RuleSet | None:
        """Its capture rules; None when nothing says what they are."""

    @property
    def manifest(self) -> Json | None: ...

    @property
    def meta(self) -> Json: ...


class NamedFiles:
    """A record whose files are had by their names in the snapshot format."""

    name: str
    namespace: str

    def read(self, name: str) -> bytes | None:
        """A file by its name; None where there is none."""
        raise NotImplementedError

    def documents(self, notes: Notes) -> list[Document]:
        """What trace reads of Envoy's answers."""
        from meshctl.envoy.documents import read

        found: list[Document] = []
        for file in (CONFIG_DUMP, "clusters.json"):
            data = self.read(file)
            if data:
                found += read(data, f"{self.name}/{file}", notes)
        return found

    def rules(self) -> RuleSet | None:
        """What was observed, else logged, else computed."""
        from meshctl.netfilter.podrules import rules_of_pod

        return rules_of_pod(self.read, self.name)

    @property
    def manifest(self) -> Json | None:
        """The pod's object; None where there is none."""
        return self._object(POD_MANIFEST)

    @property
    def meta(self) -> Json:
        """Who the pod is; empty where nothing says."""
        return self._object(META) or {}

    def _object(self, name: str) -> Json | None:
        data = self.read(name)
        if not data:
            return None
        try:
            value = json.loads(data)
        except ValueError as error:
            raise InputError(f"{name} of {self.name} cannot be used: {error}") from error
        return value if isinstance(value, dict) else None


class MeshRecords(Protocol):
    """The pods and objects that one live cluster or one snapshot has."""

    def pod(self, text: str) -> PodRecord:
        """The pod that ``[type/]name[.namespace]`` means. Raises MeshctlError when there is none."""

    def by_ip(self, address: str) -> PodRecord | None:
        """The pod that has an address, or None when it is not known."""

    def objects(self, kind: str) -> list[Json] | None:
        """The cluster's objects of a kind of CLUSTER_OBJECTS; None when they are not known."""

    def listed_in(self, kind: str) -> frozenset[str] | None:
        """The namespaces whose objects of a kind are known; None: all."""

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        """The pods at these addresses are asked for next; ``hosts`` are the services whose endpoints they are."""


def meta_of(pod: Json) -> Json:
    """What trace needs to know of a pod, from its manifest; what the manifest does not say is null."""
    metadata, spec, status = (pod.get(key) or {} for key in ("metadata", "spec", "status"))
    from meshctl.netfilter.istio.ambient import is_ambient

    kind = proxy_type(pod)
    containers = [*(spec.get("containers") or []), *(spec.get("initContainers") or [])]
    proxy = next((c for c in containers if c.get("name") == "istio-proxy"), None)
    ips = [str(entry.get("ip")) for entry in status.get("podIPs") or [] if entry.get("ip")]
    if not ips and status.get("podIP"):
        ips = [str(status["podIP"])]
    annotations = metadata.get("annotations") or {}
    return {
        "pod": metadata.get("name"),
        "namespace": metadata.get("namespace"),
        "ip": ips[0] if ips else None,
        "ips": ips,
        "labels": metadata.get("labels") or {},
        "service_account": spec.get("serviceAccountName") or "default",
        "node": spec.get("nodeName"),
        "proxy": kind,
        "interception": "AMBIENT"
        if is_ambient(pod)
        else annotations.get("sidecar.istio.io/interceptionMode")
        or ("REDIRECT" if kind == "sidecar" else None),
        "app_uid": _app_uid(spec),
        "proxy_uid": _run_as(proxy) if proxy else None,
    }


def _run_as(container: Json | None) -> int | None:
    uid = ((container or {}).get("securityContext") or {}).get("runAsUser")
    return int(uid) if uid is not None else None


def _app_uid(spec: Json) -> int | None:
    """The uid of the first application container, when the manifest sets one."""
    for container in spec.get("containers") or []:
        if container.get("name") != "istio-proxy":
            uid = _run_as(container)
            return uid if uid is not None else _run_as(spec)
    return None
