"""The router filter: a route's action carried out, to a reply or to an upstream.

Theory of operation. A redirect or a direct response answers. Otherwise the action names clusters: one, weighted
ones (the request's random number, or the number in header_name, modulo the total weight), the cluster named by
a header. The request is rewritten; the cluster gives endpoints. A cluster that does not exist is NC with the
action's code, no healthy endpoint is UH. A gRPC request is answered with 200 whatever the code is.
Follows source/common/router/{router,config_impl}.cc.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from meshctl.envoy.api.config_route_v3 import RedirectAction, RouteAction, RouteConfiguration
from meshctl.envoy.message import Undecidable
from meshctl.envoy.sections import SectionKind
from meshctl.match import grpc
from meshctl.match.fraction import fractional_percent
from meshctl.match.request_view import Headers, Opaque, PartlyKnown, RequestView, carried
from meshctl.match.substitution import Known
from meshctl.match.supposing import answered
from meshctl.plain import Json
from meshctl.proxy import doubts
from meshctl.proxy.entry import Entry
from meshctl.proxy.http.connection_header import is_connect_udp, is_upgrade
from meshctl.proxy.model import (
    Connection,
    Disposition,
    Endpoint,
    Follow,
    Passage,
    Request,
    Stage,
    Step,
    Upstream,
    Verdict,
)
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.routing import redirects, rewrites
from meshctl.proxy.routing.draw import Draw
from meshctl.proxy.routing.routes import Route, RouteTable, VirtualHost
from meshctl.proxy.upstream import admission, hash_policy, upstreams
from meshctl.proxy.upstream.clusters import Cluster, istio_config, istio_metadata
from meshctl.proxy.upstream.hash_policy import RANDOM
from meshctl.proxy.upstream.ways import ways
from meshctl.values import Struct, replace

_NOT_FOUND_CODES = {"SERVICE_UNAVAILABLE": 503, "NOT_FOUND": 404, "INTERNAL_SERVER_ERROR": 500}


class Routed(Struct, frozen=True):
    """Everything the router needs: where the request stands and what it looks like."""

    proxy: Proxy
    connection: Connection
    request: Request
    view: RequestView
    table: RouteTable | None
    host: VirtualHost
    route: Route
    draw: Draw
    original: Headers | None = None
    client_ip: str = ""  # as x-forwarded-for and the like have it

    @property
    def known(self) -> Known:
        """What format strings of the route may ask for."""
        connection, view = self.connection, self.view
        external = "".join(view.headers.get("x-envoy-external-address", ())[:1])
        return Known(
            view.headers,
            self.request.protocol,
            self.client_ip or external or connection.src_ip,
            connection.src_ip,
            connection.src_port or None,
            (connection.dst_ip, connection.dst_port),
            view.sni,
            view.peer,
            self.route.name,
            self.host.name,
            view.metadata,
            view.filter_state,
            view.opaque,
        )


class Target(Struct, frozen=True):
    """A cluster the action may choose: its name ("" when a header does not name one), its own settings."""

    probability: float
    cluster: str
    settings: Json
    reason: str = ""
    draw: Draw | None = None  # what is left of the request's number, where it chose


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
        yield _cluster_missing(entry, routed, "", {}, "the route has non_forwarding_action")
    else:
        raise Undecidable("the route's action is not in the dump, and Envoy takes no route without one")


def _direct_response(entry: Entry, routed: Routed) -> Passage:
    """A fixed answer; with 201 or 3xx the request's own URL goes along as Location."""
    code = int(routed.route.message["direct_response"].get("status", 0))
    entry.step(lambda: _answer_step(routed, f"direct response {code}"))
    location = None
    if code == 201 or 300 <= code < 400:
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


def with_location(passage: Passage, routed: Routed, target: Target) -> Passage:
    """An answer of the router's own on a route that forwards, with the Location that the route adds to every answer."""
    if "redirect" in routed.route.message or "direct_response" in routed.route.message:
        return passage
    found = rewrites.answered_location(None, _holders(routed, target), routed.known)
    if isinstance(found, PartlyKnown):
        return replace(passage, location=found, undetermined=(*passage.undetermined, _OPEN_LOCATION))
    return passage if found is None else replace(passage, location=found)


