"""Messages of envoy.config.route.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_common_mutation_rules_v3,
        config_core_v3,
        type_matcher_v3,
        type_metadata_v3,
        type_tracing_v3,
        type_v3,
        xds_type_matcher_v3,
    )


class ClusterSpecifierPlugin(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.ClusterSpecifierPlugin"
    extension: config_core_v3.TypedExtensionConfig | None
    is_optional: bool
    SPEC = """\
extension One config_core_v3:TypedExtensionConfig
is_optional Flag"""


class CookieMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.CookieMatcher"
    name: str
    string_match: type_matcher_v3.StringMatcher | None
    invert_match: bool
    SPEC = """\
name Text
string_match One type_matcher_v3:StringMatcher
invert_match Flag"""


class CorsPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.CorsPolicy"
    allow_origin_string_match: tuple[type_matcher_v3.StringMatcher, ...]
    allow_methods: str
    allow_headers: str
    expose_headers: str
    max_age: str
    allow_credentials: bool | None
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    shadow_enabled: config_core_v3.RuntimeFractionalPercent | None
    allow_private_network_access: bool | None
    forward_not_matching_preflights: bool | None
    enabled_specifier: typing.Literal["filter_enabled"] | None
    SPEC = """\
allow_origin_string_match *One type_matcher_v3:StringMatcher
allow_methods Text
allow_headers Text
expose_headers Text
max_age Text
allow_credentials OptionalFlag
filter_enabled One config_core_v3:RuntimeFractionalPercent
shadow_enabled One config_core_v3:RuntimeFractionalPercent
allow_private_network_access OptionalFlag
forward_not_matching_preflights OptionalFlag
enabled_specifier OneOf filter_enabled"""


class Decorator(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.Decorator"
    operation: str
    propagate: bool | None
    SPEC = """\
operation Text
propagate OptionalFlag"""


class DirectResponseAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.DirectResponseAction"
    status: int
    body: config_core_v3.DataSource | None
    body_format: config_core_v3.SubstitutionFormatString | None
    SPEC = """\
status Int
body One config_core_v3:DataSource
body_format One config_core_v3:SubstitutionFormatString"""


class FilterAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.FilterAction"
    action: Packed | None
    SPEC = """\
action PackedField"""


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.FilterConfig"
    config: Packed | None
    is_optional: bool
    disabled: bool
    SPEC = """\
config PackedField
is_optional Flag
disabled Flag"""


class HeaderMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.HeaderMatcher"
    name: str
    exact_match: str
    safe_regex_match: type_matcher_v3.RegexMatcher | None
    range_match: type_v3.Int64Range | None
    present_match: bool
    prefix_match: str
    suffix_match: str
    contains_match: str
    string_match: type_matcher_v3.StringMatcher | None
    invert_match: bool
    treat_missing_header_as_empty: bool
    regex_match: str
    header_match_specifier: (
        typing.Literal[
            "exact_match",
            "safe_regex_match",
            "range_match",
            "present_match",
            "prefix_match",
            "suffix_match",
            "contains_match",
            "string_match",
            "regex_match",
        ]
        | None
    )
    SPEC = """\
name Text
exact_match Text
safe_regex_match One type_matcher_v3:RegexMatcher
range_match One type_v3:Int64Range
present_match Flag
prefix_match Text
suffix_match Text
contains_match Text
string_match One type_matcher_v3:StringMatcher
invert_match Flag
treat_missing_header_as_empty Flag
regex_match Text
header_match_specifier OneOf exact_match safe_regex_match range_match present_match prefix_match suffix_match contains_match string_match regex_match"""


class HedgePolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.HedgePolicy"
    initial_requests: int | None
    additional_request_chance: type_v3.FractionalPercent | None
    hedge_on_per_try_timeout: bool
    SPEC = """\
initial_requests OptionalInt
additional_request_chance One type_v3:FractionalPercent
hedge_on_per_try_timeout Flag"""


class InternalRedirectPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.InternalRedirectPolicy"
    max_internal_redirects: int | None
    redirect_response_codes: tuple[int, ...]
    predicates: tuple[config_core_v3.TypedExtensionConfig, ...]
    allow_cross_scheme_redirect: bool
    response_headers_to_copy: tuple[str, ...]
    SPEC = """\
max_internal_redirects OptionalInt
redirect_response_codes *Int
predicates *One config_core_v3:TypedExtensionConfig
allow_cross_scheme_redirect Flag
response_headers_to_copy *Text"""


class NonForwardingAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.NonForwardingAction"


class QueryParameterMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.QueryParameterMatcher"
    name: str
    string_match: type_matcher_v3.StringMatcher | None
    present_match: bool
    value: str
    regex: bool | None
    query_parameter_match_specifier: typing.Literal["string_match", "present_match"] | None
    SPEC = """\
