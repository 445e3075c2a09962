"""What can never be chosen: routes, virtual hosts, filter chains, listeners; proved by the matchers' own rules (``prove``).

A route that earlier ones hide is a warning; where all that hides it does the same, it is only worth knowing: Istio makes
a route of each of several matches of one rule, and of two that overlap the second is never needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.check.check import Check, Hits, Unsure, each
from meshctl.check.fates import Host, chain_fates, hosts, tree_fates
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import RoutePlace, TablePlace, route_label, routes
from meshctl.check.prove import chains as prove_chains
from meshctl.check.prove import trees as prove_trees
from meshctl.check.prove.routes import Fate, Outcome, taken_by
from meshctl.check.subject import Need, Subject
from meshctl.envoy.api import config_route_v3 as api
from meshctl.envoy.message import Undecidable
from meshctl.match.filter_chains import Facts
from meshctl.plain import Json
from meshctl.proxy.http.hcm import port_start
from meshctl.proxy.listen.accept import action_chain
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.routing.routes import Route
from meshctl.proxy.upstream.clusters import istio_config


def _of_routes(subject: Subject, fate: Fate) -> Iterator[tuple[Host, Outcome] | Unsure]:
    proxy = subject.proxy
    assert proxy is not None
    for host in hosts(proxy):
        try:
            if host.host.tree is None:
                found = [(host, outcome) for outcome in host.fates(proxy)]
            else:
                found = tree_fates(proxy, host)
        except Undecidable as unknown:
            yield Unsure(host.name, unknown.reason)
            continue
        if host.host.tree is not None and any(outcome.fate is Fate.OPEN for _, outcome in found):
            yield Unsure(
                host.name,
                "a condition of its matcher tree, or the number of its cases, is more than is proved",
            )
        yield from ((of, outcome) for of, outcome in found if outcome.fate is fate)


def shadowed_routes(subject: Subject) -> Hits:
    """Routes that earlier ones hide."""
    for found in _of_routes(subject, Fate.SHADOWED):
        if isinstance(found, Unsure):
            yield found
            continue
        host, outcome = found
        place, by = host.place(outcome.route), outcome.by
        if not by:
            said = f"no request is led to it ({outcome.route.match.text}) by the virtual host's matcher tree"
            yield Hit(place.name, said, place.evidence)
            continue
        takers = ", ".join(f"{route_label(route)} ({route.match.text})" for route in by)
        said = f"no request reaches it ({outcome.route.match.text}): "
        said += f"{takers} {'takes' if len(by) == 1 else 'together take'} every request that it would take"
        same = all(_does(route) == _does(outcome.route) for route in by)
        said += "; they do the same" if same and len(by) > 1 else "; it does the same" if same else ""
        fix = f"Move it before {route_label(by[0])}, narrow {route_label(by[0])}, or remove it."
        yield Hit(
            place.name,
            said,
            (
                *place.evidence,
                *(line for route in by for line in host.place(route).evidence),
                *_shown(host, outcome),
            ),
            "Nothing; it can be removed." if same else fix,
            Severity.INFO if same else None,
        )


def _does(route: Route) -> Json:
    """What a route does, without what it is called."""
    names = ("match", "name", "metadata", "decorator", "stat_prefix")
    return {key: value for key, value in route.message.items() if key not in names}


def _shown(host: Host, outcome: Outcome) -> tuple[str, ...]:
    """The witness: a request that meets the route's conditions, and who takes it."""
    if outcome.request is None or host.host.message is not host.table.table.hosts[host.index].message:
        return ()  # none is known, or a matcher tree may lead it elsewhere
    taker = taken_by(host.host, outcome.request)
    return (f"for instance {outcome.request} goes to {route_label(taker)}",) if taker is not None else ()


def impossible_routes(subject: Subject) -> Hits:
    """Routes whose conditions no request meets."""
    for found in _of_routes(subject, Fate.IMPOSSIBLE):
        if isinstance(found, Unsure):
            continue  # said by the check before
        host, outcome = found
        place = host.place(outcome.route)
        why = " and ".join(dict.fromkeys(atom.text for atom in outcome.why if atom.text))
        yield Hit(place.name, f"no request can meet its conditions: {why}{_reason(outcome)}", place.evidence)


def _reason(outcome: Outcome) -> str:
    texts = [atom.text for atom in outcome.why]
    if len(texts) > 1:
        return ", which exclude each other"
    subject = outcome.why[0].subject[0] if outcome.why else ""
    if subject == "path":
        return " (a path begins with / and is matched without its query)"
    return ""


