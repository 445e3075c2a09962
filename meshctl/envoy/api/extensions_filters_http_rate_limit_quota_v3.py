"""Messages of envoy.extensions.filters.http.rate_limit_quota.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3, xds_type_matcher_v3


class RateLimitQuotaBucketSettings(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings"

    class BucketIdBuilder(Message):
        __slots__ = ()
        TYPE = (
            "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.BucketIdBuilder"
        )

        class ValueBuilder(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.BucketIdBuilder.ValueBuilder"
            string_value: str
            custom_value: config_core_v3.TypedExtensionConfig | None
            value_specifier: typing.Literal["string_value", "custom_value"] | None
            SPEC = """\
string_value Text
custom_value One config_core_v3:TypedExtensionConfig
value_specifier OneOf string_value custom_value"""

        bucket_id_builder: dict[str, RateLimitQuotaBucketSettings.BucketIdBuilder.ValueBuilder]
        SPEC = """\
bucket_id_builder %One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.BucketIdBuilder.ValueBuilder"""

    class DenyResponseSettings(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.DenyResponseSettings"
        http_status: type_v3.HttpStatus | None
        http_body: str | None
        grpc_status: typing.Any
        response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
        SPEC = """\
http_status One type_v3:HttpStatus
http_body OptionalText
grpc_status AnyValue
response_headers_to_add *One config_core_v3:HeaderValueOption"""

    class ExpiredAssignmentBehavior(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior"

        class ReuseLastAssignment(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior.ReuseLastAssignment"

        expired_assignment_behavior_timeout: float | None
        fallback_rate_limit: type_v3.RateLimitStrategy | None
        reuse_last_assignment: (
            RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior.ReuseLastAssignment | None
        )
        expired_assignment_behavior: typing.Literal["fallback_rate_limit", "reuse_last_assignment"] | None
        SPEC = """\
expired_assignment_behavior_timeout Seconds
fallback_rate_limit One type_v3:RateLimitStrategy
reuse_last_assignment One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior.ReuseLastAssignment
expired_assignment_behavior OneOf fallback_rate_limit reuse_last_assignment"""

    class NoAssignmentBehavior(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaBucketSettings.NoAssignmentBehavior"
        fallback_rate_limit: type_v3.RateLimitStrategy | None
        no_assignment_behavior: typing.Literal["fallback_rate_limit"] | None
        SPEC = """\
fallback_rate_limit One type_v3:RateLimitStrategy
no_assignment_behavior OneOf fallback_rate_limit"""

    bucket_id_builder: RateLimitQuotaBucketSettings.BucketIdBuilder | None
    reporting_interval: float | None
    deny_response_settings: RateLimitQuotaBucketSettings.DenyResponseSettings | None
    no_assignment_behavior: RateLimitQuotaBucketSettings.NoAssignmentBehavior | None
    expired_assignment_behavior: RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior | None
    SPEC = """\
bucket_id_builder One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.BucketIdBuilder
reporting_interval Seconds
deny_response_settings One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.DenyResponseSettings
no_assignment_behavior One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.NoAssignmentBehavior
expired_assignment_behavior One extensions_filters_http_rate_limit_quota_v3:RateLimitQuotaBucketSettings.ExpiredAssignmentBehavior"""


class RateLimitQuotaFilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaFilterConfig"
    rlqs_server: config_core_v3.GrpcService | None
    domain: str
    bucket_matchers: xds_type_matcher_v3.Matcher | None
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    filter_enforced: config_core_v3.RuntimeFractionalPercent | None
    request_headers_to_add_when_not_enforced: tuple[config_core_v3.HeaderValueOption, ...]
    SPEC = """\
rlqs_server One config_core_v3:GrpcService
domain Text
bucket_matchers One xds_type_matcher_v3:Matcher
filter_enabled One config_core_v3:RuntimeFractionalPercent
filter_enforced One config_core_v3:RuntimeFractionalPercent
request_headers_to_add_when_not_enforced *One config_core_v3:HeaderValueOption"""


class RateLimitQuotaOverride(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.rate_limit_quota.v3.RateLimitQuotaOverride"
    domain: str
    bucket_matchers: xds_type_matcher_v3.Matcher | None
    SPEC = """\
domain Text
bucket_matchers One xds_type_matcher_v3:Matcher"""
