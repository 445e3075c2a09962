"""The HTTP filters of a connection manager, in order, up to the router.

Theory of operation. A filter may be disabled, replaced or configured per route (typed_per_filter_config of the
route, else the virtual host, else the route configuration), or come by extension discovery. Each filter type
has one evaluator (``_EVALUATORS``): it continues, answers, or continues with changed headers or metadata, each
with a probability. A type that neither decides nor is known to pass is of unknown effect: the trace goes on and
says so. Follows source/common/http/filter_manager.cc and source/common/router/config_impl.cc (per-filter config).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from meshctl.envoy.anys import unpack
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import RequestView
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters import filters_policy, filters_traffic
from meshctl.proxy.filters.filter_scene import Json, Pass, Scene
from meshctl.proxy.listen.listeners import ISTIO_OBSERVERS, Filter, filter_of
from meshctl.proxy.model import Disposition, Passage, Stage, Step, Verdict

Evaluator = Callable[[Entry, Scene, Filter, Json], Iterator[Pass]]

# Filters that decide or bend something, by the last word of their type.
_EVALUATORS: dict[str, Evaluator] = {
    "RBAC": filters_policy.rbac,
    "JwtAuthentication": filters_policy.jwt,
    "ExtAuthz": filters_policy.ext_authz,
    "HTTPFault": filters_traffic.fault,
    "Cors": filters_traffic.cors,
    "HealthCheck": filters_traffic.health_check,
    "LocalRateLimit": filters_traffic.local_rate_limit,
    "RateLimit": filters_traffic.rate_limit,
    "RateLimitQuotaFilterConfig": filters_traffic.rate_limit,
    "Lua": filters_traffic.unknown_effect,
    "Wasm": filters_traffic.unknown_effect,
    "ExternalProcessor": filters_traffic.unknown_effect,
    "OAuth2": filters_traffic.unknown_decision,
    "Composite": filters_traffic.unknown_effect,
    "ExtensionWithMatcher": filters_traffic.unknown_effect,
    "DynamicModuleFilter": filters_traffic.unknown_effect,
    "HeaderMutation": filters_traffic.header_mutation,
}
# Filters that observe, or change only what no later stage asks for.
_PASSING = frozenset(
    [
        "FilterConfig",
        "Compressor",
        "Decompressor",
        "Buffer",
        "BufferPerRoute",
        "GrpcWeb",
        "GrpcHttp1Bridge",
        "GrpcStats",
        "Gzip",
        "AdaptiveConcurrency",
        "AdmissionControl",
        "BandwidthLimit",
        "PeerMetadata",
        "Config",
        "PluginConfig",
        "SetMetadata",
        "CacheConfig",
        "Csrf",
        "CsrfPolicy",
        "StatefulSession",
        "OnDemand",
        "Tap",
        "IPTagging",
        "KillRequest",
        "GrpcJsonTranscoder",
        "FileSystemBufferFilterConfig",
        "OriginalSrc",
        "SetFilterState",
        "ConnectGrpcBridge",
        "FilterStats",
        "CustomResponse",
        "JsonToMetadata",
        "HeaderToMetadata",
    ]
)


def run(entry: Entry, scene: Scene) -> Iterator[Passage | tuple[Entry, RequestView]]:
    """The answers of filters, and what goes on to the router."""
    filters = _filters(scene)
    try:
        yield from _from(entry, scene, filters, 0)
    except Undecidable as unknown:
        entry.unknown(unknown.reason)
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=unknown.reason))


def _filters(scene: Scene) -> list[Filter]:
    def build() -> list[Filter]:
        return [filter_of(m) for m in scene.manager.fields.get("http_filters") or ()]

    found: list[Filter] = scene.proxy.compile_once(scene.manager.fields, "http_filters", build)
    return found


def _from(
    entry: Entry, scene: Scene, filters: list[Filter], position: int
) -> Iterator[Passage | tuple[Entry, RequestView]]:
    """Run the filters from a position on; branches go on by themselves."""
    for index in range(position, len(filters)):
        http_filter = filters[index]
        if http_filter.short == "Router":
            break
        settings = _per_route(scene, http_filter.name)
        if _disabled(http_filter, settings):
            continue
        if http_filter.name in ISTIO_OBSERVERS:
            continue
        http_filter = _discovered(entry, scene, http_filter)
        if http_filter.type_name == _ISTIO_ALPN:
            entry.alpn = _alpn(http_filter.fields)
            continue
        evaluate = _EVALUATORS.get(http_filter.short)
        if evaluate is None:
            _passed(entry, http_filter)
            continue
        passes = list(evaluate(entry, scene, http_filter, settings))
        if len(passes) == 1 and passes[0].reply is None:
            entry, scene = passes[0].entry, passes[0].scene
            continue
        for one in passes:
            if one.reply is not None:
                yield one.entry.end(one.reply)
            else:
                yield from _from(one.entry, one.scene, filters, index + 1)
        return
    yield entry, scene.view


def _per_route(scene: Scene, name: str) -> Json:
    """The most specific typed_per_filter_config of this filter; {} without one."""
    holders = [
        scene.route.message if scene.route is not None else {},
        scene.host.message if scene.host is not None else {},
        scene.table.message if scene.table is not None else {},
    ]
    for holder in holders:
        config = (holder.get("typed_per_filter_config") or {}).get(name)
        if config is not None:
            type_name, fields = unpack(config)
            if type_name == "envoy.config.route.v3.FilterConfig":
                _, inner = unpack(fields.get("config"))
                return {**inner, "filter_disabled": bool(fields.get("disabled"))}
            return fields
    return {}


def _disabled(http_filter: Filter, settings: Json) -> bool:
    if "filter_disabled" in settings:
        return bool(settings["filter_disabled"])
    return bool(http_filter.message.get("disabled")) and not settings


def _discovered(entry: Entry, scene: Scene, http_filter: Filter) -> Filter:
    """A filter that comes by ECDS: as the dump has it, else of unknown effect."""
    if "config_discovery" not in http_filter.message:
        return http_filter
    found = scene.proxy.ecds.get(http_filter.name) or {}
    type_name, fields = unpack(found.get("typed_config"))
    if not type_name:
        entry.unknown(f"filter {http_filter.name} comes by extension discovery and is not in the dump")
        return http_filter
    return Filter(http_filter.name, type_name, fields, http_filter.message)


_ISTIO_ALPN = "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig"


def _alpn(fields: Json) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Istio's ALPN filter: what to offer upstream by the upstream protocol (HTTP10 is the dropped default)."""
    return tuple(
        (str(o.get("upstream_protocol") or "HTTP10"), tuple(map(str, o.get("alpn_override") or ())))
        for o in fields.get("alpn_override") or ()
    )


def _passed(entry: Entry, http_filter: Filter) -> None:
    if http_filter.short in _PASSING or not http_filter.type_name:
        return
    name = http_filter.name or http_filter.type_name
    entry.unknown(f"filter {name}: its effect is not known")
    entry.step(lambda: Step(Stage.HTTP_FILTER, name, "its effect is not known: passed over"))