def never_drawn(subject: Subject) -> Hits:
    """Routes with a share of 0."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(routes(proxy), lambda place: place.name, _never_drawn)


def _never_drawn(place: RoutePlace) -> Iterator[Hit]:
    match = api.Route(place.route.message).match
    chance = match.runtime_fraction if match is not None else None
    fraction = place.route.match.fraction
    if chance is not None and fraction is not None and fraction.chance <= 0.0 and not chance.runtime_key:
        yield Hit(place.name, "it takes 0 % of the requests that meet its conditions", place.evidence)


def dead_hosts(subject: Subject) -> Hits:
    """Virtual hosts none of whose domains finds them."""
    proxy = subject.proxy
    assert proxy is not None
    yield from each(hosts(proxy), lambda host: host.name, _dead_host)


def _dead_host(host: Host) -> Iterator[Hit]:
    table, domains = host.table.table.domains, api.VirtualHost(host.host.message).domains
    where = f"{host.table.where}.virtual_hosts[{host.index}]"
    if not domains or table.unread:
        return
    reasons = [_why_dead(host, str(domain)) for domain in domains]
    if all(reasons):
        said = "no request reaches this virtual host: " + "; ".join(dict.fromkeys(reasons))
        yield Hit(host.name, said, (f"{where}.domains",))
        return
    for domain, reason in zip(domains, reasons, strict=True):
        if reason:
            yield Hit(
                host.name, f"one of its domains finds nothing: {reason}", (f"{where}.domains ({domain})",)
            )


def _why_dead(host: Host, domain: str) -> str:
    """Why a domain does not lead to its virtual host; "" where it does."""
    table, text = host.table.table.domains, domain.lower()
    if text == "*":
        owner = table.default
    elif text.startswith("*"):
        owner = table.suffixes.get(len(text) - 1, {}).get(text[1:])
    elif text.endswith("*"):
        owner = table.prefixes.get(len(text) - 1, {}).get(text[:-1])
    else:
        owner = table.exact.get(text)
    if owner is not None and owner != host.index:
        return (
            f"{domain} belongs to virtual host {host.table.table.hosts[owner].name}, which stands before it"
        )
    if table.ignore_port and not text.startswith("*") and not text.endswith("*") and port_start(text) >= 0:
        return f"{domain} has a port, and ports of the host are cut off before it is looked up"
    if _stripped(host.table) and not text.startswith("*") and _has_port(text):
        return f"{domain} has a port, and the connection manager strips ports from the host"
    return ""


def _has_port(text: str) -> bool:
    colon = port_start(text)
    return colon >= 0 and text[colon + 1 :].isdigit()


def _stripped(table: TablePlace) -> bool:
    """Whether every connection manager that uses the table strips any port."""
    return bool(table.managers) and all(one.config.strip_any_host_port for one in table.managers)


def dead_chains(subject: Subject) -> Hits:
    """Filter chains that no connection reaches."""
    proxy = subject.proxy
    assert proxy is not None
    for listener in proxy.listeners.all:
        if listener.tree is not None or listener.udp:
            if listener.tree is not None:
                yield from _dead_in_tree(listener)
            continue
        for found in chain_fates(proxy, listener):
            name = f"listener {listener.name} > chain {listener.chains[found.index].label}"
            if found.fate is Fate.OPEN:
                yield Unsure(name, "its match, or the number of chains, is more than is proved")
            elif found.fate is not Fate.ALIVE:
                yield _dead_chain(listener, found, name)


def _dead_in_tree(listener: Listener) -> Hits:
    """Chains that the listener's matcher tree never names, or names only where no connection comes."""
    assert listener.tree is not None
    fates: dict[str, list[Fate]] = {}
    for leaf in prove_trees.leaves(listener.tree):
        fates.setdefault(action_chain(leaf.action), []).append(leaf.fate)
    for chain in listener.chains:
        found, name = fates.get(chain.name, []), f"listener {listener.name} > chain {chain.label}"
        if Fate.ALIVE in found:
            continue
        if Fate.OPEN in found:
            yield Unsure(
                name, "a condition of the matcher tree, or the number of its cases, is more than is proved"
            )
            continue
        why = "other branches take every connection before it" if found else "it names this chain nowhere"
        yield Hit(
            name,
            f"the matcher tree leads no connection to it: {why}",
            (chain.where, f"{listener.where}.filter_chain_matcher"),
        )


