"""Network filters that decide on a connection or change where it goes, beside RBAC and tcp_proxy.

Theory of operation. direct_response and echo answer and end the chain. An authorizer and limits leave both answers
open, unless their service cannot answer. sni_cluster and set_filter_state name the cluster; sni_dynamic_forward_proxy
looks up the server name. Follows source/extensions/filters/network/*.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.extensions_filters_network_ratelimit_v3 import RateLimit
from meshctl.envoy.api.extensions_filters_network_set_filter_state_v3 import Config as SetFilterState
from meshctl.envoy.message import Undecidable
from meshctl.match.request_view import Part
from meshctl.proxy.chance import open_ways
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.network_scene import Evaluator, NetworkScene, Way
from meshctl.proxy.filters.services import asked_cluster, asked_of, reachable
from meshctl.proxy.filters.state import states_of
from meshctl.proxy.listen.listeners import Filter
from meshctl.proxy.model import Disposition, Stage, Step, Verdict
from meshctl.values import replace

_NETWORK = "envoy.extensions.filters.network."
CLUSTER_STATE = "envoy.tcp_proxy.cluster"


def _direct_response(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """It answers when the connection begins, before anything that waits for bytes; without a handshake nobody reads that."""
    reason = "the proxy answers itself"
    entry.step(lambda: Step(Stage.NETWORK_FILTER, network_filter.name or "filter", reason))
    verdict = Verdict(Disposition.DIRECT_RESPONSE, 0, None, "direct_response", reason)
    if scene.failed is not None:
        verdict = replace(scene.failed, details=verdict.details)
    yield Way(entry, scene, entry.end(verdict))


def _echo(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    reason = "the proxy sends everything back"
    entry.step(lambda: Step(Stage.NETWORK_FILTER, network_filter.name or "filter", reason))
    verdict = Verdict(Disposition.DIRECT_RESPONSE, 0, None, None, reason)
    yield Way(entry, scene, entry.end(scene.closing or verdict))


def _ext_authz(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """The authorizer is asked at the first bytes."""
    if not scene.speaks:
        yield Way(entry, scene)
        return
    fields = network_filter.fields
    server = asked_cluster(fields) or "an external service"
    fails_open = bool(fields.get("failure_mode_allow"))
    error = Verdict(Disposition.DENIED, 0, "UAEX", "ext_authz_error", f"the authorizer at {server} fails")
    if not reachable(scene.proxy, asked_cluster(fields)):
        yield Way(entry, scene if fails_open else replace(scene, denial=scene.denial or error))
        return
    denied = Verdict(Disposition.DENIED, 0, "UAEX", "ext_authz_denied", f"the authorizer at {server} denies")
    reason = f"the authorizer at {server} decides on the connection (UAEX if it denies)"
    ways = open_ways(entry, 2 if fails_open else 3, reason)
    yield Way(ways[0], scene)
    for way, verdict in zip(ways[1:], (denied, error), strict=False):
        yield Way(way, replace(scene, denial=scene.denial or verdict))


def _local_limit(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    bucket = network_filter.fields.get("token_bucket") or {}
    enabled = scene.proxy.runtime.flag(network_filter.fields.get("runtime_enabled"), True)
    if not enabled:
        yield Way(entry, scene)
        return
    reason = (
        f"filter {network_filter.name}: whether tokens are left ({bucket.get('max_tokens', 0)} connections)"
    )
    passing, closed = open_ways(entry, 2, reason)
    yield Way(passing, scene)
    yield Way(closed, scene, closed.end(Verdict(Disposition.DENIED, 0, "URX", None, "no tokens are left")))


def _connection_limit(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    if not scene.proxy.runtime.flag(network_filter.fields.get("runtime_enabled"), True):
        yield Way(entry, scene)
        return
    most = network_filter.fields.get("max_connections", 0)
    reason = f"filter {network_filter.name}: whether fewer than {most} connections are open"
    passing, closed = open_ways(entry, 2, reason)
    yield Way(passing, scene)
    yield Way(closed, scene, closed.end(Verdict(Disposition.DENIED, 0, None, None, "too many connections")))


def _rate_limit(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    config = network_filter.read(RateLimit)
    refused = Verdict(Disposition.DENIED, 0, None, None, "the rate limit is used up")
    if not reachable(scene.proxy, asked_of(config.rate_limit_service)):
        yield Way(entry, scene, entry.end(refused) if config.failure_mode_deny else None)
        return
    passing, closed = open_ways(entry, 2, f"filter {network_filter.name}: the rate limit service decides")
    yield Way(passing, scene)
    yield Way(closed, scene, closed.end(refused))


def _sni_cluster(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    named = {CLUSTER_STATE: scene.facts.sni} if scene.facts.sni else {}
    yield Way(entry, replace(scene, opened={**scene.opened, **named}))


def _set_filter_state(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """Without TLS there is no handshake to wait for: what is to be set behind it is set when the connection begins."""
    config = network_filter.read(SetFilterState)
    at_once, later = config.on_new_connection, config.on_downstream_tls_handshake
    if scene.failed is not None:
        later = ()
    elif not scene.tls:
        at_once, later = (*at_once, *later), ()
    opened, unknown = states_of(at_once, scene.known(shaken=False))
    scene = replace(scene, opened={**scene.opened, **opened})
    shaken, unknown_later = states_of(later, scene.known(shaken=True))
    unknown |= unknown_later
    if CLUSTER_STATE in unknown:
        raise Undecidable(
            f"filter {network_filter.name}: the cluster that it names is known only at run time"
        )
    opaque = {**scene.opaque, Part.FILTER_STATE: network_filter.name} if unknown else scene.opaque
    yield Way(entry, replace(scene, shaken={**scene.shaken, **shaken}, opaque=opaque))


def _sni_forward_proxy(entry: Entry, scene: NetworkScene, network_filter: Filter) -> Iterator[Way]:
    """The server name is looked up, on the port that is configured or the connection's own."""
    port = int(network_filter.fields.get("port_value") or 443)
    host = scene.state.get("envoy.upstream.dynamic_host") or scene.facts.sni
    port = int(scene.state.get("envoy.upstream.dynamic_port") or port)
    entry.resolved = (host, port)
    yield Way(entry, scene)


