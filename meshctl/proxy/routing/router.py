"""The router filter: a route's action carried out, to a reply or to an upstream.

Theory of operation. A redirect or a direct response answers. Otherwise the action names clusters: one, weighted
ones (the request's random number, or the number in header_name, modulo the total weight), the cluster named by
a header. The request is rewritten; the cluster gives endpoints. A cluster that does not exist is NC with the
action's code, no healthy endpoint is UH. A gRPC request is answered with 200 whatever the code is.
Follows source/common/router/{router,config_impl}.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from meshctl.envoy.api.config_route_v3 import InternalRedirectPolicy, RedirectAction, RetryPolicy, RouteAction
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match import grpc
from meshctl.match.fraction import fractional_percent
from meshctl.match.request_view import PartlyKnown, RequestView
from meshctl.match.substitution import Known
from meshctl.proxy.entry import Entry
from meshctl.proxy.http.connection_header import is_connect_udp, is_upgrade
from meshctl.proxy.model import (
    Disposition,
    Endpoint,
    Follow,
    Passage,
    Stage,
    Step,
    Upstream,
    Verdict,
    scaled,
)
from meshctl.proxy.routing import redirects, rewrites
from meshctl.proxy.routing.onward import Sent, holders
from meshctl.proxy.routing.onward import sent as sent_on
from meshctl.proxy.routing.rewrites import Changes
from meshctl.proxy.routing.targets import NO_TARGET, Routed, Target
from meshctl.proxy.upstream import admission, hash_policy, subsets, upstreams
from meshctl.proxy.upstream.clusters import Cluster, istio_config
from meshctl.proxy.upstream.hash_policy import RANDOM
from meshctl.proxy.upstream.ways import ways
from meshctl.values import Struct, replace

_NOT_FOUND_CODES = {"SERVICE_UNAVAILABLE": 503, "NOT_FOUND": 404, "INTERNAL_SERVER_ERROR": 500}


def is_grpc(view: RequestView) -> bool:
    return grpc.is_grpc(view.headers)


def act(entry: Entry, routed: Routed, target: Target) -> Iterator[Passage]:
    """Carry out the route's action, on the cluster that was drawn when the route was chosen."""
    message = routed.route.message
    if "redirect" in message:
        yield _redirect(entry, routed)
    elif "direct_response" in message:
        yield _direct_response(entry, routed)
    elif "route" in message:
        yield from _forward(entry, routed, target)
    elif "non_forwarding_action" in message:
        yield _cluster_missing(entry, routed, target, "the route has non_forwarding_action")
    else:
        raise Undecidable("the route's action is not in the dump, and Envoy takes no route without one")


def _direct_response(entry: Entry, routed: Routed) -> Passage:
    """A fixed answer; with 201 or 3xx the request's own URL goes along as Location, where it has a path (a tunnel has none)."""
    code = routed.route.config.direct_response.status if routed.route.config.direct_response else 0
    entry.step(lambda: _answer_step(routed, f"direct response {code}"))
    location = None
    if (code == 201 or 300 <= code < 400) and routed.view.target:
        location = rewrites.redirect_location(
            RedirectAction({}), routed.route.match.path, routed.view, routed.known
        )
    return entry.end(
        Verdict(
            Disposition.DIRECT_RESPONSE,
            code,
            None,
            "direct_response",
            f"the route answers {code} itself",
        ),
        location=_as_answered(entry, routed, location),
    )


def _as_answered(entry: Entry, routed: Routed, location: str | None) -> str | None:
    """The Location of an answer that a route gives itself."""
    return told_location(entry, location, _holders(routed, NO_TARGET), routed.known)


def _holders(routed: Routed, target: Target) -> tuple[Changes, ...]:
    return holders(routed.proxy, target, routed.route, routed.host, routed.table)


_OPEN_LOCATION = "the Location of the answer: response_headers_to_add fills in what is not known"


