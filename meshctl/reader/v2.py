"""Dumps of Istio 1.0-1.5 (Envoy up to 1.13): the v2 API's sections, messages and filters under their v3 names.

What has the same meaning is renamed: sections, types, filters by their old well-known names, ``config`` for
``typed_config``, ``tls_context`` for a transport socket, ``hosts`` for a load assignment. The tables follow
Envoy's own upgrade (api/envoy/*/v3, ``previous_message_type`` annotations, and source/common/config/
well_known_names.cc of 1.13). What has no v3 name keeps its old type, which nobody evaluates: unknown, not dropped.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.envoy.schema.pool import find
from meshctl.envoy.sections import LAYOUT, SectionKind, to_proto_names
from meshctl.plain import Json

if TYPE_CHECKING:
    from meshctl.reader.envoy_forms import Assembly

_TYPES = "type.googleapis.com/"
_V3 = "envoy.extensions."

# Where a package's messages went, first match first; a message that is not in the place is looked for in the next.
_MOVED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"envoy\.admin\.v2alpha\.", "envoy.admin.v3."),
        (r"envoy\.api\.v2\.auth\.", f"{_V3}transport_sockets.tls.v3."),
        (r"envoy\.api\.v2\.ratelimit\.", f"{_V3}common.ratelimit.v3."),
        (r"envoy\.api\.v2\.(cluster|core|endpoint|listener|route)\.", r"envoy.config.\1.v3."),
        *(
            (r"envoy\.api\.v2\.", f"envoy.config.{room}.v3.")
            for room in ("listener", "cluster", "endpoint", "route")
        ),
        (r"envoy\.config\.filter\.http\.rate_limit\.v2\.", f"{_V3}filters.http.ratelimit.v3."),
        (
            r"envoy\.config\.filter\.network\.(local_)?rate_limit\.v2\w*\.",
            rf"{_V3}filters.network.\1ratelimit.v3.",
        ),
        (r"envoy\.config\.filter\.http\.transcoder\.v2\.", f"{_V3}filters.http.grpc_json_transcoder.v3."),
        (r"envoy\.config\.filter\.(http|listener|network)\.(\w+)\.v[12]\w*\.", rf"{_V3}filters.\1.\2.v3."),
        (r"envoy\.config\.filter\.udp\.udp_proxy\.v2\w*\.", f"{_V3}filters.udp.udp_proxy.v3."),
        (
            r"envoy\.config\.filter\.(thrift|dubbo)\.router\.v2\w*\.",
            rf"{_V3}filters.network.\1_proxy.router.v3.",
        ),
        (
            r"envoy\.config\.filter\.thrift\.rate_limit\.v2\w*\.",
            f"{_V3}filters.network.thrift_proxy.filters.ratelimit.v3.",
        ),
        (r"envoy\.config\.filter\.fault\.v2\.", f"{_V3}filters.common.fault.v3."),
        (r"envoy\.config\.filter\.accesslog\.v2\.", "envoy.config.accesslog.v3."),
        (r"envoy\.config\.accesslog\.v2\.", f"{_V3}access_loggers.file.v3."),
        (r"envoy\.config\.accesslog\.v2\.", f"{_V3}access_loggers.grpc.v3."),
        (r"envoy\.config\.transport_socket\.(\w+)\.v2\w*\.", rf"{_V3}transport_sockets.\1.v3."),
        (r"envoy\.config\.cluster\.(\w+)\.v2\w*\.", rf"{_V3}clusters.\1.v3."),
        (r"envoy\.config\.common\.dynamic_forward_proxy\.v2\w*\.", f"{_V3}common.dynamic_forward_proxy.v3."),
        (r"envoy\.config\.retry\.(\w+)\.v2\w*\.", rf"{_V3}retry.host.\1.v3."),
        (r"envoy\.config\.retry\.(\w+)\.v2\w*\.", rf"{_V3}retry.priority.\1.v3."),
        (r"envoy\.config\.wasm\.v2\w*\.", f"{_V3}wasm.v3."),
        (r"envoy\.config\.(\w+)\.v2\w*\.", r"envoy.config.\1.v3."),
        (r"envoy\.type\.matcher\.", "envoy.type.matcher.v3."),
        (r"envoy\.type\.(metadata|tracing)\.v2\.", r"envoy.type.\1.v3."),
        (r"envoy\.type\.(?=[A-Z])", "envoy.type.v3."),
    )
)

# Extensions by their names before 1.14: the name since, and the v2 message of their configuration.
FILTERS: dict[str, tuple[str, str]] = {
    f"envoy.{old}": (f"envoy.filters.{new}", f"envoy.config.filter.{message}")
    for old, new, message in (
        ("client_ssl_auth", "network.client_ssl_auth", "network.client_ssl_auth.v2.ClientSSLAuth"),
        ("echo", "network.echo", "network.echo.v2.Echo"),
        (
            "http_connection_manager",
            "network.http_connection_manager",
            "network.http_connection_manager.v2.HttpConnectionManager",
        ),
        ("mongo_proxy", "network.mongo_proxy", "network.mongo_proxy.v2.MongoProxy"),
        ("ratelimit", "network.ratelimit", "network.rate_limit.v2.RateLimit"),
        ("redis_proxy", "network.redis_proxy", "network.redis_proxy.v2.RedisProxy"),
        ("tcp_proxy", "network.tcp_proxy", "network.tcp_proxy.v2.TcpProxy"),
        ("filters.network.rbac", "network.rbac", "network.rbac.v2.RBAC"),
        ("filters.network.sni_cluster", "network.sni_cluster", "network.sni_cluster.v2.SniCluster"),
        ("buffer", "http.buffer", "http.buffer.v2.Buffer"),
        ("cors", "http.cors", "http.cors.v2.Cors"),
        ("csrf", "http.csrf", "http.csrf.v2.CsrfPolicy"),
        ("ext_authz", "http.ext_authz", "http.ext_authz.v2.ExtAuthz"),
        ("fault", "http.fault", "http.fault.v2.HTTPFault"),
        ("grpc_http1_bridge", "http.grpc_http1_bridge", "http.grpc_http1_bridge.v2.Config"),
        ("grpc_json_transcoder", "http.grpc_json_transcoder", "http.transcoder.v2.GrpcJsonTranscoder"),
        ("grpc_web", "http.grpc_web", "http.grpc_web.v2.GrpcWeb"),
        ("gzip", "http.gzip", "http.gzip.v2.Gzip"),
        ("health_check", "http.health_check", "http.health_check.v2.HealthCheck"),
        ("ip_tagging", "http.ip_tagging", "http.ip_tagging.v2.IPTagging"),
        ("lua", "http.lua", "http.lua.v2.Lua"),
        ("rate_limit", "http.ratelimit", "http.rate_limit.v2.RateLimit"),
        ("router", "http.router", "http.router.v2.Router"),
        ("filters.http.jwt_authn", "http.jwt_authn", "http.jwt_authn.v2alpha.JwtAuthentication"),
        ("filters.http.rbac", "http.rbac", "http.rbac.v2.RBAC"),
        ("filters.http.header_to_metadata", "http.header_to_metadata", "http.header_to_metadata.v2.Config"),
        ("listener.http_inspector", "listener.http_inspector", "listener.http_inspector.v2.HttpInspector"),
        ("listener.original_dst", "listener.original_dst", "listener.original_dst.v2.OriginalDst"),
        ("listener.original_src", "listener.original_src", "listener.original_src.v2alpha1.OriginalSrc"),
        ("listener.proxy_protocol", "listener.proxy_protocol", "listener.proxy_protocol.v2.ProxyProtocol"),
        ("listener.tls_inspector", "listener.tls_inspector", "listener.tls_inspector.v2.TlsInspector"),
    )
} | {
    "envoy.file_access_log": ("envoy.access_loggers.file", "envoy.config.accesslog.v2.FileAccessLog"),
    "tls": ("envoy.transport_sockets.tls", "envoy.api.v2.auth.UpstreamTlsContext"),
    "envoy.transport_sockets.tls": ("envoy.transport_sockets.tls", ""),
    "raw_buffer": (
        "envoy.transport_sockets.raw_buffer",
        "envoy.config.transport_socket.raw_buffer.v2.RawBuffer",
    ),
}
# Some wrote the later name already; what their filters are configured with on a route has a message of its own.
FILTERS |= {new: (new, message) for new, message in list(FILTERS.values()) if message}
_PER_ROUTE = {
    "envoy.filters.http.buffer": "BufferPerRoute",
    "envoy.filters.http.ext_authz": "ExtAuthzPerRoute",
    "envoy.filters.http.rbac": "RBACPerRoute",
    "envoy.filters.http.lua": "LuaPerRoute",
}

_STATES = {"active": "active_state", "warming": "warming_state", "draining": "draining_state"}


def enter_section(assembly: Assembly, kind: SectionKind, fields: dict[str, msgspec.Raw]) -> None:
    """A v2 section (or arrays of one) as entries of today's."""
    section = {_snake(key): value for key, value in msgspec.json.decode(msgspec.json.encode(fields)).items()}
    if kind is SectionKind.LISTENERS:
        _gather_listeners(section)
    section = _renamed(section)
    section["@type"] = f"{_TYPES}envoy.admin.v3.{kind.value}"
    raw = msgspec.Raw(msgspec.json.encode(section))
    if kind is SectionKind.BOOTSTRAP:
        assembly.section(kind, raw)
        return
    known = {array.key for array in LAYOUT[kind]} | {"@type", "version_info"}
    for key in section.keys() - known:
        assembly.notes.add_input(f"{assembly.origin}: {key} of {kind.value} is not known: it is not read")
    assembly.section(kind, raw)


