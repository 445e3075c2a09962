"""Filters whose answer is not in the configuration: external processing, OAuth2 sessions, a cache.

An external processor that cannot be reached decides like an authorizer: failure_mode_allow, else 500.
Follows source/extensions/filters/http/{ext_proc,oauth2,cache}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match import header_match
from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import EVERYTHING, Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import asked_cluster, reachable
from meshctl.proxy.filters.unknown import unknown_effect
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def _ext_proc(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = http_filter.fields
    overrides = settings.get("overrides") or {}
    mode = overrides.get("processing_mode") or fields.get("processing_mode") or {}
    if settings.get("disabled") or mode.get("request_header_mode") == "SKIP":
        if not settings.get("disabled"):
            entry.note(f"filter {http_filter.name} sees only the answer or the body")
        yield Pass(entry, scene)
        return
    service = {
        **fields,
        **({"grpc_service": overrides["grpc_service"]} if "grpc_service" in overrides else {}),
    }
    if reachable(scene.proxy, asked_cluster(service)):
        yield from unknown_effect(entry, scene, http_filter, EVERYTHING)
        return
    reason = f"the external processor at {asked_cluster(service)} cannot be reached"
    if overrides.get("failure_mode_allow", fields.get("failure_mode_allow")):
        entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_proc: passed", f"{reason}; failure_mode_allow"))
        yield Pass(entry, scene)
        return
    code = 500
    yield Pass(entry, scene, Verdict(Disposition.DENIED, code, None, "ext_proc_error_gRPC_error_14", reason))


def _oauth2(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = http_filter.fields.get("config") or {}
    for matcher in config.get("pass_through_matcher") or ():
        if header_match.header(matcher).test(scene.view):
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
