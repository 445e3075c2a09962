"""From a URL to what an application would dial and send, in curl's terms.

The host name resolves through the proxy's own configuration (virtual host domains and listeners carry the service
addresses), or as the caller says (``--to``, ``--resolve``). A name outside of the mesh is dialled at an address that
stands in for it (``elsewhere``); any other that does not resolve is an error that says how to give the address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from meshctl.errors import UsageError
from meshctl.match.address_ranges import number
from meshctl.match.request_view import Peer
from meshctl.plain import LAST_PORT, port_of
from meshctl.proxy.model import Payload, Request, Tls
from meshctl.trace import elsewhere
from meshctl.trace.pods import Pod
from meshctl.trace.streams import Stream
from meshctl.values import Struct

_DEFAULT_PORTS = {"http": 80, "https": 443, "grpc": 80, "grpcs": 443, "ws": 80, "wss": 443}


class Wanted(Struct, frozen=True):
    """The request as the command line gives it."""

    url: str
    method: str = ""
    headers: tuple[str, ...] = ()
    http2: bool = False
    http10: bool = False
    tls: bool = False
    tcp: bool = False
    sni: str = ""
    alpn: tuple[str, ...] = ()
    cert_san: str = ""
    body: str = ""


class Dialled(Struct, frozen=True):
    """Where the application connects and what it sends; ``title`` is the first line a reader sees."""

    host: str
    port: int
    stream: Stream
    title: str


def parse(wanted: Wanted) -> Dialled:
    """The connection and the request of a URL."""
    text = wanted.url if "://" in wanted.url else f"http://{wanted.url}"
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{wanted.url!r} is no URL", str(error)) from error
    scheme = parts.scheme.lower()
    if scheme not in (*_DEFAULT_PORTS, "tcp", "tls"):
        raise UsageError(
            f"unknown scheme {parts.scheme!r} in {wanted.url!r}",
            "",
            "Use http, https, grpc, grpcs, tcp or tls.",
        )
    host = parts.hostname or ""
    if not host:
        raise UsageError(f"{wanted.url!r} names no host")
    if scheme in ("tcp", "tls") or wanted.tcp:
        return _plain(wanted, scheme, host, port)
    port = port or _DEFAULT_PORTS[scheme]
    secure = scheme in ("https", "grpcs", "wss") or wanted.tls
    request = _request(wanted, scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query)
    payload = Payload.HTTP2 if request.http2 else (Payload.HTTP10 if wanted.http10 else Payload.HTTP1)
    layers = (_tls(wanted, host, request.http2),) if secure else ()
    title = f"{request.method} {scheme}://{parts.netloc}{request.path or ''}"
    carried = Peer((wanted.cert_san,)) if wanted.cert_san and not layers else None
    return Dialled(host, port, Stream(payload, layers, request, carried=carried), title)


def _plain(wanted: Wanted, scheme: str, host: str, port: int | None) -> Dialled:
    if port is None:
        raise UsageError(f"{wanted.url!r} names no port", "", "Write tcp://HOST:PORT.")
    secure = scheme == "tls" or wanted.tls
    layers = (_tls(wanted, host, False),) if secure else ()
    return Dialled(host, port, Stream(Payload.RAW, layers), f"{'TLS' if secure else 'TCP'} {host}:{port}")


def _tls(wanted: Wanted, host: str, http2: bool) -> Tls:
    sni = wanted.sni or ("" if number(host) else host)
    alpn = wanted.alpn or (("h2", "http/1.1") if http2 else ())
    peer = Peer((wanted.cert_san,)) if wanted.cert_san else None
    return Tls(sni, alpn, peer, peer is not None)


def _request(wanted: Wanted, scheme: str, netloc: str, path: str, query: str) -> Request:
    headers: list[tuple[str, str]] = []
    authority = netloc
    for header in wanted.headers:
        name, mark, value = header.partition(":")
        if not mark:
            raise UsageError(f"header {header!r} has no colon", "", "Write -H 'name: value'.")
        if name.strip().lower() == "host":
            authority = value.strip()
        else:
            headers.append((name.strip(), value.strip()))
    grpc = scheme in ("grpc", "grpcs")
    if grpc and not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", "application/grpc"))
    http2 = wanted.http2 or grpc
    protocol = "HTTP/2" if http2 else ("HTTP/1.0" if wanted.http10 else "HTTP/1.1")
    target = (path or "/") + (f"?{query}" if query else "")
    secure = scheme in ("https", "grpcs", "wss") or wanted.tls
    return Request(
        wanted.method or ("POST" if grpc else "GET"),
        authority,
        target,
        tuple(headers),
        protocol,
        ("https" if secure else "http") if http2 else None,
        body=wanted.body,
    )


class Address(NamedTuple):
    """Where the application connects, and what of it is assumed."""

    ip: str
    port: int
    assumed: tuple[str, ...] = ()


def resolve(
    dialled: Dialled,
    lookup: Callable[[str], str],
    to: str | None = None,
    resolves: Sequence[str] = (),
    pod: Pod | None = None,
) -> Address:
    """The address the application connects to.

    ``lookup`` answers a name with an address or ""; ``pod`` is who dials: what it holds says what of a name outside
    may be assumed.
    """
    if to:
        return Address(*_address(to, dialled.port))
    for entry in resolves:
        host, _, rest = entry.partition(":")
        port, mark, ip = rest.partition(":")
        if not mark or port_of(port) is None or number(ip.strip("[]")) is None:
            raise UsageError(f"--resolve {entry!r} is not HOST:PORT:ADDRESS", _PORTS)
        if host.lower() == dialled.host.lower() and port_of(port) == dialled.port:
            return Address(ip.strip("[]"), dialled.port)
    if number(dialled.host) is not None:
        return Address(dialled.host, dialled.port)
    if dialled.host.lower() == "localhost":
        return Address("127.0.0.1", dialled.port)
    found = lookup(dialled.host.lower())
    if found:
        return Address(found, dialled.port)
    cause = "No virtual host or listener of the proxy carries it."
    if pod is not None and elsewhere.is_outside(dialled.host, pod):
        decides = elsewhere.decided_by(pod, dialled.port)
        if not decides:
            said = elsewhere.assumption(dialled.host, dialled.port)
            return Address(elsewhere.STAND_IN, dialled.port, (said,))
        cause = f"It is outside of the mesh, and its address decides: {decides}."
    raise UsageError(
        f"the address of {dialled.host} is not known",
        cause,
        f"Give it with --to IP:{dialled.port} or --resolve {dialled.host}:{dialled.port}:IP.",
    )


def _address(text: str, default_port: int) -> tuple[str, int]:
    """``IP``, ``IP:PORT`` or ``[IP6]:PORT``."""
    bare = text.strip("[]")
    if number(bare) is not None and not (text.startswith("[") and not text.endswith("]")):
        return bare, default_port
    ip, _, port = text.rpartition(":")
    found = port_of(port)
    if number(ip.strip("[]")) is None or found is None:
        raise UsageError(f"--to {text!r} is not IP:PORT", _PORTS)
    return ip.strip("[]"), found


_PORTS = f"A port is a number up to {LAST_PORT}."
