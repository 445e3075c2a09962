"""The pods of a trace, from records: a snapshot, a folder of pods, or the live cluster, all the same here.

A pod's proxy comes from its config_dump.json and clusters.json, its capture rules from what was observed, else
from Istio's own computation (then marked assumed), who it is from meta.json. Service addresses come from the
cluster's Services and EndpointSlices where they are known, else from what the proxies know.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.coverage import Basis
from meshctl.envoy.documents import Document, read
from meshctl.envoy.notes import Notes
from meshctl.envoy.snapshot import load
from meshctl.errors import InputError
from meshctl.netfilter.model import RuleSet
from meshctl.netfilter.podrules import rules_of_pod
from meshctl.proxy.proxy import Proxy
from meshctl.trace.pods import Pod, better
from meshctl.trace.services import Service, ServiceMap, service_map

if TYPE_CHECKING:
    from meshctl.sources.record import MeshRecords, PodRecord

Json = dict[str, Any]


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


def pod_of(read_file: Callable[[str], bytes | None], name: str, namespace: str, notes: Notes) -> Pod:
    """A pod from its files."""
    data = read_file("meta.json")
    try:
        meta = msgspec.json.decode(data, type=_Meta) if data else _Meta()
    except msgspec.DecodeError as error:
        raise InputError(f"meta.json of {name} cannot be used: {error}") from error
    pod_name = meta.pod or name
    ips = tuple(meta.ips or ([meta.ip] if meta.ip else []))
    proxy = _proxy(read_file, pod_name, notes)
    rules, assumed = _rules(read_file, pod_name, meta)
    return Pod(
        pod_name,
        meta.namespace or namespace,
        ips or _instance_ips(proxy),
        meta.labels or {},
        meta.service_account or "",
        _or(meta.app_uid, 1000),
        _or(meta.app_gid, 1000),
        _or(meta.proxy_uid, 1337),
        _or(meta.proxy_gid, 1337),
        proxy,
        rules,
        None if meta.app_listens is None else frozenset(meta.app_listens),
        meta.proxy == "router" or _is_router(proxy),
        assumed,
    )


def _or(value: int | None, default: int) -> int:
    return default if value is None else value


def _proxy(read_file: Callable[[str], bytes | None], name: str, notes: Notes) -> Proxy | None:
    documents: list[Document] = []
    for file in ("config_dump.json", "clusters.json"):
        data = read_file(file)
        if data:
            documents += read(data, f"{name}/{file}", notes)
    if not documents:
        return None
    return Proxy(load(documents, name, notes), name, time.time())


def _rules(
    read_file: Callable[[str], bytes | None], name: str, meta: _Meta
) -> tuple[RuleSet | None, tuple[str, ...]]:
    """The capture rules, and what was assumed about them."""
    if meta.proxy == "none" and read_file("iptables-save.txt") is None:
        return None, ()
    rules = rules_of_pod(read_file, name)
    if rules is None:
        return None, ()
    assumed = (f"the capture rules of {name} are computed, not observed",)
    return rules, () if rules.origin is Basis.OBSERVED else assumed


def _node_metadata(proxy: Proxy | None) -> Json:
    if proxy is None:
        return {}
    node = (proxy.snapshot.bootstrap or {}).get("node") or {}
    metadata = node.get("metadata") or {}
    return metadata if isinstance(metadata, dict) else {}


def _instance_ips(proxy: Proxy | None) -> tuple[str, ...]:
    """The pod's addresses as its own bootstrap names them."""
    text = str(_node_metadata(proxy).get("INSTANCE_IPS") or "")
    return tuple(ip for ip in text.split(",") if ip)


def _is_router(proxy: Proxy | None) -> bool:
    if proxy is None:
        return False
    node = (proxy.snapshot.bootstrap or {}).get("node") or {}
    return str(node.get("id") or "").startswith("router~")