def _gather_listeners(section: Json) -> None:
    """``dynamic_active_listeners`` and its like: one list a state, each entry without a name of its own."""
    entries: Json = {}
    for state, key in _STATES.items():
        for item in section.pop(f"dynamic_{state}_listeners", None) or []:
            if not isinstance(item, dict):
                continue
            listener = item.get("listener") or {}
            name = str(listener.get("name") or _address(listener)) if isinstance(listener, dict) else ""
            entry = entries.setdefault(name, {"name": name})
            entry[key] = {k: v for k, v in item.items() if k in ("listener", "version_info", "last_updated")}
    if entries:
        section["dynamic_listeners"] = [*(section.get("dynamic_listeners") or []), *entries.values()]


def _address(listener: Json) -> str:
    address = (listener.get("address") or {}).get("socket_address") or {}
    return f"{address.get('address')}_{address.get('port_value')}"


def translated(raw: msgspec.Raw, assembly: Assembly) -> msgspec.Raw:
    """One bare v2 resource."""
    return msgspec.Raw(msgspec.json.encode(_renamed(msgspec.json.decode(raw))))


def type_url(url: str) -> str:
    """A type under its name in v3; one that has none stays."""
    prefix, slash, name = url.rpartition("/")
    return prefix + slash + _moved(name)


