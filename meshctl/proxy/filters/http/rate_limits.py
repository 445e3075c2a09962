"""Rate limits, kept in the proxy or asked of a service: how full a bucket is, no configuration says.

Theory of operation. A local limit counts only where filter_enabled and filter_enforced hold (both are off unless
set) and there is a bucket: without tokens it always refuses, else both answers are open. A global limit asks its
service when the route or the virtual host has actions for its stage; without a reachable service it passes,
unless failure_mode_deny. Follows source/extensions/filters/http/{local_ratelimit,ratelimit}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from meshctl.envoy.api.config_route_v3 import RateLimit as Actions
from meshctl.envoy.api.config_route_v3 import RouteAction
from meshctl.envoy.api.extensions_filters_http_local_ratelimit_v3 import LocalRateLimit
from meshctl.envoy.api.extensions_filters_http_ratelimit_v3 import RateLimit, RateLimitPerRoute
from meshctl.envoy.api.type_v3 import HttpStatus, TokenBucket
from meshctl.match.fraction import Fraction
from meshctl.proxy.chance import open_ways, split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import asked_of, http_status, reachable
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def _status(status: HttpStatus | None, least: int = 400, absent: int = 429) -> int:
    """The configured code of a refusal; below ``least`` it is 429."""
    code = http_status(None if status is None else status.raw, absent)
    return code if code >= least else 429


def _local(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config = LocalRateLimit(settings or http_filter.fields)
    runtime = scene.proxy.runtime
    enabled = runtime.enabled(config.filter_enabled, 0)
    enforced = runtime.enabled(config.filter_enforced, 0)
    chance = Fraction(int(enabled.chance * enforced.chance * 1_000_000), 1_000_000)
    if config.token_bucket is None and not config.descriptors:
        chance = Fraction(0)
    for branch, limited in split(entry, chance):
        if limited:
            yield from _limited(branch, scene, config)
        else:
            yield Pass(branch, scene)


def _limited(entry: Entry, scene: Scene, config: LocalRateLimit) -> Iterator[Pass]:
    bucket = config.token_bucket or TokenBucket({})
    refused = Verdict(
        Disposition.DENIED, _status(config.status), "RL", "local_rate_limited", "no tokens are left"
    )
    if bucket.max_tokens == 0 and not config.descriptors:
        yield Pass(entry, scene, refused)
        return
    interval = bucket.raw.get("fill_interval", "")
    reason = f"local rate limit {bucket.max_tokens} per {interval}: whether tokens are left (else {refused.code} RL)"
    passing, ending = open_ways(entry, 2, reason)
    passing.step(lambda: Step(Stage.HTTP_FILTER, "local rate limit: a token is left", reason))
    ending.step(lambda: Step(Stage.HTTP_FILTER, "local rate limit: no token is left", reason))
    yield Pass(passing, scene)
    yield Pass(ending, scene, refused)


def _global(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    config, route = http_filter.read(RateLimit), RateLimitPerRoute(settings)
    if not _asks(config, route, scene):
        yield Pass(entry, scene)
        return
    domain = route.domain or config.domain
    error = Verdict(
        Disposition.DENIED,
        _status(config.status_on_error, 200, absent=500),
        "RLSE",
        "rate_limiter_error",
        "the rate limit service does not answer, and failure_mode_deny is set",
    )
    if not reachable(scene.proxy, asked_of(config.rate_limit_service)):
        yield Pass(entry, scene, error if config.failure_mode_deny else None)
        return
    reason = f"global rate limit (domain {domain}): the service decides (429 RL when it is used up)"
    refused = Verdict(
        Disposition.DENIED,
        _status(config.rate_limited_status),
        "RL",
        "request_rate_limited",
        f"the rate limit of domain {domain} is used up",
    )
    ways = open_ways(entry, 3 if config.failure_mode_deny else 2, reason)
    yield Pass(ways[0], scene)
    for way, verdict in zip(ways[1:], (refused, error), strict=False):
        yield Pass(way, scene, verdict)


_ENABLED = "ratelimit.http_filter_enabled"
_TYPES = {"internal": True, "external": False}
_OVERRIDE = {"OVERRIDE_POLICY": "OVERRIDE", "INCLUDE_POLICY": "INCLUDE", "IGNORE_POLICY": "IGNORE"}


def _asks(config: RateLimit, route: RateLimitPerRoute, scene: Scene) -> bool:
    """Whether the service is asked: a request of the wanted type, to a cluster that is there, with actions of the stage."""
    wanted = _TYPES.get(config.request_type)
    if wanted is not None and wanted != (scene.view.first("x-envoy-internal") == "true"):
        return False
    if not scene.proxy.runtime.percent(_ENABLED, Fraction(100)).numerator:
        return False
    if not scene.has_route_entry or scene.proxy.cluster(scene.cluster_name) is None:
        return False
    if route.rate_limits:
        return _of_stage(route.rate_limits, config)
    action = RouteAction(scene.action)
    own = _of_stage(action.rate_limits, config)
    option = _OVERRIDE.get(route.override_option) or route.vh_rate_limits
    option = "INCLUDE" if action.include_vh_rate_limits else option
    if own or option == "IGNORE" or (option == "OVERRIDE" and action.rate_limits):
        return own
    return scene.host is not None and _of_stage(scene.host.config.rate_limits, config)


def _of_stage(limits: Iterable[Actions], config: RateLimit) -> bool:
    return any((limit.stage or 0) == config.stage for limit in limits)


def _quota(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """Quotas that a service hands out."""
    reason = f"filter {http_filter.name}: the quota that its service gave (429 when it is used up)"
    passing, ending = open_ways(entry, 2, reason)
    yield Pass(passing, scene)
    yield Pass(
        ending,
        scene,
        Verdict(Disposition.DENIED, 429, "RL", "rate_limited_by_quota", "the quota is used up"),
    )


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit": Contract(
        _local, effects(Effect.ENDS), "filters/http/local_ratelimit/local_ratelimit.cc"
    ),
    "envoy.extensions.filters.http.ratelimit.v3.RateLimit": Contract(
        _global, effects(Effect.ENDS, Effect.HEADERS), "filters/http/ratelimit/ratelimit.cc"
    ),
    "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaFilterConfig": Contract(
        _quota, effects(Effect.ENDS), "filters/http/rate_limit_quota/filter.cc"
    ),
}
