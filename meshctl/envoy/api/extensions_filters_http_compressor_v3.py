"""Messages of envoy.extensions.filters.http.compressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Compressor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.compressor.v3.Compressor"

    class CommonDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig"
        enabled: config_core_v3.RuntimeFeatureFlag | None
        min_content_length: int | None
        content_type: tuple[str, ...]
        SPEC = """\
enabled One config_core_v3:RuntimeFeatureFlag
min_content_length OptionalInt
content_type *Text"""

    class RequestDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.compressor.v3.Compressor.RequestDirectionConfig"
        common_config: Compressor.CommonDirectionConfig | None
        SPEC = """\
common_config One extensions_filters_http_compressor_v3:Compressor.CommonDirectionConfig"""

    class ResponseDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig"
        common_config: Compressor.CommonDirectionConfig | None
        disable_on_etag_header: bool
        weaken_etag_on_compress: bool
        remove_accept_encoding_header: bool
        uncompressible_response_codes: tuple[int, ...]
        status_header_enabled: bool
        SPEC = """\
common_config One extensions_filters_http_compressor_v3:Compressor.CommonDirectionConfig
disable_on_etag_header Flag
weaken_etag_on_compress Flag
remove_accept_encoding_header Flag
uncompressible_response_codes *Int
status_header_enabled Flag"""

    content_length: int | None
    content_type: tuple[str, ...]
    disable_on_etag_header: bool
    remove_accept_encoding_header: bool
    runtime_enabled: config_core_v3.RuntimeFeatureFlag | None
    compressor_library: config_core_v3.TypedExtensionConfig | None
    request_direction_config: Compressor.RequestDirectionConfig | None
    response_direction_config: Compressor.ResponseDirectionConfig | None
    choose_first: bool
    SPEC = """\
content_length OptionalInt
content_type *Text
disable_on_etag_header Flag
remove_accept_encoding_header Flag
runtime_enabled One config_core_v3:RuntimeFeatureFlag
compressor_library One config_core_v3:TypedExtensionConfig
request_direction_config One extensions_filters_http_compressor_v3:Compressor.RequestDirectionConfig
response_direction_config One extensions_filters_http_compressor_v3:Compressor.ResponseDirectionConfig
choose_first Flag"""


class CompressorOverrides(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.compressor.v3.CompressorOverrides"
    response_direction_config: ResponseDirectionOverrides | None
    compressor_library: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
response_direction_config One extensions_filters_http_compressor_v3:ResponseDirectionOverrides
compressor_library One config_core_v3:TypedExtensionConfig"""


class CompressorPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.compressor.v3.CompressorPerRoute"
    disabled: bool
    overrides: CompressorOverrides | None
    override: typing.Literal["disabled", "overrides"] | None
    SPEC = """\
disabled Flag
overrides One extensions_filters_http_compressor_v3:CompressorOverrides
override OneOf disabled overrides"""


class ResponseDirectionOverrides(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.compressor.v3.ResponseDirectionOverrides"
    remove_accept_encoding_header: bool | None
    SPEC = """\
remove_accept_encoding_header OptionalFlag"""