@functools.cache
def _moved(name: str) -> str:
    """The message of v3 that took the place of one of v2; one that none did keeps its name."""
    for old, new in _MOVED:
        found, count = old.subn(new, name, count=1)
        if count and name.startswith("envoy.") and find(found) is not None:
            return found
    return name


def _snake(key: str) -> str:
    return re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), key) if key != key.lower() else key


def _renamed(value: Any) -> Any:
    """A configuration with everything that has one under its v3 name."""
    if isinstance(value, list):
        return [_renamed(item) for item in value]
    if not isinstance(value, dict):
        return value
    result: Json = {key: _renamed(item) for key, item in value.items()}
    if isinstance(result.get("@type"), str):
        result["@type"] = type_url(result["@type"])
    _rename_filter(result)
    for rename in (_rename_tls, _rename_hosts, _rename_match, _rename_route, _rename_per_filter):
        rename(result)
    return result


def _rename_filter(value: Json) -> None:
    """``{"name", "config"}``: a filter, socket or access log by its well-known name."""
    name = value.get("name")
    if not isinstance(name, str) or name not in FILTERS:
        return
    new, message = FILTERS[name]
    config = value.get("config")
    if "typed_config" in value or (config is None and not name.startswith("envoy.")):
        value["name"] = new
        return
    if message and (config is None or isinstance(config, dict)) and set(value) <= {"name", "config"}:
        value.pop("config", None)
        value["name"] = new
        value["typed_config"] = _typed(_moved(message), config or {})