def told_location(
    entry: Entry, location: str | None, holders: tuple[Changes, ...], known: Known
) -> str | None:
    """The Location of an answer, behind what routes add to answers and take from them."""
    told = rewrites.answered_location(location, holders, known) if holders else location
    if isinstance(told, PartlyKnown):
        entry.unknown(_OPEN_LOCATION)
    return told


def _relocated(holders: tuple[Changes, ...], known: Known) -> Callable[[str], str | None] | None:
    """What becomes of a Location that comes back; None where no route bears on answers."""
    if not holders or not any(holder.answer_adds or holder.answer_removes for holder in holders):
        return None
    return lambda location: rewrites.answered_location(location, holders, known)


def _answer_step(routed: Routed, text: str) -> Step:
    return Step(Stage.ROUTE, text, "the proxy answers itself", resource=istio_config(routed.route.message))


def _redirect(entry: Entry, routed: Routed) -> Passage:
    redirect = routed.route.config.redirect or RedirectAction({})
    code = rewrites.redirect_code(redirect)
    if routed.route.stands_for_tls:
        location = rewrites.tls_location(routed.view) if routed.view.target else ""
    else:
        built = None
        if routed.view.target:
            built = rewrites.redirect_location(redirect, routed.route.match.path, routed.view, routed.known)
        location = _as_answered(entry, routed, built) or ""
    where = f"to {location}" if location else "without a Location"
    entry.step(lambda: _answer_step(routed, f"redirect {code} {where}"))
    return entry.end(
        Verdict(
            Disposition.REDIRECTED,
            code,
            None,
            "direct_response",
            f"redirected {where}",
        ),
        location=location or None,
    )


def _forward(entry: Entry, routed: Routed, target: Target) -> Iterator[Passage]:
    if target.undecided:
        entry.unknown(target.undecided)
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=target.undecided))
        return
    cluster = routed.proxy.cluster(target.cluster) if target.cluster else None
    if cluster is None:
        yield _cluster_missing(entry, routed, target, target.reason)
        return
    yield from _to_cluster(entry, routed, cluster, target)


def _action(routed: Routed) -> RouteAction:
    """The action of a route that forwards."""
    return routed.route.action or _NO_ACTION


_NO_ACTION = RouteAction({})


def _cluster_missing(entry: Entry, routed: Routed, target: Target, reason: str) -> Passage:
    name = target.cluster
    code = _NOT_FOUND_CODES.get(_action(routed).cluster_not_found_response_code, 503)
    state = routed.proxy.not_in_force(SectionKind.CLUSTERS, name) or "does not exist"
    why = f"cluster {name} {state}" if name else (reason or "no cluster is named")
    entry.step(lambda: Step(Stage.CLUSTER, name or "none", why))
    verdict = Verdict(Disposition.NO_CLUSTER, code, "NC", "cluster_not_found", why)
    told = entry.absent(verdict, routed.proxy.unseen_cluster(name) if name else None)
    return entry.end(told, location=told_location(entry, None, _holders(routed, target), routed.known))


def _to_cluster(entry: Entry, routed: Routed, cluster: Cluster, target: Target) -> Iterator[Passage]:
    entry.cluster = cluster.name
    for share, refusal in admission.http(cluster):
        branch = entry if share >= 1.0 else entry.branch(share)
        if refusal is None:
            yield from _to_host(branch, routed, cluster, target)
        else:
            branch.step(lambda refusal=refusal: Step(Stage.CLUSTER, cluster.name, refusal.reason))  # type: ignore[misc]
            location = told_location(branch, None, _holders(routed, target), routed.known)
            yield branch.end(refusal, location=location)


def _asked(entry: Entry, routed: Routed, cluster: Cluster, target: Target, sent: Sent) -> upstreams.Ask:
    """What the choice of a host goes by; a hash of what a filter may have changed is not known."""
    action = _action(routed)
    key = RANDOM
    if cluster.may_hash:
        seen = sent.view if not entry.doubt else sent.view.doubted({**entry.doubt, **sent.doubt})
        key = hash_policy.of_request(action.hash_policy or cluster.hash_policy, seen, routed.client_ip)
    own = target.settings.metadata_match if target.settings is not None else None
    return upstreams.Ask(
        routed.connection, subsets.wanted(action.metadata_match, own), routed.view, key, entry.override
    )