name Text
string_match One type_matcher_v3:StringMatcher
present_match Flag
value Text
regex OptionalFlag
query_parameter_match_specifier OneOf string_match present_match"""


class RateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RateLimit"

    class Action(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RateLimit.Action"

        class DestinationCluster(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.DestinationCluster"

        class DynamicMetaData(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.DynamicMetaData"
            descriptor_key: str
            metadata_key: type_metadata_v3.MetadataKey | None
            default_value: str
            SPEC = """\
descriptor_key Text
metadata_key One type_metadata_v3:MetadataKey
default_value Text"""

        class GenericKey(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.GenericKey"
            descriptor_value: str
            default_value: str
            descriptor_key: str
            SPEC = """\
descriptor_value Text
default_value Text
descriptor_key Text"""

        class HeaderValueMatch(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.HeaderValueMatch"
            descriptor_value: str
            default_value: str
            descriptor_key: str
            expect_match: bool | None
            headers: tuple[HeaderMatcher, ...]
            SPEC = """\
descriptor_value Text
default_value Text
descriptor_key Text
expect_match OptionalFlag
headers *One config_route_v3:HeaderMatcher"""

        class MaskedRemoteAddress(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.MaskedRemoteAddress"
            v4_prefix_mask_len: int | None
            v6_prefix_mask_len: int | None
            SPEC = """\
v4_prefix_mask_len OptionalInt
v6_prefix_mask_len OptionalInt"""

        class MetaData(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.MetaData"
            descriptor_key: str
            metadata_key: type_metadata_v3.MetadataKey | None
            default_value: str
            source: typing.Literal["DYNAMIC", "ROUTE_ENTRY", "CLUSTER_ENTRY", "CLUSTER_LOCALITY_ENTRY"]
            skip_if_absent: bool
            SPEC = """\
descriptor_key Text
metadata_key One type_metadata_v3:MetadataKey
default_value Text
source Choice DYNAMIC=0 ROUTE_ENTRY=1 CLUSTER_ENTRY=2 CLUSTER_LOCALITY_ENTRY=3
skip_if_absent Flag"""

        class QueryParameterValueMatch(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.QueryParameterValueMatch"
            descriptor_value: str
            default_value: str
            descriptor_key: str
            expect_match: bool | None
            query_parameters: tuple[QueryParameterMatcher, ...]
            SPEC = """\
descriptor_value Text
default_value Text
descriptor_key Text
expect_match OptionalFlag
query_parameters *One config_route_v3:QueryParameterMatcher"""

        class QueryParameters(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.QueryParameters"
            query_parameter_name: str
            descriptor_key: str
            skip_if_absent: bool
            SPEC = """\
query_parameter_name Text
descriptor_key Text
skip_if_absent Flag"""

        class RemoteAddress(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.RemoteAddress"

        class RemoteAddressMatch(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.RemoteAddressMatch"
            descriptor_value: str
            descriptor_key: str
            default_value: str
            address_matcher: type_matcher_v3.AddressMatcher | None
            SPEC = """\
descriptor_value Text
descriptor_key Text
default_value Text
address_matcher One type_matcher_v3:AddressMatcher"""

        class RequestHeaders(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.RequestHeaders"
            header_name: str
            descriptor_key: str
            skip_if_absent: bool
            SPEC = """\
header_name Text
descriptor_key Text
skip_if_absent Flag"""

        class SourceCluster(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Action.SourceCluster"

        source_cluster: RateLimit.Action.SourceCluster | None
        destination_cluster: RateLimit.Action.DestinationCluster | None
        request_headers: RateLimit.Action.RequestHeaders | None
        query_parameters: RateLimit.Action.QueryParameters | None
        remote_address: RateLimit.Action.RemoteAddress | None
        generic_key: RateLimit.Action.GenericKey | None
        header_value_match: RateLimit.Action.HeaderValueMatch | None
        dynamic_metadata: RateLimit.Action.DynamicMetaData | None
        metadata: RateLimit.Action.MetaData | None
        extension: config_core_v3.TypedExtensionConfig | None
        masked_remote_address: RateLimit.Action.MaskedRemoteAddress | None
        query_parameter_value_match: RateLimit.Action.QueryParameterValueMatch | None
        remote_address_match: RateLimit.Action.RemoteAddressMatch | None
        action_specifier: (
            typing.Literal[
                "source_cluster",
                "destination_cluster",
                "request_headers",
                "query_parameters",
                "remote_address",
                "generic_key",
                "header_value_match",
                "dynamic_metadata",
                "metadata",
                "extension",
                "masked_remote_address",
                "query_parameter_value_match",
                "remote_address_match",
            ]
            | None
        )
        SPEC = """\
