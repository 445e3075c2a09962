"""Messages of envoy.extensions.upstreams.http.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_common_matcher_v3,
        config_core_v3,
        config_route_v3,
        extensions_filters_network_http_connection_manager_v3,
    )


class HttpProtocolOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"

    class AutoHttpConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.AutoHttpConfig"
        http_protocol_options: config_core_v3.Http1ProtocolOptions | None
        http2_protocol_options: config_core_v3.Http2ProtocolOptions | None
        http3_protocol_options: config_core_v3.Http3ProtocolOptions | None
        alternate_protocols_cache_options: config_core_v3.AlternateProtocolsCacheOptions | None
        SPEC = """\
http_protocol_options One config_core_v3:Http1ProtocolOptions
http2_protocol_options One config_core_v3:Http2ProtocolOptions
http3_protocol_options One config_core_v3:Http3ProtocolOptions
alternate_protocols_cache_options One config_core_v3:AlternateProtocolsCacheOptions"""

    class ExplicitHttpConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.ExplicitHttpConfig"
        http_protocol_options: config_core_v3.Http1ProtocolOptions | None
        http2_protocol_options: config_core_v3.Http2ProtocolOptions | None
        http3_protocol_options: config_core_v3.Http3ProtocolOptions | None
        protocol_config: (
            typing.Literal["http_protocol_options", "http2_protocol_options", "http3_protocol_options"] | None
        )
        SPEC = """\
http_protocol_options One config_core_v3:Http1ProtocolOptions
http2_protocol_options One config_core_v3:Http2ProtocolOptions
http3_protocol_options One config_core_v3:Http3ProtocolOptions
protocol_config OneOf http_protocol_options http2_protocol_options http3_protocol_options"""

    class OutlierDetection(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.OutlierDetection"
        error_matcher: config_common_matcher_v3.MatchPredicate | None
        SPEC = """\
error_matcher One config_common_matcher_v3:MatchPredicate"""

    class UseDownstreamHttpConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions.UseDownstreamHttpConfig"
        http_protocol_options: config_core_v3.Http1ProtocolOptions | None
        http2_protocol_options: config_core_v3.Http2ProtocolOptions | None
        http3_protocol_options: config_core_v3.Http3ProtocolOptions | None
        SPEC = """\
http_protocol_options One config_core_v3:Http1ProtocolOptions
http2_protocol_options One config_core_v3:Http2ProtocolOptions
http3_protocol_options One config_core_v3:Http3ProtocolOptions"""

    common_http_protocol_options: config_core_v3.HttpProtocolOptions | None
    upstream_http_protocol_options: config_core_v3.UpstreamHttpProtocolOptions | None
    explicit_http_config: HttpProtocolOptions.ExplicitHttpConfig | None
    use_downstream_protocol_config: HttpProtocolOptions.UseDownstreamHttpConfig | None
    auto_config: HttpProtocolOptions.AutoHttpConfig | None
    http_filters: tuple[extensions_filters_network_http_connection_manager_v3.HttpFilter, ...]
    header_validation_config: config_core_v3.TypedExtensionConfig | None
    outlier_detection: HttpProtocolOptions.OutlierDetection | None
    request_mirror_policies: tuple[config_route_v3.RouteAction.RequestMirrorPolicy, ...]
    hash_policy: tuple[config_route_v3.RouteAction.HashPolicy, ...]
    retry_policy: config_route_v3.RetryPolicy | None
    upstream_protocol_options: (
        typing.Literal["explicit_http_config", "use_downstream_protocol_config", "auto_config"] | None
    )
    SPEC = """\
common_http_protocol_options One config_core_v3:HttpProtocolOptions
upstream_http_protocol_options One config_core_v3:UpstreamHttpProtocolOptions
explicit_http_config One extensions_upstreams_http_v3:HttpProtocolOptions.ExplicitHttpConfig
use_downstream_protocol_config One extensions_upstreams_http_v3:HttpProtocolOptions.UseDownstreamHttpConfig
auto_config One extensions_upstreams_http_v3:HttpProtocolOptions.AutoHttpConfig
http_filters *One extensions_filters_network_http_connection_manager_v3:HttpFilter
header_validation_config One config_core_v3:TypedExtensionConfig
outlier_detection One extensions_upstreams_http_v3:HttpProtocolOptions.OutlierDetection
request_mirror_policies *One config_route_v3:RouteAction.RequestMirrorPolicy
hash_policy *One config_route_v3:RouteAction.HashPolicy
retry_policy One config_route_v3:RetryPolicy
upstream_protocol_options OneOf explicit_http_config use_downstream_protocol_config auto_config"""
