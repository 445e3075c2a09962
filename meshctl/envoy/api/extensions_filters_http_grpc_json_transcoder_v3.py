"""Messages of envoy.extensions.filters.http.grpc_json_transcoder.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class GrpcJsonTranscoder(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"

    class PrintOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder.PrintOptions"
        add_whitespace: bool
        always_print_primitive_fields: bool
        always_print_enums_as_ints: bool
        preserve_proto_field_names: bool
        stream_newline_delimited: bool
        stream_sse_style_delimited: bool
        SPEC = """\
add_whitespace Flag
always_print_primitive_fields Flag
always_print_enums_as_ints Flag
preserve_proto_field_names Flag
stream_newline_delimited Flag
stream_sse_style_delimited Flag"""

    class RequestValidationOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder.RequestValidationOptions"
        reject_unknown_method: bool
        reject_unknown_query_parameters: bool
        reject_binding_body_field_collisions: bool
        SPEC = """\
reject_unknown_method Flag
reject_unknown_query_parameters Flag
reject_binding_body_field_collisions Flag"""

    proto_descriptor: str
    proto_descriptor_bin: bytes
    services: tuple[str, ...]
    print_options: GrpcJsonTranscoder.PrintOptions | None
    match_incoming_request_route: bool
    ignored_query_parameters: tuple[str, ...]
    auto_mapping: bool
    ignore_unknown_query_parameters: bool
    convert_grpc_status: bool
    url_unescape_spec: typing.Literal[
        "ALL_CHARACTERS_EXCEPT_RESERVED", "ALL_CHARACTERS_EXCEPT_SLASH", "ALL_CHARACTERS"
    ]
    query_param_unescape_plus: bool
    match_unregistered_custom_verb: bool
    request_validation_options: GrpcJsonTranscoder.RequestValidationOptions | None
    case_insensitive_enum_parsing: bool
    max_request_body_size: int | None
    max_response_body_size: int | None
    capture_unknown_query_parameters: bool
    descriptor_set: typing.Literal["proto_descriptor", "proto_descriptor_bin"] | None
    SPEC = """\
proto_descriptor Text
proto_descriptor_bin Bytes
services *Text
print_options One extensions_filters_http_grpc_json_transcoder_v3:GrpcJsonTranscoder.PrintOptions
match_incoming_request_route Flag
ignored_query_parameters *Text
auto_mapping Flag
ignore_unknown_query_parameters Flag
convert_grpc_status Flag
url_unescape_spec Choice ALL_CHARACTERS_EXCEPT_RESERVED=0 ALL_CHARACTERS_EXCEPT_SLASH=1 ALL_CHARACTERS=2
query_param_unescape_plus Flag
match_unregistered_custom_verb Flag
request_validation_options One extensions_filters_http_grpc_json_transcoder_v3:GrpcJsonTranscoder.RequestValidationOptions
case_insensitive_enum_parsing Flag
max_request_body_size OptionalInt
max_response_body_size OptionalInt
capture_unknown_query_parameters Flag
descriptor_set OneOf proto_descriptor proto_descriptor_bin"""


class UnknownQueryParams(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.UnknownQueryParams"

    class Values(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.UnknownQueryParams.Values"
        values: tuple[str, ...]
        SPEC = """\
values *Text"""

    key: dict[str, UnknownQueryParams.Values]
    SPEC = """\
key %One extensions_filters_http_grpc_json_transcoder_v3:UnknownQueryParams.Values"""
