"""Envoy's well-known filter names and older spellings of their types.

Theory of operation. A filter's type decides; a filter without a type is found by its name, which Envoy registered
for it (also by the name without ``envoy.``, and by the names before 1.14), a type of API v2 by its v3 name.
Follows source/extensions/filters/{http,network}/well_known_names.h and the API's v2 to v3 renames.
"""

from __future__ import annotations

_HTTP = "envoy.extensions.filters.http."
_NETWORK = "envoy.extensions.filters.network."

# What envoy.filters.http.<word> is.
_HTTP_WORDS = {
    "adaptive_concurrency": "AdaptiveConcurrency", "admission_control": "AdmissionControl",
    "alternate_protocols_cache": "FilterConfig", "api_key_auth": "ApiKeyAuth", "aws_lambda": "Config",
    "aws_request_signing": "AwsRequestSigning", "bandwidth_limit": "BandwidthLimit", "basic_auth": "BasicAuth",
    "buffer": "Buffer", "cache": "CacheConfig", "cdn_loop": "CdnLoopConfig", "composite": "Composite",
    "compressor": "Compressor", "connect_grpc_bridge": "FilterConfig", "cors": "Cors",
    "credential_injector": "CredentialInjector", "csrf": "CsrfPolicy", "custom_response": "CustomResponse",
    "decompressor": "Decompressor", "dynamic_forward_proxy": "FilterConfig", "dynamic_modules": "DynamicModuleFilter",
    "ext_authz": "ExtAuthz", "ext_proc": "ExternalProcessor", "fault": "HTTPFault",
    "file_system_buffer": "FileSystemBufferFilterConfig", "gcp_authn": "GcpAuthnFilterConfig", "geoip": "Geoip",
    "grpc_field_extraction": "GrpcFieldExtractionConfig", "grpc_http1_bridge": "Config",
    "grpc_http1_reverse_bridge": "FilterConfig", "grpc_json_transcoder": "GrpcJsonTranscoder",
    "grpc_stats": "FilterConfig", "grpc_web": "GrpcWeb", "gzip": "Gzip", "header_mutation": "HeaderMutation",
    "header_to_metadata": "Config", "health_check": "HealthCheck", "ip_tagging": "IPTagging",
    "json_to_metadata": "JsonToMetadata", "jwt_authn": "JwtAuthentication", "kill_request": "KillRequest",
    "local_ratelimit": "LocalRateLimit", "lua": "Lua", "oauth2": "OAuth2", "on_demand": "OnDemand",
    "original_src": "OriginalSrc", "rate_limit_quota": "RateLimitQuotaFilterConfig", "ratelimit": "RateLimit",
    "rbac": "RBAC", "router": "Router", "set_filter_state": "Config", "set_metadata": "Config",
    "stateful_session": "StatefulSession", "tap": "Tap", "thrift_to_metadata": "ThriftToMetadata",
    "upstream_codec": "UpstreamCodec", "wasm": "Wasm",
}  # fmt: skip
_NETWORK_WORDS = {
    "connection_limit": "ConnectionLimit", "direct_response": "Config", "dubbo_proxy": "DubboProxy", "echo": "Echo",
    "ext_authz": "ExtAuthz", "generic_proxy": "GenericProxy",
    "http_connection_manager": "HttpConnectionManager", "kafka_broker": "KafkaBroker",
    "local_ratelimit": "LocalRateLimit", "mongo_proxy": "MongoProxy", "mysql_proxy": "MySQLProxy",
    "postgres_proxy": "PostgresProxy", "ratelimit": "RateLimit", "rbac": "RBAC", "redis_proxy": "RedisProxy",
    "rocketmq_proxy": "RocketmqProxy", "set_filter_state": "Config", "sni_cluster": "SniCluster",
    "sni_dynamic_forward_proxy": "FilterConfig", "tcp_proxy": "TcpProxy", "thrift_proxy": "ThriftProxy",
    "wasm": "Wasm", "zookeeper_proxy": "ZooKeeperProxy",
}  # fmt: skip
# Names before 1.14, and what they are called since.
_OLD_HTTP_NAMES = {
    "envoy.buffer": "buffer", "envoy.cors": "cors", "envoy.csrf": "csrf", "envoy.ext_authz": "ext_authz",
    "envoy.fault": "fault", "envoy.grpc_http1_bridge": "grpc_http1_bridge",
    "envoy.grpc_json_transcoder": "grpc_json_transcoder", "envoy.grpc_web": "grpc_web", "envoy.gzip": "gzip",
    "envoy.health_check": "health_check", "envoy.http_dynamo_filter": "dynamo", "envoy.ip_tagging": "ip_tagging",
    "envoy.lua": "lua", "envoy.rate_limit": "ratelimit", "envoy.router": "router",
    "envoy.filters.http.jwt_authn": "jwt_authn",
}  # fmt: skip
_OLD_NETWORK_NAMES = {
    "envoy.echo": "echo", "envoy.ext_authz": "ext_authz", "envoy.http_connection_manager": "http_connection_manager",
    "envoy.mongo_proxy": "mongo_proxy", "envoy.ratelimit": "ratelimit", "envoy.redis_proxy": "redis_proxy",
    "envoy.tcp_proxy": "tcp_proxy",
}  # fmt: skip


def _by_name(words: dict[str, str], prefix: str, kind: str, old: dict[str, str]) -> dict[str, str]:
    full = {word: f"{prefix}{word}.v3.{message}" for word, message in words.items()}
    found = {f"envoy.filters.{kind}.{word}": name for word, name in full.items()}
    found.update({name: full[word] for name, word in old.items() if word in full})
    return found


HTTP_NAMES = _by_name(_HTTP_WORDS, _HTTP, "http", _OLD_HTTP_NAMES)
NETWORK_NAMES = _by_name(_NETWORK_WORDS, _NETWORK, "network", _OLD_NETWORK_NAMES)

# Types of API v2 whose message is another word than its package.
_V2_MESSAGES = {
    "envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager": (
        f"{_NETWORK}http_connection_manager.v3.HttpConnectionManager"
    ),
    "envoy.config.filter.network.rate_limit.v2.RateLimit": f"{_NETWORK}ratelimit.v3.RateLimit",
    "envoy.config.filter.http.rate_limit.v2.RateLimit": f"{_HTTP}ratelimit.v3.RateLimit",
    "envoy.config.filter.http.transcoder.v2.GrpcJsonTranscoder": (
        f"{_HTTP}grpc_json_transcoder.v3.GrpcJsonTranscoder"
    ),
}


def http_type(name: str, type_name: str) -> str:
    """The v3 type of an HTTP filter by its type, else by its name; "" when neither is known."""
    return _v3(type_name, "envoy.config.filter.http.", _HTTP) if type_name else HTTP_NAMES.get(name, "")


def network_type(name: str, type_name: str) -> str:
    """The v3 type of a network filter by its type, else by its name."""
    return (
        _v3(type_name, "envoy.config.filter.network.", _NETWORK) if type_name else NETWORK_NAMES.get(name, "")
    )


def _v3(type_name: str, old: str, new: str) -> str:
    if type_name in _V2_MESSAGES:
        return _V2_MESSAGES[type_name]
    if not type_name.startswith(old):
        return type_name
    package, _, message = type_name.removeprefix(old).rpartition(".")
    return f"{new}{package.rpartition('.')[0] or package}.v3.{message}"
