"""Whether there is a host for what is sent: none, unhealthy ones, panic, unused ones; limits and time-outs that cannot work.

Only clusters that something leads to count: every service of the mesh is a cluster of every proxy, and one that nobody
asks for fails nobody. Health is that of /clusters where it was given, else of the dump.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from meshctl.check.check import Check, Hits, Unsure, each
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import RoutePlace, routes
from meshctl.check.subject import Subject
from meshctl.check.uses import User, users
from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.cluster_names import parts_of
from meshctl.envoy.sections import SectionKind
from meshctl.plain import some
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.endpoints import by_priority, distribute
from meshctl.proxy.upstream.hosts import Health, Host
from meshctl.proxy.upstream.priorities import loads

_OWN_HOSTS = frozenset(["EDS", "STATIC", "STRICT_DNS", "LOGICAL_DNS"])
_EMPTY_ON_PURPOSE = frozenset(["BlackHoleCluster"])
_UNLIMITED = 1024  # Envoy's default of each limit


def _used(proxy: Proxy) -> Iterator[tuple[Cluster, list[User]]]:
    """Clusters with hosts of their own that requests or connections are sent to; not those by which a gateway passes TLS
    through to every service of the mesh (AUTO_PASSTHROUGH): they leave out endpoints that do not speak the mesh's TLS."""
    for name, found in users(proxy).items():
        if name.startswith("outbound_."):
            continue
        cluster = proxy.cluster(name)
        counting = [user for user in found if user.use.counts]
        if cluster is None or not counting or cluster.kind not in _OWN_HOSTS or name in _EMPTY_ON_PURPOSE:
            continue
        if cluster.kind != "EDS" or cluster.hosts or proxy.snapshot.gap(SectionKind.ENDPOINTS) is None:
            yield cluster, counting


def _unseen(proxy: Proxy) -> Iterator[Unsure]:
    """That endpoints were not given, where used clusters get theirs from the control plane."""
    gap = proxy.snapshot.gap(SectionKind.ENDPOINTS)
    clusters = (proxy.cluster(name) for name in users(proxy))
    if gap is not None and any(one is not None and one.kind == "EDS" and not one.hosts for one in clusters):
        yield Unsure("", gap.sentence)


def _name(item: tuple[Cluster, list[User]]) -> str:
    return f"cluster {item[0].name}"


def _ways(found: Sequence[User]) -> tuple[str, ...]:
    """Who leads there, as evidence."""
    return some(
        [f"used by {user.name}{f' (from {user.resource})' if user.resource else ''}" for user in found], 3
    )


def _over_used(subject: Subject, look: Callable[[Cluster, list[User]], Iterator[Hit]]) -> Hits:
    """What a look at each used cluster finds, and what of the endpoints was not shown."""
    proxy = subject.proxy
    assert proxy is not None
    yield from _unseen(proxy)
    yield from each(_used(proxy), _name, lambda item: look(*item))


def none_at_all(subject: Subject) -> Hits:
    """Used clusters without any host."""
    proxy = subject.proxy
    assert proxy is not None
    yield from _over_used(subject, lambda cluster, found: _without_hosts(proxy, cluster, found))


