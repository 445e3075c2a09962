"""Messages of envoy.extensions.http.header_validators.envoy_default.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class HeaderValidatorConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.header_validators.envoy_default.v3.HeaderValidatorConfig"

    class Http1ProtocolOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.header_validators.envoy_default.v3.HeaderValidatorConfig.Http1ProtocolOptions"
        allow_chunked_length: bool
        SPEC = """\
allow_chunked_length Flag"""

    class UriPathNormalizationOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.http.header_validators.envoy_default.v3.HeaderValidatorConfig.UriPathNormalizationOptions"
        skip_path_normalization: bool
        skip_merging_slashes: bool
        path_with_escaped_slashes_action: typing.Literal[
            "IMPLEMENTATION_SPECIFIC_DEFAULT",
            "KEEP_UNCHANGED",
            "REJECT_REQUEST",
            "UNESCAPE_AND_REDIRECT",
            "UNESCAPE_AND_FORWARD",
        ]
        SPEC = """\
skip_path_normalization Flag
skip_merging_slashes Flag
path_with_escaped_slashes_action Choice IMPLEMENTATION_SPECIFIC_DEFAULT=0 KEEP_UNCHANGED=1 REJECT_REQUEST=2 UNESCAPE_AND_REDIRECT=3 UNESCAPE_AND_FORWARD=4"""

    http1_protocol_options: HeaderValidatorConfig.Http1ProtocolOptions | None
    uri_path_normalization_options: HeaderValidatorConfig.UriPathNormalizationOptions | None
    restrict_http_methods: bool
    headers_with_underscores_action: typing.Literal["ALLOW", "REJECT_REQUEST", "DROP_HEADER"]
    strip_fragment_from_path: bool
    SPEC = """\
http1_protocol_options One extensions_http_header_validators_envoy_default_v3:HeaderValidatorConfig.Http1ProtocolOptions
uri_path_normalization_options One extensions_http_header_validators_envoy_default_v3:HeaderValidatorConfig.UriPathNormalizationOptions
restrict_http_methods Flag
headers_with_underscores_action Choice ALLOW=0 REJECT_REQUEST=1 DROP_HEADER=2
strip_fragment_from_path Flag"""