source_cluster One config_route_v3:RateLimit.Action.SourceCluster
destination_cluster One config_route_v3:RateLimit.Action.DestinationCluster
request_headers One config_route_v3:RateLimit.Action.RequestHeaders
query_parameters One config_route_v3:RateLimit.Action.QueryParameters
remote_address One config_route_v3:RateLimit.Action.RemoteAddress
generic_key One config_route_v3:RateLimit.Action.GenericKey
header_value_match One config_route_v3:RateLimit.Action.HeaderValueMatch
dynamic_metadata One config_route_v3:RateLimit.Action.DynamicMetaData
metadata One config_route_v3:RateLimit.Action.MetaData
extension One config_core_v3:TypedExtensionConfig
masked_remote_address One config_route_v3:RateLimit.Action.MaskedRemoteAddress
query_parameter_value_match One config_route_v3:RateLimit.Action.QueryParameterValueMatch
remote_address_match One config_route_v3:RateLimit.Action.RemoteAddressMatch
action_specifier OneOf source_cluster destination_cluster request_headers query_parameters remote_address generic_key header_value_match dynamic_metadata metadata extension masked_remote_address query_parameter_value_match remote_address_match"""

    class HitsAddend(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RateLimit.HitsAddend"
        number: int | None
        format: str
        is_negative_hits: bool
        SPEC = """\
number OptionalInt
format Text
is_negative_hits Flag"""

    class Override(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RateLimit.Override"

        class DynamicMetadata(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Override.DynamicMetadata"
            metadata_key: type_metadata_v3.MetadataKey | None
            SPEC = """\
metadata_key One type_metadata_v3:MetadataKey"""

        class RateLimitOverride(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RateLimit.Override.RateLimitOverride"
            requests_per_unit: int
            unit: typing.Literal["UNKNOWN", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"]
            SPEC = """\
requests_per_unit Int
unit Choice UNKNOWN=0 SECOND=1 MINUTE=2 HOUR=3 DAY=4 MONTH=5 YEAR=6"""

        dynamic_metadata: RateLimit.Override.DynamicMetadata | None
        rate_limit: RateLimit.Override.RateLimitOverride | None
        override_specifier: typing.Literal["dynamic_metadata", "rate_limit"] | None
        SPEC = """\
dynamic_metadata One config_route_v3:RateLimit.Override.DynamicMetadata
rate_limit One config_route_v3:RateLimit.Override.RateLimitOverride
override_specifier OneOf dynamic_metadata rate_limit"""

    stage: int | None
    disable_key: str
    actions: tuple[RateLimit.Action, ...]
    limit: RateLimit.Override | None
    hits_addend: RateLimit.HitsAddend | None
    apply_on_stream_done: bool
    x_ratelimit_option: typing.Literal["UNSPECIFIED", "OFF", "DRAFT_VERSION_03"]
    SPEC = """\
stage OptionalInt
disable_key Text
actions *One config_route_v3:RateLimit.Action
limit One config_route_v3:RateLimit.Override
hits_addend One config_route_v3:RateLimit.HitsAddend
apply_on_stream_done Flag
x_ratelimit_option Choice UNSPECIFIED=0 OFF=1 DRAFT_VERSION_03=2"""


class RedirectAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RedirectAction"
    https_redirect: bool
    scheme_redirect: str
    host_redirect: str
    port_redirect: int
    path_redirect: str
    prefix_rewrite: str
    regex_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
    path_rewrite: str
    response_code: typing.Literal[
        "MOVED_PERMANENTLY", "FOUND", "SEE_OTHER", "TEMPORARY_REDIRECT", "PERMANENT_REDIRECT"
    ]
    strip_query: bool
    scheme_rewrite_specifier: typing.Literal["https_redirect", "scheme_redirect"] | None
    path_rewrite_specifier: (
        typing.Literal["path_redirect", "prefix_rewrite", "regex_rewrite", "path_rewrite"] | None
    )
    SPEC = """\
https_redirect Flag
scheme_redirect Text
host_redirect Text
port_redirect Int
path_redirect Text
prefix_rewrite Text
regex_rewrite One type_matcher_v3:RegexMatchAndSubstitute
path_rewrite Text
response_code Choice MOVED_PERMANENTLY=0 FOUND=1 SEE_OTHER=2 TEMPORARY_REDIRECT=3 PERMANENT_REDIRECT=4
strip_query Flag
scheme_rewrite_specifier OneOf https_redirect scheme_redirect
path_rewrite_specifier OneOf path_redirect prefix_rewrite regex_rewrite path_rewrite"""


class RetryPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RetryPolicy"

    class RateLimitedRetryBackOff(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RetryPolicy.RateLimitedRetryBackOff"
        reset_headers: tuple[RetryPolicy.ResetHeader, ...]
        max_interval: float | None
        SPEC = """\
