"""Messages of envoy.config.accesslog.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, type_matcher_v3, type_v3


class AccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.AccessLog"
    name: str
    filter: AccessLogFilter | None
    typed_config: Packed | None
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
name Text
filter One config_accesslog_v3:AccessLogFilter
typed_config PackedField
config_type OneOf typed_config"""


class AccessLogFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.AccessLogFilter"
    status_code_filter: StatusCodeFilter | None
    duration_filter: DurationFilter | None
    not_health_check_filter: NotHealthCheckFilter | None
    traceable_filter: TraceableFilter | None
    runtime_filter: RuntimeFilter | None
    and_filter: AndFilter | None
    or_filter: OrFilter | None
    header_filter: HeaderFilter | None
    response_flag_filter: ResponseFlagFilter | None
    grpc_status_filter: GrpcStatusFilter | None
    extension_filter: ExtensionFilter | None
    metadata_filter: MetadataFilter | None
    log_type_filter: LogTypeFilter | None
    filter_specifier: (
        typing.Literal[
            "status_code_filter",
            "duration_filter",
            "not_health_check_filter",
            "traceable_filter",
            "runtime_filter",
            "and_filter",
            "or_filter",
            "header_filter",
            "response_flag_filter",
            "grpc_status_filter",
            "extension_filter",
            "metadata_filter",
            "log_type_filter",
        ]
        | None
    )
    SPEC = """\
status_code_filter One config_accesslog_v3:StatusCodeFilter
duration_filter One config_accesslog_v3:DurationFilter
not_health_check_filter One config_accesslog_v3:NotHealthCheckFilter
traceable_filter One config_accesslog_v3:TraceableFilter
runtime_filter One config_accesslog_v3:RuntimeFilter
and_filter One config_accesslog_v3:AndFilter
or_filter One config_accesslog_v3:OrFilter
header_filter One config_accesslog_v3:HeaderFilter
response_flag_filter One config_accesslog_v3:ResponseFlagFilter
grpc_status_filter One config_accesslog_v3:GrpcStatusFilter
extension_filter One config_accesslog_v3:ExtensionFilter
metadata_filter One config_accesslog_v3:MetadataFilter
log_type_filter One config_accesslog_v3:LogTypeFilter
filter_specifier OneOf status_code_filter duration_filter not_health_check_filter traceable_filter runtime_filter and_filter or_filter header_filter response_flag_filter grpc_status_filter extension_filter metadata_filter log_type_filter"""


class AndFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.AndFilter"
    filters: tuple[AccessLogFilter, ...]
    SPEC = """\
filters *One config_accesslog_v3:AccessLogFilter"""


class ComparisonFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.ComparisonFilter"
    op: typing.Literal["EQ", "GE", "LE", "NE"]
    value: config_core_v3.RuntimeUInt32 | None
    SPEC = """\
op Choice EQ=0 GE=1 LE=2 NE=3
value One config_core_v3:RuntimeUInt32"""


class DurationFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.DurationFilter"
    comparison: ComparisonFilter | None
    SPEC = """\
comparison One config_accesslog_v3:ComparisonFilter"""


class ExtensionFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.ExtensionFilter"
    name: str
    typed_config: Packed | None
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""


class GrpcStatusFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.GrpcStatusFilter"
    statuses: tuple[
        typing.Literal[
            "OK",
            "CANCELED",
            "UNKNOWN",
            "INVALID_ARGUMENT",
            "DEADLINE_EXCEEDED",
            "NOT_FOUND",
            "ALREADY_EXISTS",
            "PERMISSION_DENIED",
            "RESOURCE_EXHAUSTED",
            "FAILED_PRECONDITION",
            "ABORTED",
            "OUT_OF_RANGE",
            "UNIMPLEMENTED",
            "INTERNAL",
            "UNAVAILABLE",
            "DATA_LOSS",
            "UNAUTHENTICATED",
        ],
        ...,
    ]
    exclude: bool
    SPEC = """\
statuses *Choice OK=0 CANCELED=1 UNKNOWN=2 INVALID_ARGUMENT=3 DEADLINE_EXCEEDED=4 NOT_FOUND=5 ALREADY_EXISTS=6 PERMISSION_DENIED=7 RESOURCE_EXHAUSTED=8 FAILED_PRECONDITION=9 ABORTED=10 OUT_OF_RANGE=11 UNIMPLEMENTED=12 INTERNAL=13 UNAVAILABLE=14 DATA_LOSS=15 UNAUTHENTICATED=16
exclude Flag"""


class HeaderFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.HeaderFilter"
    header: config_route_v3.HeaderMatcher | None
    SPEC = """\
header One config_route_v3:HeaderMatcher"""


class LogTypeFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.LogTypeFilter"
    types: tuple[
        typing.Literal[
            "NotSet",
            "TcpUpstreamConnected",
            "TcpPeriodic",
            "TcpConnectionStart",
            "TcpConnectionEnd",
            "DownstreamStart",
            "DownstreamPeriodic",
            "DownstreamEnd",
            "UpstreamPoolReady",
            "UpstreamPeriodic",
            "UpstreamEnd",
            "DownstreamTunnelSuccessfullyEstablished",
            "UdpTunnelUpstreamConnected",
            "UdpPeriodic",
            "UdpSessionEnd",
        ],
        ...,
    ]
    exclude: bool
    SPEC = """\
types *Choice NotSet=0 TcpUpstreamConnected=1 TcpPeriodic=2 TcpConnectionStart=14 TcpConnectionEnd=3 DownstreamStart=4 DownstreamPeriodic=5 DownstreamEnd=6 UpstreamPoolReady=7 UpstreamPeriodic=8 UpstreamEnd=9 DownstreamTunnelSuccessfullyEstablished=10 UdpTunnelUpstreamConnected=11 UdpPeriodic=12 UdpSessionEnd=13
exclude Flag"""


class MetadataFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.MetadataFilter"
    matcher: type_matcher_v3.MetadataMatcher | None
    match_if_key_not_found: bool | None
    SPEC = """\
matcher One type_matcher_v3:MetadataMatcher
match_if_key_not_found OptionalFlag"""


class NotHealthCheckFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.NotHealthCheckFilter"


class OrFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.OrFilter"
    filters: tuple[AccessLogFilter, ...]
    SPEC = """\
filters *One config_accesslog_v3:AccessLogFilter"""


class ResponseFlagFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.ResponseFlagFilter"
    flags: tuple[str, ...]
    SPEC = """\
flags *Text"""


class RuntimeFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.RuntimeFilter"
    runtime_key: str
    percent_sampled: type_v3.FractionalPercent | None
    use_independent_randomness: bool
    SPEC = """\
runtime_key Text
percent_sampled One type_v3:FractionalPercent
use_independent_randomness Flag"""


class StatusCodeFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.StatusCodeFilter"
    comparison: ComparisonFilter | None
    SPEC = """\
comparison One config_accesslog_v3:ComparisonFilter"""


class TraceableFilter(Message):
    __slots__ = ()
    TYPE = "envoy.config.accesslog.v3.TraceableFilter"
