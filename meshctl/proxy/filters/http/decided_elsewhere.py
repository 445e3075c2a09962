"""Filters whose answer is not in the configuration: external processing, OAuth2 sessions, a cache.

An external processor that cannot be reached decides like an authorizer: failure_mode_allow, else status_on_error (500).
One that sees the answer only may still put another in its place; one that only observes is not waited for.
Follows source/extensions/filters/http/{ext_proc,oauth2,cache}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_ext_proc_v3 import (
    ExternalProcessor,
    ExtProcOverrides,
    ExtProcPerRoute,
    ProcessingMode,
)
from meshctl.envoy.api.extensions_filters_http_oauth2_v3 import OAuth2, OAuth2Config, OAuth2PerRoute
from meshctl.match import header_match
from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import EVERYTHING, Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import http_status, reachable
from meshctl.proxy.filters.unknown import unknown_effect
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def _ext_proc(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config, route = http_filter.read(ExternalProcessor), ExtProcPerRoute(settings)
    own = route.overrides or ExtProcOverrides({})
    mode = own.processing_mode or config.processing_mode or ProcessingMode({})
    asks, reads = _asked_before(mode, scene), _asked_after(mode)
    if route.disabled or not (asks or reads):
        yield Pass(entry, scene)
        return
    cluster = _processor(config, own)
    there = reachable(scene.proxy, cluster)
    if config.observability_mode and there:
        entry.note(f"filter {http_filter.name} is told of the request and waits for no answer")
        yield Pass(entry, scene)
        return
    lenient = config.failure_mode_allow if own.failure_mode_allow is None else own.failure_mode_allow
    reason = f"the external processor at {cluster} cannot be reached"
    if not there and lenient:
        entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_proc: passed", f"{reason}; failure_mode_allow"))
        yield Pass(entry, scene)
    elif there or not asks:
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING if asks else _AFTER)
    else:
        if mode.request_header_mode == "SKIP":
            entry.unknown(
                "which upstream host the request has reached when the external processor refuses its body"
            )
        code = http_status(config.raw.get("status_on_error"), 500)
        why = "{no_healthy_upstream{no_healthy_upstream}}" if scene.proxy.cluster(cluster) is not None else ""
        refused = Verdict(Disposition.DENIED, code, None, f"ext_proc_error_gRPC_error_14{why}", reason)
        yield Pass(entry, scene, refused)


_AFTER = effects(Effect.ENDS, Effect.CODE)  # of a processor that sees the answer only


def _asked_before(mode: ProcessingMode, scene: Scene) -> bool:
    """Whether a processor is asked before the request goes on: about its headers, or a body that it has."""
    if mode.request_header_mode != "SKIP":
        return True
    return mode.request_body_mode != "NONE" and body_length(scene) != 0


def _asked_after(mode: ProcessingMode) -> bool:
    """Whether it is asked about the answer."""
    return (
        mode.response_header_mode != "SKIP"
        or mode.response_body_mode != "NONE"
        or "SEND" in (mode.request_trailer_mode, mode.response_trailer_mode)
    )


def _processor(config: ExternalProcessor, own: ExtProcOverrides) -> str:
    """The cluster of the processor; "" where it is named otherwise."""
    service = own.grpc_service or config.grpc_service
    if service is not None:
        return service.envoy_grpc.cluster_name if service.envoy_grpc is not None else ""
    http = config.http_service.http_service if config.http_service is not None else None
    return http.http_uri.cluster if http is not None and http.http_uri is not None else ""


def _oauth2(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = OAuth2PerRoute(settings).config or http_filter.read(OAuth2).config or OAuth2Config({})
    if any(header_match.header(matcher.raw).holds(scene.view) for matcher in config.pass_through_matcher):
        yield Pass(entry, scene)
        return
    reason = (
        f"filter {http_filter.name} (OAuth2) decides by what is not in the dump: whether the session is valid"
    )
    passing, ending = open_ways(entry, 2, reason)
    ending.step(lambda: Step(Stage.HTTP_FILTER, "OAuth2: may send to the login", reason))
    yield Pass(passing, scene.changed(opaque={Part.HEADERS: http_filter.name}))
    yield Pass(ending, scene, Verdict(Disposition.UNDETERMINED, reason=reason))


def _cache(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """GET and HEAD may be answered from the cache."""
    if http_filter.fields.get("disabled") or scene.view.first(":method") not in ("GET", "HEAD"):
        yield Pass(entry, scene)
        return
    reason = f"filter {http_filter.name}: whether the answer is in its cache"
    asked, cached = open_ways(entry, 2, reason)
    yield Pass(asked, scene)
    yield Pass(
        cached,
        scene,
        Verdict(Disposition.DIRECT_RESPONSE, 200, "RFCF", "cache.response_from_cache_filter", reason),
    )


_CACHE: Contract[Evaluator] = Contract(_cache, effects(Effect.ENDS), "filters/http/cache/cache_filter.cc")

CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor": Contract(
        _ext_proc, EVERYTHING, "filters/http/ext_proc/ext_proc.cc"
    ),
    "envoy.extensions.filters.http.oauth2.v3.OAuth2": Contract(
        _oauth2, effects(Effect.ENDS, Effect.HEADERS), "filters/http/oauth2/filter.cc"
    ),
    "envoy.extensions.filters.http.cache.v3.CacheConfig": _CACHE,
    "envoy.extensions.filters.http.cache_v2.v3.CacheV2Config": _CACHE,
}