_OPEN_LOCATION = "the Location of the answer: response_headers_to_add fills in what is not known"


def told_location(entry: Entry, location: str | None, holders: tuple[Json, ...], known: Known) -> str | None:
    """The Location of an answer, behind what routes add to answers and take from them."""
    told = rewrites.answered_location(location, holders, known)
    if isinstance(told, PartlyKnown):
        entry.unknown(_OPEN_LOCATION)
    return told


def _answer_step(routed: Routed, text: str) -> Step:
    return Step(Stage.ROUTE, text, "the proxy answers itself", resource=istio_config(routed.route.message))


def _redirect(entry: Entry, routed: Routed) -> Passage:
    redirect = RedirectAction(routed.route.message["redirect"])
    code = rewrites.redirect_code(redirect)
    if routed.route.stands_for_tls:
        location = rewrites.tls_location(routed.view)
    else:
        built = rewrites.redirect_location(redirect, routed.route.match.path, routed.view, routed.known)
        location = _as_answered(entry, routed, built) or ""
    entry.step(lambda: _answer_step(routed, f"redirect {code} to {location}"))
    return entry.end(
        Verdict(
            Disposition.REDIRECTED,
            code,
            None,
            "direct_response",
            f"redirected to {location}",
        ),
        location=location or None,
    )


NO_TARGET = Target(1.0, "", {})


def targets(routed: Routed) -> Iterator[Target]:
    """The clusters a route may send the request to; one empty target for a route that answers itself."""
    action = routed.route.message.get("route")
    if action is None:
        yield NO_TARGET
        return
    found = list(_targets(routed, action)) if isinstance(action, dict) else []
    yield from found or [
        Target(1.0, "", {}, "undecided: the route's action names no cluster that can be read")
    ]


def _targets(routed: Routed, action: Json) -> Iterator[Target]:
    if "cluster" in action:
        yield Target(1.0, str(action["cluster"]), {})
    elif "cluster_header" in action:
        name = str(action["cluster_header"])
        yield Target(1.0, *_by_header(routed, name, {}, f"header `{name}` names the cluster"))
    elif "weighted_clusters" in action:
        yield from _weighted(routed, action["weighted_clusters"])
    elif "cluster_specifier_plugin" in action or "inline_cluster_specifier_plugin" in action:
        plugin = action.get("inline_cluster_specifier_plugin") or {}
        name = action.get("cluster_specifier_plugin") or (plugin.get("extension") or {}).get("name") or ""
        yield Target(1.0, "", {}, f"undecided: the cluster specifier plugin {name} chooses the cluster")


def _weighted(routed: Routed, config: Json) -> Iterator[Target]:
    """Weighted clusters: cumulative weights against one number."""
    clusters = config.get("clusters") or ()
    runtime, prefix = routed.proxy.runtime, config.get("runtime_key_prefix")
    weights = []
    for cluster in clusters:
        weight = int(cluster.get("weight") or 0)
        if prefix:
            weight = runtime.integer(f"{prefix}.{cluster.get('name', '')}", weight)
        weights.append(weight)
    total = sum(weights)
    if total <= 0:
        return
    header = str(config.get("header_name") or "").lower()
    try:
        fixed = routed.view.first(header) if header else ""
    except Undecidable as unknown:
        yield from _picked(routed, list(zip(clusters, weights, strict=True)), header, unknown)
        return
    number = int(fixed) % total if fixed.isascii() and fixed.isdigit() else None
    start = 0
    for cluster, weight in zip(clusters, weights, strict=True):
        end = start + weight
        if number is None:
            probability, drawn = routed.draw.within(total, start, end)
        else:
            probability, drawn = (1.0 if start <= number < end else 0.0), routed.draw
        start = end
        if probability <= 0.0:
            continue
        yield Target(probability, *_named(routed, cluster, f"weight {weight} of {total}"), drawn)


