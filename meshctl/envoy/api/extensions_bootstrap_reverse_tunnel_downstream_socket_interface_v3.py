"""Messages of envoy.extensions.bootstrap.reverse_tunnel.downstream_socket_interface.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, config_core_v3


class DownstreamReverseConnectionSocketInterface(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.bootstrap.reverse_tunnel.downstream_socket_interface.v3.DownstreamReverseConnectionSocketInterface"

    class HttpHandshakeConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.bootstrap.reverse_tunnel.downstream_socket_interface.v3.DownstreamReverseConnectionSocketInterface.HttpHandshakeConfig"
        request_path: str
        additional_headers: tuple[config_core_v3.HeaderValueOption, ...]
        use_http_upgrade: bool
        formatters: tuple[config_core_v3.TypedExtensionConfig, ...]
        SPEC = """\
request_path Text
additional_headers *One config_core_v3:HeaderValueOption
use_http_upgrade Flag
formatters *One config_core_v3:TypedExtensionConfig"""

    stat_prefix: str
    enable_detailed_stats: bool
    http_handshake: DownstreamReverseConnectionSocketInterface.HttpHandshakeConfig | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    max_reconnect_backoff: float | None
    SPEC = """\
stat_prefix Text
enable_detailed_stats Flag
http_handshake One extensions_bootstrap_reverse_tunnel_downstream_socket_interface_v3:DownstreamReverseConnectionSocketInterface.HttpHandshakeConfig
access_log *One config_accesslog_v3:AccessLog
max_reconnect_backoff Seconds"""