def _rename_per_filter(value: Json) -> None:
    """``per_filter_config`` of routes, virtual hosts and weighted clusters, whose entries name no type."""
    untyped = value.get("per_filter_config")
    if not isinstance(untyped, dict):
        return
    typed = value.setdefault("typed_per_filter_config", {})
    for name, config in value.pop("per_filter_config").items():
        new, message = FILTERS.get(name, (name, ""))
        if not message or not isinstance(config, dict):
            typed.setdefault(new, {"@type": f"{_TYPES}google.protobuf.Struct", "value": config})
            continue
        room, _, last = _moved(message).rpartition(".")
        typed.setdefault(new, _typed(f"{room}.{_PER_ROUTE.get(new, last)}", config))


def _typed(message: str, config: Json) -> Json:
    return {"@type": _TYPES + message, **_in_proto_names(message, config)}


def _in_proto_names(message: str, config: Json) -> Json:
    """A configuration given as a Struct, whose keys may be camelCase."""
    if not any(key != key.lower() for key in config):
        return config
    from meshctl.envoy.notes import Notes

    found: Json = msgspec.json.decode(to_proto_names(Notes(), message, msgspec.json.encode(config)))
    return found


def _rename_tls(value: Json) -> None:
    """``tls_context`` of a cluster or a filter chain."""
    context = value.get("tls_context")
    if not isinstance(context, dict) or "transport_socket" in value:
        return
    side = "Downstream" if "filters" in value or "filter_chain_match" in value else "Upstream"
    value["transport_socket"] = {
        "name": "envoy.transport_sockets.tls",
        "typed_config": {
            "@type": f"{_TYPES}{_V3}transport_sockets.tls.v3.{side}TlsContext",
            **value.pop("tls_context"),
        },
    }


def _rename_hosts(value: Json) -> None:
    """``hosts`` of a cluster."""
    hosts = value.get("hosts")
    if isinstance(hosts, list) and "connect_timeout" in value and "load_assignment" not in value:
        endpoints = [{"endpoint": {"address": host}} for host in value.pop("hosts") if isinstance(host, dict)]
        value["load_assignment"] = {
            "cluster_name": value.get("name", ""),
            "endpoints": [{"lb_endpoints": endpoints}],
        }
    if value.get("lb_policy") == "ORIGINAL_DST_LB":
        value["lb_policy"] = "CLUSTER_PROVIDED"


def _rename_match(value: Json) -> None:
    """``regex`` of a route's match: what Envoy 1.13 took for a whole match (ECMAScript, nearly always RE2 too)."""
    if (
        isinstance(value.get("regex"), str)
        and "safe_regex" not in value
        and not {"prefix", "path"} & value.keys()
    ):
        if "name" in value or "value" in value:
            return
        value["safe_regex"] = {"google_re2": {}, "regex": value.pop("regex")}


def _rename_route(value: Json) -> None:
    """``host_rewrite`` and its like, fields of a route's action under their later names."""
    if isinstance(value.get("host_rewrite"), str):
        value["host_rewrite_literal"] = value.pop("host_rewrite")
    policy = value.get("request_mirror_policy")
    if isinstance(policy, dict):
        value["request_mirror_policies"] = [value.pop("request_mirror_policy")]
