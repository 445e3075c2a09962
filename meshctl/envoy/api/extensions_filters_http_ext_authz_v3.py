"""Messages of envoy.extensions.filters.http.ext_authz.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_mutation_rules_v3, config_core_v3, type_matcher_v3, type_v3


class AuthorizationRequest(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.AuthorizationRequest"
    allowed_headers: type_matcher_v3.ListStringMatcher | None
    headers_to_add: tuple[config_core_v3.HeaderValue, ...]
    SPEC = """\
allowed_headers One type_matcher_v3:ListStringMatcher
headers_to_add *One config_core_v3:HeaderValue"""


class AuthorizationResponse(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.AuthorizationResponse"
    allowed_upstream_headers: type_matcher_v3.ListStringMatcher | None
    allowed_upstream_headers_to_append: type_matcher_v3.ListStringMatcher | None
    allowed_client_headers: type_matcher_v3.ListStringMatcher | None
    allowed_client_headers_on_success: type_matcher_v3.ListStringMatcher | None
    dynamic_metadata_from_headers: type_matcher_v3.ListStringMatcher | None
    SPEC = """\
allowed_upstream_headers One type_matcher_v3:ListStringMatcher
allowed_upstream_headers_to_append One type_matcher_v3:ListStringMatcher
allowed_client_headers One type_matcher_v3:ListStringMatcher
allowed_client_headers_on_success One type_matcher_v3:ListStringMatcher
dynamic_metadata_from_headers One type_matcher_v3:ListStringMatcher"""


class BufferSettings(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.BufferSettings"
    max_request_bytes: int
    allow_partial_message: bool
    pack_as_bytes: bool
    SPEC = """\
max_request_bytes Int
allow_partial_message Flag
pack_as_bytes Flag"""


class CheckSettings(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.CheckSettings"
    context_extensions: dict[str, str]
    disable_request_body_buffering: bool
    with_request_body: BufferSettings | None
    grpc_service: config_core_v3.GrpcService | None
    http_service: HttpService | None
    service_override: typing.Literal["grpc_service", "http_service"] | None
    SPEC = """\
context_extensions %Text
disable_request_body_buffering Flag
with_request_body One extensions_filters_http_ext_authz_v3:BufferSettings
grpc_service One config_core_v3:GrpcService
http_service One extensions_filters_http_ext_authz_v3:HttpService
service_override OneOf grpc_service http_service"""


class ExtAuthz(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"
    grpc_service: config_core_v3.GrpcService | None
    http_service: HttpService | None
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    failure_mode_allow: bool
    failure_mode_allow_header_add: bool
    with_request_body: BufferSettings | None
    clear_route_cache: bool
    status_on_error: type_v3.HttpStatus | None
    validate_mutations: bool
    metadata_context_namespaces: tuple[str, ...]
    typed_metadata_context_namespaces: tuple[str, ...]
    route_metadata_context_namespaces: tuple[str, ...]
    route_typed_metadata_context_namespaces: tuple[str, ...]
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    filter_enabled_metadata: type_matcher_v3.MetadataMatcher | None
    deny_at_disable: config_core_v3.RuntimeFeatureFlag | None
    include_peer_certificate: bool
    stat_prefix: str
    bootstrap_metadata_labels_key: str
    allowed_headers: type_matcher_v3.ListStringMatcher | None
    disallowed_headers: type_matcher_v3.ListStringMatcher | None
    include_tls_session: bool
    charge_cluster_response_stats: bool | None
    encode_raw_headers: bool
    decoder_header_mutation_rules: config_common_mutation_rules_v3.HeaderMutationRules | None
    enable_dynamic_metadata_ingestion: bool | None
    filter_metadata: Json
    emit_filter_state_stats: bool
    max_denied_response_body_bytes: int
    enforce_response_header_limits: bool
    shadow_mode: bool
    services: typing.Literal["grpc_service", "http_service"] | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
http_service One extensions_filters_http_ext_authz_v3:HttpService
transport_api_version Choice AUTO=0 V2=1 V3=2
failure_mode_allow Flag
failure_mode_allow_header_add Flag
with_request_body One extensions_filters_http_ext_authz_v3:BufferSettings
clear_route_cache Flag
status_on_error One type_v3:HttpStatus
validate_mutations Flag
metadata_context_namespaces *Text
typed_metadata_context_namespaces *Text
route_metadata_context_namespaces *Text
route_typed_metadata_context_namespaces *Text
filter_enabled One config_core_v3:RuntimeFractionalPercent
filter_enabled_metadata One type_matcher_v3:MetadataMatcher
deny_at_disable One config_core_v3:RuntimeFeatureFlag
include_peer_certificate Flag
stat_prefix Text
bootstrap_metadata_labels_key Text
allowed_headers One type_matcher_v3:ListStringMatcher
disallowed_headers One type_matcher_v3:ListStringMatcher
include_tls_session Flag
charge_cluster_response_stats OptionalFlag
encode_raw_headers Flag
decoder_header_mutation_rules One config_common_mutation_rules_v3:HeaderMutationRules
enable_dynamic_metadata_ingestion OptionalFlag
filter_metadata Plain
emit_filter_state_stats Flag
max_denied_response_body_bytes Int
enforce_response_header_limits Flag
shadow_mode Flag
services OneOf grpc_service http_service"""


class ExtAuthzPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute"
    disabled: bool
    check_settings: CheckSettings | None
    override: typing.Literal["disabled", "check_settings"] | None
    SPEC = """\
disabled Flag
check_settings One extensions_filters_http_ext_authz_v3:CheckSettings
override OneOf disabled check_settings"""


class HttpService(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.HttpService"
    server_uri: config_core_v3.HttpUri | None
    path_prefix: str
    path_override: str
    authorization_request: AuthorizationRequest | None
    authorization_response: AuthorizationResponse | None
    retry_policy: config_core_v3.RetryPolicy | None
    SPEC = """\
server_uri One config_core_v3:HttpUri
path_prefix Text
path_override Text
authorization_request One extensions_filters_http_ext_authz_v3:AuthorizationRequest
authorization_response One extensions_filters_http_ext_authz_v3:AuthorizationResponse
retry_policy One config_core_v3:RetryPolicy"""


class ShadowDecision(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_authz.v3.ShadowDecision"
    check_result: typing.Literal["UNSPECIFIED", "OK", "DENIED", "ERROR"]
    status_code: int
    response_headers: tuple[config_core_v3.HeaderValue, ...]
    SPEC = """\
check_result Choice UNSPECIFIED=0 OK=1 DENIED=2 ERROR=3
status_code Int
response_headers *One config_core_v3:HeaderValue"""