reset_headers *One config_route_v3:RetryPolicy.ResetHeader
max_interval Seconds"""

    class ResetHeader(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RetryPolicy.ResetHeader"
        name: str
        format: typing.Literal["SECONDS", "UNIX_TIMESTAMP"]
        SPEC = """\
name Text
format Choice SECONDS=0 UNIX_TIMESTAMP=1"""

    class RetryBackOff(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RetryPolicy.RetryBackOff"
        base_interval: float | None
        max_interval: float | None
        SPEC = """\
base_interval Seconds
max_interval Seconds"""

    class RetryHostPredicate(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RetryPolicy.RetryHostPredicate"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    class RetryPriority(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RetryPolicy.RetryPriority"
        name: str
        typed_config: Packed | None
        config_type: typing.Literal["typed_config"] | None
        SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""

    retry_on: str
    num_retries: int | None
    per_try_timeout: float | None
    per_try_idle_timeout: float | None
    retry_priority: RetryPolicy.RetryPriority | None
    retry_host_predicate: tuple[RetryPolicy.RetryHostPredicate, ...]
    retry_options_predicates: tuple[config_core_v3.TypedExtensionConfig, ...]
    host_selection_retry_max_attempts: int
    retriable_status_codes: tuple[int, ...]
    retry_back_off: RetryPolicy.RetryBackOff | None
    rate_limited_retry_back_off: RetryPolicy.RateLimitedRetryBackOff | None
    retriable_headers: tuple[HeaderMatcher, ...]
    retriable_request_headers: tuple[HeaderMatcher, ...]
    refresh_cluster_on_retry: bool
    SPEC = """\
retry_on Text
num_retries OptionalInt
per_try_timeout Seconds
per_try_idle_timeout Seconds
retry_priority One config_route_v3:RetryPolicy.RetryPriority
retry_host_predicate *One config_route_v3:RetryPolicy.RetryHostPredicate
retry_options_predicates *One config_core_v3:TypedExtensionConfig
host_selection_retry_max_attempts Int
retriable_status_codes *Int
retry_back_off One config_route_v3:RetryPolicy.RetryBackOff
rate_limited_retry_back_off One config_route_v3:RetryPolicy.RateLimitedRetryBackOff
retriable_headers *One config_route_v3:HeaderMatcher
retriable_request_headers *One config_route_v3:HeaderMatcher
refresh_cluster_on_retry Flag"""


class Route(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.Route"
    name: str
    match: RouteMatch | None
    route: RouteAction | None
    redirect: RedirectAction | None
    direct_response: DirectResponseAction | None
    filter_action: FilterAction | None
    non_forwarding_action: NonForwardingAction | None
    metadata: config_core_v3.Metadata | None
    decorator: Decorator | None
    typed_per_filter_config: dict[str, Packed]
    request_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    request_headers_to_remove: tuple[str, ...]
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    response_headers_to_remove: tuple[str, ...]
    tracing: Tracing | None
    per_request_buffer_limit_bytes: int | None
    stat_prefix: str
    request_body_buffer_limit: int | None
    action: (
        typing.Literal["route", "redirect", "direct_response", "filter_action", "non_forwarding_action"]
        | None
    )
    SPEC = """\
name Text
match One config_route_v3:RouteMatch
route One config_route_v3:RouteAction
redirect One config_route_v3:RedirectAction
direct_response One config_route_v3:DirectResponseAction
filter_action One config_route_v3:FilterAction
non_forwarding_action One config_route_v3:NonForwardingAction
metadata One config_core_v3:Metadata
decorator One config_route_v3:Decorator
typed_per_filter_config %PackedField
request_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_remove *Text
response_headers_to_add *One config_core_v3:HeaderValueOption
response_headers_to_remove *Text
tracing One config_route_v3:Tracing
per_request_buffer_limit_bytes OptionalInt
stat_prefix Text
request_body_buffer_limit OptionalInt
action OneOf route redirect direct_response filter_action non_forwarding_action"""


class RouteAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RouteAction"

    class HashPolicy(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteAction.HashPolicy"

        class ConnectionProperties(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.ConnectionProperties"
            source_ip: bool
            SPEC = """\