def _to_host(entry: Entry, routed: Routed, cluster: Cluster, target: Target) -> Iterator[Passage]:
    def missing(choice: upstreams.Choice, unresolved: str) -> Verdict:
        if unresolved:
            return Verdict(Disposition.NO_HEALTHY_ENDPOINT, 503, "DF", "dns_resolution_failure", unresolved)
        why = f"cluster {cluster.name}: {choice.reason}"
        return Verdict(choice.ends_as, choice.code, "UH", "no_healthy_upstream", why)

    def refused(owner: Cluster) -> tuple[Verdict, bool] | None:
        return admission.overflow(owner, _action(routed).priority)

    sent = sent_on(routed, target, _action(routed))
    ask = _asked(entry, routed, cluster, target, sent)
    for way in ways(entry, routed.proxy, cluster, ask, missing, refused, detail=target.reason):
        if isinstance(way, Passage):
            yield _located(way, sent)
        else:
            yield from _deliver(way[0], routed, cluster, sent, way[1])


def _located(passage: Passage, sent: Sent) -> Passage:
    """An answer that stands in place of a host's: to the request as it is sent on, with the Location that the route adds."""
    passage = replace(passage, answered_to=sent.view)
    found = rewrites.answered_location(None, sent.changers, sent.known) if sent.changers else None
    if found is None or passage.verdict.code is None:
        return passage
    if isinstance(found, PartlyKnown):
        return replace(passage, location=found, undetermined=(*passage.undetermined, _OPEN_LOCATION))
    return replace(passage, location=found)


class _Forwarding(Struct, frozen=True):
    """What a route's action does with every request, read once."""

    auto_host: bool
    retries: RetryPolicy | None
    mirrors: tuple[str, ...]
    redirects: InternalRedirectPolicy | None


def _forwarding(routed: Routed) -> _Forwarding:
    action = _action(routed)

    def build() -> _Forwarding:
        return _Forwarding(
            bool(action.auto_host_rewrite),
            action.retry_policy,
            tuple(mirror.cluster for mirror in action.request_mirror_policies),
            redirects.policy_of(action),
        )

    found: _Forwarding = routed.proxy.compile_once(action.raw, "forwarding", build)
    return found


def _deliver(
    entry: Entry, routed: Routed, cluster: Cluster, sent: Sent, endpoints: tuple[Endpoint, ...]
) -> Iterator[Passage]:
    action, does = _action(routed), _forwarding(routed)
    terminated = _terminates_connect(routed, action)
    verdict = _success(routed, terminated=terminated)
    for part in _by_hostname(endpoints) if does.auto_host else (endpoints,):
        share, own = scaled(part)
        branch = entry.branch(share)
        going = sent
        if does.auto_host and part[0].hostname:
            going = sent.to(part[0].hostname, forwarded_host=action.append_x_forwarded_host)
        authority = going.host or routed.view.first(":authority")
        _note_extras(branch, action)
        if sent.open and not terminated:
            branch.unknown(f"the path that is sent: {sent.open}")
        follow = _follow(routed, does.redirects, going, authority)
        if follow is not None:
            branch.assumed = (*branch.assumed, redirects.NOT_REDIRECTED)
        yield branch.end(
            verdict,
            endpoints=own,
            upstream_path=None if terminated or sent.open else sent.path,
            location=told_location(branch, None, going.changers, going.known),
            upstream_req_host=None if terminated else authority or None,
            upstream=Upstream(
                cluster.name,
                own,
                None if terminated else going.request(routed, authority, entry.doubt),
                cluster.source_ips,
                routed.request.multiplexed if cluster.http2 is None else cluster.http2,
                _alpn_override(entry, cluster, routed),
                retries=_retries(does.retries or routed.host.config.retry_policy),
                mirrors=does.mirrors,
                follow=follow,
                relocated=_relocated(going.changers, going.known),
            ),
        )


