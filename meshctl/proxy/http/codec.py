"""The codecs: what HTTP/1, HTTP/2 and HTTP/3 refuse, and the request headers as they come off the wire.

Theory of operation. HTTP/1 answers what it refuses itself (400, 431, 501) and closes; HTTP/2 and HTTP/3 reset the
stream, which no access log shows. A request that passes becomes a header map: ``:method``, ``:path``, ``:authority``
and, where the wire has it, ``:scheme``; some headers have one slot, where repeated values are joined with ",". HTTP/1
takes an absolute-form target apart, takes off ``Upgrade: h2c``, and removes what Connection nominates; HTTP/2 turns an
extended CONNECT into the upgrade of HTTP/1.
Follows source/common/http/http1/{balsa_parser,codec_impl}.cc, http2/codec_impl.cc, header_utility.cc, utility.cc.
"""

from __future__ import annotations

import functools
import re

from meshctl.envoy.api.config_core_v3 import Http1ProtocolOptions, HttpProtocolOptions
from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match import string_match
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Headers
from meshctl.patterns import expression
from meshctl.proxy.http import connection_header
from meshctl.proxy.model import Request
from meshctl.values import Struct

_METHODS = """
    ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH
    NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE
    TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE
"""
_KNOWN_METHODS = frozenset(_METHODS.split())
_TOKEN = expression(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = expression(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PATH_TARGET = expression(r"[/*][!-~]*")
_URL_TARGET = expression(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?]*)([/?][!-~]*)?")
_AUTHORITY_TARGET = expression(r"([^/?]*)([/?][!-~]*)?")
_URL_AUTHORITY = expression(r"[A-Za-z0-9!$%&'()*+,\-.:;=@\[\]_~]*")
# What http_parser makes of the authority of an absolute URL: user info, host, port.
_URL_PARTS = expression(
    r"(?:[A-Za-z0-9_.!~*'()%;:&=+$,-]*@)?(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]+))?"
)
_AUTHORITY = expression(r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]%-]*")
_H2_AUTHORITY = expression(r"[A-Za-z0-9._~!$&'()*+,;=:\[\]%-]+")
_H2_PATH = expression(r"[^\x00-\x20\x7f]*")
_SCHEME = expression(r"[A-Za-z][A-Za-z0-9+.-]*")
_HOP_BY_HOP = frozenset(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"])
# Headers that Envoy keeps in one slot: repeated ones are joined with "," as they come in.
_INLINE = frozenset(
    """
    accept accept-encoding access-control-request-headers access-control-request-method
    access-control-request-private-network authorization
    cache-control connection content-encoding content-length content-type expect grpc-accept-encoding grpc-timeout
    if-match if-modified-since if-none-match if-range if-unmodified-since keep-alive origin pragma proxy-connection referer te
    transfer-encoding upgrade user-agent via x-client-trace-id x-envoy-attempt-count x-envoy-decorator-operation
    x-envoy-downstream-service-cluster x-envoy-downstream-service-node x-envoy-external-address x-envoy-force-trace
    x-envoy-hedge-on-per-try-timeout x-envoy-internal x-envoy-ip-tags x-envoy-is-timeout-retry x-envoy-max-retries
    x-envoy-original-host x-envoy-original-path x-envoy-original-url x-envoy-retriable-header-names
    x-envoy-retriable-status-codes x-envoy-retry-grpc-on x-envoy-retry-on x-envoy-upstream-alt-stat-name
    x-envoy-upstream-rq-per-try-timeout-ms x-envoy-upstream-rq-timeout-alt-response x-envoy-upstream-rq-timeout-ms
    x-envoy-upstream-stream-duration-ms
    x-forwarded-client-cert x-forwarded-for x-forwarded-host x-forwarded-port x-forwarded-proto x-request-id
    """.split()
)
_LAST_PORT = 0xFFFF
_DEFAULT_HEADERS_KB = 60
_DEFAULT_HEADERS_COUNT = 100
_ONE_READ = 16 * 1024  # bytes that Envoy reads of a socket at once


class Reply(Struct, frozen=True):
    """An answer of the proxy itself before a route is chosen.

    ``logged`` is False where no access log entry is written; ``headers`` are those by which the virtual host is
    nevertheless looked up for the log; ``code`` None is a stream that is reset.
    """

    code: int | None
    details: str | None
    flags: str | None = None
    logged: bool = True
    headers: Headers | None = None
    location: str | None = None
    reason: str = ""


_RESET = Reply(None, None, logged=False)


def refusal(code: int, details: str) -> Reply:
    """What the codec of HTTP/1 answers itself."""
    return Reply(code, details, "DPE")


# HTTP/1.0 (and older) where it is not accepted: answered before its headers are there, also for the log.
LOW_VERSION = refusal(426, "low_version")
_CODEC_ERROR = refusal(400, "http1.codec_error")
_INVALID_URL = refusal(400, "http1.invalid_url")
_TOO_LARGE = refusal(431, "http1.headers_too_large")


class Codec(Struct, frozen=True, dict=True):
    """The settings of a connection manager that its codec asks for."""

    config: HttpConnectionManager
    runtime: Runtime

    @functools.cached_property
    def http1(self) -> Http1ProtocolOptions:
        return self.config.http_protocol_options or Http1ProtocolOptions({})

    @functools.cached_property
    def common(self) -> HttpProtocolOptions:
        return self.config.common_http_protocol_options or HttpProtocolOptions({})

    @functools.cached_property
    def max_bytes(self) -> int:
        key = "envoy.reloadable_features.max_request_headers_size_kb"
        return 1024 * (
            self.config.max_request_headers_kb or self.runtime.integer(key, 0) or _DEFAULT_HEADERS_KB
        )

    @functools.cached_property
    def max_count(self) -> int:
        key = "envoy.reloadable_features.max_request_headers_count"
        return self.common.max_headers_count or self.runtime.integer(key, 0) or _DEFAULT_HEADERS_COUNT

    def read(self, request: Request, *, tls: bool) -> Headers | Reply:
        """The header map of a request, or what the client gets instead."""
        if request.multiplexed:
            return self._read_frames(request)
        return self._read_text(request, tls)

    def _underscore(self, name: str) -> str:
        """What happens to a header of this name: ALLOW, DROP_HEADER or REJECT_REQUEST."""
        return self.common.headers_with_underscores_action if "_" in name else "ALLOW"

    def _read_text(self, request: Request, tls: bool) -> Headers | Reply:
        """HTTP/1."""
        method, target = request.method, _target(request)
        if not target:  # which the parser refuses with the first line, whatever follows
            return _CODEC_ERROR
        too_large = _head_size(request, target) > self.max_bytes
        if too_large and self.max_bytes < _ONE_READ:
            return _TOO_LARGE  # else the first line is parsed before the rest is read
        if not (_TOKEN.fullmatch(method) if self.http1.allow_custom_methods else method in _KNOWN_METHODS):
            return _CODEC_ERROR
        if not _is_target(target, connect=method == "CONNECT"):
            return _CODEC_ERROR
        if too_large:
            return _TOO_LARGE
        headers = self._text_headers(request)
        if isinstance(headers, Reply):
            return headers
        refused = self._framing(method, headers) or self._connection(method, headers)
        if refused is not None:
            return refused
        refused = self._place(request, target, headers, tls)
        if refused is not None:
            return refused
        if request.protocol == "HTTP/1.0" and not self.http1.accept_http_10:
            return headers  # which is answered before its authority is looked at
        if not _AUTHORITY.fullmatch(_first(headers, ":authority")):
            return refusal(400, "http.invalid_authority")
        return headers

    def _text_headers(self, request: Request) -> Headers | Reply:
        """The header lines of HTTP/1: what the parser refuses of all of them, then each checked."""
        headers: Headers = {}
        if request.authority is not None:
            headers[":authority"] = [request.authority]
        lines = [_line(name, value) for name, value in request.headers]
        lengths = [value for name, value in lines if name == "content-length"]
        if len(lengths) > 1 or not all(value.isascii() and value.isdecimal() for value in lengths):
            return _CODEC_ERROR
        if not all(_TOKEN.fullmatch(name) for name, _ in lines):
            return _CODEC_ERROR
        many = len(lines) >= self.max_count  # only so many lines can be too many values
        for name, value in lines:
            if _CONTROL.search(value):
                return refusal(400, "http1.invalid_characters")
            action = self._underscore(name)
            if action == "REJECT_REQUEST":
                return refusal(400, "http1.unexpected_underscore")
            if action == "DROP_HEADER":
                continue
            _put(headers, ":authority" if name == "host" else name, value)
            if many and sum(map(len, headers.values())) > self.max_count:
                return refusal(431, "http1.too_many_headers")
        headers[":method"] = [request.method]
        return headers

    def _framing(self, method: str, headers: Headers) -> Reply | None:
        """Content-Length and Transfer-Encoding."""
        if method == "CONNECT" and "content-length" in headers:
            if _first(headers, "content-length") != "0":
                return refusal(400, "http1.body_disallowed")
            del headers["content-length"]
        if "transfer-encoding" not in headers:
            return None
        chunked = _first(headers, "transfer-encoding").lower() == "chunked"
        if "content-length" in headers:
            if not (chunked and self.http1.allow_chunked_length):
                return refusal(400, "http1.content_length_and_chunked_not_allowed")
            del headers["content-length"]
        return None if chunked and method != "CONNECT" else refusal(501, "http1.invalid_transfer_encoding")

    def _connection(self, method: str, headers: Headers) -> Reply | None:
        """Upgrade: h2c is taken off; without an upgrade, what Connection nominates is removed."""
        ignored = [string_match.parse(m.raw) for m in self.http1.ignore_http_11_upgrade]
        connection_header.drop_upgrades(headers, ignored)
        if method == "CONNECT" or connection_header.is_upgrade(headers):
            return None
        if not connection_header.sanitize(headers):
            return refusal(400, "http1.connection_header_rejected")
        return None

    def _place(self, request: Request, target: str, headers: Headers, tls: bool) -> Reply | None:
        """The target of the request line becomes ``:path``, ``:scheme`` and ``:authority``."""
        connect = request.method == "CONNECT"
        if not connect and (target.startswith("/") or (target[0] == "*" and request.method == "OPTIONS")):
            headers[":path"] = [target]
            return None
        if not connect and self.http1.allow_absolute_url is False:
            headers[":path"] = [target]
            return None
        if connect:
            place = _URL_PARTS.fullmatch(target)
            if place is None or "@" in target or not place["port"] or int(place["port"]) > _LAST_PORT:
                return _INVALID_URL
            headers[":authority"] = [target]
            return None
        scheme, mark, rest = target.partition("://")
        cut = re.search(r"[/?]", rest)
        authority, path = (rest, "") if cut is None else (rest[: cut.start()], rest[cut.start() :])
        parts = _URL_PARTS.fullmatch(authority) if mark else None
        if parts is None or int(parts["port"] or 0) > _LAST_PORT:
            return _INVALID_URL
        scheme = scheme.lower()
        if scheme not in ("http", "https"):
            return refusal(400, "http1.invalid_scheme")
        trusts = not self.config.use_remote_address or self.config.xff_num_trusted_hops
        if scheme == "https" and not tls and not trusts:
            return refusal(403, "http1.https_url_on_plaintext_connection")
        headers[":scheme"] = [scheme]
        headers[":authority"] = [authority.rpartition("@")[2]]
        headers[":path"] = [path or "/"]
        return None

    def _read_frames(self, request: Request) -> Headers | Reply:
        """HTTP/2 and HTTP/3: one malformed header resets the stream."""
        headers: Headers = {":method": [request.method]}
        names = [name.lower() for name, _ in request.headers]
        if names.count("host") > 1 or (":protocol" in names and request.method != "CONNECT"):
            return _RESET
        if request.method != "CONNECT" or ":protocol" in names:
            headers[":scheme"] = [("http" if request.scheme is None else request.scheme).lower()]
        for pseudo, value in ((":path", request.path), (":authority", request.authority)):
            if value is not None:
                headers[pseudo] = [value]
        for name, (_, value) in zip(names, request.headers, strict=True):
            if not self._is_frame_header(name, value) or self._underscore(name) == "REJECT_REQUEST":
                return _RESET
            value = value.strip(" \t")
            if self._underscore(name) == "DROP_HEADER" or (name == "host" and ":authority" in headers):
                continue
            if name == "cookie" and name in headers:
                headers[name] = [f"{headers[name][0]}; {value}"]
            else:
                _put(headers, ":authority" if name == "host" else name, value)
        if not _is_stream(headers) or _map_size(headers) > self.max_bytes:
            return _RESET
        dropped = "host" in names and request.authority is not None  # counted all the same
        if sum(map(len, headers.values())) + dropped > self.max_count:
            return _RESET
        connection_header.upgrade_of_connect(headers)
        return headers

    def _is_frame_header(self, name: str, value: str) -> bool:
        if name == ":protocol":
            return bool((h2 := self.config.http2_protocol_options) and h2.allow_connect) or bool(
                (h3 := self.config.http3_protocol_options) and h3.allow_extended_connect
            )
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value) or name in _HOP_BY_HOP:
            return False
        if name == "content-length":
            return value.isascii() and value.isdecimal()
        if name == "host":
            return _H2_AUTHORITY.fullmatch(value) is not None
        return name != "te" or value.lower() == "trailers"


