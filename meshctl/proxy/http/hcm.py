"""The HTTP connection manager before routing: its checks, and the path and host that routing sees.

Theory of operation. The codec (``codec``) gives a header map or refuses. The manager checks version, Host and path,
normalises the path (fragment, escaped slashes, dot segments, slashes), strips the host's port or dot, applies early
header mutations, and writes the headers of a proxy (``request_headers``). Only then is a route chosen.
Follows source/common/http/{conn_manager_impl,conn_manager_utility,path_utility}.cc.
"""

from __future__ import annotations

import functools
from urllib.parse import unquote

from meshctl.envoy.api.extensions_filters_network_http_connection_manager_v3 import HttpConnectionManager
from meshctl.match import grpc
from meshctl.match.fraction import Runtime
from meshctl.match.request_view import Headers
from meshctl.match.substitution import Known
from meshctl.patterns import expression
from meshctl.proxy.http import client_address, request_headers
from meshctl.proxy.http.codec import LOW_VERSION, Codec, Reply
from meshctl.proxy.http.connection_header import is_connect_udp, is_upgrade
from meshctl.proxy.http.path_normalize import canonical_path
from meshctl.proxy.http.request_headers import Edge
from meshctl.proxy.model import Connection, Recreated, Request
from meshctl.values import Struct, field

_ESCAPED_SLASH = expression(r"%2[fF]|%5[cC]")
_UDP_TARGET = expression(r"/\.well-known/masque/udp/([^/]+)/([0-9]+)/?")
_NORMALIZE = "http_connection_manager.normalize_path"
_SLASHES = "http_connection_manager.path_with_escaped_slashes_action"
_SLASH_ACTIONS = {2: "REJECT_REQUEST", 3: "UNESCAPE_AND_REDIRECT", 4: "UNESCAPE_AND_FORWARD"}
_FAILED = "path_normalization_failed"


class Manager(Struct, frozen=True, dict=True):
    """A connection manager, and what of its proxy bears on requests before routing."""

    config: HttpConnectionManager
    listener_port: int = 0
    runtime: Runtime = field(default_factory=Runtime)
    own_ip: str = ""
    node_id: str = ""
    node_cluster: str = ""
    internal_only: tuple[str, ...] = ()  # internal_only_headers of its route configuration

    @functools.cached_property
    def rejects_fragment(self) -> bool:
        key = "envoy.reloadable_features.http_reject_path_with_fragment"
        return self.runtime.values.get(key) is not False

    @functools.cached_property
    def codec(self) -> Codec:
        return Codec(self.config, self.runtime)

    @functools.cached_property
    def normalizes(self) -> bool:
        wanted = self.config.normalize_path
        return self.runtime.fraction({"runtime_key": _NORMALIZE}).numerator > 0 if wanted is None else wanted

    @functools.cached_property
    def slash_action(self) -> str:
        """path_with_escaped_slashes_action, or what the runtime has for its default."""
        if not self.runtime.integer(f"{_SLASHES}_enabled", 100):
            return "KEEP_UNCHANGED"
        wanted: str = self.config.path_with_escaped_slashes_action
        if wanted == "IMPLEMENTATION_SPECIFIC_DEFAULT":
            return _SLASH_ACTIONS.get(self.runtime.integer(_SLASHES, 0), "KEEP_UNCHANGED")
        return wanted

    def edge(self, request: Request, connection: Connection, *, tls: bool) -> Edge:
        """The connection as the rules of request_headers see it."""
        session = connection.session if tls else None
        return Edge(
            connection.src_ip,
            (connection.dst_ip, connection.dst_port),
            tls,
            session.peer if session is not None else None,
            request.multiplexed,
            self.own_ip,
            self.node_id,
            self.node_cluster,
            self.internal_only,
        )


def decode(request: Request, manager: Manager, connection: Connection, *, tls: bool) -> Headers | Reply:
    """The request headers at routing time, or the answer that ends the request before.

    Raises Undecidable where what a header becomes cannot be known.
    """
    config = manager.config
    if request.recreated is not None:
        return _again(request, request.recreated, manager)
    headers = manager.codec.read(request, tls=tls)
    if isinstance(headers, Reply):
        return headers
    refused = _checks(request, headers, manager) or _normalise_path(headers, manager)
    if refused is not None:
        return refused
    _normalise_host(headers, manager)
    if not config.proxy_100_continue and headers.get("expect", [""])[0].lower() == "100-continue":
        del headers["expect"]
    edge = manager.edge(request, connection, tls=tls)
    if config.early_header_mutation_extensions:
        request_headers.early(config, headers, _known(request, headers, connection, edge))
    client = request_headers.rewrite(config, headers, edge)
    if client.rejected:
        return Reply(client.rejected, "rejecting_because_detection_failed", headers=headers)
    return headers


