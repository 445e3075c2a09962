"""What decides Istio's capture rules: the settings of istio-iptables, from wherever they stand.

Three notations of one thing, in one table: the environment-style names that istio-iptables prints and
takes, its command-line flags (the arguments of the istio-init container), and the pod's annotations
(which istio-cni reads itself, with defaults of its own). Sources: istio
tools/common/config/config.go, tools/istio-iptables/pkg/constants, cni/pkg/plugin/sidecar_redirect.go.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from typing import Any

from meshctl.errors import InputError, UsageError
from meshctl.patterns import expression
from meshctl.values import Struct, replace


class CaptureSettings(Struct, frozen=True):
    """Settings with istio-iptables' own defaults. Lists are comma-separated, as Istio keeps them."""

    proxy_port: str = "15001"
    inbound_capture_port: str = "15006"
    tunnel_port: str = "15008"
    proxy_uid: str = "1337"
    proxy_gid: str = "1337"
    interception_mode: str = "REDIRECT"
    tproxy_mark: str = "1337"
    tproxy_route_table: str = "133"
    inbound_ports_include: str = ""
    inbound_ports_exclude: str = ""
    owner_groups_include: str = "*"
    owner_groups_exclude: str = ""
    outbound_ports_include: str = ""
    outbound_ports_exclude: str = ""
    outbound_ranges_include: str = ""
    outbound_ranges_exclude: str = ""
    virtual_interfaces: str = ""
    exclude_interfaces: str = ""
    redirect_dns: bool = False
    capture_all_dns: bool = False
    drop_invalid: bool = False
    ipv6: bool = False
    dns_servers_v4: tuple[str, ...] = ()
    dns_servers_v6: tuple[str, ...] = ()
    loopback: str = "127.0.0.1/32"
    native_nftables: bool = False

    @property
    def tproxy(self) -> bool:
        """Whether inbound connections keep the client's address."""
        return self.interception_mode == "TPROXY"

    @property
    def dns(self) -> bool:
        """Whether DNS is captured after all: servers must be known, or all of them captured."""
        return self.redirect_dns and (
            self.capture_all_dns or bool(self.dns_servers_v4 or self.dns_servers_v6)
        )


def split(text: str) -> list[str]:
    """A comma-separated list; the empty text has no elements."""
    return [part.strip() for part in text.split(",") if part.strip()]