def _line(name: str, value: str) -> tuple[str, str]:
    """A header line as HTTP/1 takes it apart: at its first colon."""
    name, _, rest = name.partition(":")
    return name.lower(), (f"{rest}: {value}" if rest else value).strip(" \t")


def _first(headers: Headers, name: str) -> str:
    return (headers.get(name) or [""])[0]


def _put(headers: Headers, name: str, value: str) -> None:
    if name in headers and (name in _INLINE or name == ":authority"):
        headers[name] = [",".join(filter(None, (headers[name][0], value)))]  # HeaderMapImpl::appendToHeader
    else:
        headers.setdefault(name, []).append(value)


def _target(request: Request) -> str:
    """The target of the request line."""
    if request.method == "CONNECT" and request.path is None:
        return request.authority or ""
    return request.absolute_form + (request.path or "")


def _is_target(target: str, *, connect: bool) -> bool:
    if target[:1] in ("/", "*"):
        return _PATH_TARGET.fullmatch(target) is not None
    found = (_AUTHORITY_TARGET if connect else _URL_TARGET).fullmatch(target)
    return (
        bool(target)
        and found is not None
        and bool(_URL_AUTHORITY.fullmatch(found[1]))
        and "@@" not in found[1]
    )


def _head_size(request: Request, target: str) -> int:
    """The bytes of request line and headers, as far as they are told."""
    lines = len(request.method) + len(target) + len(" HTTP/1.1\r\n") + 1
    if request.authority is not None:
        lines += len("host: \r\n") + len(request.authority)
    return lines + sum(len(name) + len(value) + len(": \r\n") for name, value in request.headers) + 2


def _map_size(headers: Headers) -> int:
    return sum(len(name) + len(value) for name, values in headers.items() for value in values)


def _is_stream(headers: Headers) -> bool:
    """Whether the pseudo headers of an HTTP/2 request are well-formed."""
    method, path = _first(headers, ":method"), headers.get(":path")
    if not _TOKEN.fullmatch(method) or not _H2_AUTHORITY.fullmatch(_first(headers, ":authority")):
        return False
    if path is None:
        return method == "CONNECT"
    if not _SCHEME.fullmatch(_first(headers, ":scheme")) or not _H2_PATH.fullmatch(path[0]):
        return False
    return path[0].startswith("/") or (path[0] == "*" and method == "OPTIONS")