def _follow(
    routed: Routed, policy: InternalRedirectPolicy | None, sent: Sent, authority: str
) -> Follow | None:
    """What the route makes of a redirect that comes back; None without a policy."""
    if policy is None:
        return None
    return redirects.Redirects(
        policy,
        routed.request,
        routed.view,
        routed.view.carrying({**sent.view.headers, ":authority": [authority]}),
        routed.table,
        routed.proxy.runtime,
        routed.route.name,
        routed.client_ip,
    ).follow


def _retries(policy: RetryPolicy | None) -> frozenset[str]:
    """What a policy tries again."""
    return frozenset() if policy is None else policy.once("(tried again)", _tried_again)


def _tried_again(policy: RetryPolicy) -> frozenset[str]:
    if policy.num_retries == 0:
        return frozenset()
    return frozenset(word.strip() for word in policy.retry_on.split(",") if word.strip())


def _alpn_override(entry: Entry, cluster: Cluster, routed: Routed) -> tuple[str, ...] | None:
    """What Istio's ALPN filter makes the upstream TLS offer; None where the cluster forbids it."""
    if cluster.forbids_alpn:
        return None
    http2 = routed.request.multiplexed if cluster.http2 is None else cluster.http2
    return dict(entry.alpn).get("HTTP2" if http2 else "HTTP11") if entry.alpn else None


def _by_hostname(endpoints: tuple[Endpoint, ...]) -> list[tuple[Endpoint, ...]]:
    groups: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        groups.setdefault(endpoint.hostname, []).append(endpoint)
    return [tuple(group) for group in groups.values()]


def _terminates_connect(routed: Routed, action: RouteAction) -> bool:
    """Whether the tunnel ends here: its payload goes on, not the request."""
    kind = (
        "CONNECT" if routed.view.is_connect else "CONNECT-UDP" if is_connect_udp(routed.view.headers) else ""
    )
    return bool(kind) and any(
        config.upgrade_type.upper() == kind and config.connect_config is not None
        for config in action.upgrade_configs
    )


def _success(routed: Routed, *, terminated: bool) -> Verdict:
    """What the log shows when the application answers; a tunnel is logged when the client hangs up.

    HTTP/2 is told 200 where HTTP/1 switches protocols with 101.
    """
    connect, upgrade = routed.view.is_connect, is_upgrade(routed.view.headers)
    if not connect and not upgrade:
        return Verdict(Disposition.DELIVERED, 200, None, "via_upstream")
    switched = not connect and not terminated and not routed.request.multiplexed
    return Verdict(Disposition.DELIVERED, 101 if switched else 200, "DC", "downstream_remote_disconnect")


COPY = "a copy "  # how the note of a mirror begins


def _mirrored(mirror: RouteAction.RequestMirrorPolicy) -> str:
    """How much of the requests is copied, and where to; a fraction's runtime key may say otherwise."""
    fraction = mirror.runtime_fraction
    share = fraction.default_value if fraction is not None else None
    much = "" if share is None else f"of {100 * fractional_percent(share.raw).chance:.3g} % "
    return f"{much}goes to cluster {mirror.cluster or mirror.cluster_header}"


def _note_extras(entry: Entry, action: RouteAction) -> None:
    """What else the route does, for the reader: timeouts, retries, mirrors, internal redirects."""
    if entry.log.silent:
        return
    if action.timeout:
        entry.note(f"the route's timeout is {action.timeout:g}s")
    policy = action.retry_policy
    if policy is not None:
        times = 1 if policy.num_retries is None else policy.num_retries
        entry.note(f"retried up to {times} times on {policy.retry_on}")
    for mirror in action.request_mirror_policies:
        entry.note(f"{COPY}{_mirrored(mirror)}")