# field: (name in the environment and in printed configurations, other names, flags of istio-iptables)
NAMES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "proxy_port": (("PROXY_PORT", "ENVOY_PORT"), ("-p", "--envoy-port")),
    "inbound_capture_port": (
        ("INBOUND_CAPTURE_PORT", "PROXY_INBOUND_CAPTURE_PORT"),
        ("-z", "--inbound-capture-port"),
    ),
    "tunnel_port": (("INBOUND_TUNNEL_PORT", "PROXY_TUNNEL_PORT"), ("-e", "--inbound-tunnel-port")),
    "proxy_uid": (("PROXY_UID",), ("-u", "--proxy-uid")),
    "proxy_gid": (("PROXY_GID",), ("-g", "--proxy-gid")),
    "interception_mode": (
        ("INBOUND_INTERCEPTION_MODE", "ISTIO_INBOUND_INTERCEPTION_MODE"),
        ("-m", "--istio-inbound-interception-mode"),
    ),
    "tproxy_mark": (
        ("INBOUND_TPROXY_MARK", "ISTIO_INBOUND_TPROXY_MARK"),
        ("-t", "--istio-inbound-tproxy-mark"),
    ),
    "tproxy_route_table": (
        ("INBOUND_TPROXY_ROUTE_TABLE", "ISTIO_INBOUND_TPROXY_ROUTE_TABLE"),
        ("-r", "--istio-inbound-tproxy-route-table"),
    ),
    "inbound_ports_include": (
        ("INBOUND_PORTS_INCLUDE", "ISTIO_INBOUND_PORTS"),
        ("-b", "--istio-inbound-ports"),
    ),
    "inbound_ports_exclude": (
        ("INBOUND_PORTS_EXCLUDE", "ISTIO_LOCAL_EXCLUDE_PORTS"),
        ("-d", "--istio-local-exclude-ports"),
    ),
    "owner_groups_include": (("OUTBOUND_OWNER_GROUPS_INCLUDE", "ISTIO_OUTBOUND_OWNER_GROUPS"), ()),
    "owner_groups_exclude": (("OUTBOUND_OWNER_GROUPS_EXCLUDE", "ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE"), ()),
    "outbound_ports_include": (
        ("OUTBOUND_PORTS_INCLUDE", "ISTIO_OUTBOUND_PORTS"),
        ("-q", "--istio-outbound-ports"),
    ),
    "outbound_ports_exclude": (
        ("OUTBOUND_PORTS_EXCLUDE", "ISTIO_LOCAL_OUTBOUND_PORTS_EXCLUDE"),
        ("-o", "--istio-local-outbound-ports-exclude"),
    ),
    "outbound_ranges_include": (
        ("OUTBOUND_IPRANGES_INCLUDE", "OUTBOUND_IP_RANGES_INCLUDE", "ISTIO_SERVICE_CIDR"),
        ("-i", "--istio-service-cidr"),
    ),
    "outbound_ranges_exclude": (
        ("OUTBOUND_IPRANGES_EXCLUDE", "OUTBOUND_IP_RANGES_EXCLUDE", "ISTIO_SERVICE_EXCLUDE_CIDR"),
        ("-x", "--istio-service-exclude-cidr"),
    ),
    "virtual_interfaces": (("KUBE_VIRT_INTERFACES",), ("-k", "--kube-virt-interfaces")),
    "exclude_interfaces": (
        ("EXCLUDE_INTERFACES", "ISTIO_EXCLUDE_INTERFACES"),
        ("-c", "--istio-exclude-interfaces"),
    ),
    "redirect_dns": (("REDIRECT_DNS", "DNS_CAPTURE", "ISTIO_META_DNS_CAPTURE"), ("--redirect-dns",)),
    "capture_all_dns": (("CAPTURE_ALL_DNS",), ("--capture-all-dns",)),
    "drop_invalid": (("DROP_INVALID", "INVALID_DROP"), ("--drop-invalid",)),
    "ipv6": (("ENABLE_INBOUND_IPV6",), ()),
    "loopback": (("HOST_IPV4_LOOPBACK_CIDR", "ISTIO_OUTBOUND_IPV4_LOOPBACK_CIDR"), ()),
    "native_nftables": (("NATIVE_NFTABLES",), ("--native-nftables",)),
}
# Flags of istio-iptables that do not change what the rules are, with how many words follow.
OTHER_FLAGS = {
    "--dual-stack": 0,
    "-n": 0,
    "--dry-run": 0,
    "-f": 0,
    "--restore-format": 0,
    "--skip-rule-apply": 0,
    "--run-validation": 0,
    "--cni-mode": 0,
    "--host-nsenter-exec": 0,
    "--iptables-trace-logging": 0,
    "--reconcile": 0,
    "--cleanup-only": 0,
    "--force-apply": 0,
    "--network-namespace": 1,
    "--iptables-probe-port": 1,
    "--probe-timeout": 1,
    "--log_output_level": 1,
    "--log_as_json": 0,
    "--force-iptables-binary": 1,
    "--iptables-version": 1,
}
BOOLEANS = frozenset(name for name, kind in CaptureSettings.__annotations__.items() if kind == "bool")
ENVIRONMENT = {name: field for field, (names, _) in NAMES.items() for name in names}
FLAGS = {flag: field for field, (_, flags) in NAMES.items() for flag in flags}


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return str(value).strip().lower() in ("true", "1", "t", "yes")


def _checked(settings: CaptureSettings) -> CaptureSettings:
    """Refuse what istio-iptables refuses, and what would make rules nobody meant."""
    mode = settings.interception_mode
    if mode not in ("REDIRECT", "TPROXY", "NONE", ""):
        raise InputError(f"interception mode {mode!r} is neither REDIRECT nor TPROXY")
    for port in (settings.proxy_port, settings.inbound_capture_port, settings.tunnel_port):
        if not port.isdigit() or not 0 < int(port) < 65536:
            raise InputError(f"{port!r} is no port number")
    if settings.outbound_ranges_exclude.strip() == "*":
        raise InputError("all outbound ranges are excluded (*), which istio-iptables refuses")
    return settings


