"""The ways on from a cluster: to its endpoints, or to what stands in their place.

Theory of operation. The router and tcp_proxy ask alike and only tell a missing host each in its own words. What is
not known (the endpoints, what DNS says, which TLS a host gets, what a filter of the cluster's does) is an outcome
of its own beside the way on; a share for which there is no host is one, too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator

from meshctl.envoy.message import Undecidable
from meshctl.proxy import doubts
from meshctl.proxy.chance import open_ways
from meshctl.proxy.entry import Entry
from meshctl.proxy.model import Disposition, Endpoint, Passage, Stage, Step, Verdict, scaled
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.upstream.clusters import Cluster
from meshctl.proxy.upstream.upstreams import Ask, Choice, choose, cluster_step, endpoint_step

# What is told where there is no host, or where its name cannot be resolved (with the reason of that).
Missing = Callable[[Choice, str], Verdict]
# What the pool of a chosen host's cluster answers instead, and whether the host is told; None where it takes the request.
Refused = Callable[[Cluster], tuple[Verdict, bool] | None]
# Filters of a cluster that change at most what the upstream sees in headers.
_KNOWN_FILTERS = frozenset(
    f"envoy.extensions.filters.http.{name}"
    for name in (
        "upstream_codec.v3.UpstreamCodec",
        "header_mutation.v3.HeaderMutation",
        "credential_injector.v3.CredentialInjector",
    )
)


def ways(
    entry: Entry,
    proxy: Proxy,
    cluster: Cluster,
    ask: Ask,
    missing: Missing,
    refused: Refused,
    *,
    detail: str = "",
) -> Iterator[Passage | tuple[Entry, tuple[Endpoint, ...]]]:
    """Passages that end here, and what goes on to endpoints."""
    choice = choose(proxy, cluster, ask)
    entry.step(lambda: cluster_step(cluster, choice, detail))
    if not choice.endpoints and choice.undetermined:
        entry.unknown(choice.undetermined)
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=choice.undetermined))
        return
    entry.step(lambda: endpoint_step(choice))
    if not choice.endpoints:
        yield entry.end(missing(choice, ""))
        return
    for reason in (choice.undetermined, entry.override.unknown if entry.override else ""):
        if reason and len(choice.endpoints) > 1:
            entry.unknown(reason)
    if len(choice.endpoints) > 1:
        entry.assumed += tuple(_reports(proxy, cluster, choice.endpoints))
    for reason in choice.open:
        entry, other = open_ways(entry, 2, reason)
        yield other.end(missing(choice, reason))
    if choice.doubt:
        entry, other = open_ways(entry, 2, choice.doubt)
        yield other.end(missing(choice, ""))
    reasons = _doubts(cluster, choice, http=ask.view is not None)
    entry, either = doubts.doubted(entry, cluster.config, cluster.assigned, more=reasons)
    if either is not None:
        yield either
    if choice.missing:
        yield entry.branch(choice.missing).end(missing(choice, ""))
        entry = entry.branch(1.0 - choice.missing)
    yield from _admitted(entry, proxy, cluster, choice.endpoints, refused)


def _reports(proxy: Proxy, cluster: Cluster, endpoints: tuple[Endpoint, ...]) -> Iterator[str]:
    """What the shares rest on where hosts weigh by what they report."""
    for name in dict.fromkeys(endpoint.cluster for endpoint in endpoints):
        owner = (proxy.cluster(name) if name else None) or cluster
        if owner.balancing.by_reports:
            yield f"that no host of cluster {owner.name} reports its load (ORCA): all weigh alike"


def _admitted(
    entry: Entry, proxy: Proxy, cluster: Cluster, endpoints: tuple[Endpoint, ...], refused: Refused
) -> Iterator[Passage | tuple[Entry, tuple[Endpoint, ...]]]:
    """The endpoints whose own cluster takes the request (an aggregate's are of several); the others' share is refused."""
    owners = dict.fromkeys(endpoint.cluster for endpoint in endpoints)
    refusals = {name: refused((proxy.cluster(name) if name else None) or cluster) for name in owners}
    if not any(refusals.values()):
        yield from _readable(entry, proxy, cluster, endpoints)
        return
    for name, refusal in refusals.items():
        own = [endpoint for endpoint in endpoints if endpoint.cluster == name]
        share, shared = scaled(own)
        branch = entry.branch(share) if len(own) < len(endpoints) else entry
        if refusal is not None:
            yield branch.end(refusal[0], endpoints=shared if refusal[1] else ())
        else:
            yield from _readable(branch, proxy, cluster, shared)


def _readable(
    entry: Entry, proxy: Proxy, cluster: Cluster, endpoints: tuple[Endpoint, ...]
) -> Iterator[Passage | tuple[Entry, tuple[Endpoint, ...]]]:
    """The endpoints that can be spoken to as configured. How one is spoken to that cannot be read is open: the handshake may
    fail, and what comes of it where it succeeds is told apart."""
    spoken = [(proxy.cluster(one.cluster) if one.cluster else None) or cluster for one in endpoints]
    reasons = list(map(_unread, spoken, endpoints))
    if not any(reasons):
        yield entry, endpoints
        return
    left: list[Endpoint] = []
    total = sum(endpoint.probability for endpoint in endpoints)
    for endpoint, reason in zip(endpoints, reasons, strict=True):
        if not reason:
            left.append(endpoint)
            continue
        branch = entry.branch(endpoint.probability / total) if len(endpoints) > 1 else entry
        on, other = open_ways(branch, 2, reason)
        yield other.end(Verdict(Disposition.UNDETERMINED, reason=reason))
        on.step(
            functools.partial(Step, Stage.ENDPOINT, "supposed: the handshake with the host succeeds", reason)
        )
        yield on, scaled((endpoint,))[1]
    if left:
        share, rest = scaled(left)
        yield entry.branch(share / total), rest


def _unread(cluster: Cluster, endpoint: Endpoint) -> str:
    """Why the way a cluster speaks to an endpoint cannot be read; "" where it can."""
    try:
        cluster.tls_to(endpoint.metadata)
    except Undecidable as unknown:
        return f"cluster {cluster.name}: {unknown.reason}"
    return ""


def _doubts(cluster: Cluster, choice: Choice, *, http: bool) -> Iterator[str]:
    """What may end the way on otherwise."""
    for name in cluster.filters if http else ():
        if name not in _KNOWN_FILTERS:
            yield f"the upstream filter {name.rpartition('.')[2]} of {cluster.name}: its effect is not known"
    if choice.unshown:
        yield choice.unshown