source_ip Flag"""

        class Cookie(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.Cookie"
            name: str
            ttl: float | None
            path: str
            attributes: tuple[RouteAction.HashPolicy.CookieAttribute, ...]
            SPEC = """\
name Text
ttl Seconds
path Text
attributes *One config_route_v3:RouteAction.HashPolicy.CookieAttribute"""

        class CookieAttribute(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.CookieAttribute"
            name: str
            value: str
            SPEC = """\
name Text
value Text"""

        class FilterState(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.FilterState"
            key: str
            SPEC = """\
key Text"""

        class Header(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.Header"
            header_name: str
            regex_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
            SPEC = """\
header_name Text
regex_rewrite One type_matcher_v3:RegexMatchAndSubstitute"""

        class QueryParameter(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.HashPolicy.QueryParameter"
            name: str
            SPEC = """\
name Text"""

        header: RouteAction.HashPolicy.Header | None
        cookie: RouteAction.HashPolicy.Cookie | None
        connection_properties: RouteAction.HashPolicy.ConnectionProperties | None
        query_parameter: RouteAction.HashPolicy.QueryParameter | None
        filter_state: RouteAction.HashPolicy.FilterState | None
        terminal: bool
        policy_specifier: (
            typing.Literal["header", "cookie", "connection_properties", "query_parameter", "filter_state"]
            | None
        )
        SPEC = """\
header One config_route_v3:RouteAction.HashPolicy.Header
cookie One config_route_v3:RouteAction.HashPolicy.Cookie
connection_properties One config_route_v3:RouteAction.HashPolicy.ConnectionProperties
query_parameter One config_route_v3:RouteAction.HashPolicy.QueryParameter
filter_state One config_route_v3:RouteAction.HashPolicy.FilterState
terminal Flag
policy_specifier OneOf header cookie connection_properties query_parameter filter_state"""

    class MaxStreamDuration(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteAction.MaxStreamDuration"
        max_stream_duration: float | None
        grpc_timeout_header_max: float | None
        grpc_timeout_header_offset: float | None
        SPEC = """\
max_stream_duration Seconds
grpc_timeout_header_max Seconds
grpc_timeout_header_offset Seconds"""

    class RequestMirrorPolicy(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteAction.RequestMirrorPolicy"
        cluster: str
        cluster_header: str
        runtime_fraction: config_core_v3.RuntimeFractionalPercent | None
        trace_sampled: bool | None
        disable_shadow_host_suffix_append: bool
        request_headers_mutations: tuple[config_common_mutation_rules_v3.HeaderMutation, ...]
        host_rewrite_literal: str
        SPEC = """\
cluster Text
cluster_header Text
runtime_fraction One config_core_v3:RuntimeFractionalPercent
trace_sampled OptionalFlag
disable_shadow_host_suffix_append Flag
request_headers_mutations *One config_common_mutation_rules_v3:HeaderMutation
host_rewrite_literal Text"""

    class UpgradeConfig(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteAction.UpgradeConfig"

        class ConnectConfig(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.RouteAction.UpgradeConfig.ConnectConfig"
            proxy_protocol_config: config_core_v3.ProxyProtocolConfig | None
            allow_post: bool
            SPEC = """\
proxy_protocol_config One config_core_v3:ProxyProtocolConfig
allow_post Flag"""

        upgrade_type: str
        enabled: bool | None
        connect_config: RouteAction.UpgradeConfig.ConnectConfig | None
        SPEC = """\
