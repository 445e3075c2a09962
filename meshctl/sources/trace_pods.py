"""The pods of a trace, from records: a snapshot, a folder of pods, or the live cluster, all the same here.

A pod's proxy comes from its config_dump.json and clusters.json, its capture rules from what was observed, else
from Istio's own computation (then marked assumed), who it is from meta.json. Service addresses come from the
cluster's Services and EndpointSlices where they are known, else from what the proxies know.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from meshctl.coverage import Basis
from meshctl.envoy.documents import Document
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError
from meshctl.netfilter.model import RuleSet
from meshctl.plain import Json, object_at, objects_at
from meshctl.proxy.proxy import Proxy
from meshctl.reader.given import Identity, identity_of
from meshctl.reader.pod_rules import assumed_rules
from meshctl.trace.front_door import Published
from meshctl.trace.pods import Pod, better
from meshctl.trace.services import Service, ServiceMap, service_map

if TYPE_CHECKING:
    from meshctl.sources.record import MeshRecords, PodRecord


class _Meta(msgspec.Struct):
    """meta.json of a pod's folder; null where it is not known."""

    pod: str | None = None
    namespace: str | None = None
    ip: str | None = None
    ips: list[str] | None = None
    labels: dict[str, str] | None = None
    service_account: str | None = None
    proxy: str | None = None
    interception: str | None = None
    app_uid: int | None = None
    app_gid: int | None = None
    proxy_uid: int | None = None
    proxy_gid: int | None = None
    app_listens: list[int] | None = None


def pod_of(record: PodRecord, notes: Notes) -> Pod:
    """A pod from its record. What nothing says of it is found in its Envoy's bootstrap, else assumed."""
    try:
        meta = msgspec.convert(record.meta, type=_Meta, strict=False)
    except msgspec.ValidationError as error:
        raise InputError(f"meta.json of {record.name} cannot be used: {error}") from error
    documents = record.documents(notes)
    name = meta.pod or record.name
    snapshot = load(documents, name or _origin(documents), notes) if documents else None
    identity = identity_of(snapshot) if snapshot is not None else Identity()
    name = name or identity.name or _origin(documents)
    proxy = Proxy(snapshot, name, time.time()) if snapshot is not None else None
    ips = tuple(meta.ips or ([meta.ip] if meta.ip else []))
    router = meta.proxy in ("router", "waypoint") or identity.router
    rules, assumed = _rules(record, name, meta, None if proxy is None else identity, router)
    return Pod(
        name.split(".")[0] if not record.namespace and not meta.namespace else name,
        meta.namespace or record.namespace or identity.namespace,
        ips or tuple(getattr(record, "addresses", ())) or identity.addresses,
        meta.labels or identity.labels,
        meta.service_account or identity.service_account,
        _or(meta.app_uid, 1000),
        _or(meta.app_gid, 1000),
        _or(meta.proxy_uid, 1337),
        _or(meta.proxy_gid, 1337),
        proxy,
        rules,
        None if meta.app_listens is None else frozenset(meta.app_listens),
        router,
        assumed,
        meta.interception == "AMBIENT",
    )


def _origin(documents: Sequence[Document]) -> str:
    return documents[0].origin if documents else ""


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _rules(
    record: PodRecord, name: str, meta: _Meta, identity: Identity | None, router: bool
) -> tuple[RuleSet | None, tuple[str, ...]]:
    """The capture rules, and what was assumed about them: Istio's defaults stand for those of a sidecar of which
    nothing else is known, by whatever way its dump was given."""
    rules = record.rules()
    if rules is None and identity is not None and not router and meta.proxy in (None, "sidecar"):
        rules = assumed_rules(identity)
    if rules is None or (not rules.tables and rules.origin is Basis.COMPUTED):
        return rules if rules is not None and identity is None else None, ()
    if rules.origin is Basis.ASSUMED:
        return rules, (f"the capture rules of {name} are Istio's defaults (none were given)",)
    if rules.origin is Basis.COMPUTED:
        return rules, (f"the capture rules of {name} are computed, not observed",)
    return rules, ()


