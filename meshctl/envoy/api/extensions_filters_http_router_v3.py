"""Messages of envoy.extensions.filters.http.router.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, extensions_filters_network_http_connection_manager_v3


class Router(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.router.v3.Router"

    class UpstreamAccessLogOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.router.v3.Router.UpstreamAccessLogOptions"
        flush_upstream_log_on_upstream_stream: bool
        upstream_log_flush_interval: float | None
        SPEC = """\
flush_upstream_log_on_upstream_stream Flag
upstream_log_flush_interval Seconds"""

    dynamic_stats: bool | None
    start_child_span: bool
    upstream_log: tuple[config_accesslog_v3.AccessLog, ...]
    upstream_log_options: Router.UpstreamAccessLogOptions | None
    suppress_envoy_headers: bool
    strict_check_headers: tuple[str, ...]
    respect_expected_rq_timeout: bool
    suppress_grpc_request_failure_code_stats: bool
    upstream_http_filters: tuple[extensions_filters_network_http_connection_manager_v3.HttpFilter, ...]
    reject_connect_request_early_data: bool | None
    SPEC = """\
dynamic_stats OptionalFlag
start_child_span Flag
upstream_log *One config_accesslog_v3:AccessLog
upstream_log_options One extensions_filters_http_router_v3:Router.UpstreamAccessLogOptions
suppress_envoy_headers Flag
strict_check_headers *Text
respect_expected_rq_timeout Flag
suppress_grpc_request_failure_code_stats Flag
upstream_http_filters *One extensions_filters_network_http_connection_manager_v3:HttpFilter
reject_connect_request_early_data OptionalFlag"""
