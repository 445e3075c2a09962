"""Requests in the field names of docs/trace-json.md, read into what the stages take.

Three forms: ``request``/``connection`` lines for one proxy (``--at envoy``), ``request`` lines for a whole mesh with the
pod they start from, and lines with a ``url`` as on the command line. Keys and kinds are checked before (``trace.lines``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from meshctl.envoy.message import Undecidable
from meshctl.errors import InputError
from meshctl.match.address_ranges import number
from meshctl.match.request_view import Peer
from meshctl.plain import Json
from meshctl.proxy.http.hcm import port_start
from meshctl.proxy.listen.listeners import Listener
from meshctl.proxy.model import Connection, Payload, Request, Tls
from meshctl.proxy.proxy import Proxy
from meshctl.trace.services import service_map
from meshctl.trace.streams import Stream
from meshctl.trace.target import Wanted
from meshctl.values import Struct

_PROTOCOLS = {
    "HTTP/1.1": Payload.HTTP1,
    "HTTP/1.0": Payload.HTTP10,
    "HTTP/2": Payload.HTTP2,
    "HTTP/3": Payload.HTTP3,
}
# What a connection's first bytes are, and the request a connection manager would read from them.
_FIRST_BYTES: dict[str, tuple[Payload, Request | None]] = {
    "raw": (Payload.RAW, None),
    "tls": (Payload.RAW, None),
    "none": (Payload.NONE, None),
    "http1": (Payload.HTTP1, Request(authority="host")),
    "http1.0": (Payload.HTTP10, Request(authority="host", protocol="HTTP/1.0")),
    "http-odd-method": (Payload.HTTP1, Request("FROB", "host")),
    "h2c": (Payload.HTTP2, None),
}
_KINDS: dict[str, tuple[Payload, str, bool]] = {
    "http1": (Payload.HTTP1, "HTTP/1.1", False),
    "http10": (Payload.HTTP10, "HTTP/1.0", False),
    "h2c": (Payload.HTTP2, "HTTP/2", False),
    "https": (Payload.HTTP1, "HTTP/1.1", True),
    "https2": (Payload.HTTP2, "HTTP/2", True),
    "tcp": (Payload.RAW, "", False),
    "tls": (Payload.RAW, "", True),
}
_MESH_CLIENT = Peer(("spiffe://cluster.local/ns/default/sa/default",))
_CERTIFICATES: dict[str, Callable[[], Peer]] = {
    "default": lambda: _MESH_CLIENT,
    "client": lambda: Peer(subject="CN=client"),
}


class AtProxy(Struct, frozen=True):
    """One question to one proxy: where it comes in, as what."""

    listener: Listener | None
    connection: Connection
    request: Request | None


def _headers(raw: Any) -> tuple[tuple[str, str], ...]:
    """Headers as pairs in wire order; an object is taken in its order."""
    if isinstance(raw, dict):
        raw = list(raw.items())
    pairs = []
    for pair in raw or ():
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            raise InputError("headers must be a list of [name, value] pairs", f"{pair!r} is none.")
        values = pair[1] if isinstance(pair[1], list) else [pair[1]]
        pairs += [(str(pair[0]), str(value)) for value in values]
    return tuple(pairs)


def wanted(line: Json) -> Wanted:
    """A line with a ``url``, as the command line would give it."""
    protocol = str(line.get("protocol") or "HTTP/1.1")
    names = line.get("cert_san") or ()
    first = names if isinstance(names, str) else next(iter(names), "")
    return Wanted(
        str(line["url"]),
        str(line.get("method") or "").upper(),
        tuple(f"{name}: {value}" for name, value in _headers(line.get("headers"))),
        protocol == "HTTP/2",
        protocol == "HTTP/1.0",
        bool(line.get("tls")),
        sni=str(line.get("sni") or ""),
        alpn=tuple(map(str, line.get("alpn") or ())),
        cert_san=first,
    )


def http_request(raw: Json) -> Request:
    """An HTTP request; CONNECT's target is its authority, an absolute target is taken apart."""
    protocol = str(raw.get("protocol") or "HTTP/1.1")
    path, authority = raw.get("path", "/"), raw.get("authority", raw.get("host"))
    absolute = str(raw.get("absolute_form") or "")
    method = str(raw.get("method") or "GET")
    if method == "CONNECT" and path and not str(path).startswith("/"):
        path, authority = None, path
    elif path and "://" in str(path).split("/", 1)[0] + "//" and not str(path).startswith("/"):
        scheme, _, rest = str(path).partition("://")
        host, slash, tail = rest.partition("/")
        absolute, path = f"{scheme}://{host}", slash + tail or "/"
    return Request(
        method,
        None if authority is None else str(authority),
        None if path is None else str(path),
        _headers(raw.get("headers")),
        protocol,
        raw.get("scheme") if protocol in ("HTTP/2", "HTTP/3") else None,
        absolute,
        str(raw.get("body") or ""),
    )


