"""CORS: a preflight of an allowed origin is answered by the proxy.

Theory of operation. The policy comes from the route's settings alone (the filter's own has none), or from the
older ``cors`` of the route action and the virtual host where no level has settings. Each property is the first
that a level sets; only whether it is on is asked of the most specific. ``exact: "*"`` stands for any origin.
Without a route that forwards (none, a redirect, a direct response) the filter does nothing; one with
non_forwarding_action counts as one that forwards.
Follows source/extensions/filters/http/cors/cors_filter.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.config_route_v3 import CorsPolicy as Older
from meshctl.envoy.api.extensions_filters_http_cors_v3 import CorsPolicy
from meshctl.match import string_match
from meshctl.proxy.chance import split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def is_preflight(scene: Scene) -> bool:
    """A CORS preflight request."""
    view = scene.view
    return not view.unsaid and (
        view.first(":method") == "OPTIONS"
        and bool(view.first("origin"))
        and bool(view.first("access-control-request-method"))
    )


def _policies(scene: Scene, name: str) -> list[CorsPolicy | Older]:
    """The policies, the most specific first."""
    levels = scene.levels(name)
    if levels:
        return [CorsPolicy(level) for level in levels]
    older = [scene.action.get("cors"), scene.host.message.get("cors") if scene.host else None]
    return [Older(policy) for policy in older if policy is not None]


def _is_idle(scene: Scene, http_filter: Filter, settings: Json) -> bool:
    return not scene.has_route_entry or not _policies(scene, http_filter.name)


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    policies = _policies(scene, http_filter.name) if scene.has_route_entry else []
    if not policies or not is_preflight(scene):
        yield Pass(entry, scene)
        return
    for branch, enabled in split(entry, scene.proxy.runtime.enabled(policies[0].filter_enabled)):
        if enabled:
            yield _answered(branch, scene, policies)
        else:
            yield Pass(branch, scene)


def _answered(entry: Entry, scene: Scene, policies: list[CorsPolicy | Older]) -> Pass:
    """Each property is the first that a level sets."""
    origin = scene.view.first("origin")
    wanted = next((p.allow_origin_string_match for p in policies if p.allow_origin_string_match), ())
    matchers = [string_match.parse(matcher.raw) for matcher in wanted]
    allowed = any(matcher.test("*") or matcher.test(origin) for matcher in matchers)
    said = [policy.forward_not_matching_preflights for policy in policies]
    forwards = next((value for value in said if value is not None), True)
    if not allowed and forwards:
        return Pass(entry, scene)
    words = f"origin {origin} is {'allowed' if allowed else 'not allowed'}"
    entry.step(lambda: Step(Stage.HTTP_FILTER, "CORS: preflight answered", words))
    verdict = Verdict(Disposition.DIRECT_RESPONSE, 200, None, "cors_response", f"CORS preflight: {words}")
    return Pass(entry, scene, verdict)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.cors.v3.Cors": Contract(
        _evaluate, effects(Effect.ENDS), "filters/http/cors/cors_filter.cc", _is_idle
    ),
}
