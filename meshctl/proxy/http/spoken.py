"""Which HTTP version a connection manager expects of a connection, and what becomes of another.

codec_type names it; AUTO takes what ALPN agreed on, else the client's first bytes. A client that speaks otherwise gets
no answer that it could read. Follows network/http_connection_manager/config.cc (createCodec) and
http/conn_manager_utility.cc (determineNextProtocol).
"""

from __future__ import annotations

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.proxy.http.codec import Reply
from meshctl.proxy.model import Connection, Request

_HTTP2 = "h2"


def expected_of(config: HttpConnectionManager, connection: Connection) -> str:
    """``h2``, ``http/1.1``, or "" where the first bytes decide."""
    kind = config.codec_type
    if kind != "AUTO":
        return _HTTP2 if kind == "HTTP2" else "http/1.1" if kind == "HTTP1" else "h3"
    agreed = connection.session.agreed if connection.session is not None else ""
    return agreed and (_HTTP2 if agreed == _HTTP2 else "http/1.1")


def refusal(config: HttpConnectionManager, connection: Connection, request: Request) -> Reply | None:
    """What a client that speaks another version than expected sees: nothing."""
    if request.protocol == "HTTP/3":
        return None
    expected = expected_of(config, connection)
    spoken = _HTTP2 if request.multiplexed else "http/1.1"
    if expected in ("", spoken):
        return None
    return Reply(None, None, logged=False, reason=f"the client speaks {spoken} where {expected} is expected")
