"""Messages of envoy.extensions.bootstrap.reverse_tunnel.upstream_socket_interface.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_accesslog_v3, config_core_v3


class UpstreamReverseConnectionSocketInterface(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.bootstrap.reverse_tunnel.upstream_socket_interface.v3.UpstreamReverseConnectionSocketInterface"
    stat_prefix: str
    ping_failure_threshold: int | None
    enable_detailed_stats: bool
    reporter_config: config_core_v3.TypedExtensionConfig | None
    enable_tenant_isolation: bool | None
    access_log: tuple[config_accesslog_v3.AccessLog, ...]
    SPEC = """\
stat_prefix Text
ping_failure_threshold OptionalInt
enable_detailed_stats Flag
reporter_config One config_core_v3:TypedExtensionConfig
enable_tenant_isolation OptionalFlag
access_log *One config_accesslog_v3:AccessLog"""