def _dead_chain(listener: Listener, found: prove_chains.ChainOutcome, name: str) -> Hit:
    chain = listener.chains[found.index]
    origin = istio_config(chain.message) or listener.resource
    evidence = (chain.where, *([f"from {origin}"] if origin else []))
    if found.facts is None:
        said = (
            f"no connection can meet its match ({chain.criteria.text}): a server name is only read out of TLS"
        )
        return Hit(name, said, evidence)
    takers = [listener.chains[i].label if i >= 0 else "no chain, so the default chain" for i in found.by]
    said = f"no connection reaches it ({chain.criteria.text}): "
    said += f"what it would take goes to {', '.join(takers)}"
    return Hit(name, said, (*evidence, f"for instance {_connection(found.facts)}"))


def _connection(facts: Facts) -> str:
    tls = f"TLS with SNI {facts.sni or 'none'}" if facts.transport != "raw_buffer" else "plain bytes"
    alpn = f", ALPN {', '.join(facts.alpn)}" if facts.alpn else ""
    return f"{facts.src_ip} to {facts.dst_ip}:{facts.dst_port}, {tls}{alpn}"


def dead_listeners(subject: Subject) -> Hits:
    """Listeners that no connection is handed to."""
    proxy = subject.proxy
    assert proxy is not None
    hands_over = [one for one in proxy.listeners.all if one.hands_over and not one.udp]
    for listener in proxy.listeners.all:
        if listener.udp or listener.internal or not listener.sockets:
            continue
        if not listener.bound and not hands_over:
            said = "it has no socket of its own, and no listener hands connections over (use_original_dst)"
            yield Hit(f"listener {listener.name}", said, (listener.where,))
            continue
        owners = [proxy.listeners.at(socket.ip, socket.port)[0] for socket in listener.sockets]
        if all(owner is not None and owner is not listener for owner in owners):
            first = owners[0]
            assert first is not None
            said = f"listener {first.name} has the same address: no connection reaches this one"
            yield Hit(f"listener {listener.name}", said, (listener.where, first.where))


CHECKS = (
    Check(
        "route-shadowed",
        Severity.WARNING,
        "A route that no request reaches, because earlier routes take everything it would take",
        "Routes are tried in order and the first that matches takes the request. The rule behind this route never applies. "
        "Where the earlier routes do the same, it is only worth knowing (info).",
        "Move the route before the one that hides it, or narrow that one.",
        shadowed_routes,
        (Need.ENVOY,),
        "Conditions are read as sets of requests (paths, headers, parameters and cookies as regular languages). The route is "
        "reported only when it is proved that every request that meets its conditions meets those of an earlier route, or of "
        "several together; the evidence shows such a request. Conditions that are not understood are never taken for met. An "
        "earlier route with a runtime_fraction hides nothing.",
    ),
    Check(
        "route-impossible",
        Severity.WARNING,
        "A route whose conditions no request can meet",
        "The conditions contradict each other, or what a request can have: a path without a leading slash, a path with a "
        "query, an authority that the virtual host does not take, an empty range.",
        "Correct the condition; a path is matched without its query (use queryParams), and begins with a slash.",
        impossible_routes,
        (Need.ENVOY,),
        "As for route-shadowed. Two conditions on one header do not exclude each other: a header may be repeated.",
    ),
    Check(
        "route-share-zero",
        Severity.WARNING,
        "A route that takes 0 % of its requests",
        "Its runtime_fraction is 0 and no runtime key can raise it: the route is never chosen.",
        "Give it a share, or remove it.",
        never_drawn,
    ),
    Check(
        "host-unreachable",
        Severity.WARNING,
        "A virtual host, or one of its domains, that no request finds",
        "A domain that stands in two virtual hosts belongs to the first; a domain with a port finds nothing where ports are "
        "cut off before the lookup.",
        "Remove the domain from one of the virtual hosts, or its port.",
        dead_hosts,
    ),
    Check(
        "chain-unreachable",
        Severity.WARNING,
        "A filter chain that no connection reaches",
        "Chains are chosen by port, destination, SNI, transport, ALPN and source in this order, always the most specific, "
        "with no way back. Another chain claims everything that this one would take.",
        "Give the chain a match of its own, or remove it.",
        dead_chains,
        (Need.ENVOY,),
        "Of every criterion the values that chains name, one that none names, and the first address of each stretch are tried "
        "on the real choice: together they show every chain that any connection can reach.",
    ),
    Check(
        "listener-unreachable",
        Severity.WARNING,
        "A listener that no connection is handed to",
        "It has no socket of its own and nothing hands connections over to it, or another listener has its address.",
        "Check virtualOutbound (use_original_dst), and which resources make a listener of this address.",
        dead_listeners,
        (Need.LISTENERS,),
    ),
)