def from_environment(values: Mapping[str, Any]) -> tuple[CaptureSettings, list[str]]:
    """Settings from environment-style names; and the names that mean nothing here."""
    found: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in values.items():
        field = ENVIRONMENT.get(name)
        if field is not None and value is not None:
            found[field] = _boolean(value) if field in BOOLEANS else str(value)
        elif name in ("DNS_SERVERS_V4", "DNS_SERVERS_V6"):
            found[name.lower()] = tuple(value or ())
        elif field is None and name not in PASSED_OVER:
            unknown.append(name)
    if "proxy_uid" in found and "proxy_gid" not in found:
        found["proxy_gid"] = found["proxy_uid"]
    return _checked(CaptureSettings(**found)), unknown


# Names istio-iptables prints that say nothing about rules.
PASSED_OVER = frozenset(
    [
        "IPTABLES_PROBE_PORT",
        "PROBE_TIMEOUT",
        "DRY_RUN",
        "SKIP_RULE_APPLY",
        "RUN_VALIDATION",
        "NETWORK_NAMESPACE",
        "CNI_MODE",
        "DUAL_STACK",
        "HOST_IP",
        "RECONCILE",
        "CLEANUP_ONLY",
        "FORCE_APPLY",
        "FORCE_IPTABLES_BINARY",
        "DNS_SERVERS",
        "RESTORE_FORMAT",
        "IPTABLES_VERSION",
        "TRACE_LOGGING",
    ]
)


def from_arguments(
    arguments: Sequence[str], environment: Mapping[str, str] | None = None
) -> tuple[CaptureSettings, list[str]]:
    """Settings from the arguments of the istio-init container, and its environment; unknown flags are told."""
    settings, _ = from_environment({k: v for k, v in (environment or {}).items() if k in ENVIRONMENT})
    found: dict[str, Any] = {}
    unknown: list[str] = []
    words = [
        word
        for word in arguments
        if word not in ("istio-iptables", "pilot-agent", "/usr/local/bin/pilot-agent")
    ]
    position = 0
    while position < len(words):
        flag, equals, value = words[position].partition("=")
        position += 1
        field = FLAGS.get(flag)
        if field in BOOLEANS:
            found[field] = _boolean(value) if equals else True
            continue
        takes = 1 if field is not None else OTHER_FLAGS.get(flag)
        if takes is None:
            unknown.append(flag)
            continue
        if takes and not equals:
            value = words[position] if position < len(words) else ""
            position += 1
        if field is not None:
            # A shell would have removed these quotes; a manifest's args have `""` written out.
            found[field] = value.strip().strip('"')
    if "proxy_uid" in found and "proxy_gid" not in found and "proxy_gid" not in (environment or {}):
        found["proxy_gid"] = found["proxy_uid"]
    return _checked(replace(settings, **found)), unknown


# ---- from a pod ----

ANNOTATIONS = {
    "sidecar.istio.io/interceptionMode": "interception_mode",
    "traffic.sidecar.istio.io/includeInboundPorts": "inbound_ports_include",
    "traffic.sidecar.istio.io/excludeInboundPorts": "inbound_ports_exclude",
    "traffic.sidecar.istio.io/includeOutboundIPRanges": "outbound_ranges_include",
    "traffic.sidecar.istio.io/excludeOutboundIPRanges": "outbound_ranges_exclude",
    "traffic.sidecar.istio.io/includeOutboundPorts": "outbound_ports_include",
    "traffic.sidecar.istio.io/excludeOutboundPorts": "outbound_ports_exclude",
    "traffic.sidecar.istio.io/excludeInterfaces": "exclude_interfaces",
    "traffic.sidecar.istio.io/kubevirtInterfaces": "virtual_interfaces",
    "istio.io/reroute-virtual-interfaces": "virtual_interfaces",
}
CNI_DEFAULTS = {
    "inbound_ports_include": "*",
    "inbound_ports_exclude": "15020",
    "outbound_ranges_include": "*",
    "outbound_ports_exclude": "15020",
}
CNI_INBOUND_EXCLUDED = ("15020", "15021", "15090")


class PodSettings(Struct, frozen=True):
    """Settings found in a pod, and where: "istio-init" arguments, or annotations as istio-cni reads them."""

    settings: CaptureSettings
    source: str
    unknown: tuple[str, ...] = ()


