"""The wide cluster table: state, load balancing, TLS, circuit breakers, outlier detection."""

from __future__ import annotations

from typing import Any

from meshctl.envoy import typed
from meshctl.envoy.anys import unpack
from meshctl.envoy.clusters import ClusterHead, istio_config
from meshctl.envoy.snapshot import Resource, Snapshot
from meshctl.plain import Json
from meshctl.views import states
from meshctl.views.table import Table

HEADER = (
    "NAME", "STATE", "TYPE", "LOAD BALANCING", "UPSTREAM TLS", "SNI", "CIRCUIT BREAKERS", "OUTLIER DETECTION", "CONNECT TIMEOUT", "DESTINATION RULE", "VERSION", "LAST UPDATED", "REJECTED BECAUSE",
)  # fmt: skip
_UNLIMITED = 4294967295
# envoy.config.cluster.v3.CircuitBreakers.Thresholds: what a limit is called in the table, and Envoy's default.
_LIMITS = (
    ("max_connections", "connections", 1024),
    ("max_pending_requests", "pending", 1024),
    ("max_requests", "requests", 1024),
    ("max_retries", "retries", 3),
    ("max_connection_pools", "pools", _UNLIMITED),
)


def wide(snapshot: Snapshot, resources: list[Resource]) -> Table:
    return Table(HEADER, [_row(snapshot, resource) for resource in resources], padding=2)


def _row(snapshot: Snapshot, resource: Resource) -> tuple[str, ...]:
    value = resource.value
    head = typed.read(ClusterHead, resource.raw, snapshot.notes, resource.path)
    tls, sni = transport(value)
    return (
        resource.name or "-",
        resource.state.value,
        type_of(value, head),
        policy(value),
        tls,
        sni,
        _breakers(value.get("circuit_breakers")),
        _outliers(value.get("outlier_detection")),
        str(value.get("connect_timeout") or "5s (default)"),
        istio_config(head.metadata) or "-",
        resource.version_info or "-",
        resource.last_updated or "-",
        states.rejections(resource) or "-",
    )


def type_of(value: Json, head: ClusterHead) -> str:
    custom = value.get("cluster_type")
    if isinstance(custom, dict):
        return str(custom.get("name") or "custom")
    return head.discovery_type


def policy(value: Json) -> str:
    policies = (value.get("load_balancing_policy") or {}).get("policies") or ()
    if policies:
        extension = policies[0].get("typed_extension_config") or {}
        return str(extension.get("name") or "custom").rsplit(".", 1)[-1]
    return str(value.get("lb_policy") or "ROUND_ROBIN")


def transport(value: Json) -> tuple[str, str]:
    """What the proxy speaks to the hosts, by the metadata of the host where it depends on it; and the SNI."""
    matches = [m for m in value.get("transport_socket_matches") or () if isinstance(m, dict)]
    if not matches:
        tls, sni = _socket(value.get("transport_socket"))
        return tls, sni or "-"
    texts, names = [], []
    for item in matches:
        tls, sni = _socket(item.get("transport_socket"))
        condition = ",".join(f"{k}={v}" for k, v in (item.get("match") or {}).items()) or "any host"
        texts.append(f"{tls} ({condition})")
        if sni:
            names.append(sni)
    return "; ".join(texts), ",".join(dict.fromkeys(names)) or "-"


def _socket(socket: Any) -> tuple[str, str]:
    if not isinstance(socket, dict):
        return "no", ""
    kind, fields = unpack(socket.get("typed_config"))
    short = kind.rsplit(".", 1)[-1]
    if short == "InternalUpstreamTransport":
        return _socket(fields.get("transport_socket"))
    if short != "UpstreamTlsContext":
        return "no" if short in ("RawBuffer", "") else short, ""
    common = fields.get("common_tls_context") or {}
    own = any(key in common for key in ("tls_certificates", "tls_certificate_sds_secret_configs"))
    return ("mutual TLS" if own else "TLS"), str(fields.get("sni") or "")


def _breakers(message: Any) -> str:
    """The limits that are set, per priority; Istio sets most to unlimited."""
    texts = []
    for threshold in (message or {}).get("thresholds") or ():
        limits = [
            f"{word} {threshold[key]}"
            for key, word, _ in _LIMITS
            if key in threshold and threshold[key] != _UNLIMITED
        ]
        if limits:
            priority = threshold.get("priority")
            texts.append((f"{priority}: " if priority else "") + ", ".join(limits))
    if texts:
        return "; ".join(texts)
    return "unlimited" if (message or {}).get("thresholds") else "Envoy's defaults"


def _outliers(message: Any) -> str:
    """After how many errors of which kind a host is ejected, for how long, and how many at most."""
    if not isinstance(message, dict):
        return "off"
    kinds = [
        f"{message[key]} {word}"
        for key, word in (
            ("consecutive_5xx", "5xx"),
            ("consecutive_gateway_failure", "gateway errors"),
            ("consecutive_local_origin_failure", "local errors"),
        )
        if message.get(key) and message.get(f"enforcing_{key}", 100) != 0
    ]
    parts = [" or ".join(kinds) or "Envoy's defaults"]
    parts += [
        f"{word} {message[key]}{unit}"
        for key, word, unit in (
            ("interval", "every", ""),
            ("base_ejection_time", "ejects for", ""),
            ("max_ejection_percent", "at most", " %"),
        )
        if key in message
    ]
    return ", ".join(parts)
