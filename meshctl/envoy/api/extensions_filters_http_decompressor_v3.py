"""Messages of envoy.extensions.filters.http.decompressor.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Decompressor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.decompressor.v3.Decompressor"

    class CommonDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig"
        enabled: config_core_v3.RuntimeFeatureFlag | None
        ignore_no_transform_header: bool
        SPEC = """\
enabled One config_core_v3:RuntimeFeatureFlag
ignore_no_transform_header Flag"""

    class RequestDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.decompressor.v3.Decompressor.RequestDirectionConfig"
        common_config: Decompressor.CommonDirectionConfig | None
        advertise_accept_encoding: bool | None
        SPEC = """\
common_config One extensions_filters_http_decompressor_v3:Decompressor.CommonDirectionConfig
advertise_accept_encoding OptionalFlag"""

    class ResponseDirectionConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.decompressor.v3.Decompressor.ResponseDirectionConfig"
        common_config: Decompressor.CommonDirectionConfig | None
        SPEC = """\
common_config One extensions_filters_http_decompressor_v3:Decompressor.CommonDirectionConfig"""

    decompressor_library: config_core_v3.TypedExtensionConfig | None
    request_direction_config: Decompressor.RequestDirectionConfig | None
    response_direction_config: Decompressor.ResponseDirectionConfig | None
    SPEC = """\
decompressor_library One config_core_v3:TypedExtensionConfig
request_direction_config One extensions_filters_http_decompressor_v3:Decompressor.RequestDirectionConfig
response_direction_config One extensions_filters_http_decompressor_v3:Decompressor.ResponseDirectionConfig"""
