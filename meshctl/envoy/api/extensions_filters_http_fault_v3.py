"""Messages of envoy.extensions.filters.http.fault.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_route_v3, extensions_filters_common_fault_v3, type_v3


class FaultAbort(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.fault.v3.FaultAbort"

    class HeaderAbort(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.fault.v3.FaultAbort.HeaderAbort"

    http_status: int
    grpc_status: int
    header_abort: FaultAbort.HeaderAbort | None
    percentage: type_v3.FractionalPercent | None
    error_type: typing.Literal["http_status", "grpc_status", "header_abort"] | None
    SPEC = """\
http_status Int
grpc_status Int
header_abort One extensions_filters_http_fault_v3:FaultAbort.HeaderAbort
percentage One type_v3:FractionalPercent
error_type OneOf http_status grpc_status header_abort"""


class HTTPFault(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.fault.v3.HTTPFault"
    delay: extensions_filters_common_fault_v3.FaultDelay | None
    abort: FaultAbort | None
    upstream_cluster: str
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    downstream_nodes: tuple[str, ...]
    max_active_faults: int | None
    response_rate_limit: extensions_filters_common_fault_v3.FaultRateLimit | None
    delay_percent_runtime: str
    abort_percent_runtime: str
    delay_duration_runtime: str
    abort_http_status_runtime: str
    max_active_faults_runtime: str
    response_rate_limit_percent_runtime: str
    abort_grpc_status_runtime: str
    disable_downstream_cluster_stats: bool
    filter_metadata: Json
    SPEC = """\
delay One extensions_filters_common_fault_v3:FaultDelay
abort One extensions_filters_http_fault_v3:FaultAbort
upstream_cluster Text
headers *One config_route_v3:HeaderMatcher
downstream_nodes *Text
max_active_faults OptionalInt
response_rate_limit One extensions_filters_common_fault_v3:FaultRateLimit
delay_percent_runtime Text
abort_percent_runtime Text
delay_duration_runtime Text
abort_http_status_runtime Text
max_active_faults_runtime Text
response_rate_limit_percent_runtime Text
abort_grpc_status_runtime Text
disable_downstream_cluster_stats Flag
filter_metadata Plain"""
