"""The health check filter: the proxy answers its own health checks.

Theory of operation. A request that all header matchers take (none: every request) is answered, unless the filter
passes through. With cluster_min_healthy_percentages each named cluster must have that share of healthy hosts,
else 503. Follows source/extensions/filters/http/health_check/health_check.cc.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from meshctl.envoy.api.extensions_filters_http_health_check_v3 import HealthCheck
from meshctl.envoy.api.type_v3 import Percent
from meshctl.match import header_match
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.http.buffer import waits_for_end
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Verdict
from meshctl.proxy.upstream.endpoints import Health


def _evaluate(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    checks = http_filter.read(HealthCheck)
    matchers = [header_match.header(matcher.raw) for matcher in checks.headers]
    if checks.pass_through_mode or not all(m.holds(scene.view) for m in matchers):
        yield Pass(entry, scene)
        return
    waits_for_end(entry, scene, http_filter)
    failing = _too_unhealthy(scene, checks.cluster_min_healthy_percentages)
    if failing:
        verdict = Verdict(Disposition.DENIED, 503, "LH", "health_check_failed_cluster_unhealthy", failing)
    else:
        details = (
            "health_check_ok_cluster_healthy" if checks.cluster_min_healthy_percentages else "health_check_ok"
        )
        verdict = Verdict(Disposition.DIRECT_RESPONSE, 200, None, details, "the health check filter")
    yield Pass(entry, scene, verdict)


def _too_unhealthy(scene: Scene, wanted: Mapping[str, Percent]) -> str:
    """Why the check fails: the first cluster without enough healthy hosts."""
    for name, percent in wanted.items():
        cluster = scene.proxy.cluster(name)
        least = percent.value
        if cluster is None:
            return f"cluster {name} does not exist"
        hosts = cluster.hosts
        healthy = sum(host.health is Health.HEALTHY for host in hosts)
        if least and (not hosts or healthy < len(hosts) * least / 100):
            return f"cluster {name} has {healthy} of {len(hosts)} hosts healthy, {least:g} % are wanted"
    return ""


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.health_check.v3.HealthCheck": Contract(
        _evaluate, effects(Effect.ENDS), "filters/http/health_check/health_check.cc"
    ),
}