upgrade_type Text
enabled OptionalFlag
connect_config One config_route_v3:RouteAction.UpgradeConfig.ConnectConfig"""

    cluster: str
    cluster_header: str
    weighted_clusters: WeightedCluster | None
    cluster_specifier_plugin: str
    inline_cluster_specifier_plugin: ClusterSpecifierPlugin | None
    cluster_not_found_response_code: typing.Literal[
        "SERVICE_UNAVAILABLE", "NOT_FOUND", "INTERNAL_SERVER_ERROR"
    ]
    metadata_match: config_core_v3.Metadata | None
    prefix_rewrite: str
    regex_rewrite: type_matcher_v3.RegexMatchAndSubstitute | None
    path_rewrite_policy: config_core_v3.TypedExtensionConfig | None
    path_rewrite: str
    host_rewrite_literal: str
    auto_host_rewrite: bool | None
    host_rewrite_header: str
    host_rewrite_path_regex: type_matcher_v3.RegexMatchAndSubstitute | None
    host_rewrite: str
    append_x_forwarded_host: bool
    timeout: float | None
    idle_timeout: float | None
    flush_timeout: float | None
    early_data_policy: config_core_v3.TypedExtensionConfig | None
    retry_policy: RetryPolicy | None
    retry_policy_typed_config: Packed | None
    request_mirror_policies: tuple[RouteAction.RequestMirrorPolicy, ...]
    priority: typing.Literal["DEFAULT", "HIGH"]
    rate_limits: tuple[RateLimit, ...]
    include_vh_rate_limits: bool | None
    hash_policy: tuple[RouteAction.HashPolicy, ...]
    cors: CorsPolicy | None
    max_grpc_timeout: float | None
    grpc_timeout_offset: float | None
    upgrade_configs: tuple[RouteAction.UpgradeConfig, ...]
    internal_redirect_policy: InternalRedirectPolicy | None
    internal_redirect_action: typing.Literal["PASS_THROUGH_INTERNAL_REDIRECT", "HANDLE_INTERNAL_REDIRECT"]
    max_internal_redirects: int | None
    hedge_policy: HedgePolicy | None
    max_stream_duration: RouteAction.MaxStreamDuration | None
    auto_host_rewrite_header: str
    cluster_specifier: (
        typing.Literal[
            "cluster",
            "cluster_header",
            "weighted_clusters",
            "cluster_specifier_plugin",
            "inline_cluster_specifier_plugin",
        ]
        | None
    )
    host_rewrite_specifier: (
        typing.Literal[
            "host_rewrite_literal",
            "auto_host_rewrite",
            "host_rewrite_header",
            "host_rewrite_path_regex",
            "host_rewrite",
            "auto_host_rewrite_header",
        ]
        | None
    )
    SPEC = """\
cluster Text
cluster_header Text
weighted_clusters One config_route_v3:WeightedCluster
cluster_specifier_plugin Text
inline_cluster_specifier_plugin One config_route_v3:ClusterSpecifierPlugin
cluster_not_found_response_code Choice SERVICE_UNAVAILABLE=0 NOT_FOUND=1 INTERNAL_SERVER_ERROR=2
metadata_match One config_core_v3:Metadata
prefix_rewrite Text
regex_rewrite One type_matcher_v3:RegexMatchAndSubstitute
path_rewrite_policy One config_core_v3:TypedExtensionConfig
path_rewrite Text
host_rewrite_literal Text
auto_host_rewrite OptionalFlag
host_rewrite_header Text
host_rewrite_path_regex One type_matcher_v3:RegexMatchAndSubstitute
host_rewrite Text
append_x_forwarded_host Flag
timeout Seconds
idle_timeout Seconds
flush_timeout Seconds
early_data_policy One config_core_v3:TypedExtensionConfig
retry_policy One config_route_v3:RetryPolicy
retry_policy_typed_config PackedField
request_mirror_policies *One config_route_v3:RouteAction.RequestMirrorPolicy
priority Choice DEFAULT=0 HIGH=1
rate_limits *One config_route_v3:RateLimit
include_vh_rate_limits OptionalFlag
hash_policy *One config_route_v3:RouteAction.HashPolicy
cors One config_route_v3:CorsPolicy
max_grpc_timeout Seconds
grpc_timeout_offset Seconds
upgrade_configs *One config_route_v3:RouteAction.UpgradeConfig
internal_redirect_policy One config_route_v3:InternalRedirectPolicy
internal_redirect_action Choice PASS_THROUGH_INTERNAL_REDIRECT=0 HANDLE_INTERNAL_REDIRECT=1
max_internal_redirects OptionalInt
hedge_policy One config_route_v3:HedgePolicy
max_stream_duration One config_route_v3:RouteAction.MaxStreamDuration
auto_host_rewrite_header Text
cluster_specifier OneOf cluster cluster_header weighted_clusters cluster_specifier_plugin inline_cluster_specifier_plugin
host_rewrite_specifier OneOf host_rewrite_literal auto_host_rewrite host_rewrite_header host_rewrite_path_regex host_rewrite auto_host_rewrite_header"""


class RouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RouteConfiguration"
    name: str
    virtual_hosts: tuple[VirtualHost, ...]
    vhds: Vhds | None
    internal_only_headers: tuple[str, ...]
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    response_headers_to_remove: tuple[str, ...]
    request_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    request_headers_to_remove: tuple[str, ...]
    most_specific_header_mutations_wins: bool
    validate_clusters: bool | None
    max_direct_response_body_size_bytes: int | None
    cluster_specifier_plugins: tuple[ClusterSpecifierPlugin, ...]
    request_mirror_policies: tuple[RouteAction.RequestMirrorPolicy, ...]
    ignore_port_in_host_matching: bool
    vhost_header: str
    ignore_path_parameters_in_path_matching: bool
    typed_per_filter_config: dict[str, Packed]
    metadata: config_core_v3.Metadata | None
    SPEC = """\