class RecordPods:
    """A ``meshctl.trace.pods.PodSource`` over records; pods are read when the trace meets them."""

    def __init__(self, records: MeshRecords, notes: Notes, *, complete: bool = False) -> None:
        self._records = records
        self._notes = notes
        self._complete = complete
        self._pods: dict[int, Pod] = {}
        self._services: dict[int, ServiceMap] = {}
        self._kubernetes: dict[tuple[str, int], Service] | None = None

    @property
    def complete(self) -> bool:
        return self._complete

    @property
    def met(self) -> list[Pod]:
        """The pods the trace has met."""
        return list(self._pods.values())

    def by_name(self, name: str) -> Pod:
        return self.of(self._records.pod(name))

    def by_ip(self, ip: str) -> Pod | None:
        record = self._records.by_ip(ip)
        return None if record is None else self.of(record)

    def expect(self, addresses: Sequence[str], hosts: Sequence[str]) -> None:
        self._records.expect(addresses, hosts)

    def of(self, record: PodRecord) -> Pod:
        key = id(record)  # two dumps may call themselves the same
        if key not in self._pods:
            self._pods[key] = pod_of(record, self._notes)
        return self._pods[key]

    def address_of(self, name: str, namespace: str) -> str:
        """The cluster IP of a service by any of its names; "" when it is not known."""
        parts = name.split(".")
        for item in self._records.objects("services") or ():
            metadata, spec = item.get("metadata") or {}, item.get("spec") or {}
            own, home = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
            if parts[0] != own or parts[1:2] not in ([home], []) or (len(parts) == 1 and home != namespace):
                continue
            if len(parts) > 2 and parts[2] != "svc":
                continue
            address = str(spec.get("clusterIP") or "")
            return "" if address == "None" else address
        return self._address_by_proxies(name, namespace)

    def published(self, pod: Pod, port: int) -> Published | None:
        """What the cluster's Services make of a port of a pod; None where no Service that selects it was given."""
        services = [s for s in self._records.objects("services") or () if _selects(s, pod)]
        found = [
            (service, one) for service in services for one in objects_at(object_at(service, "spec"), "ports")
        ]
        for service, one in found:
            if one.get("port") != port:
                continue
            name, to = _named(service), one.get("targetPort", port)
            if isinstance(to, int):
                return Published(name, to)
            return Published(name, None, named=str(to))
        if not services:
            return None
        ports = tuple(one["port"] for _, one in found if isinstance(one.get("port"), int))
        return Published(" and ".join(map(_named, services)), None, ports)

    def _address_by_proxies(self, name: str, namespace: str) -> str:
        """What another pod's proxy knows, for a client that has none."""
        self._read_all()
        for key in self._pods:
            vips = self._map_of(key).vips
            found = vips.get(name) or vips.get(f"{name}.{namespace}")
            if found:
                return found
        return ""

    def _map_of(self, key: int) -> ServiceMap:
        """The services a pod's proxy knows, read once."""
        if key not in self._services:
            proxy = self._pods[key].proxy
            self._services[key] = service_map(proxy) if proxy is not None else ServiceMap()
        return self._services[key]

    def service(self, ip: str, port: int) -> Service | None:
        """By the cluster's objects, else by what the pods' proxies know."""
        if self._kubernetes is None:
            self._kubernetes = kubernetes_services(
                self._records.objects("services"),
                self._records.objects("endpointslices"),
                self._records.listed_in("endpointslices"),
            )
        found = self._kubernetes.get((ip, port))
        return found if found is not None else self._by_proxies(ip, port)

    def _by_proxies(self, ip: str, port: int) -> Service | None:
        found: Service | None = None
        self._read_all()
        for key, pod in self._pods.items():
            if pod.proxy is not None:
                found = better(found, self._map_of(key).service(pod.proxy, ip, port))
        return found

    def _read_all(self) -> None:
        """All pods of a folder: any of their proxies may know the service."""
        for folder in getattr(self._records, "pods", ()):
            self.of(folder)


def _named(service: Json) -> str:
    return f"service {object_at(service, 'metadata').get('name') or ''}"


def _selects(service: Json, pod: Pod) -> bool:
    selector = object_at(object_at(service, "spec"), "selector")
    home = object_at(service, "metadata").get("namespace")
    return bool(selector) and home == pod.namespace and selector.items() <= pod.labels.items()


def kubernetes_services(
    services: list[Json] | None, slices: list[Json] | None, namespaces: frozenset[str] | None = None
) -> dict[tuple[str, int], Service]:
    """(cluster IP, port) -> the service and its ready endpoints, from Kubernetes objects. namespaces: of which the
    slices are known, None: of all; elsewhere a service's endpoints are not known."""
    endpoints: dict[tuple[str, str, str], list[str]] = {}
    for item in slices or ():
        metadata = item.get("metadata") or {}
        owner = (metadata.get("labels") or {}).get("kubernetes.io/service-name") or ""
        for port in item.get("ports") or ():
            key = (str(metadata.get("namespace") or ""), str(owner), str(port.get("name") or ""))
            endpoints.setdefault(key, []).extend(_ready(item, int(port.get("port") or 0)))
    found: dict[tuple[str, int], Service] = {}
    for item in services or ():
        metadata, spec = item.get("metadata") or {}, item.get("spec") or {}
        namespace, name = str(metadata.get("namespace") or ""), str(metadata.get("name") or "")
        for ip in spec.get("clusterIPs") or [spec.get("clusterIP")]:
            if not ip or ip == "None":
                continue
            for port in spec.get("ports") or ():
                key = (namespace, name, str(port.get("name") or ""))
                host = f"{name}.{namespace}.svc.cluster.local"
                of_family = [e for e in endpoints.get(key, []) if e.startswith("[") == (":" in ip)]
                unseen = slices is None or (namespaces is not None and namespace not in namespaces)
                known = None if unseen else tuple(of_family)
                found[(str(ip), int(port.get("port") or 0))] = Service(host, known)
    return found


def _ready(item: Json, port: int) -> list[str]:
    addresses = []
    for endpoint in item.get("endpoints") or ():
        if (endpoint.get("conditions") or {}).get("ready") is not False:
            addresses += [
                f"[{a}]:{port}" if ":" in a else f"{a}:{port}" for a in endpoint.get("addresses") or ()
            ]
    return addresses
