"""Messages of envoy.extensions.filters.http.ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_ratelimit_v3, config_route_v3, type_v3


class RateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ratelimit.v3.RateLimit"
    domain: str
    stage: int
    request_type: str
    timeout: float | None
    failure_mode_deny: bool
    rate_limited_as_resource_exhausted: bool
    rate_limit_service: config_ratelimit_v3.RateLimitServiceConfig | None
    enable_x_ratelimit_headers: typing.Literal["OFF", "DRAFT_VERSION_03"]
    disable_x_envoy_ratelimited_header: bool
    rate_limited_status: type_v3.HttpStatus | None
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    status_on_error: type_v3.HttpStatus | None
    stat_prefix: str
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    filter_enforced: config_core_v3.RuntimeFractionalPercent | None
    failure_mode_deny_percent: config_core_v3.RuntimeFractionalPercent | None
    rate_limits: tuple[config_route_v3.RateLimit, ...]
    metadata_namespace: str
    SPEC = """\
domain Text
stage Int
request_type Text
timeout Seconds
failure_mode_deny Flag
rate_limited_as_resource_exhausted Flag
rate_limit_service One config_ratelimit_v3:RateLimitServiceConfig
enable_x_ratelimit_headers Choice OFF=0 DRAFT_VERSION_03=1
disable_x_envoy_ratelimited_header Flag
rate_limited_status One type_v3:HttpStatus
response_headers_to_add *One config_core_v3:HeaderValueOption
status_on_error One type_v3:HttpStatus
stat_prefix Text
filter_enabled One config_core_v3:RuntimeFractionalPercent
filter_enforced One config_core_v3:RuntimeFractionalPercent
failure_mode_deny_percent One config_core_v3:RuntimeFractionalPercent
rate_limits *One config_route_v3:RateLimit
metadata_namespace Text"""


class RateLimitPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute"
    vh_rate_limits: typing.Literal["OVERRIDE", "INCLUDE", "IGNORE"]
    override_option: typing.Literal["DEFAULT", "OVERRIDE_POLICY", "INCLUDE_POLICY", "IGNORE_POLICY"]
    rate_limits: tuple[config_route_v3.RateLimit, ...]
    domain: str
    SPEC = """\
vh_rate_limits Choice OVERRIDE=0 INCLUDE=1 IGNORE=2
override_option Choice DEFAULT=0 OVERRIDE_POLICY=1 INCLUDE_POLICY=2 IGNORE_POLICY=3
rate_limits *One config_route_v3:RateLimit
domain Text"""
