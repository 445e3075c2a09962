"""The HTTP filters that are known, by the full name of their type; each with its contract.

A filter that is evaluated has its own module in ``http/``, which declares ``CONTRACTS``; here are those that only
observe (with the reason), and those that are not evaluated, with what they may do. A name without a type, or a
type of an older API, is looked up in ``well_known``. Anything else may do everything.
"""

from __future__ import annotations

from meshctl.proxy.contract import EVERYTHING, Contract, Effect, effects
from meshctl.proxy.filters.http import (
    buffer,
    client_facts,
    composite,
    cors,
    credentials,
    csrf,
    decided_elsewhere,
    ext_authz,
    fault,
    grpc_json_transcoder,
    header_mutation,
    health_check,
    json_to_metadata,
    jwt_authn,
    metadata_writers,
    rate_limits,
    rbac,
    stateful_session,
)
from meshctl.proxy.filters.scene import Evaluator

ROUTER = "envoy.extensions.filters.http.router.v3.Router"
_MODULES = (
    buffer, client_facts, composite, cors, credentials, csrf, decided_elsewhere, ext_authz, fault,
    grpc_json_transcoder, header_mutation, health_check, json_to_metadata, jwt_authn,
    metadata_writers, rate_limits, rbac, stateful_session,
)  # fmt: skip
_HTTP = "envoy.extensions.filters.http."

# Filters that observe, or change only what neither a later stage nor the access log's fields depend on.
_OBSERVERS = {
    f"{_HTTP}compressor.v3.Compressor": "compresses bodies",
    f"{_HTTP}gzip.v3.Gzip": "compresses bodies",
    f"{_HTTP}decompressor.v3.Decompressor": "decompresses bodies",
    f"{_HTTP}grpc_stats.v3.FilterConfig": "counts",
    f"{_HTTP}tap.v3.Tap": "copies",
    f"{_HTTP}bandwidth_limit.v3.BandwidthLimit": "delays bodies",
    f"{_HTTP}bandwidth_share.v3.BandwidthShare": "delays bodies",
    f"{_HTTP}file_system_buffer.v3.FileSystemBufferFilterConfig": "delays bodies",
    f"{_HTTP}alternate_protocols_cache.v3.FilterConfig": "reads the answer's alt-svc",
    f"{_HTTP}original_src.v3.OriginalSrc": "sets the source address of the upstream connection",
    f"{_HTTP}upstream_codec.v3.UpstreamCodec": "the end of an upstream filter chain",
    f"{_HTTP}sse_to_metadata.v3.SseToMetadata": "reads the answer",
    f"{_HTTP}proto_message_extraction.v3.ProtoMessageExtractionConfig": "writes metadata of bodies for the log",
    "io.istio.http.peer_metadata.Config": "Istio: tells peers apart for telemetry",
    "stats.PluginConfig": "Istio: counts",
    "istio.envoy.config.filter.http.authn.v2alpha1.FilterConfig": "Istio 1.x: read by its RBAC only",
    "istio.telemetry.stackdriver.config.v1alpha1.PluginConfig": "Istio: reports",
    "istio_http_filters.filterconfig.stats.PluginConfig": "Istio: counts",
}
# Filters that are not evaluated, and what they may do.
_UNEVALUATED = {
    f"{_HTTP}adaptive_concurrency.v3.AdaptiveConcurrency": effects(Effect.ENDS),
    f"{_HTTP}admission_control.v3.AdmissionControl": effects(Effect.ENDS),
    f"{_HTTP}kill_request.v3.KillRequest": effects(Effect.ENDS),
    f"{_HTTP}on_demand.v3.OnDemand": effects(Effect.ROUTE, Effect.HOST),
    f"{_HTTP}custom_response.v3.CustomResponse": effects(Effect.CODE),
    f"{_HTTP}geoip.v3.Geoip": effects(Effect.HEADERS),
    f"{_HTTP}gcp_authn.v3.GcpAuthnFilterConfig": effects(Effect.ENDS, Effect.HEADERS),
    f"{_HTTP}aws_request_signing.v3.AwsRequestSigning": effects(Effect.HEADERS),
    f"{_HTTP}aws_lambda.v3.Config": effects(
        Effect.ENDS, Effect.HEADERS, Effect.PATH, Effect.BODY, Effect.CODE
    ),
    f"{_HTTP}cdn_loop.v3.CdnLoopConfig": effects(Effect.ENDS, Effect.HEADERS),
    f"{_HTTP}connect_grpc_bridge.v3.FilterConfig": effects(Effect.HEADERS, Effect.PATH, Effect.CODE),
    f"{_HTTP}grpc_http1_bridge.v3.Config": effects(Effect.HEADERS, Effect.CODE),
    f"{_HTTP}grpc_http1_reverse_bridge.v3.FilterConfig": effects(Effect.ENDS, Effect.HEADERS, Effect.CODE),
    f"{_HTTP}grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder": EVERYTHING,
    f"{_HTTP}grpc_field_extraction.v3.GrpcFieldExtractionConfig": effects(Effect.ENDS, Effect.METADATA),
    f"{_HTTP}thrift_to_metadata.v3.ThriftToMetadata": effects(Effect.METADATA),
    f"{_HTTP}file_server.v3.FileServerConfig": effects(Effect.ENDS),
    f"{_HTTP}lua.v3.Lua": EVERYTHING,
    f"{_HTTP}wasm.v3.Wasm": EVERYTHING,
    f"{_HTTP}dynamic_modules.v3.DynamicModuleFilter": EVERYTHING,
}

UNKNOWN: Contract[Evaluator] = Contract(None, EVERYTHING, "the type is not known")


def _table() -> dict[str, Contract[Evaluator]]:
    found: dict[str, Contract[Evaluator]] = {}
    for module in _MODULES:
        found.update(module.CONTRACTS)
    for name, why in _OBSERVERS.items():
        found[name] = Contract(None, frozenset(), why)
    for name, may in _UNEVALUATED.items():
        found[name] = Contract(None, may, "not evaluated")
    return found


HTTP_FILTERS = _table()


def contract(type_name: str) -> Contract[Evaluator]:
    return HTTP_FILTERS.get(type_name, UNKNOWN)
