"""Rate limits, kept in the proxy or asked of a service: how full a bucket is, no configuration says.

Theory of operation. A local limit counts only where filter_enabled and filter_enforced hold (both are off unless
set) and there is a bucket: without tokens it always refuses, else both answers are open. A global limit asks its
service when the route or the virtual host has actions for its stage; without a reachable service it passes,
unless failure_mode_deny. Follows source/extensions/filters/http/{local_ratelimit,ratelimit}/*.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match.fraction import Fraction
from meshctl.proxy.chance import open_ways, split
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.filters.services import reachable
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict


def _status(fields: Json, key: str, least: int = 400) -> int:
    """The configured code of a refusal; below ``least`` it is 429."""
    from meshctl.proxy.filters.services import http_status

    code = http_status(fields.get(key), 429)
    return code if code >= least else 429


def _local(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = settings or http_filter.fields
    runtime = scene.proxy.runtime
    bucket = fields.get("token_bucket")
    enabled = runtime.fraction(fields.get("filter_enabled") or {}, Fraction(0))
    enforced = runtime.fraction(fields.get("filter_enforced") or {}, Fraction(0))
    chance = Fraction(int(enabled.chance * enforced.chance * 1_000_000), 1_000_000)
    if bucket is None and not fields.get("descriptors"):
        chance = Fraction(0)
    for branch, limited in split(entry, chance):
        if limited:
            yield from _limited(branch, scene, http_filter, fields, bucket or {})
        else:
            yield Pass(branch, scene)


def _limited(entry: Entry, scene: Scene, http_filter: Filter, fields: Json, bucket: Json) -> Iterator[Pass]:
    size, interval = int(bucket.get("max_tokens") or 0), bucket.get("fill_interval", "")
    refused = Verdict(
        Disposition.DENIED,
        _status(fields, "status"),
        "RL",
        "local_rate_limited",
        "no tokens are left",
    )
    if size == 0 and not fields.get("descriptors"):
        yield Pass(entry, scene, refused)
        return
    reason = f"local rate limit {size} per {interval}: whether tokens are left (else {refused.code} RL)"
    passing, ending = open_ways(entry, 2, reason)
    passing.step(lambda: Step(Stage.HTTP_FILTER, "local rate limit: a token is left", reason))
    ending.step(lambda: Step(Stage.HTTP_FILTER, "local rate limit: no token is left", reason))
    yield Pass(passing, scene)
    yield Pass(ending, scene, refused)


def _global(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    fields = http_filter.fields
    if not _has_actions(scene, settings):
        yield Pass(entry, scene)
        return
    service = ((fields.get("rate_limit_service") or {}).get("grpc_service") or {}).get("envoy_grpc") or {}
    domain = fields.get("domain", "")
    denies = bool(fields.get("failure_mode_deny"))
    error = Verdict(
        Disposition.DENIED,
        _status(fields, "status_on_error", 200) if fields.get("status_on_error") else 500,
        "RLSE",
        "rate_limiter_error",
        "the rate limit service does not answer, and failure_mode_deny is set",
    )
    if not reachable(scene.proxy, str(service.get("cluster_name") or "")):
        yield Pass(entry, scene, error if denies else None)
        return
    reason = f"global rate limit (domain {domain}): the service decides (429 RL when it is used up)"
    refused = Verdict(
        Disposition.DENIED,
        _status(fields, "rate_limited_status"),
        "RL",
        "request_rate_limited",
        f"the rate limit of domain {domain} is used up",
    )
    ways = open_ways(entry, 3 if denies else 2, reason)
    yield Pass(ways[0], scene)
    for way, verdict in zip(ways[1:], (refused, error), strict=False):
        yield Pass(way, scene, verdict)


def _has_actions(scene: Scene, settings: Json) -> bool:
    return (
        bool(settings.get("rate_limits"))
        or bool(scene.action.get("rate_limits"))
        or bool(scene.host and scene.host.message.get("rate_limits"))
    )


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
