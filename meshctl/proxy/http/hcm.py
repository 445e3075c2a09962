"""The HTTP connection manager before routing: what the codec refuses, and the headers as routing sees them.

Theory of operation. The codec answers what is no HTTP (nothing is logged then, or DPE); the manager checks
version, Host and path, normalises the path (fragment, escaped slashes, dot segments, slashes), strips the
host's port or dot, and sets x-forwarded-proto, :scheme and the x-envoy-* headers. Only then is a route chosen.
Follows source/common/http/{conn_manager_impl,conn_manager_utility,path_utility}.cc and http1/codec_impl.cc.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from meshctl.match.address_ranges import number
from meshctl.match.request_view import Headers
from meshctl.proxy.http.path_normalize import canonical_path
from meshctl.proxy.model import Connection, Request

Json = dict[str, Any]

_METHODS = """
    ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL MOVE MSEARCH
    NOTIFY OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT REBIND REPORT SEARCH SOURCE SUBSCRIBE
    TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE
"""
_KNOWN_METHODS = frozenset(_METHODS.split())
_CONNECT_TARGET = re.compile(r".+:[0-9]+")
_URL_HOST = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_AUTHORITY = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@\[\]%-]*")
_H2_AUTHORITY = re.compile(r"[^@\s]+")
# Headers that Envoy keeps in one slot: repeated ones are joined with "," as they come in.
_INLINE = frozenset(
    [
        "accept",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "authorization",
        "cache-control",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "grpc-accept-encoding",
        "grpc-timeout",
        "if-match",
        "if-none-match",
        "keep-alive",
        "origin",
        "pragma",
        "proxy-connection",
        "referer",
        "te",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "via",
        "x-client-trace-id",
        "x-envoy-attempt-count",
        "x-envoy-downstream-service-cluster",
        "x-envoy-downstream-service-node",
        "x-envoy-external-address",
        "x-envoy-original-path",
        "x-forwarded-client-cert",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-proto",
        "x-request-id",
    ]
)
_ESCAPED_SLASH = re.compile(r"%2[fF]|%5[cC]")
# Stripped from edge requests, and from every request that is not internal.
_EDGE_HEADERS = (
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-original-path",
)
_EXTERNAL_HEADERS = (
    "x-envoy-retriable-status-codes",
    "x-envoy-retriable-header-names",
    "x-envoy-retry-on",
    "x-envoy-retry-grpc-on",
    "x-envoy-max-retries",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-ip-tags",
    "x-envoy-hedge-on-per-try-timeout",
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the proxy itself before a route is chosen.

    ``logged`` is False where no access log entry is written; ``route_lookup`` tells that the virtual host is
    nevertheless looked up (by the headers as they are) for the log.
    """

    code: int | None
    details: str | None
    flags: str | None = None
    logged: bool = True
    headers: Headers | None = None
    location: str | None = None


_CODEC_ERROR = Reply(400, "http1.codec_error", "DPE")
_INVALID_URL = Reply(400, "http1.invalid_url", "DPE")


@dataclass(frozen=True, slots=True)
class Manager:
    """The settings of an HttpConnectionManager that bear on routing."""

    fields: Json
    listener_port: int = 0
    rejects_fragment: bool = True  # runtime envoy.reloadable_features.http_reject_path_with_fragment

    @property
    def use_remote_address(self) -> bool:
        return bool(self.fields.get("use_remote_address"))


def decode(request: Request, manager: Manager, connection: Connection, *, tls: bool) -> Headers | Reply:
    """The request headers at routing time, or the answer that ends the request before."""
    refused = _codec(request, manager, tls)
    if refused is not None:
        return refused
    headers = _wire_headers(request)
    if not request.http2:
        _scheme_of_http1(headers, request)
    else:
        headers[":scheme"] = [(request.scheme or "http").lower()]
    early = _checks(request, headers, manager)
    if early is not None:
        return early
    normalised = _normalise_path(headers, manager)
    if normalised is not None:
        return normalised
    _normalise_host(headers, manager, connection)
    _mutate(headers, request, manager, connection, tls)
    overwrite = (manager.fields.get("scheme_header_transformation") or {}).get("scheme_to_overwrite")
    if overwrite:
        headers[":scheme"] = headers["x-forwarded-proto"] = [str(overwrite)]
    return headers


def _codec(request: Request, manager: Manager, tls: bool) -> Reply | None:
    """What the codec refuses: HTTP/2 resets the stream without a log entry, HTTP/1 answers."""
    if request.http2:
        broken = request.path == "*" and request.method != "OPTIONS"
        valid = _H2_AUTHORITY.fullmatch(request.authority) if request.authority is not None else True
        return Reply(None, None, logged=False) if broken or not valid else None
    path = request.path or ""
    if request.method not in _KNOWN_METHODS or not path.isascii():
        return _CODEC_ERROR
    if path and path[0] != "/" and not (path == "*" and request.method == "OPTIONS"):
        return _INVALID_URL if path == "*" else _CODEC_ERROR
    if request.authority and not _AUTHORITY.fullmatch(request.authority):
        return Reply(400, "http.invalid_authority", "DPE")
    if request.method == "CONNECT" and not _CONNECT_TARGET.fullmatch(request.authority or ""):
        return _INVALID_URL
    if request.absolute_form:
        scheme, _, rest = request.absolute_form.partition("://")
        if not _URL_HOST.fullmatch(rest.split("/", 1)[0]):
            return _INVALID_URL
        if scheme.lower() == "https" and not tls and manager.use_remote_address:
            return Reply(403, "http1.https_url_on_plaintext_connection", "DPE")
    return None