def _named(routed: Routed, cluster: Json, how: str) -> tuple[str, Json, str]:
    """A weighted cluster's name, its settings and how it was chosen."""
    name = str(cluster.get("name") or "")
    if name or not cluster.get("cluster_header"):
        return name, cluster, how
    return _by_header(routed, str(cluster["cluster_header"]), cluster, how)


def _by_header(routed: Routed, name: str, settings: Json, how: str) -> tuple[str, Json, str]:
    """The cluster that a header names; none where the header is not known."""
    try:
        return routed.view.first(name.lower()), settings, how
    except Undecidable as unknown:
        return "", settings, f"undecided: {unknown.reason}"


def _picked(
    routed: Routed, parts: list[tuple[Json, int]], header: str, unknown: Undecidable
) -> Iterator[Target]:
    """The weighted cluster that a header picks which is not known: the one that it is supposed to be, or the last."""
    possible = [(cluster, weight) for cluster, weight in parts if weight > 0]
    for cluster, weight in possible:
        name = cluster.get("name") or f"of weight {weight}"
        question = f"header `{header}` picks cluster {name}"
        if cluster is possible[-1][0] or answered(routed.view.supposed, question, unknown):
            yield Target(1.0, *_named(routed, cluster, f"picked by header `{header}`"), routed.draw)
            return


def _forward(entry: Entry, routed: Routed, target: Target) -> Iterator[Passage]:
    action = routed.route.message["route"]
    if target.reason.startswith("undecided: "):
        entry.unknown(target.reason.removeprefix("undecided: "))
        yield entry.end(Verdict(Disposition.UNDETERMINED, reason=target.reason))
        return
    cluster = routed.proxy.cluster(target.cluster) if target.cluster else None
    if cluster is None:
        yield _cluster_missing(entry, routed, target.cluster, action, target.reason)
        return
    yield from doubts.guarded(entry, _to_cluster(entry, routed, cluster, target))


def _cluster_missing(entry: Entry, routed: Routed, name: str, action: Json, reason: str) -> Passage:
    code = _NOT_FOUND_CODES.get(str(action.get("cluster_not_found_response_code", "")), 503)
    state = routed.proxy.not_in_force(SectionKind.CLUSTERS, name) or "does not exist"
    why = f"cluster {name} {state}" if name else (reason or "no cluster is named")
    entry.step(lambda: Step(Stage.CLUSTER, name or "none", why))
    verdict = Verdict(Disposition.NO_CLUSTER, code, "NC", "cluster_not_found", why)
    return entry.end(entry.absent(verdict, routed.proxy.unseen_cluster(name) if name else None))


def subset_keys(action: Json, settings: Json) -> tuple[tuple[str, Any], ...]:
    """metadata_match of the route and of the weighted cluster, the latter winning."""
    keys: dict[str, Any] = {}
    for holder in (action, settings):
        match = (holder.get("metadata_match") or {}).get("filter_metadata") or {}
        keys.update(match.get("envoy.lb") or {})
    return tuple(sorted(keys.items())) if keys else ()


def _to_cluster(entry: Entry, routed: Routed, cluster: Cluster, target: Target) -> Iterator[Passage]:
    entry.cluster = cluster.name
    priority = str(routed.route.message["route"].get("priority") or "DEFAULT")
    for share, refusal in admission.http(cluster, priority):
        branch = entry if share >= 1.0 else entry.branch(share)
        if refusal is None:
            yield from _to_host(branch, routed, cluster, target)
        else:
            branch.step(lambda refusal=refusal: Step(Stage.CLUSTER, cluster.name, refusal.reason))  # type: ignore[misc]
            yield branch.end(refusal)


