"""What a cluster refuses: overload drops and maintenance before a host is chosen, circuit breakers of 0 after it.

Follows source/common/router/router.cc (drop overload, maintenance mode), source/common/conn_pool/conn_pool_base.cc
and source/common/tcp_proxy/tcp_proxy.cc.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.match.fraction import Fraction
from meshctl.proxy.model import Disposition, Verdict
from meshctl.proxy.upstream.clusters import Cluster

_OVERFLOW = "upstream_reset_before_response_started{overflow}"


def http(cluster: Cluster) -> tuple[tuple[float, Verdict | None], ...]:
    """The ways of a request: the share of each refusal, then of what is let on (None)."""
    found: tuple[tuple[float, Verdict | None], ...] | None = cluster.__dict__.get("admitted")
    if found is None:
        found = cluster.__dict__["admitted"] = tuple(_http(cluster))
    return found


def _http(cluster: Cluster) -> Iterator[tuple[float, Verdict | None]]:
    rest = 1.0
    maintenance = cluster.runtime.percent(f"upstream.maintenance_mode.{cluster.name}", Fraction(0)).chance
    dropped = ("DO", "drop_overload", "drops a share of its requests (drop_overloads)")
    if cluster.drop_share >= 1:
        dropped = (
            "UDO",
            "unconditional_drop_overload",
            "drops all of its requests (drop_overloads of 100 %)",
        )
    for chance, (flags, details, reason) in (
        (maintenance, ("UO", "maintenance_mode", "is in maintenance mode (runtime)")),
        (cluster.drop_share, dropped),
    ):
        if chance > 0:
            text = f"cluster {cluster.name} {reason}"
            yield rest * chance, Verdict(Disposition.NO_HEALTHY_ENDPOINT, 503, flags, details, text)
            rest *= 1.0 - chance
    if rest > 0:
        yield rest, None


def overflow(cluster: Cluster, priority: str) -> tuple[Verdict, bool] | None:
    """What the pool of a chosen host answers where its own cluster lets no request on, and whether the host is told (once a
    connection has it); None where it lets it on."""
    for limit, told in (("max_pending_requests", False), ("max_requests", True)):
        if cluster.closed(priority, limit):
            text = f"cluster {cluster.name}: circuit breaker {limit} is 0"
            return Verdict(Disposition.NO_HEALTHY_ENDPOINT, 503, "UO", _OVERFLOW, text), told
    return None


def tcp(cluster: Cluster) -> Verdict | None:
    """What ends a connection before a host is chosen. Overload drops are the HTTP router's: tcp_proxy has none."""
    if not cluster.closed("DEFAULT", "max_connections"):
        return None
    text = f"cluster {cluster.name}: circuit breaker max_connections is 0"
    return Verdict(Disposition.NO_HEALTHY_ENDPOINT, 0, "UO", None, text)


def overflow_of_connection(cluster: Cluster) -> tuple[Verdict, bool] | None:
    """As ``overflow``, for a connection: the attempts to have one of the pool's are over at once."""
    if not cluster.closed("DEFAULT", "max_pending_requests"):
        return None
    text = f"cluster {cluster.name}: circuit breaker max_pending_requests is 0"
    return Verdict(Disposition.NO_HEALTHY_ENDPOINT, 0, "URX", None, text), False
