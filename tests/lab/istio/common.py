"""What several kinds of resources share: type URLs, the TCP proxy, access logs, config sources."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_PREFIX = "type.googleapis.com/"
NETWORK = _PREFIX + "envoy.extensions.filters.network."
HTTP = _PREFIX + "envoy.extensions.filters.http."
LISTENER_FILTER = _PREFIX + "envoy.extensions.filters.listener."
TRANSPORT = _PREFIX + "envoy.extensions.transport_sockets."

ADS: Json = {"ads": {}, "initial_fetch_timeout": "0s", "resource_api_version": "V3"}

# Names as in the recordings of Istio, so that what reads one reads the other.
_LOG = {
    "id": "%REQ(X-LAB-ID)%",
    "code": "%RESPONSE_CODE%",
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "fc": "%FILTER_CHAIN_NAME%",
    "vhost": "%CEL(xds.virtual_host_name)%",
    "route": "%ROUTE_NAME%",
    "cluster_raw": "%UPSTREAM_CLUSTER_RAW%",
    "up_host": "%UPSTREAM_HOST%",
    "up_local": "%UPSTREAM_LOCAL_ADDRESS%",
    "ddr": "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS%",
    "dl": "%DOWNSTREAM_LOCAL_ADDRESS%",
    "tls": "%DOWNSTREAM_TLS_VERSION%",
    "peer": "%DOWNSTREAM_PEER_URI_SAN%",
    "sni": "%REQUESTED_SERVER_NAME%",
    "cterm": "%CONNECTION_TERMINATION_DETAILS%",
    "utf": "%UPSTREAM_TRANSPORT_FAILURE_REASON%",
    "method": "%REQ(:METHOD)%",
    "authority": "%REQ(:AUTHORITY)%",
    "path": "%REQ(:PATH)%",
}


def access_log(listener: str, direction: str) -> list[Json]:
    """One JSON line a request or connection on the proxy's standard output."""
    return [
        {
            "name": "envoy.access_loggers.file",
            "typed_config": {
                "@type": _PREFIX + "envoy.extensions.access_loggers.file.v3.FileAccessLog",
                "path": "/dev/stdout",
                "log_format": {"json_format": {**_LOG, "listener": listener, "direction": direction}},
            },
        }
    ]


def refused_log(listener: str, direction: str) -> list[Json]:
    """The listener's own log: connections for which no filter chain was found."""
    (log,) = access_log(listener, direction)
    return [{**log, "filter": {"response_flag_filter": {"flags": ["NR"]}}}]


def tcp_proxy(target: Json, prefix: str, log: list[Json]) -> Json:
    """The filter that sends bytes to a cluster, or to weighted ones."""
    return {
        "name": "envoy.filters.network.tcp_proxy",
        "typed_config": {
            "@type": NETWORK + "tcp_proxy.v3.TcpProxy",
            "stat_prefix": prefix,
            **target,
            "access_log": log,
        },
    }


def http_inspector(**more: Any) -> Json:
    kind = LISTENER_FILTER + "http_inspector.v3.HttpInspector"
    return {"name": "envoy.filters.listener.http_inspector", "typed_config": {"@type": kind}, **more}


def http_filter(name: str, kind: str, **more: Any) -> Json:
    return {"name": f"envoy.filters.http.{name}", "typed_config": {"@type": HTTP + kind, **more}}


GRPC_STATS = http_filter("grpc_stats", "grpc_stats.v3.FilterConfig", emit_filter_state=True)
FAULT = http_filter("fault", "fault.v3.HTTPFault")
CORS = http_filter("cors", "cors.v3.Cors")
ROUTER = http_filter("router", "router.v3.Router")

CONNECTION_MANAGER: Json = {
    "@type": NETWORK + "http_connection_manager.v3.HttpConnectionManager",
    "use_remote_address": False,
    "proxy_100_continue": True,
    "upgrade_configs": [{"upgrade_type": "websocket"}],
    "stream_idle_timeout": "0s",
    "normalize_path": True,
    "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
}


def connection_manager(**fields: Any) -> Json:
    return {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {**CONNECTION_MANAGER, **fields},
    }
