"""Filters that tell of the client in headers: ip_tagging, grpc_web, dynamic_forward_proxy's host, Istio's ALPN.

Follows source/extensions/filters/http/{ip_tagging,grpc_web,dynamic_forward_proxy}/*.cc and istio/proxy's alpn filter.
"""

from __future__ import annotations

from collections.abc import Iterator

from meshctl.envoy.api.config_core_v3 import CidrRange
from meshctl.envoy.api.extensions_filters_http_dynamic_forward_proxy_v3 import PerRouteConfig
from meshctl.envoy.api.extensions_filters_http_ip_tagging_v3 import IPTagging
from meshctl.envoy.api.istio_envoy_config_filter_http_alpn_v2alpha1 import FilterConfig as Alpn
from meshctl.envoy.message import Undecidable
from meshctl.match import address_ranges
from meshctl.match.request_view import Part
from meshctl.proxy.contract import Contract, Effect, effects
from meshctl.proxy.entry import Entry
from meshctl.proxy.filters.scene import Evaluator, Json, Pass, Scene
from meshctl.proxy.listen.listeners import Filter

_GRPC_WEB = {
    "application/grpc-web": "application/grpc",
    "application/grpc-web+proto": "application/grpc",
    "application/grpc-web-text": "application/grpc",
    "application/grpc-web-text+proto": "application/grpc",
}


def _ip_tagging(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """The tags of the client's address in a header; the route is chosen again if there are some."""
    config = http_filter.read(IPTagging)
    kind = config.request_type
    internal = scene.view.first("x-envoy-internal") == "true"
    if kind != "BOTH" and internal != (kind == "INTERNAL"):
        yield Pass(entry, scene)
        return
    address = scene.remote_ip or scene.connection.src_ip
    if config.ip_tags and not address:
        raise Undecidable("the client's address is not known")
    tags = [tag.ip_tag_name for tag in config.ip_tags if any(_in(cidr, address) for cidr in tag.ip_list)]
    header = config.ip_tag_header
    name = (header.header if header is not None else "x-envoy-ip-tags").lower()
    headers = scene.headers()
    if header is not None and header.action != "APPEND_IF_EXISTS_OR_ADD":
        headers.pop(name, None)
    if tags:
        first, *rest = headers.get(name) or [""]
        headers[name] = [",".join(filter(None, (first, *tags))), *rest]  # HeaderMapImpl::appendCopy
    reroute = bool(tags) or headers != scene.view.headers
    # Envoy keeps the tags of an address in a set: which of several comes first differs from process to process.
    unordered: dict[Part | str, str] = {}
    if len(set(tags)) > 1:
        unordered[name] = f"filter {http_filter.name} (the order of several tags)"
    yield Pass(entry, scene.changed(headers, opaque=unordered), reroute=reroute)


def _in(wanted: CidrRange, address: str) -> bool:
    cidr = address_ranges.parse(wanted.raw)
    return cidr is not None and address_ranges.contains(cidr, address)


def _grpc_web(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A gRPC-Web request goes on as gRPC."""
    kind = scene.view.first("content-type")
    if kind not in _GRPC_WEB:
        yield Pass(entry, scene)
        return
    headers = scene.headers()
    headers["content-type"] = [_GRPC_WEB[kind]]
    headers["te"] = ["trailers"]
    headers["grpc-accept-encoding"] = ["identity"]
    headers.pop("content-length", None)
    yield Pass(entry, scene.changed(headers))


def _forward_proxy(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """A route may name the host to look up, or the header that does; it becomes the request's host."""
    own = PerRouteConfig(settings)
    host = own.host_rewrite_literal
    if own.host_rewrite_header:
        host = scene.view.first(own.host_rewrite_header.lower())
    if host:
        headers = scene.headers()
        headers[":authority"] = [host]
        scene = scene.changed(headers)
    entry.resolves = True
    yield Pass(entry, scene)


def _alpn(entry: Entry, scene: Scene, http_filter: Filter, settings: Json) -> Iterator[Pass]:
    """What to offer upstream by the upstream protocol (HTTP10 is the dropped default)."""
    fields = http_filter.fields

    def build() -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((one.upstream_protocol, one.alpn_override) for one in Alpn(fields).alpn_override)

    entry.alpn = scene.proxy.compile_once(fields, "alpn", build)
    yield Pass(entry, scene)


CONTRACTS: dict[str, Contract[Evaluator]] = {
    "envoy.extensions.filters.http.ip_tagging.v3.IPTagging": Contract(
        _ip_tagging, effects(Effect.HEADERS, Effect.ROUTE), "filters/http/ip_tagging/ip_tagging_filter.cc"
    ),
    "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb": Contract(
        _grpc_web, effects(Effect.HEADERS, Effect.BODY), "filters/http/grpc_web/grpc_web_filter.cc"
    ),
    "envoy.extensions.filters.http.dynamic_forward_proxy.v3.FilterConfig": Contract(
        _forward_proxy,
        effects(Effect.HEADERS, Effect.HOST, Effect.ENDS),
        "filters/http/dynamic_forward_proxy/proxy_filter.cc",
    ),
    "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig": Contract(
        _alpn, frozenset(), "only the ALPN offered upstream"
    ),
}