def _asked(entry: Entry, routed: Routed, cluster: Cluster, target: Target) -> upstreams.Ask:
    """What the choice of a host goes by; a hash of what a filter may have changed is not known."""
    action, view = routed.route.message["route"], routed.view
    key = RANDOM
    if cluster.policy.hashing is not None:
        seen = view.carrying(rewrites.mutated_headers(view.headers, _holders(routed, target), routed.known))
        seen = seen if not entry.doubt else seen.doubted(entry.doubt)
        key = hash_policy.of_request(
            RouteAction(action).hash_policy or cluster.hash_policy, seen, routed.client_ip
        )
    return upstreams.Ask(routed.connection, subset_keys(action, target.settings), view, key, entry.override)


def _to_host(entry: Entry, routed: Routed, cluster: Cluster, target: Target) -> Iterator[Passage]:
    def missing(choice: upstreams.Choice, unresolved: str) -> Verdict:
        if unresolved:
            return Verdict(Disposition.NO_HEALTHY_ENDPOINT, 503, "DF", "dns_resolution_failure", unresolved)
        why = f"cluster {cluster.name}: {choice.reason}"
        return Verdict(choice.ends_as, choice.code, "UH", "no_healthy_upstream", why)

    ask = _asked(entry, routed, cluster, target)
    for way in ways(entry, routed.proxy, cluster, ask, missing, detail=target.reason):
        if isinstance(way, Passage):
            yield way
        else:
            yield from _deliver(way[0], routed, cluster, target, way[1])


def _deliver(
    entry: Entry, routed: Routed, cluster: Cluster, target: Target, endpoints: tuple[Endpoint, ...]
) -> Iterator[Passage]:
    action, view = routed.route.message["route"], routed.view
    typed = RouteAction(action)
    headers = rewrites.mutated_headers(view.headers, _holders(routed, target), routed.known)
    # Envoy changes the headers first; the rewrites read what came of it.
    known, changed = replace(routed.known, headers=headers), view.carrying(headers)
    path = rewrites.rewritten_path(typed, routed.route.match.path, changed, known)
    host = rewrites.rewritten_host(typed, changed, known) or str(
        target.settings.get("host_rewrite_literal") or ""
    )
    if routed.host.config.include_request_attempt_count:
        headers = {**headers, "x-envoy-attempt-count": ["1"]}
    headers = rewrites.onward_headers(
        headers, view, path=path, host=host, forwarded_host=typed.append_x_forwarded_host
    )
    target_path = view.target if path is None else path
    terminated = _terminates_connect(routed, action)
    verdict = _success(routed, terminated=terminated)
    for part in _by_hostname(endpoints) if action.get("auto_host_rewrite") else (endpoints,):
        share = sum(endpoint.probability for endpoint in part)
        branch = entry.branch(share)
        own = tuple(replace(one, probability=one.probability / share) for one in part)
        authority = host or view.first(":authority")
        if action.get("auto_host_rewrite") and part[0].hostname:
            authority = part[0].hostname
        onward = _request_onward(routed, headers, target_path, authority, entry.doubt)
        _note_extras(branch, action)
        follow = _follow(routed, typed, headers, target_path, authority)
        if follow is not None:
            branch.assumed = (*branch.assumed, redirects.NOT_REDIRECTED)
        yield branch.end(
            verdict,
            endpoints=own,
            upstream_path=None if terminated else target_path,
            location=told_location(branch, None, _holders(routed, target), known),
            upstream_req_host=None if terminated else authority or None,
            upstream=Upstream(
                cluster.name,
                own,
                None if terminated else onward,
                cluster.source_ips,
                routed.request.multiplexed if cluster.http2 is None else cluster.http2,
                _alpn_override(entry, cluster, routed),
                retries=_retries(routed),
                mirrors=tuple(str(m.get("cluster", "")) for m in action.get("request_mirror_policies") or ()),
                follow=follow,
            ),
        )


def _follow(
    routed: Routed, action: RouteAction, headers: Headers, path: str | None, authority: str
) -> Follow | None:
    """What the route makes of a redirect that comes back; None without a policy."""
    policy = redirects.policy_of(action)
    if policy is None:
        return None
    sent = {**headers, ":authority": [authority], **({} if path is None else {":path": [path]})}
    view = routed.view.carrying(sent)
    return redirects.Redirects(
        policy,
        routed.request,
        routed.view,
        view,
        routed.table,
        routed.proxy.runtime,
        routed.route.name,
        routed.client_ip,
    ).follow


