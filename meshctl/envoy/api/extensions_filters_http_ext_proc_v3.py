"""Messages of envoy.extensions.filters.http.ext_proc.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_mutation_rules_v3, config_core_v3, type_matcher_v3, type_v3


class ExtProcHttpService(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.ExtProcHttpService"
    http_service: config_core_v3.HttpService | None
    SPEC = """\
http_service One config_core_v3:HttpService"""


class ExtProcOverrides(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.ExtProcOverrides"
    processing_mode: ProcessingMode | None
    async_mode: bool
    request_attributes: tuple[str, ...]
    response_attributes: tuple[str, ...]
    grpc_service: config_core_v3.GrpcService | None
    metadata_options: MetadataOptions | None
    grpc_initial_metadata: tuple[config_core_v3.HeaderValue, ...]
    failure_mode_allow: bool | None
    processing_request_modifier: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
processing_mode One extensions_filters_http_ext_proc_v3:ProcessingMode
async_mode Flag
request_attributes *Text
response_attributes *Text
grpc_service One config_core_v3:GrpcService
metadata_options One extensions_filters_http_ext_proc_v3:MetadataOptions
grpc_initial_metadata *One config_core_v3:HeaderValue
failure_mode_allow OptionalFlag
processing_request_modifier One config_core_v3:TypedExtensionConfig"""


class ExtProcPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.ExtProcPerRoute"
    disabled: bool
    overrides: ExtProcOverrides | None
    override: typing.Literal["disabled", "overrides"] | None
    SPEC = """\
disabled Flag
overrides One extensions_filters_http_ext_proc_v3:ExtProcOverrides
override OneOf disabled overrides"""


class ExternalProcessor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
    grpc_service: config_core_v3.GrpcService | None
    http_service: ExtProcHttpService | None
    failure_mode_allow: bool
    processing_mode: ProcessingMode | None
    request_attributes: tuple[str, ...]
    response_attributes: tuple[str, ...]
    message_timeout: float | None
    stat_prefix: str
    mutation_rules: config_common_mutation_rules_v3.HeaderMutationRules | None
    max_message_timeout: float | None
    forward_rules: HeaderForwardingRules | None
    filter_metadata: Json
    allow_mode_override: bool
    disable_immediate_response: bool
    metadata_options: MetadataOptions | None
    observability_mode: bool
    disable_clear_route_cache: bool
    route_cache_action: typing.Literal["DEFAULT", "CLEAR", "RETAIN"]
    deferred_close_timeout: float | None
    send_body_without_waiting_for_header_response: bool
    allowed_override_modes: tuple[ProcessingMode, ...]
    processing_request_modifier: config_core_v3.TypedExtensionConfig | None
    on_processing_response: config_core_v3.TypedExtensionConfig | None
    status_on_error: type_v3.HttpStatus | None
    allow_content_length_header: bool
    SPEC = """\
grpc_service One config_core_v3:GrpcService
http_service One extensions_filters_http_ext_proc_v3:ExtProcHttpService
failure_mode_allow Flag
processing_mode One extensions_filters_http_ext_proc_v3:ProcessingMode
request_attributes *Text
response_attributes *Text
message_timeout Seconds
stat_prefix Text
mutation_rules One config_common_mutation_rules_v3:HeaderMutationRules
max_message_timeout Seconds
forward_rules One extensions_filters_http_ext_proc_v3:HeaderForwardingRules
filter_metadata Plain
allow_mode_override Flag
disable_immediate_response Flag
metadata_options One extensions_filters_http_ext_proc_v3:MetadataOptions
observability_mode Flag
disable_clear_route_cache Flag
route_cache_action Choice DEFAULT=0 CLEAR=1 RETAIN=2
deferred_close_timeout Seconds
send_body_without_waiting_for_header_response Flag
allowed_override_modes *One extensions_filters_http_ext_proc_v3:ProcessingMode
processing_request_modifier One config_core_v3:TypedExtensionConfig
on_processing_response One config_core_v3:TypedExtensionConfig
status_on_error One type_v3:HttpStatus
allow_content_length_header Flag"""


class HeaderForwardingRules(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.HeaderForwardingRules"
    allowed_headers: type_matcher_v3.ListStringMatcher | None
    disallowed_headers: type_matcher_v3.ListStringMatcher | None
    SPEC = """\
allowed_headers One type_matcher_v3:ListStringMatcher
disallowed_headers One type_matcher_v3:ListStringMatcher"""


class MetadataOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.MetadataOptions"

    class MetadataNamespaces(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.ext_proc.v3.MetadataOptions.MetadataNamespaces"
        untyped: tuple[str, ...]
        typed: tuple[str, ...]
        SPEC = """\
untyped *Text
typed *Text"""

    forwarding_namespaces: MetadataOptions.MetadataNamespaces | None
    receiving_namespaces: MetadataOptions.MetadataNamespaces | None
    cluster_metadata_forwarding_namespaces: MetadataOptions.MetadataNamespaces | None
    SPEC = """\
forwarding_namespaces One extensions_filters_http_ext_proc_v3:MetadataOptions.MetadataNamespaces
receiving_namespaces One extensions_filters_http_ext_proc_v3:MetadataOptions.MetadataNamespaces
cluster_metadata_forwarding_namespaces One extensions_filters_http_ext_proc_v3:MetadataOptions.MetadataNamespaces"""


class ProcessingMode(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode"
    request_header_mode: typing.Literal["DEFAULT", "SEND", "SKIP"]
    response_header_mode: typing.Literal["DEFAULT", "SEND", "SKIP"]
    request_body_mode: typing.Literal[
        "NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED", "GRPC"
    ]
    response_body_mode: typing.Literal[
        "NONE", "STREAMED", "BUFFERED", "BUFFERED_PARTIAL", "FULL_DUPLEX_STREAMED", "GRPC"
    ]
    request_trailer_mode: typing.Literal["DEFAULT", "SEND", "SKIP"]
    response_trailer_mode: typing.Literal["DEFAULT", "SEND", "SKIP"]
    SPEC = """\
request_header_mode Choice DEFAULT=0 SEND=1 SKIP=2
response_header_mode Choice DEFAULT=0 SEND=1 SKIP=2
request_body_mode Choice NONE=0 STREAMED=1 BUFFERED=2 BUFFERED_PARTIAL=3 FULL_DUPLEX_STREAMED=4 GRPC=5
response_body_mode Choice NONE=0 STREAMED=1 BUFFERED=2 BUFFERED_PARTIAL=3 FULL_DUPLEX_STREAMED=4 GRPC=5
request_trailer_mode Choice DEFAULT=0 SEND=1 SKIP=2
response_trailer_mode Choice DEFAULT=0 SEND=1 SKIP=2"""