name Text
virtual_hosts *One config_route_v3:VirtualHost
vhds One config_route_v3:Vhds
internal_only_headers *Text
response_headers_to_add *One config_core_v3:HeaderValueOption
response_headers_to_remove *Text
request_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_remove *Text
most_specific_header_mutations_wins Flag
validate_clusters OptionalFlag
max_direct_response_body_size_bytes OptionalInt
cluster_specifier_plugins *One config_route_v3:ClusterSpecifierPlugin
request_mirror_policies *One config_route_v3:RouteAction.RequestMirrorPolicy
ignore_port_in_host_matching Flag
vhost_header Text
ignore_path_parameters_in_path_matching Flag
typed_per_filter_config %PackedField
metadata One config_core_v3:Metadata"""


class RouteList(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RouteList"
    routes: tuple[Route, ...]
    SPEC = """\
routes *One config_route_v3:Route"""


class RouteMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.RouteMatch"

    class ConnectMatcher(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteMatch.ConnectMatcher"

    class GrpcRouteMatchOptions(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteMatch.GrpcRouteMatchOptions"

    class TlsContextMatchOptions(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.RouteMatch.TlsContextMatchOptions"
        presented: bool | None
        validated: bool | None
        SPEC = """\
presented OptionalFlag
validated OptionalFlag"""

    prefix: str
    path: str
    safe_regex: type_matcher_v3.RegexMatcher | None
    connect_matcher: RouteMatch.ConnectMatcher | None
    path_separated_prefix: str
    path_match_policy: config_core_v3.TypedExtensionConfig | None
    case_sensitive: bool | None
    runtime_fraction: config_core_v3.RuntimeFractionalPercent | None
    headers: tuple[HeaderMatcher, ...]
    query_parameters: tuple[QueryParameterMatcher, ...]
    cookies: tuple[CookieMatcher, ...]
    grpc: RouteMatch.GrpcRouteMatchOptions | None
    tls_context: RouteMatch.TlsContextMatchOptions | None
    dynamic_metadata: tuple[type_matcher_v3.MetadataMatcher, ...]
    filter_state: tuple[type_matcher_v3.FilterStateMatcher, ...]
    regex: str
    path_specifier: (
        typing.Literal[
            "prefix",
            "path",
            "safe_regex",
            "connect_matcher",
            "path_separated_prefix",
            "path_match_policy",
            "regex",
        ]
        | None
    )
    SPEC = """\
prefix Text
path Text
safe_regex One type_matcher_v3:RegexMatcher
connect_matcher One config_route_v3:RouteMatch.ConnectMatcher
path_separated_prefix Text
path_match_policy One config_core_v3:TypedExtensionConfig
case_sensitive OptionalFlag
runtime_fraction One config_core_v3:RuntimeFractionalPercent
headers *One config_route_v3:HeaderMatcher
query_parameters *One config_route_v3:QueryParameterMatcher
cookies *One config_route_v3:CookieMatcher
grpc One config_route_v3:RouteMatch.GrpcRouteMatchOptions
tls_context One config_route_v3:RouteMatch.TlsContextMatchOptions
dynamic_metadata *One type_matcher_v3:MetadataMatcher
filter_state *One type_matcher_v3:FilterStateMatcher
regex Text
path_specifier OneOf prefix path safe_regex connect_matcher path_separated_prefix path_match_policy regex"""


class ScopedRouteConfiguration(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.ScopedRouteConfiguration"

    class Key(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.ScopedRouteConfiguration.Key"

        class Fragment(Message):
            __slots__ = ()
            TYPE = "envoy.config.route.v3.ScopedRouteConfiguration.Key.Fragment"
            string_key: str
            type: typing.Literal["string_key"] | None
            SPEC = """\
string_key Text
type OneOf string_key"""

        fragments: tuple[ScopedRouteConfiguration.Key.Fragment, ...]
        SPEC = """\
fragments *One config_route_v3:ScopedRouteConfiguration.Key.Fragment"""

    on_demand: bool
    name: str
    route_configuration_name: str
    route_configuration: RouteConfiguration | None
    key: ScopedRouteConfiguration.Key | None
    SPEC = """\
on_demand Flag
name Text
route_configuration_name Text
route_configuration One config_route_v3:RouteConfiguration
key One config_route_v3:ScopedRouteConfiguration.Key"""


class Tracing(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.Tracing"
    client_sampling: type_v3.FractionalPercent | None
    random_sampling: type_v3.FractionalPercent | None
    overall_sampling: type_v3.FractionalPercent | None
    custom_tags: tuple[type_tracing_v3.CustomTag, ...]
    operation: str
    upstream_operation: str
    SPEC = """\