def _again(request: Request, made: Recreated, manager: Manager) -> Headers | Reply:
    """A request that the router made of a redirect: only its path and host are looked at once more."""
    headers = {name: list(values) for name, values in made.headers.items()}
    refused = _checks(request, headers, manager) or _normalise_path(headers, manager)
    if refused is None:
        _normalise_host(headers, manager)
    return refused or headers


def _known(request: Request, headers: Headers, connection: Connection, edge: Edge) -> Known:
    session = connection.session if edge.tls else None
    return Known(
        headers,
        request.protocol,
        connection.src_ip,
        connection.src_ip,
        connection.src_port or None,
        edge.local,
        session.sni.lower() if session is not None else "",
        edge.certificate,
    )


def remote_address(request: Request, config: HttpConnectionManager, connection: Connection) -> str:
    """The client's address as Envoy trusts it, by the headers as they came in."""
    headers: Headers = {}
    for name, value in request.headers:
        headers.setdefault(name.lower(), []).append(value)
    return client_address.of(config, headers, connection.src_ip).address


def _checks(request: Request, headers: Headers, manager: Manager) -> Reply | None:
    """ConnectionManagerImpl::ActiveStream::decodeHeaders, the checks before the path is touched."""
    options = manager.config.http_protocol_options
    if request.protocol == "HTTP/1.0":
        if options is None or not options.accept_http_10:
            return LOW_VERSION
        if ":authority" not in headers and options.default_host_for_http_10:
            headers[":authority"] = [options.default_host_for_http_10]
    if ":authority" not in headers:
        return Reply(400, "missing_host_header", headers=headers)
    path = (headers.get(":path") or [""])[0]
    if not path and (headers[":method"] != ["CONNECT"] or ":path" in headers):
        return Reply(404, "missing_path_rejected", headers=headers)
    if is_connect_udp(headers) and not _udp_authority(headers, path):
        return Reply(404, "path_rejected", headers=headers)
    if path and path[0] != "/":
        return Reply(404, "absolute_path_rejected", headers=headers)
    if headers[":method"] == ["QUERY"] and not any(headers.get("content-type") or ()):
        return Reply(400, "query_missing_content_type", headers=headers)
    return None


def _udp_authority(headers: Headers, path: str) -> bool:
    """The authority of a CONNECT-UDP request stands in its path (rewriteAuthorityForConnectUdp)."""
    found = _UDP_TARGET.fullmatch(path)
    if found is None:
        return False
    host = unquote(found[1])
    headers[":authority"] = [f"[{host}]:{found[2]}" if ":" in host else f"{host}:{found[2]}"]
    return True


def _normalise_path(headers: Headers, manager: Manager) -> Reply | None:
    """ConnectionManagerUtility::maybeNormalizePath."""
    target = (headers.get(":path") or [""])[0]
    if not target:
        return None
    if "#" in target:
        if manager.rejects_fragment:
            return Reply(400, _FAILED, headers=headers)
        target = headers[":path"][0] = target.split("#", 1)[0]
    redirect = False
    action = manager.slash_action
    if action != "KEEP_UNCHANGED":
        path, mark, query = target.partition("?")
        if _ESCAPED_SLASH.search(path):
            if action == "REJECT_REQUEST":
                return Reply(400, _FAILED, headers=headers)
            redirect = action == "UNESCAPE_AND_REDIRECT"
            path = _ESCAPED_SLASH.sub(lambda m: "/" if m[0][1] == "2" else "\\", path)
            target = path + mark + query
    if manager.normalizes:
        canonical = canonical_path(target)
        if canonical is None:
            return Reply(400, _FAILED, headers=headers)
        target = canonical
    if manager.config.merge_slashes:
        target = _merge_slashes(target)
    headers[":path"] = [target]
    if not redirect:
        return None
    if grpc.has_grpc_content(headers):
        return Reply(400, _FAILED, headers=headers)
    return Reply(307, _FAILED, headers=headers, location=target)


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


def _normalise_host(headers: Headers, manager: Manager) -> None:
    """strip_trailing_host_dot, strip_any_host_port, strip_matching_host_port."""
    host, config = headers[":authority"][0], manager.config
    if config.strip_trailing_host_dot:
        host = _strip_dot(host)
    colon = port_start(host)
    port = host[colon + 1 :] if colon >= 0 else ""
    if port.isascii() and port.isdigit():
        matching = config.strip_matching_host_port and int(port) == manager.listener_port
        if config.strip_any_host_port or matching:
            host = host[:colon]
    headers[":authority"] = [host]


def _strip_dot(host: str) -> str:
    dot = host.rfind(".")
    if dot < 0:
        return host
    if dot == len(host) - 1:
        return host[:-1]
    return host[:dot] + host[dot + 1 :] if host[dot + 1] == ":" else host


__all__ = ["Codec", "Manager", "Reply", "decode", "is_upgrade", "port_start", "remote_address"]
