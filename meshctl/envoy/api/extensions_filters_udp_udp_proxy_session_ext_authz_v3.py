"""Messages of envoy.extensions.filters.udp.udp_proxy.session.ext_authz.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.udp_proxy.session.ext_authz.v3.FilterConfig"

    class BufferOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.udp.udp_proxy.session.ext_authz.v3.FilterConfig.BufferOptions"
        max_buffered_datagrams: int | None
        max_buffered_bytes: int | None
        SPEC = """\
max_buffered_datagrams OptionalInt
max_buffered_bytes OptionalInt"""

    stat_prefix: str
    grpc_service: config_core_v3.GrpcService | None
    failure_mode_allow: bool
    buffer_options: FilterConfig.BufferOptions | None
    SPEC = """\
stat_prefix Text
grpc_service One config_core_v3:GrpcService
failure_mode_allow Flag
buffer_options One extensions_filters_udp_udp_proxy_session_ext_authz_v3:FilterConfig.BufferOptions"""
