"""External authorization: an authorizer decides; all its answers are followed.

Theory of operation. It lets pass (and may add headers, over gRPC also query parameters and metadata), denies with
a code of its choice, or fails: then failure_mode_allow decides, else status_on_error (403 unless set). A cluster
without a host that could answer always fails. Without a route nobody is asked. Where a body is to be sent along
and none of it may be cut off, a longer one is 413. Follows source/extensions/filters/http/ext_authz/ext_authz.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

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


def authorizer(fields: Json) -> str:
    """The authorizer as a reader knows it."""
    return asked_cluster(fields) or "an external service"


def _error(scene: Scene, fields: Json, reason: str) -> Verdict:
    code = http_status(fields.get("status_on_error"), 403)
    return Verdict(Disposition.DENIED, code, "UAEX", "ext_authz_error", reason)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = http_filter.fields
    if scene.route is None or settings.get("disabled"):
        yield Pass(entry, scene)
        return
    enabled = fields.get("filter_enabled_metadata")
    if enabled is not None:
        criterion = scene.proxy.compile_once(enabled, "metadata", lambda: metadata_match.metadata(enabled))
        if not criterion.test(scene.view):
            yield _off(entry, scene, fields)
            return
    for branch, asked in split(entry, scene.proxy.runtime.chance_of(fields.get("filter_enabled"))):
        if asked:
            yield from _asked(branch, scene, http_filter, settings)
        else:
            yield _off(branch, scene, fields)


def _off(entry: Entry, scene: Scene, fields: Json) -> Pass:
    """The filter is not enabled for the request: it passes, or is refused with deny_at_disable."""
    if scene.proxy.runtime.flag(fields.get("deny_at_disable"), False):
        return Pass(entry, scene, _error(scene, fields, "the authorizer is turned off, which denies"))
    return Pass(entry, scene)


def _asked(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = http_filter.fields
    checks = settings.get("check_settings") or {}
    body = checks.get("with_request_body") or fields.get("with_request_body")
    if body and not checks.get("disable_request_body_buffering") and not body.get("allow_partial_message"):
        limit, length = int(body.get("max_request_bytes") or 0), body_length(scene)
        if length is not None and length > limit:
            yield Pass(entry, scene, too_large(scene, limit, "ext_authz"))
            return
    server = authorizer(fields)
    if not reachable(scene.proxy, asked_cluster(fields)):
        yield _unanswered(entry, scene, fields, f"the authorizer at {server} cannot be reached")
        return
    fails_open = bool(fields.get("failure_mode_allow"))
    reason = f"the authorizer at {server} decides (CUSTOM policy): it may deny with 403 UAEX"
    ways = open_ways(entry, 2 if fails_open else 3, reason)
    words = ("ext_authz: may allow", "ext_authz: may deny", "ext_authz: may fail")
    for way, word in zip(ways, words, strict=False):
        way.step(lambda word=word: Step(Stage.HTTP_FILTER, word, f"asks {server}"))  # type: ignore[misc]
    yield _allowed(ways[0], scene, fields, server)
    denied = f"the authorizer at {server} denies"
    yield Pass(ways[1], scene, Verdict(Disposition.DENIED, 403, "UAEX", "ext_authz_denied", denied))
    if not fails_open:
        yield Pass(ways[2], scene, _error(scene, fields, f"the authorizer at {server} fails"))


def _unanswered(entry: Entry, scene: Scene, fields: Json, reason: str) -> Pass:
    """An authorizer that cannot answer."""
    if not fields.get("failure_mode_allow"):
        entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: error", reason))
        return Pass(entry, scene, _error(scene, fields, reason))
    entry.step(lambda: Step(Stage.HTTP_FILTER, "ext_authz: passed", f"{reason}; failure_mode_allow"))
    if not fields.get("failure_mode_allow_header_add"):
        return Pass(entry, scene)
    headers = scene.headers()
    headers["x-envoy-auth-failure-mode-allowed"] = ["true"]
    return Pass(entry, scene.changed(headers))


def _allowed(entry: Entry, scene: Scene, fields: Json, server: str) -> Pass:
    """The request as an authorizer that allows may leave it."""
    changes: dict[Part | str, str] = {}
    by = f"the authorizer at {server}"
    if "grpc_service" in fields:
        changes = {Part.HEADERS: by, Part.METADATA: by}
    else:
        answer = (fields.get("http_service") or {}).get("authorization_response") or {}
        if answer.get("allowed_upstream_headers") or answer.get("allowed_upstream_headers_to_append"):
            changes[Part.HEADERS] = by
        if answer.get("dynamic_metadata_from_headers"):
            changes[Part.METADATA] = by
    reroute = bool(fields.get("clear_route_cache")) and Part.HEADERS in changes
    return Pass(entry, scene.changed(opaque=changes) if changes else scene, reroute=reroute)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz": Contract(
        _evaluate,
        effects(Effect.ENDS, Effect.HEADERS, Effect.PATH, Effect.METADATA, Effect.ROUTE),
        "filters/http/ext_authz/ext_authz.cc",
    ),
}
