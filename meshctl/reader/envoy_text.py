"""Envoy's admin answers in their text form: ``/clusters``, ``/listeners``, ``/stats``, told by their lines.

``/clusters`` prints ``cluster::host::key::value`` a line (source/server/admin/clusters_handler.cc, writeClustersAsText):
turned here into what ``?format=json`` would have printed, as far as the text has it. ``/listeners`` prints
``name::address``. A line of /stats is ``name: number``, or Prometheus' form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from meshctl.envoy.documents import Document, DocumentKind
from meshctl.plain import Json

CLUSTER_LINE = re.compile(
    r"^(?P<cluster>\S.*?)::(?:(?P<priority>default|high)_priority::|(?P<flag>added_via_api|observability_name|eds_service_name|"
    r"outlier)::|(?P<host>\[[0-9a-fA-F:.]+\]:\d+|[\w./@:-]*?:\d+|/\S*?|envoy://\S*?)::(?P<key>\w+)::)(?P<value>.*)$"
)
LISTENER_LINE = re.compile(
    r"^(?P<name>[^\s:{}\"][^{}\"]*?)::(?P<address>\[[0-9a-fA-F:.]+\]:\d+|[\d.]+:\d+|/\S+|@\S+)$"
)
STAT_LINE = re.compile(r"^[\w.|;:~@/-]+: (?:-?\d+|No recorded values|P0\(.*|\".*\")$")
PROMETHEUS_LINE = re.compile(r"^(?:# (?:TYPE|HELP) \w+ .*|\w+(?:\{.*\})? [-\d.e+]+(?:nan|inf)?)$")

_COUNTERS = {"cx_connect_fail", "cx_total", "rq_error", "rq_success", "rq_timeout", "rq_total"}
_GAUGES = {"cx_active", "rq_active"}
# health_flags in text, and the fields of HostHealthStatus (source/common/upstream/upstream_impl.cc).
_FLAGS = {
    "/failed_active_hc": ("failed_active_health_check", True),
    "/failed_outlier_check": ("failed_outlier_check", True),
    "/failed_eds_health": ("eds_health_status", "UNHEALTHY"),
    "/degraded_active_hc": ("failed_active_degraded_check", True),
    "/degraded_eds_health": ("eds_health_status", "DEGRADED"),
    "/eds_status_draining": ("eds_health_status", "DRAINING"),
    "/pending_dynamic_removal": ("pending_dynamic_removal", True),
    "/pending_active_hc": ("pending_active_hc", True),
    "/excluded_via_immediate_hc_fail": ("excluded_via_immediate_hc_fail", True),
    "/active_hc_timeout": ("active_hc_timeout", True),
}


def _share(lines: Sequence[str], pattern: re.Pattern[str]) -> float:
    sample = [line for line in lines[:400] if line.strip()]
    return sum(1 for line in sample if pattern.match(line)) / len(sample) if sample else 0.0


def kind_of(lines: Sequence[str]) -> DocumentKind | None:
    """Which answer the lines are."""
    if _share(lines, CLUSTER_LINE) > 0.8:
        return DocumentKind.CLUSTERS
    if _share(lines, LISTENER_LINE) > 0.8:
        return DocumentKind.LISTENERS
    if _share(lines, STAT_LINE) > 0.8 or _share(lines, PROMETHEUS_LINE) > 0.8:
        return DocumentKind.STATS
    return None


def document(kind: DocumentKind, lines: Sequence[str], origin: str) -> Document:
    """The answer as its JSON form."""
    values: dict[DocumentKind, Any] = {
        DocumentKind.CLUSTERS: _clusters,
        DocumentKind.LISTENERS: _listeners,
        DocumentKind.STATS: lambda lines: {"stats": []},
    }
    return Document(kind, msgspec.json.encode(values[kind](lines)), origin)


def socket_address(text: str) -> Json:
    """``ip:port`` (IPv6 in brackets) or a path, as an Address."""
    if text.startswith("envoy://"):
        return {"envoy_internal_address": {"server_listener_name": text[8:].strip("/")}}
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit():
        return {"pipe": {"path": text}}
    return {"socket_address": {"address": host.strip("[]"), "port_value": int(port)}}


def _clusters(lines: Sequence[str]) -> Json:
    clusters: dict[str, Json] = {}
    hosts: dict[tuple[str, str], Json] = {}
    for line in lines:
        match = CLUSTER_LINE.match(line.strip())
        if match is None:
            continue
        name, value = match["cluster"], match["value"]
        cluster = clusters.setdefault(name, {"name": name, "host_statuses": []})
        if match["priority"]:
            _threshold(cluster, match["priority"].upper(), value)
        elif match["flag"]:
            _property(cluster, match["flag"], value)
        else:
            key = (name, match["host"])
            if key not in hosts:
                hosts[key] = {"address": socket_address(match["host"]), "stats": [], "health_status": {}}
                cluster["host_statuses"].append(hosts[key])
            _host(hosts[key], match["key"], value)
    return {"cluster_statuses": list(clusters.values())}


def _threshold(cluster: Json, priority: str, value: str) -> None:
    key, _, number = value.partition("::")
    thresholds = cluster.setdefault("circuit_breakers", {"thresholds": []})["thresholds"]
    found = next((t for t in thresholds if t["priority"] == priority), None)
    if found is None:
        found = {"priority": priority}
        thresholds.append(found)
    if number.isdigit():
        found[key] = int(number)


def _property(cluster: Json, key: str, value: str) -> None:
    if key == "added_via_api":
        cluster[key] = value == "true"
    elif key != "outlier":
        cluster[key] = value


def _host(host: Json, key: str, value: str) -> None:
    if key in _COUNTERS:
        host["stats"].append({"name": key, "value": value})
    elif key in _GAUGES:
        host["stats"].append({"name": key, "type": "GAUGE", "value": value})
    elif key == "health_flags":
        host["health_status"].update(_health(value))
    elif key == "hostname" and value:
        host["hostname"] = value
    elif key in ("weight", "priority") and value.isdigit():
        host[key] = int(value)
    elif key in ("region", "zone", "sub_zone") and value:
        host.setdefault("locality", {})[key] = value


def _health(value: str) -> Json:
    found: Json = {}
    for flag in [] if value == "healthy" else [f"/{part}" for part in value.split("/") if part]:
        name, state = _FLAGS.get(flag, ("failed_active_health_check", True))
        found[name] = state
    found.setdefault("eds_health_status", "HEALTHY")
    return found


def _listeners(lines: Sequence[str]) -> Json:
    found = [match for line in lines if (match := LISTENER_LINE.match(line.strip()))]
    return {
        "listener_statuses": [
            {"name": m["name"], "local_address": socket_address(m["address"])} for m in found
        ]
    }