client_sampling One type_v3:FractionalPercent
random_sampling One type_v3:FractionalPercent
overall_sampling One type_v3:FractionalPercent
custom_tags *One type_tracing_v3:CustomTag
operation Text
upstream_operation Text"""


class Vhds(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.Vhds"
    config_source: config_core_v3.ConfigSource | None
    SPEC = """\
config_source One config_core_v3:ConfigSource"""


class VirtualCluster(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.VirtualCluster"
    headers: tuple[HeaderMatcher, ...]
    name: str
    pattern: str
    method: str
    SPEC = """\
headers *One config_route_v3:HeaderMatcher
name Text
pattern Text
method Text"""


class VirtualHost(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.VirtualHost"
    name: str
    domains: tuple[str, ...]
    routes: tuple[Route, ...]
    matcher: xds_type_matcher_v3.Matcher | None
    require_tls: typing.Literal["NONE", "EXTERNAL_ONLY", "ALL"]
    virtual_clusters: tuple[VirtualCluster, ...]
    rate_limits: tuple[RateLimit, ...]
    request_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    request_headers_to_remove: tuple[str, ...]
    response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
    response_headers_to_remove: tuple[str, ...]
    cors: CorsPolicy | None
    typed_per_filter_config: dict[str, Packed]
    include_request_attempt_count: bool
    include_attempt_count_in_response: bool
    retry_policy: RetryPolicy | None
    retry_policy_typed_config: Packed | None
    hedge_policy: HedgePolicy | None
    include_is_timeout_retry_header: bool
    per_request_buffer_limit_bytes: int | None
    request_body_buffer_limit: int | None
    request_mirror_policies: tuple[RouteAction.RequestMirrorPolicy, ...]
    metadata: config_core_v3.Metadata | None
    SPEC = """\
name Text
domains *Text
routes *One config_route_v3:Route
matcher One xds_type_matcher_v3:Matcher
require_tls Choice NONE=0 EXTERNAL_ONLY=1 ALL=2
virtual_clusters *One config_route_v3:VirtualCluster
rate_limits *One config_route_v3:RateLimit
request_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_remove *Text
response_headers_to_add *One config_core_v3:HeaderValueOption
response_headers_to_remove *Text
cors One config_route_v3:CorsPolicy
typed_per_filter_config %PackedField
include_request_attempt_count Flag
include_attempt_count_in_response Flag
retry_policy One config_route_v3:RetryPolicy
retry_policy_typed_config PackedField
hedge_policy One config_route_v3:HedgePolicy
include_is_timeout_retry_header Flag
per_request_buffer_limit_bytes OptionalInt
request_body_buffer_limit OptionalInt
request_mirror_policies *One config_route_v3:RouteAction.RequestMirrorPolicy
metadata One config_core_v3:Metadata"""


class WeightedCluster(Message):
    __slots__ = ()
    TYPE = "envoy.config.route.v3.WeightedCluster"

    class ClusterWeight(Message):
        __slots__ = ()
        TYPE = "envoy.config.route.v3.WeightedCluster.ClusterWeight"
        name: str
        cluster_header: str
        weight: int | None
        metadata_match: config_core_v3.Metadata | None
        request_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
        request_headers_to_remove: tuple[str, ...]
        response_headers_to_add: tuple[config_core_v3.HeaderValueOption, ...]
        response_headers_to_remove: tuple[str, ...]
        typed_per_filter_config: dict[str, Packed]
        host_rewrite_literal: str
        host_rewrite_specifier: typing.Literal["host_rewrite_literal"] | None
        SPEC = """\
name Text
cluster_header Text
weight OptionalInt
metadata_match One config_core_v3:Metadata
request_headers_to_add *One config_core_v3:HeaderValueOption
request_headers_to_remove *Text
response_headers_to_add *One config_core_v3:HeaderValueOption
response_headers_to_remove *Text
typed_per_filter_config %PackedField
host_rewrite_literal Text
host_rewrite_specifier OneOf host_rewrite_literal"""

    clusters: tuple[WeightedCluster.ClusterWeight, ...]
    total_weight: int | None
    runtime_key_prefix: str
    header_name: str
    use_hash_policy: bool | None
    random_value_specifier: typing.Literal["header_name", "use_hash_policy"] | None
    SPEC = """\
clusters *One config_route_v3:WeightedCluster.ClusterWeight
total_weight OptionalInt
runtime_key_prefix Text
header_name Text
use_hash_policy OptionalFlag
random_value_specifier OneOf header_name use_hash_policy"""
