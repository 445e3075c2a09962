"""Messages of envoy.extensions.filters.http.grpc_json_reverse_transcoder.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GrpcJsonReverseTranscoder(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder"

    class PrintOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder.PrintOptions"
        always_print_primitive_fields: bool
        always_print_enums_as_ints: bool
        use_canonical_field_names: bool
        SPEC = """\
always_print_primitive_fields Flag
always_print_enums_as_ints Flag
use_canonical_field_names Flag"""

    descriptor_path: str
    descriptor_binary: bytes
    max_request_body_size: int | None
    max_response_body_size: int | None
    api_version_header: str
    request_json_print_options: GrpcJsonReverseTranscoder.PrintOptions | None
    SPEC = """\
descriptor_path Text
descriptor_binary Bytes
max_request_body_size OptionalInt
max_response_body_size OptionalInt
api_version_header Text
request_json_print_options One extensions_filters_http_grpc_json_reverse_transcoder_v3:GrpcJsonReverseTranscoder.PrintOptions"""