def _tls_of(raw: Json, peer: Peer | None = None, mesh: bool = False) -> Tls:
    alpn = tuple(map(str, raw.get("alpn") or ()))
    return Tls(str(raw.get("sni") or ""), alpn, peer, mesh, str(raw.get("tls_max") or ""))


def _session(raw: Json) -> Tls:
    """A client's TLS, with the certificate it would present: ``cert_san`` and ``cert_subject``, or ``client_cert``."""
    peer = _peer(raw)
    return _tls_of(raw, peer, peer is not None)


def _peer(raw: Json) -> Peer | None:
    """A client certificate by its names: with a colon URIs, else DNS names."""
    given = raw.get("cert_san") or ()
    names = [given] if isinstance(given, str) else list(map(str, given))
    subject = str(raw.get("cert_subject") or "")
    if not names and not subject:
        name = str(raw.get("client_cert") or "")
        return _CERTIFICATES.get(name, lambda: Peer((name,)))() if name else None
    return Peer(tuple(n for n in names if ":" in n), tuple(n for n in names if ":" not in n), subject)


def at_proxy(proxy: Proxy, line: Json) -> AtProxy:
    """A line of ``--at envoy``: a ``request`` at the listener of its port, or a ``connection``."""
    if "connection" in line:
        return _connection(proxy, line["connection"])
    raw = line.get("request")
    if not isinstance(raw, dict):
        raise InputError("a line needs a `request` or a `connection` object")
    request = http_request(raw)
    port = int(raw.get("port") or 80)
    host, dst_ip = _host_of(request), str(raw.get("dst_ip") or "")
    listener = _listener_of(proxy, port, request, host, dst_ip)
    ip = dst_ip or _destination(proxy, listener, host)
    socket = None
    if listener is not None and not listener.bound:
        over = proxy.listeners.handing_over
        if over is not None and proxy.listeners.at(ip, port)[0] is listener:
            listener, socket = over, ("::1" if ":" in ip else "127.0.0.1", over.addresses[0][1])
    layers: tuple[Tls, ...] = ()
    if raw.get("tls") or raw.get("sni") or request.protocol == "HTTP/3":
        layers = (_session(raw),)
    connection = Connection(
        str(raw.get("src_ip") or "127.0.0.1"),
        ip,
        port,
        0,
        _PROTOCOLS.get(request.protocol, Payload.HTTP1),
        layers,
        socket=socket,
    )
    return AtProxy(listener, connection, request)


def _host_of(request: Request) -> str:
    """The name in the authority, without its port."""
    host = request.authority or ""
    colon = port_start(host)
    return (host[:colon] if colon >= 0 else host).strip("[]").lower()


def _destination(proxy: Proxy, listener: Listener | None, host: str) -> str:
    """The address the client dialled, as far as listener and host tell it."""
    ip = listener.addresses[0][0] if listener is not None and listener.addresses else "127.0.0.1"
    if ip not in ("0.0.0.0", "::"):
        return ip
    if listener is not None and not listener.bound:
        if number(host) is not None:
            return host
        vip = _vips(proxy).get(host)
        if vip:
            return vip
    return "127.0.0.1" if ip == "0.0.0.0" else "::1"


_VIPS: Json = {}


def _vips(proxy: Proxy) -> dict[str, str]:
    """The service addresses the proxy knows, by name."""
    found: dict[str, str] = proxy.compile_once(_VIPS, "vips", lambda: service_map(proxy).vips)
    return found