_ENDS = effects(Effect.ENDS)

CONTRACTS: dict[str, Contract[Evaluator]] = {
    f"{_NETWORK}direct_response.v3.Config": Contract(
        _direct_response, _ENDS, "filters/network/direct_response/filter.cc"
    ),
    f"{_NETWORK}echo.v3.Echo": Contract(_echo, _ENDS, "filters/network/echo/echo.cc"),
    f"{_NETWORK}ext_authz.v3.ExtAuthz": Contract(_ext_authz, _ENDS, "filters/network/ext_authz/ext_authz.cc"),
    f"{_NETWORK}local_ratelimit.v3.LocalRateLimit": Contract(
        _local_limit, _ENDS, "filters/network/local_ratelimit/local_ratelimit.cc"
    ),
    f"{_NETWORK}connection_limit.v3.ConnectionLimit": Contract(
        _connection_limit, _ENDS, "filters/network/connection_limit/connection_limit.cc"
    ),
    f"{_NETWORK}ratelimit.v3.RateLimit": Contract(
        _rate_limit, _ENDS, "filters/network/ratelimit/ratelimit.cc"
    ),
    f"{_NETWORK}sni_cluster.v3.SniCluster": Contract(
        _sni_cluster, effects(Effect.HOST), "filters/network/sni_cluster/sni_cluster.cc"
    ),
    f"{_NETWORK}set_filter_state.v3.Config": Contract(
        _set_filter_state,
        effects(Effect.FILTER_STATE, Effect.HOST),
        "filters/common/set_filter_state/filter_config.cc",
    ),
    f"{_NETWORK}sni_dynamic_forward_proxy.v3.FilterConfig": Contract(
        _sni_forward_proxy, effects(Effect.HOST), "filters/network/sni_dynamic_forward_proxy/proxy_filter.cc"
    ),
}
