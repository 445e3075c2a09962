"""Messages of envoy.config.tap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_matcher_v3, config_core_v3, config_route_v3


class BufferedAdminSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.BufferedAdminSink"
    max_traces: int
    timeout: float | None
    SPEC = """\
max_traces Int
timeout Seconds"""


class FilePerTapSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.FilePerTapSink"
    path_prefix: str
    SPEC = """\
path_prefix Text"""


class HttpGenericBodyMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.HttpGenericBodyMatch"

    class GenericTextMatch(Message):
        __slots__ = ()
        TYPE = "envoy.config.tap.v3.HttpGenericBodyMatch.GenericTextMatch"
        string_match: str
        binary_match: bytes
        rule: typing.Literal["string_match", "binary_match"] | None
        SPEC = """\
string_match Text
binary_match Bytes
rule OneOf string_match binary_match"""

    bytes_limit: int
    patterns: tuple[HttpGenericBodyMatch.GenericTextMatch, ...]
    SPEC = """\
bytes_limit Int
patterns *One config_tap_v3:HttpGenericBodyMatch.GenericTextMatch"""


class HttpHeadersMatch(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.HttpHeadersMatch"
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    SPEC = """\
headers *One config_route_v3:HeaderMatcher"""


class MatchPredicate(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.MatchPredicate"

    class MatchSet(Message):
        __slots__ = ()
        TYPE = "envoy.config.tap.v3.MatchPredicate.MatchSet"
        rules: tuple[MatchPredicate, ...]
        SPEC = """\
rules *One config_tap_v3:MatchPredicate"""

    or_match: MatchPredicate.MatchSet | None
    and_match: MatchPredicate.MatchSet | None
    not_match: MatchPredicate | None
    any_match: bool
    http_request_headers_match: HttpHeadersMatch | None
    http_request_trailers_match: HttpHeadersMatch | None
    http_response_headers_match: HttpHeadersMatch | None
    http_response_trailers_match: HttpHeadersMatch | None
    http_request_generic_body_match: HttpGenericBodyMatch | None
    http_response_generic_body_match: HttpGenericBodyMatch | None
    rule: (
        typing.Literal[
            "or_match",
            "and_match",
            "not_match",
            "any_match",
            "http_request_headers_match",
            "http_request_trailers_match",
            "http_response_headers_match",
            "http_response_trailers_match",
            "http_request_generic_body_match",
            "http_response_generic_body_match",
        ]
        | None
    )
    SPEC = """\
or_match One config_tap_v3:MatchPredicate.MatchSet
and_match One config_tap_v3:MatchPredicate.MatchSet
not_match One config_tap_v3:MatchPredicate
any_match Flag
http_request_headers_match One config_tap_v3:HttpHeadersMatch
http_request_trailers_match One config_tap_v3:HttpHeadersMatch
http_response_headers_match One config_tap_v3:HttpHeadersMatch
http_response_trailers_match One config_tap_v3:HttpHeadersMatch
http_request_generic_body_match One config_tap_v3:HttpGenericBodyMatch
http_response_generic_body_match One config_tap_v3:HttpGenericBodyMatch
rule OneOf or_match and_match not_match any_match http_request_headers_match http_request_trailers_match http_response_headers_match http_response_trailers_match http_request_generic_body_match http_response_generic_body_match"""


class OutputConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.OutputConfig"
    sinks: tuple[OutputSink, ...]
    max_buffered_rx_bytes: int | None
    max_buffered_tx_bytes: int | None
    streaming: bool
    min_streamed_sent_bytes: int | None
    SPEC = """\
sinks *One config_tap_v3:OutputSink
max_buffered_rx_bytes OptionalInt
max_buffered_tx_bytes OptionalInt
streaming Flag
min_streamed_sent_bytes OptionalInt"""


class OutputSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.OutputSink"
    format: typing.Literal[
        "JSON_BODY_AS_BYTES",
        "JSON_BODY_AS_STRING",
        "PROTO_BINARY",
        "PROTO_BINARY_LENGTH_DELIMITED",
        "PROTO_TEXT",
    ]
    streaming_admin: StreamingAdminSink | None
    file_per_tap: FilePerTapSink | None
    streaming_grpc: StreamingGrpcSink | None
    buffered_admin: BufferedAdminSink | None
    custom_sink: config_core_v3.TypedExtensionConfig | None
    output_sink_type: (
        typing.Literal["streaming_admin", "file_per_tap", "streaming_grpc", "buffered_admin", "custom_sink"]
        | None
    )
    SPEC = """\
format Choice JSON_BODY_AS_BYTES=0 JSON_BODY_AS_STRING=1 PROTO_BINARY=2 PROTO_BINARY_LENGTH_DELIMITED=3 PROTO_TEXT=4
streaming_admin One config_tap_v3:StreamingAdminSink
file_per_tap One config_tap_v3:FilePerTapSink
streaming_grpc One config_tap_v3:StreamingGrpcSink
buffered_admin One config_tap_v3:BufferedAdminSink
custom_sink One config_core_v3:TypedExtensionConfig
output_sink_type OneOf streaming_admin file_per_tap streaming_grpc buffered_admin custom_sink"""


class StreamingAdminSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.StreamingAdminSink"


class StreamingGrpcSink(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.StreamingGrpcSink"
    tap_id: str
    grpc_service: config_core_v3.GrpcService | None
    SPEC = """\
tap_id Text
grpc_service One config_core_v3:GrpcService"""


class TapConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.tap.v3.TapConfig"
    match_config: MatchPredicate | None
    match: config_common_matcher_v3.MatchPredicate | None
    output_config: OutputConfig | None
    tap_enabled: config_core_v3.RuntimeFractionalPercent | None
    SPEC = """\
match_config One config_tap_v3:MatchPredicate
match One config_common_matcher_v3:MatchPredicate
output_config One config_tap_v3:OutputConfig
tap_enabled One config_core_v3:RuntimeFractionalPercent"""
