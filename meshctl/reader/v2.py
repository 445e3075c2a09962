"""Dumps of Istio 1.0-1.5 (Envoy up to 1.13): the v2 API's sections, messages and filters under their v3 names.

What has the same meaning is renamed: sections, types, filters by their old well-known names, ``config`` for
``typed_config``, ``tls_context`` for a transport socket, ``hosts`` for a load assignment. The tables follow
Envoy's own upgrade (api/envoy/*/v3, ``previous_message_type`` annotations, and source/common/config/
well_known_names.cc of 1.13). What has no v3 name keeps its old type, which nobody evaluates: unknown, not dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from meshctl.envoy.sections import LAYOUT, SectionKind, to_proto_names
from meshctl.plain import Json

if TYPE_CHECKING:
    from meshctl.reader.envoy_forms import Assembly

_TYPES = "type.googleapis.com/"
_V3 = "envoy.extensions."

# Messages by their old names; a trailing dot renames a package.
MESSAGES: tuple[tuple[str, str], ...] = (
    ("envoy.api.v2.auth.Secret", "envoy.extensions.transport_sockets.tls.v3.Secret"),
    ("envoy.api.v2.auth.", "envoy.extensions.transport_sockets.tls.v3."),
    ("envoy.api.v2.route.", "envoy.config.route.v3."),
    ("envoy.api.v2.core.", "envoy.config.core.v3."),
    ("envoy.api.v2.listener.", "envoy.config.listener.v3."),
    ("envoy.api.v2.endpoint.", "envoy.config.endpoint.v3."),
    ("envoy.api.v2.cluster.", "envoy.config.cluster.v3."),
    ("envoy.api.v2.Listener", "envoy.config.listener.v3.Listener"),
    ("envoy.api.v2.ClusterLoadAssignment", "envoy.config.endpoint.v3.ClusterLoadAssignment"),
    ("envoy.api.v2.Cluster", "envoy.config.cluster.v3.Cluster"),
    ("envoy.api.v2.RouteConfiguration", "envoy.config.route.v3.RouteConfiguration"),
    ("envoy.api.v2.ScopedRouteConfiguration", "envoy.config.route.v3.ScopedRouteConfiguration"),
    ("envoy.config.bootstrap.v2.", "envoy.config.bootstrap.v3."),
    ("envoy.config.filter.network.http_connection_manager.v2.", f"{_V3}filters.network.http_connection_manager.v3."),
    ("envoy.config.filter.network.tcp_proxy.v2.", f"{_V3}filters.network.tcp_proxy.v3."),
    ("envoy.config.filter.network.rbac.v2.", f"{_V3}filters.network.rbac.v3."),
    ("envoy.config.filter.network.mongo_proxy.v2.", f"{_V3}filters.network.mongo_proxy.v3."),
    ("envoy.config.filter.network.redis_proxy.v2.", f"{_V3}filters.network.redis_proxy.v3."),
    ("envoy.config.filter.network.ext_authz.v2.", f"{_V3}filters.network.ext_authz.v3."),
    ("envoy.config.filter.http.rbac.v2.", f"{_V3}filters.http.rbac.v3."),
    ("envoy.config.filter.http.fault.v2.", f"{_V3}filters.http.fault.v3."),
    ("envoy.config.filter.http.ext_authz.v2.", f"{_V3}filters.http.ext_authz.v3."),
    ("envoy.config.filter.http.jwt_authn.v2alpha.", f"{_V3}filters.http.jwt_authn.v3."),
    ("envoy.config.filter.http.router.v2.", f"{_V3}filters.http.router.v3."),
    ("envoy.config.filter.http.lua.v2.", f"{_V3}filters.http.lua.v3."),
    ("envoy.config.filter.http.rate_limit.v2.", f"{_V3}filters.http.ratelimit.v3."),
    ("envoy.config.filter.listener.original_dst.v2.", f"{_V3}filters.listener.original_dst.v3."),
    ("envoy.config.rbac.v2.", "envoy.config.rbac.v3."),
    ("envoy.config.accesslog.v2.", f"{_V3}access_loggers.file.v3."),
    ("envoy.type.matcher.", "envoy.type.matcher.v3."),
)  # fmt: skip

# Filters and sockets by their old names: the name since 1.14, and the message of their configuration.
FILTERS: dict[str, tuple[str, str]] = {
    "envoy.http_connection_manager": (
        "envoy.filters.network.http_connection_manager",
        f"{_V3}filters.network.http_connection_manager.v3.HttpConnectionManager",
    ),
    "envoy.tcp_proxy": ("envoy.filters.network.tcp_proxy", f"{_V3}filters.network.tcp_proxy.v3.TcpProxy"),
    "envoy.filters.network.rbac": ("envoy.filters.network.rbac", f"{_V3}filters.network.rbac.v3.RBAC"),
    "envoy.mongo_proxy": ("envoy.filters.network.mongo_proxy", f"{_V3}filters.network.mongo_proxy.v3.MongoProxy"),
    "envoy.redis_proxy": ("envoy.filters.network.redis_proxy", f"{_V3}filters.network.redis_proxy.v3.RedisProxy"),
    "envoy.router": ("envoy.filters.http.router", f"{_V3}filters.http.router.v3.Router"),
    "envoy.fault": ("envoy.filters.http.fault", f"{_V3}filters.http.fault.v3.HTTPFault"),
    "envoy.cors": ("envoy.filters.http.cors", f"{_V3}filters.http.cors.v3.Cors"),
    "envoy.grpc_web": ("envoy.filters.http.grpc_web", f"{_V3}filters.http.grpc_web.v3.GrpcWeb"),
    "envoy.lua": ("envoy.filters.http.lua", f"{_V3}filters.http.lua.v3.Lua"),
    "envoy.filters.http.rbac": ("envoy.filters.http.rbac", f"{_V3}filters.http.rbac.v3.RBAC"),
    "envoy.ext_authz": ("envoy.filters.http.ext_authz", f"{_V3}filters.http.ext_authz.v3.ExtAuthz"),
    "envoy.filters.http.jwt_authn": (
        "envoy.filters.http.jwt_authn",
        f"{_V3}filters.http.jwt_authn.v3.JwtAuthentication",
    ),
    "envoy.rate_limit": ("envoy.filters.http.ratelimit", f"{_V3}filters.http.ratelimit.v3.RateLimit"),
    "envoy.buffer": ("envoy.filters.http.buffer", f"{_V3}filters.http.buffer.v3.Buffer"),
    "envoy.health_check": ("envoy.filters.http.health_check", f"{_V3}filters.http.health_check.v3.HealthCheck"),
    "envoy.gzip": ("envoy.filters.http.gzip", "envoy.config.filter.http.gzip.v2.Gzip"),
    "envoy.listener.original_dst": (
        "envoy.filters.listener.original_dst",
        f"{_V3}filters.listener.original_dst.v3.OriginalDst",
    ),
    "envoy.listener.tls_inspector": (
        "envoy.filters.listener.tls_inspector",
        f"{_V3}filters.listener.tls_inspector.v3.TlsInspector",
    ),
    "envoy.listener.http_inspector": (
        "envoy.filters.listener.http_inspector",
        f"{_V3}filters.listener.http_inspector.v3.HttpInspector",
    ),
    "envoy.listener.proxy_protocol": (
        "envoy.filters.listener.proxy_protocol",
        f"{_V3}filters.listener.proxy_protocol.v3.ProxyProtocol",
    ),
    "envoy.file_access_log": (
        "envoy.access_loggers.file",
        f"{_V3}access_loggers.file.v3.FileAccessLog",
    ),
    "tls": ("envoy.transport_sockets.tls", f"{_V3}transport_sockets.tls.v3.UpstreamTlsContext"),
    "envoy.transport_sockets.tls": ("envoy.transport_sockets.tls", ""),
    "raw_buffer": ("envoy.transport_sockets.raw_buffer", f"{_V3}transport_sockets.raw_buffer.v3.RawBuffer"),
}  # fmt: skip
# Old names that the protocol options of newer filters keep, by the new name too.
FILTERS |= {new: (new, message) for new, message in list(FILTERS.values()) if message}

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
    prefix, _, name = url.rpartition("/")
    for old, new in MESSAGES:
        if name.startswith(old) and (old.endswith(".") or name == old):
            return f"{prefix}/{new}{name[len(old) :]}" if prefix else new + name[len(old) :]
    return url


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
    for rename in (_rename_tls, _rename_hosts, _rename_match, _rename_route):
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
        value["typed_config"] = {"@type": _TYPES + message, **_in_proto_names(message, config or {})}


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