def _listener_of(proxy: Proxy, port: int, request: Request, host: str, dst_ip: str) -> Listener | None:
    """The listener of a port: the one with a socket, else that of the host's address, else the wildcard."""
    if request.protocol == "HTTP/3":
        return proxy.listeners.quic(port)
    bound = proxy.listeners.accepting(dst_ip, port) if dst_ip else None
    bound = bound or proxy.listeners.bound_to(port)
    if bound is not None:
        return bound
    vip = host if number(host) is not None else _vips(proxy).get(host)
    candidates = [vip] if vip else []
    for ip in (*candidates, "0.0.0.0"):
        found, _ = proxy.listeners.at(ip, port)
        if found is not None:
            return found
    return proxy.listeners.any_of(port)


def _connection(proxy: Proxy, raw: Json) -> AtProxy:
    """A connection at virtualOutbound or virtualInbound with an original destination."""
    outbound = str(raw.get("direction") or "outbound") == "outbound"
    ip, port = str(raw.get("dst_ip") or ""), int(raw.get("dst_port") or 0)
    listener = virtual_listener(proxy, outbound=outbound)
    payload, request = _FIRST_BYTES.get(str(raw.get("first_bytes") or "raw"), (Payload.RAW, None))
    inner = raw["request"] if isinstance(raw.get("request"), dict) else {}
    layers = (_session({**inner, **raw}),) if raw.get("tls", raw.get("first_bytes") == "tls") else ()
    if layers:
        request = None
    socket = ip, port
    if listener is not None and listener.addresses and not any(a[1] == port for a in listener.addresses):
        local = ("::1" if ":" in ip else "127.0.0.1") if outbound else ip
        socket = local, listener.addresses[0][1]
    connection = Connection(
        str(raw.get("src_ip") or ""),
        ip,
        port,
        int(raw.get("src_port") or 0),
        payload,
        layers,
        proxy_header=_proxy_header(raw.get("proxy_protocol")),
        proxy_version=_proxy_version(raw.get("proxy_protocol")),
        socket=socket,
    )
    if isinstance(raw.get("request"), dict):
        request = http_request(raw["request"])
    return AtProxy(listener, connection, request)


def virtual_listener(proxy: Proxy, *, outbound: bool) -> Listener | None:
    """virtualOutbound or virtualInbound: by name, else by what they do.

    Raises Undecidable where none is found and one that cannot be read may be it.
    """
    found = proxy.listeners.by_name.get("virtualOutbound" if outbound else "virtualInbound")
    if found is not None:
        return found
    doubt: Undecidable | None = None
    for listener in proxy.listeners.all:
        try:
            if listener.bound and (listener.hands_over if outbound else listener.direction == "INBOUND"):
                return listener
        except Undecidable as unknown:
            doubt = doubt or unknown
    if doubt is not None:
        raise doubt
    return None


def _proxy_header(raw: Any) -> tuple[str, int, str, int] | None:
    """A PROXY v1 header: its line, or its four values."""
    if not raw:
        return None
    if isinstance(raw, str):
        words = raw.split()
        if len(words) != 6 or not words[4].isdigit() or not words[5].isdigit():
            raise InputError(f"{raw!r} is no PROXY v1 line", "", "Write `PROXY TCP4 src dst sport dport`.")
        return words[2], int(words[4]), words[3], int(words[5])
    if isinstance(raw, dict):
        return (
            str(raw.get("src_ip", "")),
            int(raw.get("src_port", 0)),
            str(raw.get("dst_ip", "")),
            int(raw.get("dst_port", 0)),
        )
    return str(raw[0]), int(raw[1]), str(raw[2]), int(raw[3])


def _proxy_version(raw: Any) -> int:
    """1 for a line of PROXY v1; else what the object says, 0 for nothing."""
    if isinstance(raw, str):
        return 1
    return int(raw.get("version") or 0) if isinstance(raw, dict) else 0


def stream(raw: Json) -> Stream:
    """What an application sends, from a line of ``--dir``."""
    kind = str(raw.get("kind") or "http1")
    if kind not in _KINDS:
        raise InputError(f"unknown request kind {kind!r}", f"Known kinds: {', '.join(_KINDS)}.")
    payload, protocol, tls = _KINDS[kind]
    if raw.get("data") == "" and not protocol:
        payload = Payload.NONE
    layers: tuple[Tls, ...] = ()
    if tls:
        layers = (_session(raw),)
    request = http_request({**raw, "protocol": protocol}) if protocol else None
    return Stream(payload, layers, request)
