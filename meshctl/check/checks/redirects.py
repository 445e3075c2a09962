"""Redirects that lead back to themselves: each is followed as a client would, through this very proxy.

A request that the route takes is sent through the trace; its Location is the next request, as long as it comes back to
a listener of this proxy (of a sidecar: to the same host and port). A URL that comes twice is a loop. A gateway's port 80
and 443 may stand for 8080 and 8443 in its pod.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from meshctl.check.check import Check, Hits, each
from meshctl.check.fates import chain_fates, hosts
from meshctl.check.finding import Hit, Severity
from meshctl.check.places import ManagerPlace, RoutePlace
from meshctl.check.prove.requests import Witness
from meshctl.check.prove.routes import Fate, taken_by
from meshctl.check.subject import Subject
from meshctl.match.filter_chains import Facts
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Disposition, Payload, Request, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.proxy.visit import visit
from meshctl.values import Struct

_MOST = 12
_PORTS = {"http": (80, 8080), "https": (443, 8443)}


class _Step(Struct, frozen=True):
    """A request at a listener, as a client's URL."""

    listener: Listener
    url: str
    connection: Connection
    request: Request


def loops(subject: Subject) -> Hits:
    """Redirecting routes from which a client comes back to where it was."""
    proxy = subject.proxy
    assert proxy is not None
    places = (
        (host.place(fate.route), fate.request)
        for host in hosts(proxy)
        if not host.host.message.get("matcher") and host.table.managers
        for fate in host.fates(proxy)
        if fate.fate is Fate.ALIVE and fate.request is not None and "redirect" in fate.route.message
    )
    yield from each(places, lambda place: place[0].name, lambda place: _loop(proxy, *place))


def _loop(proxy: Proxy, place: RoutePlace, request: Witness | None) -> Iterator[Hit]:
    assert request is not None
    for manager in _typical(place.table.managers):
        urls = _followed(proxy, _first(proxy, manager, request))
        evidence = (*place.evidence, f"at {manager.name}")
        if len(urls) == _MOST:
            way = " -> ".join(urls[:3])
            yield Hit(
                place.name,
                f"the redirect never ends, each Location is redirected again: {way} -> ...",
                evidence,
            )
            return
        if urls and _is_of(place, urls[-1]):
            way = " -> ".join(urls[urls.index(urls[-1]) :])
            yield Hit(place.name, f"the redirect leads back to itself: {way}", evidence)
            return


def _typical(managers: tuple[ManagerPlace, ...]) -> list[ManagerPlace]:
    """Of the connection managers that use a table one in plain text and one behind TLS: a redirect asks no more."""
    found: dict[bool, ManagerPlace] = {}
    for manager in managers:
        found.setdefault(manager.chain.tls is not None, manager)
    return list(found.values())


def _is_of(place: RoutePlace, url: str) -> bool:
    """Whether a URL of the circle is one that this route takes: another route's circle is that route's finding."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    index, _ = place.table.table.domains.find({":authority": [parts.netloc]})
    return (
        index == place.host_index
        and taken_by(place.host, Witness("GET", parts.netloc, target)) is place.route
    )


def _first(proxy: Proxy, manager: ManagerPlace, request: Witness) -> _Step | None:
    """The request at a connection manager, over a connection that its chain takes."""
    listener, chain = manager.listener, manager.chain
    facts = Facts("10.255.255.1", listener.addresses[0][1] if listener.addresses else 80, "203.0.113.77")
    if chain.index >= 0:
        found = chain_fates(proxy, listener)[chain.index]
        if found.fate is not Fate.ALIVE or found.facts is None:
            return None
        facts = found.facts
    scheme = "https" if chain.tls is not None else "http"
    return _at(listener, scheme, facts, request)


def _at(listener: Listener, scheme: str, facts: Facts, request: Witness) -> _Step:
    name = request.authority.rpartition(":")[0] or request.authority
    layers = (Tls(facts.sni or name, facts.alpn or ("http/1.1",)),) if scheme == "https" else ()
    port = listener.addresses[0][1] if listener.addresses else facts.dst_port
    connection = Connection(facts.src_ip, facts.dst_ip, port, 50505, Payload.HTTP1, layers)
    sent = Request(request.method, request.authority, request.target, request.headers)
    return _Step(
        listener,
        f"{scheme}://{_without_default(scheme, request.authority)}{request.target}",
        connection,
        sent,
    )


def _without_default(scheme: str, authority: str) -> str:
    return authority.removesuffix(":80" if scheme == "http" else ":443")


def _followed(proxy: Proxy, step: _Step | None) -> list[str]:
    """The URLs that a client asks for one after the other: the last one twice where it goes round, ``_MOST`` of them
    where it does not end; none where it ends."""
    urls: list[str] = []
    while step is not None and len(urls) < _MOST:
        urls.append(step.url)
        if urls.count(step.url) > 1:
            return urls
        step = _next(proxy, step)
    return urls if step is not None else []


def _next(proxy: Proxy, step: _Step) -> _Step | None:
    """Where the Location leads; None where this proxy does not redirect, or not to itself."""
    passages = visit(proxy, step.listener, step.connection, step.request, silent=True)
    if len(passages) != 1 or passages[0].verdict.disposition is not Disposition.REDIRECTED:
        return None
    parts = urlsplit(passages[0].location or "")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    request = Witness(step.request.method, parts.netloc, target, step.request.headers)
    scheme = "https" if step.connection.layers else "http"
    old = urlsplit(step.url)
    if parts.scheme == scheme and _without_default(scheme, parts.netloc) == old.netloc:
        return _Step(step.listener, *_rest(step, scheme, request))
    listener = _listener(proxy, parts.scheme, parts.port) if step.listener.bound else None
    if listener is None:
        return None
    facts = Facts(
        step.connection.dst_ip, listener.addresses[0][1], step.connection.src_ip, sni=parts.hostname or ""
    )
    return _at(listener, parts.scheme, facts, request)


def _rest(step: _Step, scheme: str, request: Witness) -> tuple[str, Connection, Request]:
    url = f"{scheme}://{_without_default(scheme, request.authority)}{request.target}"
    return url, step.connection, Request(request.method, request.authority, request.target, request.headers)


def _listener(proxy: Proxy, scheme: str, port: int | None) -> Listener | None:
    """The listener of a gateway that a client of this URL comes to."""
    for number in (port,) if port else _PORTS.get(scheme, ()):
        found = proxy.listeners.bound_to(number)
        if found is not None:
            return found
    return None


CHECKS = (
    Check(
        "redirect-loop",
        Severity.ERROR,
        "A redirect that leads back to itself",
        "The client follows the Location and gets the same redirect again, until it gives up (ERR_TOO_MANY_REDIRECTS).",
        "Give the target another host, path or scheme than the match, or let the match leave the target out. Behind a load "
        "balancer that ends TLS, do not redirect plain HTTP at the gateway (or redirect by x-forwarded-proto).",
        loops,
        proved="A request that the route takes is followed through the trace of this proxy until a URL comes twice.",
    ),
)
