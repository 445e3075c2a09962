"""External authorization: an authorizer decides; all its answers are followed.

Theory of operation. It lets pass (and may add headers, over gRPC also query parameters and metadata), denies with
a code of its choice, or fails: then failure_mode_allow decides, else status_on_error (403 unless set). A cluster
without a host that could answer always fails. Without a route nobody is asked. Where a body is to be sent along
and none of it may be cut off, a longer one is 413. Follows source/extensions/filters/http/ext_authz/ext_authz.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_http_ext_authz_v3 import (
    CheckSettings,
    ExtAuthz,
    ExtAuthzPerRoute,
)
from meshctl.envoy.api.type_matcher_v3 import ListStringMatcher
from meshctl.match import metadata_match
from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways, split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import body_length, too_large
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import asked_cluster, http_status, reachable
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def authorizer(config: ExtAuthz) -> str:
    """The authorizer as a reader knows it."""
    return asked_cluster(config.raw) or "an external service"


def _error(config: ExtAuthz, reason: str) -> Verdict:
    code = http_status(config.status_on_error.raw if config.status_on_error is not None else None, 403)
    return Verdict(Disposition.DENIED, code, "UAEX", "ext_authz_error", reason)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config, own = http_filter.read(ExtAuthz), ExtAuthzPerRoute(settings)
    if scene.route is None or own.disabled:
        yield Pass(entry, scene)
        return
    enabled = config.filter_enabled_metadata
    if enabled is not None:
        wanted = enabled.raw
        criterion = scene.proxy.compile_once(wanted, "metadata", lambda: metadata_match.metadata(wanted))
        if not criterion.holds(scene.view):
            yield _off(entry, scene, config)
            return
    for branch, asked in split(entry, scene.proxy.runtime.enabled(config.filter_enabled)):
        if asked:
            yield from _asked(branch, scene, config, own.check_settings or CheckSettings({}))
        else:
            yield _off(branch, scene, config)


def _off(entry: Entry, scene: Scene, config: ExtAuthz) -> Pass:
    """The filter is not enabled for the request: it passes, or is refused with deny_at_disable."""
    flag = config.deny_at_disable
    if flag is not None and scene.proxy.runtime.flag(flag.raw, False):
        return Pass(entry, scene, _error(config, "the authorizer is turned off, which denies"))
    return Pass(entry, scene)


def _too_long(scene: Scene, config: ExtAuthz, checks: CheckSettings) -> Verdict | None:
    """What is answered where the body is to be sent along whole and is longer than that allows."""
    body = checks.with_request_body or config.with_request_body
    if body is None or checks.disable_request_body_buffering or body.allow_partial_message:
        return None
    length = body_length(scene)
    if length is None or length <= body.max_request_bytes:
        return None
    return too_large(scene, body.max_request_bytes, "ext_authz")


def _asked(entry: Entry, scene: Scene, config: ExtAuthz, checks: CheckSettings) -> Iterator[Pass]:
    refused = _too_long(scene, config, checks)
    if refused is not None:
        yield Pass(entry, scene, refused)
        return
    server = authorizer(config)
    if not reachable(scene.proxy, asked_cluster(config.raw)):
        yield _unanswered(entry, scene, config, f"the authorizer at {server} cannot be reached")
        return
    fails_open = config.failure_mode_allow
    reason = f"the authorizer at {server} decides (CUSTOM policy): it may deny with 403 UAEX"
    ways = open_ways(entry, 2 if fails_open else 3, reason)
    words = ("ext_authz: may allow", "ext_authz: may deny", "ext_authz: may fail")
    for way, word in zip(ways, words, strict=False):
        way.step(lambda word=word: Step(Stage.HTTP_FILTER, word, f"asks {server}"))  # type: ignore[misc]
    yield _allowed(ways[0], scene, config, server)
    denied = f"the authorizer at {server} denies"
    yield Pass(ways[1], scene, Verdict(Disposition.DENIED, 403, "UAEX", "ext_authz_denied", denied))
    if not fails_open:
        yield Pass(ways[2], scene, _error(config, f"the authorizer at {server} fails"))


def _unanswered(entry: Entry, scene: Scene, config: ExtAuthz, reason: str) -> Pass:
    """An authorizer that cannot answer."""
    if not config.failure_mode_allow:
        entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: error", reason))
        return Pass(entry, scene, _error(config, reason))
    entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: passed", f"{reason}; failure_mode_allow"))
    if not config.failure_mode_allow_header_add:
        return Pass(entry, scene)
    headers = scene.headers()
    headers["x-envoy-auth-failure-mode-allowed"] = ["true"]
    return Pass(entry, scene.changed(headers))


def _allowed(entry: Entry, scene: Scene, config: ExtAuthz, server: str) -> Pass:
    """The request as an authorizer that allows may leave it."""
    changes: dict[Part | str, str] = {}
    by = f"the authorizer at {server}"
    if config.grpc_service is not None:
        changes = {Part.HEADERS: by, Part.METADATA: by}
    elif config.http_service is not None and config.http_service.authorization_response is not None:
        answer = config.http_service.authorization_response
        if _some(answer.allowed_upstream_headers) or _some(answer.allowed_upstream_headers_to_append):
            changes[Part.HEADERS] = by
        if _some(answer.dynamic_metadata_from_headers):
            changes[Part.METADATA] = by
    reroute = config.clear_route_cache and Part.HEADERS in changes
    return Pass(entry, scene.changed(opaque=changes) if changes else scene, reroute=reroute)


def _some(names: ListStringMatcher | None) -> bool:
    """Whether a list of names lets any through."""
    return names is not None and bool(names.patterns)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz": Contract(
        _evaluate,
        effects(Effect.ENDS, Effect.HEADERS, Effect.PATH, Effect.METADATA, Effect.ROUTE),
        "filters/http/ext_authz/ext_authz.cc",
    ),
}
