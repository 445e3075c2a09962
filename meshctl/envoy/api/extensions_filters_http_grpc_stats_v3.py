"""Messages of envoy.extensions.filters.http.grpc_stats.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig"
    emit_filter_state: bool
    individual_method_stats_allowlist: config_core_v3.GrpcMethodList | None
    stats_for_all_methods: bool | None
    enable_upstream_stats: bool
    replace_dots_in_grpc_service_name: bool
    per_method_stat_specifier: (
        typing.Literal["individual_method_stats_allowlist", "stats_for_all_methods"] | None
    )
    SPEC = """\
emit_filter_state Flag
individual_method_stats_allowlist One config_core_v3:GrpcMethodList
stats_for_all_methods OptionalFlag
enable_upstream_stats Flag
replace_dots_in_grpc_service_name Flag
per_method_stat_specifier OneOf individual_method_stats_allowlist stats_for_all_methods"""


class FilterObject(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_stats.v3.FilterObject"
    request_message_count: int
    response_message_count: int
    SPEC = """\
request_message_count Int
response_message_count Int"""