def _holders(routed: Routed, target: Target) -> tuple[Json, ...]:
    return holders(target, routed.route, routed.host, routed.table)


def holders(target: Target, route: Route, host: VirtualHost, table: RouteTable | None) -> tuple[Json, ...]:
    """Who changes headers, in order: the most specific first, or last where the configuration says so."""
    last = table.message if table is not None else {}
    found = (target.settings, route.message, host.message, last)
    wins = RouteConfiguration(last).most_specific_header_mutations_wins
    return tuple(reversed(found)) if wins else found


def _retries(routed: Routed) -> frozenset[str]:
    """What the route (else the virtual host) tries again."""
    policy = (
        routed.route.message["route"].get("retry_policy") or routed.host.message.get("retry_policy") or {}
    )
    if policy.get("num_retries") == 0:
        return frozenset()
    return frozenset(word.strip() for word in str(policy.get("retry_on") or "").split(",") if word.strip())


def _alpn_override(entry: Entry, cluster: Cluster, routed: Routed) -> tuple[str, ...] | None:
    """What Istio's ALPN filter makes the upstream TLS offer; None where the cluster forbids it."""
    if str(istio_metadata(cluster.message).get("alpn_override", "")).lower() == "false":
        return None
    http2 = routed.request.multiplexed if cluster.http2 is None else cluster.http2
    return dict(entry.alpn).get("HTTP2" if http2 else "HTTP11")


def _by_hostname(endpoints: tuple[Endpoint, ...]) -> list[tuple[Endpoint, ...]]:
    groups: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        groups.setdefault(endpoint.hostname, []).append(endpoint)
    return [tuple(group) for group in groups.values()]


def _terminates_connect(routed: Routed, action: Json) -> bool:
    """Whether the tunnel ends here: its payload goes on, not the request."""
    kind = (
        "CONNECT" if routed.view.is_connect else "CONNECT-UDP" if is_connect_udp(routed.view.headers) else ""
    )
    return bool(kind) and any(
        str(c.get("upgrade_type", "")).upper() == kind and "connect_config" in c
        for c in action.get("upgrade_configs") or ()
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


def _request_onward(
    routed: Routed, headers: Headers, path: str | None, authority: str, doubt: Opaque
) -> Request:
    """The request as the next hop receives it, and what of it filters here may have changed."""
    kept = tuple(
        (name, value) for name, values in headers.items() if not name.startswith(":") for value in values
    )
    return replace(
        routed.request,
        authority=authority,
        path=path,
        headers=kept,
        scheme=routed.view.first(":scheme"),
        recreated=None,
        opaque=carried(doubt),
    )


COPY = "a copy "  # how the note of a mirror begins


def _mirrored(mirror: Json) -> str:
    """How much of the requests is copied, and where to; a fraction's runtime key may say otherwise."""
    try:
        share = fractional_percent(mirror["runtime_fraction"]["default_value"]).chance
        much = f"of {100 * share:.3g} % "
    except (
        KeyError,
        TypeError,
        ValueError,
    ):  # without a fraction all is copied; one that is no number is not told
        much = ""
    return f"{much}goes to cluster {mirror.get('cluster') or mirror.get('cluster_header', '')}"


def _note_extras(entry: Entry, action: Json) -> None:
    """What else the route does, for the reader: timeouts, retries, mirrors, internal redirects."""
    if entry.log.silent:
        return
    if action.get("timeout") not in (None, "0s"):
        entry.note(f"the route's timeout is {action['timeout']}")
    if action.get("retry_policy"):
        entry.note(
            f"retried up to {action['retry_policy'].get('num_retries', 1)} times on "
            f"{action['retry_policy'].get('retry_on', '')}"
        )
    for mirror in action.get("request_mirror_policies") or ():
        entry.note(f"{COPY}{_mirrored(mirror)}")