def pod_of(manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The pod of a manifest: itself, or the template of a Deployment and the like; None when it has none."""
    spec = manifest.get("spec")
    if not isinstance(spec, Mapping):
        return None
    if manifest.get("kind") == "Pod" or "containers" in spec:
        return manifest
    if isinstance(spec.get("jobTemplate"), Mapping):
        return pod_of(spec["jobTemplate"])
    template = spec.get("template")
    return template if isinstance(template, Mapping) and "spec" in template else None


def from_pod(pod: Mapping[str, Any]) -> PodSettings:
    """Settings of a pod's manifest (the object the API server gives)."""
    spec = pod.get("spec") or {}
    init = _container(spec.get("initContainers"), "istio-init")
    addresses = [entry.get("ip", "") for entry in (pod.get("status") or {}).get("podIPs") or []]
    v6 = any(":" in address for address in addresses)
    if init is not None:
        environment = _environment(init)
        arguments = [*(init.get("command") or []), *(init.get("args") or [])]
        settings, unknown = from_arguments(arguments, environment)
        return PodSettings(replace(settings, ipv6=v6), "istio-init", tuple(unknown))
    return PodSettings(replace(_cni_settings(pod), ipv6=v6), "istio-cni")


def _container(containers: Sequence[Mapping[str, Any]] | None, name: str) -> Mapping[str, Any] | None:
    return next((container for container in containers or () if container.get("name") == name), None)


def _environment(container: Mapping[str, Any]) -> dict[str, str]:
    return {str(item["name"]): str(item["value"]) for item in container.get("env") or () if "value" in item}


def _cni_settings(pod: Mapping[str, Any]) -> CaptureSettings:
    """What istio-cni applies: annotations, its own defaults, the proxy container's user and environment."""
    annotations = (pod.get("metadata") or {}).get("annotations") or {}
    spec = pod.get("spec") or {}
    proxy = _container(spec.get("containers"), "istio-proxy") or _container(
        spec.get("initContainers"), "istio-proxy"
    )
    found: dict[str, Any] = dict(CNI_DEFAULTS)
    for annotation, field in ANNOTATIONS.items():
        if annotation in annotations:
            found[field] = str(annotations[annotation]).strip()
    excluded = [*split(found["inbound_ports_exclude"]), *CNI_INBOUND_EXCLUDED]
    found["inbound_ports_exclude"] = ",".join(dict.fromkeys(excluded))
    environment = _environment(proxy) if proxy else {}
    found["redirect_dns"] = _boolean(environment.get("ISTIO_META_DNS_CAPTURE", "false"))
    found["capture_all_dns"] = found["redirect_dns"]
    found["drop_invalid"] = _boolean(environment.get("INVALID_DROP", "false"))
    for field, key in (("proxy_uid", "runAsUser"), ("proxy_gid", "runAsGroup")):
        number = ((proxy or {}).get("securityContext") or {}).get(key)
        if number:
            found[field] = str(number)
    return _checked(CaptureSettings(**found))


# ---- ranges ----


class Ranges(Struct, frozen=True):
    """A list of networks of one family."""

    wildcard: bool = False
    networks: tuple[str, ...] = ()
    loopback: bool = False


_Network = ipaddress.IPv4Interface | ipaddress.IPv6Interface
_LENGTH = expression(r"0|[1-9]\d*")


def _network(text: str) -> _Network | None:
    """A network as Go's netip.ParsePrefix takes it: an address and how many of its bits count, without zeros before."""
    if not _LENGTH.fullmatch(text.partition("/")[2]):
        return None
    try:
        return ipaddress.ip_interface(text)
    except ValueError:
        return None


def ranges(text: str) -> tuple[Ranges, Ranges]:
    """A list of networks, split into IPv4 and IPv6. What is no network is left out, as Istio does."""
    if text == "*":
        return Ranges(wildcard=True), Ranges(wildcard=True)
    found: dict[int, list[_Network]] = {4: [], 6: []}
    for part in split(text):
        if (network := _network(part)) is not None:
            found[network.version].append(network)
    v4, v6 = (
        Ranges(
            networks=tuple(str(one) for one in found[version]),
            loopback=any(one.is_loopback for one in found[version]),
        )
        for version in (4, 6)
    )
    return v4, v6


def invalid_ranges(text: str) -> list[str]:
    """Elements of a list of networks that istio-iptables would silently leave out."""
    if text == "*":
        return []
    return [part for part in split(text) if _network(part) is None]


__all__ = ["CaptureSettings", "PodSettings", "UsageError", "from_arguments", "from_environment", "from_pod"]
