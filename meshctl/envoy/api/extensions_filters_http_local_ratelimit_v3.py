"""Messages of envoy.extensions.filters.http.local_ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, extensions_common_ratelimit_v3, type_v3


class LocalRateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit"
    stat_prefix: str
    status: type_v3.HttpStatus | None
    token_bucket: type_v3.TokenBucket | None
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    filter_enforced: config_core_v3.RuntimeFractionalPercent | None
    request_headers_to_add_when_not_enforced: tuple[config_core_v3.HeaderValueOption, ...]
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    descriptors: tuple[extensions_common_ratelimit_v3.LocalRateLimitDescriptor, ...]
    stage: int
    local_rate_limit_per_downstream_connection: bool
    local_cluster_rate_limit: extensions_common_ratelimit_v3.LocalClusterRateLimit | None
    enable_x_ratelimit_headers: typing.Literal["OFF", "DRAFT_VERSION_03"]
    vh_rate_limits: typing.Literal["OVERRIDE", "INCLUDE", "IGNORE"]
    always_consume_default_token_bucket: bool | None
    rate_limited_as_resource_exhausted: bool
    rate_limits: tuple[config_route_v3.RateLimit, ...]
    max_dynamic_descriptors: int | None
    SPEC = """\
stat_prefix Text
status One type_v3:HttpStatus
token_bucket One type_v3:TokenBucket
filter_enabled One config_core_v3:RuntimeFractionalPercent
filter_enforced One config_core_v3:RuntimeFractionalPercent
request_headers_to_add_when_not_enforced *One config_core_v3:HeaderValueOption
response_headers_to_add *One config_core_v3:HeaderValueOption
descriptors *One extensions_common_ratelimit_v3:LocalRateLimitDescriptor
stage Int
local_rate_limit_per_downstream_connection Flag
local_cluster_rate_limit One extensions_common_ratelimit_v3:LocalClusterRateLimit
enable_x_ratelimit_headers Choice OFF=0 DRAFT_VERSION_03=1
vh_rate_limits Choice OVERRIDE=0 INCLUDE=1 IGNORE=2
always_consume_default_token_bucket OptionalFlag
rate_limited_as_resource_exhausted Flag
rate_limits *One config_route_v3:RateLimit
max_dynamic_descriptors OptionalInt"""