def _wire_headers(request: Request) -> Headers:
    headers: Headers = {":method": [request.method]}
    if request.path is not None:
        headers[":path"] = [request.path]
    if request.authority is not None:
        headers[":authority"] = [request.authority]
    for name, value in request.headers:
        name = name.lower()
        value = value.strip(" \t")
        if name == "host":
            before = headers.get(":authority")
            headers[":authority"] = [f"{before[0]},{value}" if before else value]
        elif name == "cookie" and request.http2 and name in headers:
            headers[name] = [f"{headers[name][0]}; {value}"]
        elif name in _INLINE and name in headers:
            headers[name] = [f"{headers[name][0]},{value}"]
        else:
            headers.setdefault(name, []).append(value)
    return headers


def _scheme_of_http1(headers: Headers, request: Request) -> None:
    if request.absolute_form:
        scheme, _, rest = request.absolute_form.partition("://")
        headers[":scheme"] = [scheme.lower()]
        headers[":authority"] = [rest.split("/", 1)[0]]


def _checks(request: Request, headers: Headers, manager: Manager) -> Reply | None:
    """ConnectionManagerImpl::ActiveStream::decodeHeaders, the checks before the path is touched."""
    if request.protocol == "HTTP/1.0" and not _accepts_http_10(manager.fields):
        return Reply(426, "low_version", "DPE", headers=headers)
    if ":authority" not in headers:
        return Reply(400, "missing_host_header", headers=headers)
    path = request.path
    if path is None:
        return None if request.method == "CONNECT" else Reply(404, "missing_path_rejected", headers=headers)
    if path and path[0] != "/":
        return Reply(404, "absolute_path_rejected", headers=headers)
    return None


def _accepts_http_10(fields: Json) -> bool:
    return bool((fields.get("http_protocol_options") or {}).get("accept_http_10"))


def _normalise_path(headers: Headers, manager: Manager) -> Reply | None:
    """ConnectionManagerUtility::maybeNormalizePath."""
    fields = manager.fields
    target = (headers.get(":path") or [""])[0]
    if not target:
        return None
    if "#" in target:
        if manager.rejects_fragment:
            return Reply(400, "path_normalization_failed", headers=headers)
        target = headers[":path"][0] = target.split("#", 1)[0]
    redirect = False
    action = str(fields.get("path_with_escaped_slashes_action") or "KEEP_UNCHANGED")
    if action not in ("KEEP_UNCHANGED", "IMPLEMENTATION_SPECIFIC_DEFAULT"):
        path, mark, query = target.partition("?")
        if _ESCAPED_SLASH.search(path):
            if action == "REJECT_REQUEST":
                return Reply(400, "path_normalization_failed", headers=headers)
            redirect = action == "UNESCAPE_AND_REDIRECT"
            path = _ESCAPED_SLASH.sub(lambda m: "/" if m[0][1] == "2" else "\\", path)
            target = path + mark + query
    if fields.get("normalize_path"):
        canonical = canonical_path(target)
        if canonical is None:
            return Reply(400, "path_normalization_failed", headers=headers)
        target = canonical
    if fields.get("merge_slashes"):
        target = _merge_slashes(target)
    headers[":path"] = [target]
    if redirect:
        grpc = (headers.get("content-type") or [""])[0].startswith("application/grpc")
        if grpc:
            return Reply(400, "path_normalization_failed", headers=headers)
        return Reply(307, "path_normalization_failed", headers=headers, location=target)
    return None


def _merge_slashes(target: str) -> str:
    """PathUtil::mergeSlashes: first and last slash are put back, so that ``//`` stays ``//``."""
    path, mark, query = target.partition("?")
    if "//" not in path:
        return target
    first, last = "/" if path.startswith("/") else "", "/" if path.endswith("/") else ""
    return f"{first}{'/'.join(part for part in path.split('/') if part)}{last}{mark}{query}"


def port_start(host: str) -> int:
    """Where the port begins: the last colon that is not inside brackets; -1 without one."""
    colon = host.rfind(":")
    return colon if colon > host.rfind("]") else -1


def _normalise_host(headers: Headers, manager: Manager, connection: Connection) -> None:
    """strip_trailing_host_dot, strip_any_host_port, strip_matching_host_port."""
    host = headers[":authority"][0]
    fields = manager.fields
    if fields.get("strip_trailing_host_dot"):
        host = _strip_dot(host)
    colon = port_start(host)
    port = host[colon + 1 :] if colon >= 0 else ""
    if port.isascii() and port.isdigit():
        matching = fields.get("strip_matching_host_port") and int(port) == manager.listener_port
        if fields.get("strip_any_host_port") or matching:
            host = host[:colon]
    headers[":authority"] = [host]