def _without_hosts(proxy: Proxy, cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    if cluster.hosts:
        return
    if cluster.kind in ("STRICT_DNS", "LOGICAL_DNS"):
        said = "its host name resolves to nothing: what is sent there is answered 503 (UH)"
        yield Hit(
            _name((cluster, found)),
            said,
            (cluster.where, *_ways(found)),
            "Check the name in DNS, as the pod asks it.",
        )
        return
    parts = parts_of(cluster.name)
    whole = proxy.cluster("|".join(parts._replace(subset=""))) if parts is not None and parts.subset else None
    if parts is not None and whole is not None and whole.hosts:
        said = f"no pod has the labels of subset {parts.subset}, while {parts.host} has {_hosts(len(whole.hosts))}: what is sent there is answered 503 (UH)"
        fix = f"Compare the labels of subset {parts.subset} in the DestinationRule of {parts.host} with those of the pods."
        yield Hit(_name((cluster, found)), said, (cluster.where, *_ways(found)), fix, Severity.ERROR)
        return
    fails = "connections are closed" if all(map(_is_tcp, found)) else "what is sent there is answered 503"
    said = f"it has no endpoints: {fails} (UH)"
    yield Hit(_name((cluster, found)), said, (cluster.where, *_ways(found)))


def _is_tcp(user: User) -> bool:
    return user.name.startswith("listener ")


def _hosts(count: int) -> str:
    return f"{count} host{'' if count == 1 else 's'}"


def unhealthy(subject: Subject) -> Hits:
    """Used clusters whose hosts are all unhealthy, that are in panic, or that lost some."""
    yield from _over_used(subject, _health)


def _health(cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    sick = [host for host in cluster.hosts if host.health in (Health.UNHEALTHY, Health.EXCLUDED)]
    if not sick:
        return
    name, evidence = _name((cluster, found)), (cluster.where, *_sick(sick), *_ways(found))
    if not distribute(cluster.hosts, cluster.policy).shares:
        said = f"none of its {_hosts(len(cluster.hosts))} is healthy: what is sent there is answered 503 (UH)"
        yield Hit(name, said, evidence, severity=Severity.ERROR)
        return
    levels = [cluster.policy.level(level) for level in by_priority(cluster.hosts)]
    if any(load.panic and load.healthy for load in loads(levels, cluster.policy.panic_threshold)):
        said = f"panic: {len(sick)} of {_hosts(len(cluster.hosts))} are unhealthy, so Envoy sends to all of them, the unhealthy ones too"
        yield Hit(name, said, evidence, severity=Severity.WARNING)
        return
    said = f"{len(sick)} of its {_hosts(len(cluster.hosts))} get nothing: {_reasons(sick)}"
    yield Hit(name, said, evidence, severity=Severity.INFO)


def _reasons(sick: Sequence[Host]) -> str:
    counts = Counter(host.reason or "unhealthy" for host in sick)
    return ", ".join(f"{count} {reason}" for reason, count in counts.items())


def _sick(sick: Sequence[Host]) -> tuple[str, ...]:
    return some([f"{host.address}: {host.reason or 'unhealthy'}" for host in sick], 4)


def unused_hosts(subject: Subject) -> Hits:
    """Healthy hosts of the first priority that get no share; later priorities that nothing leads to."""
    yield from _over_used(subject, _unused)


def _unused(cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    policy = cluster.policy
    if policy.unknown or policy.hashing is not None or cluster.subsets is not None or not cluster.hosts:
        return
    if not all(host.shown for host in cluster.hosts):
        return
    levels = by_priority(cluster.hosts)
    taking = {share.address for share in distribute(cluster.hosts, policy).shares if share.probability > 0}
    first = next(iter(levels), ())
    idle = [h for h in first if h.health is Health.HEALTHY and h.address not in taking]
    if idle and policy.locality_weighted:
        places = ", ".join(sorted({host.locality or "no locality" for host in idle}))
        said = f"{len(idle)} of its healthy hosts get nothing: the weight of their locality is 0 ({places})"
        yield Hit(
            _name((cluster, found)), said, (cluster.where, *(h.address for h in idle[:4]), *_ways(found))
        )
    if policy.locality_weighted and taking:
        yield from _without_capacity(cluster, found)


def _without_capacity(cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    """Localities of the first priority that have a weight, and no healthy host that could take their share."""
    weights = cluster.locality_weights
    able = {host.locality for host in cluster.hosts if host.health is Health.HEALTHY and host.priority == 0}
    whole = sum(weights.values())
    for locality, weight in weights.items():
        if locality not in able and able & weights.keys():
            said = (
                f"locality {locality or '(none)'} is to take {100 * weight / whole:.0f} % and has no healthy host: "
                "its share goes to the others"
            )
            yield Hit(_name((cluster, found)), said, (cluster.where, *_ways(found)))


def never_failing_over(subject: Subject) -> Hits:
    """Lower priorities in a cluster that never notices that a host is sick."""
    yield from _over_used(subject, _without_failover)


def _without_failover(cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    config = cluster.config
    priorities = sorted({host.priority for host in cluster.hosts})
    noticing = config.outlier_detection is not None or config.health_checks
    if len(priorities) < 2 or noticing or any(host.health is not Health.HEALTHY for host in cluster.hosts):
        return
    said = (
        f"priorities {', '.join(map(str, priorities[1:]))} take over only when priority {priorities[0]} has no ready endpoint left: "
        "there is neither outlier detection nor a health check"
    )
    yield Hit(_name((cluster, found)), said, (cluster.where, *_ways(found)))


_LIMITS = (
    (
        "max_connections",
        "every request that needs a new connection waits, then is answered 503 (UO)",
        "connections",
    ),
    (
        "max_pending_requests",
        "a request that has to wait for a connection is answered 503 (UO)",
        "waiting requests",
    ),
    ("max_requests", "every request is answered 503 (UO)", "requests at a time"),
)


def limits(subject: Subject) -> Hits:
    """Circuit breakers that reject by construction."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(_used(proxy), _name, lambda item: _closed(proxy, *item))


def _closed(proxy: Proxy, cluster: Cluster, found: list[User]) -> Iterator[Hit]:
    breakers = cluster.config.circuit_breakers
    for index, threshold in enumerate(breakers.thresholds if breakers is not None else ()):
        if threshold.priority != "DEFAULT":
            continue
        where = f"{cluster.where}.circuit_breakers.thresholds[{index}]"
        evidence = (where, *([f"from {cluster.resource}"] if cluster.resource else []), *_ways(found))
        values = {field: getattr(threshold, field) for field, _, _ in _LIMITS}
        for field, effect, _ in _LIMITS:
            if values[field] == 0:
                yield Hit(
                    _name((cluster, found)), f"{field} is 0: {effect}", (f"{where}.{field}", *evidence[1:])
                )
        if values["max_connections"] == 1 or values["max_requests"] == 1:
            small = ", ".join(
                f"at most {values[f]} {what}" for f, _, what in _LIMITS if values[f] in (1, 2, 3)
            )
            said = f"{small}: a second request at the same time waits or is answered 503 (UO)"
            yield Hit(_name((cluster, found)), said, evidence, severity=Severity.WARNING)


def timeouts(subject: Subject) -> Hits:
    """Routes whose retries cannot happen within the time-out."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(routes(proxy), lambda place: place.name, _timeout)


def _timeout(place: RoutePlace) -> Iterator[Hit]:
    if "route" not in place.route.message:
        return
    action = api.RouteAction(place.route.message["route"])
    policy = action.retry_policy
    if policy is None or not policy.retry_on or not action.timeout:
        return
    retries = 1 if policy.num_retries is None else policy.num_retries
    each_try, whole = policy.per_try_timeout or 0.0, action.timeout
    if not retries or not each_try:
        return
    if each_try >= whole:
        said = f"a try may take {each_try:g} s and the whole request {whole:g} s: a slow try leaves no time for any of the {retries} retries"
        yield Hit(place.name, said, place.evidence)
    elif each_try * (retries + 1) > whole:
        fits = int(whole // each_try) - (1 if whole % each_try == 0 else 0)
        said = f"{retries} retries of {each_try:g} s do not fit into {whole:g} s: of slow tries at most {fits} are repeated"
        yield Hit(place.name, said, place.evidence, severity=Severity.INFO)


CHECKS = (
    Check(
        "endpoints-none",
        Severity.WARNING,
        "A cluster without endpoints that something leads to",
        "What is sent there is answered 503 (UH). A subset whose labels no pod has is an error while the service has pods.",
        "Check that pods match the Service's selector and are ready.",
        none_at_all,
    ),
    Check(
        "endpoints-unhealthy",
        Severity.WARNING,
        "A cluster whose hosts are unhealthy or ejected",
        "With no healthy host left requests are answered 503 (UH), or, in panic, go to the unhealthy ones too.",
        "See why the hosts fail: their own logs, and what outlier detection or the health check counts.",
        unhealthy,
        proved="The shares of all hosts are computed as Envoy computes them, panic and priorities included.",
    ),
    Check(
        "endpoints-unused",
        Severity.WARNING,
        "Healthy hosts that get no traffic, and localities that cannot take theirs",
        "A locality with weight 0 gets nothing from load balancing by locality; one without a healthy host leaves its share to the "
        "others, which may be too much for them, and too far.",
        "Give the locality a weight (localityLbSetting.distribute) or take it out; see why its hosts are gone.",
        unused_hosts,
    ),
    Check(
        "failover-never",
        Severity.INFO,
        "Failover that waits for hosts to disappear",
        "Endpoints of lower priority are used only as hosts of higher priority are seen to be unhealthy, and nothing sees it.",
        "Add outlierDetection to the DestinationRule.",
        never_failing_over,
    ),
    Check(
        "limit-rejects",
        Severity.ERROR,
        "A circuit breaker that rejects by construction",
        "A limit of 0 rejects everything; a limit of 1 rejects or delays as soon as two requests meet.",
        "Raise the limit in the DestinationRule's connectionPool.",
        limits,
    ),
    Check(
        "retries-never",
        Severity.WARNING,
        "Retries that do not fit into the route's time-out",
        "The time-out covers all tries together. When one try may use it up, a slow answer is never retried.",
        "Make perTryTimeout × (attempts + 1) smaller than timeout, or raise timeout.",
        timeouts,
        proved="By the numbers of the route; retries after fast failures still happen.",
    ),
)
