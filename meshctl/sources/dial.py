"""A TCP connection to the API server, through an HTTP proxy where there is one (RFC 9110, CONNECT).

httpcore has a proxy of its own, but its tunnel checks the server's certificate against the host alone, and a
kubeconfig may name another (``tls-server-name``). As a backend the tunnel serves requests and port-forwards alike, and
TLS to the proxy itself comes with it.
"""

from __future__ import annotations

import base64
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote, urlsplit

import h11
import httpcore

from meshctl.envoy.addresses import bracketed
from meshctl.sources.proxies import without_password

_CHUNK = 65536


class Direct(httpcore.SyncBackend):
    """Connects to wherever is asked for."""


class Tunnel(httpcore.SyncBackend):
    """Connects through a proxy. Raises httpcore.ProxyError with the proxy's answer when it refuses."""

    def __init__(self, proxy: str) -> None:
        super().__init__()
        self._url = urlsplit(proxy)
        self._shown = without_password(proxy)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        secured = self._url.scheme == "https"
        own_port = self._url.port or (443 if secured else 80)
        stream = super().connect_tcp(
            self._url.hostname or "", own_port, timeout, local_address, socket_options
        )
        try:
            if secured:
                stream = stream.start_tls(ssl.create_default_context(), self._url.hostname, timeout)
            self._connect(stream, bracketed(host, port), timeout)
        except BaseException:
            stream.close()
            raise
        return stream

    def _connect(self, stream: httpcore.NetworkStream, target: str, timeout: float | None) -> None:
        headers = [("Host", target), ("User-Agent", "meshctl")]
        if self._url.username:
            pair = f"{unquote(self._url.username)}:{unquote(self._url.password or '')}"
            headers.append(("Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
        talk = h11.Connection(h11.CLIENT)
        ask = h11.Request(method="CONNECT", target=target, headers=headers)
        stream.write((talk.send(ask) or b"") + (talk.send(h11.EndOfMessage()) or b""), timeout)
        while True:
            try:
                event = talk.next_event()
            except h11.RemoteProtocolError as error:
                raise httpcore.ProxyError("it does not answer as an HTTP proxy") from error
            if event is h11.NEED_DATA:
                talk.receive_data(stream.read(_CHUNK, timeout))
            elif isinstance(event, h11.Response):
                if not 200 <= event.status_code < 300:
                    reason = bytes(event.reason).decode("latin-1")
                    raise httpcore.ProxyError(f"{event.status_code} {reason}".strip())
                return
            elif isinstance(event, h11.ConnectionClosed):
                raise httpcore.ProxyError("it closed the connection without an answer")


def backend(proxy: str | None) -> httpcore.SyncBackend:
    """How to reach a server."""
    return Tunnel(proxy) if proxy else Direct()


class StreamSocket:
    """A stream as the socket that websocket-client wants, for TLS within TLS, which Python's sockets do not do."""

    def __init__(self, stream: httpcore.NetworkStream, timeout: float | None) -> None:
        self._stream = stream
        self._timeout = timeout

    def settimeout(self, timeout: float | None) -> None:
        self._timeout = timeout

    def gettimeout(self) -> float | None:
        return self._timeout

    def recv(self, size: int) -> bytes:
        try:
            return self._stream.read(size, self._timeout)
        except httpcore.ReadTimeout as error:
            raise TimeoutError(str(error)) from error
        except httpcore.ReadError as error:
            raise ConnectionError(str(error)) from error

    def send(self, data: bytes) -> int:
        try:
            self._stream.write(data, self._timeout)
        except httpcore.WriteTimeout as error:
            raise TimeoutError(str(error)) from error
        except httpcore.WriteError as error:
            raise ConnectionError(str(error)) from error
        return len(data)

    def fileno(self) -> int:
        return int(self._stream.get_extra_info("socket").fileno())

    def shutdown(self, how: int) -> None:
        self._stream.close()

    def close(self) -> None:
        self._stream.close()


def socket_to(
    server: str, proxy: str | None, tls: ssl.SSLContext | None, name: str | None, timeout: float | None
) -> Any:
    """A connected socket to a server, with TLS where it has any."""
    url = urlsplit(server)
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    stream = backend(proxy).connect_tcp(host, port, timeout)
    plain = stream.get_extra_info("socket")
    if tls is None:
        return plain
    if isinstance(plain, ssl.SSLSocket):
        return StreamSocket(stream.start_tls(tls, name or host, timeout), timeout)
    plain.settimeout(timeout)
    return tls.wrap_socket(plain, server_hostname=name or host)