def _strip_dot(host: str) -> str:
    dot = host.rfind(".")
    if dot < 0:
        return host
    if dot == len(host) - 1:
        return host[:-1]
    return host[:dot] + host[dot + 1 :] if host[dot + 1] == ":" else host


def _mutate(headers: Headers, request: Request, manager: Manager, connection: Connection, tls: bool) -> None:
    """ConnectionManagerUtility::mutateRequestHeaders, as far as a matcher can see it."""
    upgrade = is_upgrade(headers) and not request.http2
    if not upgrade:
        headers.pop("connection", None)
        headers.pop("upgrade", None)
    for name in ("x-envoy-internal", "keep-alive", "proxy-connection", "transfer-encoding"):
        headers.pop(name, None)
    wire = "https" if tls else "http"
    trusted = int(manager.fields.get("xff_num_trusted_hops") or 0)
    remote = manager.use_remote_address
    forwarded = headers.get("x-forwarded-for")
    if remote:
        if connection.src_ip and not manager.fields.get("skip_xff_append"):
            chain = [*(forwarded or []), connection.src_ip]
            headers["x-forwarded-for"] = [",".join(chain)]
        if trusted == 0 or "x-forwarded-proto" not in headers:
            headers["x-forwarded-proto"] = [wire]
    elif "x-forwarded-proto" not in headers:
        headers["x-forwarded-proto"] = [wire]
    if ":scheme" not in headers:
        proto = headers["x-forwarded-proto"][0].lower()
        headers[":scheme"] = [proto if proto in ("http", "https") else wire]
    internal = _is_internal(forwarded, manager, connection)
    if internal:
        headers["x-envoy-internal"] = ["true"]
    else:
        for name in (*(_EDGE_HEADERS if remote else ()), *_EXTERNAL_HEADERS):
            headers.pop(name, None)
        if remote and connection.src_ip:
            headers["x-envoy-external-address"] = [
                remote_address(headers, manager.fields, connection, forwarded)
            ]
    if manager.fields.get("generate_request_id") is not False and (
        (remote and not internal) or "x-request-id" not in headers
    ):
        headers["x-request-id"] = ["00000000-0000-4000-8000-000000000000"]
    _forward_client_certificate(headers, manager, connection, tls)


def _forward_client_certificate(
    headers: Headers, manager: Manager, connection: Connection, tls: bool
) -> None:
    """x-forwarded-client-cert; its content cannot be known in full (a hash of the certificate)."""
    mode = str(manager.fields.get("forward_client_cert_details") or "SANITIZE")
    name = "x-forwarded-client-cert"
    peer = connection.session.peer if tls and connection.session else None
    if mode == "ALWAYS_FORWARD_ONLY":
        return
    if mode == "SANITIZE" or peer is None:
        headers.pop(name, None)
        return
    if mode == "FORWARD_ONLY":
        return
    value = "".join(f"URI={uri}" for uri in peer.uris[:1])
    before = headers.get(name) if mode == "APPEND_FORWARD" else None
    headers[name] = [",".join([*before, value])] if before else [value]


def remote_address(
    headers: Headers, fields: Mapping[str, Any], connection: Connection, forwarded: list[str] | None
) -> str:
    """The client's address as Envoy trusts it: by xff_num_trusted_hops, or the peer of the connection.

    ``forwarded`` is x-forwarded-for as it came in. Http::Utility::getLastAddressFromXFF.
    """
    trusted = int(fields.get("xff_num_trusted_hops") or 0)
    if fields.get("use_remote_address"):
        found = _from_right(forwarded, trusted - 1) if trusted > 0 else ""
    else:
        found = _from_right(forwarded, trusted)
    return found or connection.src_ip


def _from_right(forwarded: list[str] | None, skip: int) -> str:
    if not forwarded or skip < 0:
        return ""
    parts = [part.strip() for part in ",".join(forwarded).split(",")]
    if skip >= len(parts):
        return ""
    address = parts[-1 - skip]
    return address if number(address) else ""


def _is_internal(forwarded: list[str] | None, manager: Manager, connection: Connection) -> bool:
    """Internal only where internal_address_config says so (nothing is internal by default any more)."""
    config = manager.fields.get("internal_address_config")
    if not config:
        return False
    from meshctl.match.address_ranges import contains, parse

    ranges = [r for r in map(parse, config.get("cidr_ranges") or ()) if r]
    if manager.use_remote_address:
        single, address = forwarded is None, connection.src_ip
    else:
        values = ",".join(forwarded or []).split(",") if forwarded else []
        single, address = len(values) == 1, values[0].strip() if len(values) == 1 else ""
    return single and any(contains(r, address) for r in ranges)


def is_upgrade(headers: Headers) -> bool:
    """Connection: upgrade with an Upgrade header (Http::Utility::isUpgrade)."""
    tokens = ",".join(headers.get("connection") or ()).lower().split(",")
    return "upgrade" in {t.strip() for t in tokens} and bool(headers.get("upgrade"))