class RecordPods:
    """A ``meshctl.trace.pods.PodSource`` over records; pods are read when the trace meets them."""

    def __init__(self, records: MeshRecords, notes: Notes, *, complete: bool = False) -> None:
        self._records = records
        self._notes = notes
        self._complete = complete
        self._pods: dict[tuple[str, str], Pod] = {}
        self._services: dict[tuple[str, str], ServiceMap] = {}
        self._kubernetes: dict[tuple[str, int], Service] | None = None

    @property
    def complete(self) -> bool:
        return self._complete

    @property
    def met(self) -> list[Pod]:
        """The pods the trace has met."""
        return list(self._pods.values())

    def by_name(self, name: str) -> Pod:
        return self._of(self._records.pod(name))

    def by_ip(self, ip: str) -> Pod | None:
        record = self._records.by_ip(ip)
        return None if record is None else self._of(record)

    def _of(self, record: PodRecord) -> Pod:
        key = (record.namespace, record.name)
        if key not in self._pods:
            self._pods[key] = pod_of(record.read, record.name, record.namespace, self._notes)
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

    def _address_by_proxies(self, name: str, namespace: str) -> str:
        """What another pod's proxy knows, for a client that has none."""
        self._read_all()
        for key in self._pods:
            vips = self._map_of(key).vips
            found = vips.get(name) or vips.get(f"{name}.{namespace}")
            if found:
                return found
        return ""

    def _map_of(self, key: tuple[str, str]) -> ServiceMap:
        """The services a pod's proxy knows, read once."""
        if key not in self._services:
            proxy = self._pods[key].proxy
            self._services[key] = service_map(proxy) if proxy is not None else ServiceMap()
        return self._services[key]

    def service(self, ip: str, port: int) -> Service | None:
        """By the cluster's objects, else by what the pods' proxies know."""
        if self._kubernetes is None:
            self._kubernetes = kubernetes_services(
                self._records.objects("services"), self._records.objects("endpointslices")
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
        for folder in getattr(self._records, "folders", ()):
            self._of(folder)


def kubernetes_services(
    services: list[Json] | None, slices: list[Json] | None
) -> dict[tuple[str, int], Service]:
    """(cluster IP, port) -> the service and its ready endpoints, from Kubernetes objects."""
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
                known = None if slices is None else tuple(of_family)
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


def pod_of_dump(dumps: list[tuple[str, bytes]], rules: list[tuple[str, str]], name: str, notes: Notes) -> Pod:
    """A pod from its dump alone: its bootstrap names it and its addresses; without rules Istio's defaults.

    The default rules are certain for a sidecar in REDIRECT mode, and marked assumed.
    """
    from meshctl.netfilter.model import merge
    from meshctl.netfilter.read.source import parse_rules

    documents = [document for path, data in dumps for document in _documents(data, path, notes)]
    origin = dumps[0][0]
    proxy = Proxy(load(documents, name or origin, notes), name or origin, time.time())
    metadata = _node_metadata(proxy)
    labels = metadata.get("LABELS")
    found = merge(*[parse_rules(text, name=path) for path, text in rules]) if rules else None
    assumed: tuple[str, ...] = ()
    router = _is_router(proxy)
    pod_name = name.split(".")[0] or str(metadata.get("NAME") or origin)
    if found is None and not router and metadata.get("INTERCEPTION_MODE", "REDIRECT") == "REDIRECT":
        found = default_rules()
        assumed = (f"the capture rules of {pod_name} are Istio's defaults (none were given)",)
    return Pod(
        pod_name,
        str(metadata.get("NAMESPACE") or ""),
        _instance_ips(proxy),
        {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {},
        str(metadata.get("SERVICE_ACCOUNT") or ""),
        proxy=proxy,
        rules=found,
        is_gateway=router,
        assumed=assumed,
    )


def _documents(data: bytes, path: str, notes: Notes) -> list[Document]:
    """The answers of Envoy in a file, or a bare RouteConfiguration (YAML or JSON), as router_check_tool takes it."""
    try:
        return read(data, path, notes)
    except InputError:
        wrapped = _wrapped_routes(data)
        if wrapped is None:
            raise
        return read(wrapped, path, notes)


def _wrapped_routes(data: bytes) -> bytes | None:
    """A RouteConfiguration as the section of a dump; None for anything else."""
    import yaml

    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError):
        return None
    if not isinstance(document, dict) or not isinstance(document.get("virtual_hosts"), list):
        return None
    document.setdefault("name", "routes")
    section = {
        "@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump",
        "static_route_configs": [{"route_config": document}],
    }
    return msgspec.json.encode({"configs": [section]})


def default_rules() -> RuleSet:
    """The rules that istio-init sets with the chart's defaults."""
    from meshctl.netfilter.istio.settings import CaptureSettings
    from meshctl.netfilter.podrules import computed

    settings = CaptureSettings(
        inbound_ports_include="*", inbound_ports_exclude="15090,15021,15020", outbound_ranges_include="*"
    )
    return computed(settings, "Istio's default rules", "assumed")
