"""Messages of envoy.extensions.filters.http.a2a.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class A2a(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.a2a.v3.A2a"
    traffic_mode: typing.Literal["PASS_THROUGH", "REJECT"]
    max_request_body_size: int | None
    parser_config: ParserConfig | None
    storage_mode: typing.Literal[
        "NONE", "DYNAMIC_METADATA", "FILTER_STATE", "DYNAMIC_METADATA_AND_FILTER_STATE"
    ]
    SPEC = """\
traffic_mode Choice PASS_THROUGH=0 REJECT=1
max_request_body_size OptionalInt
parser_config One extensions_filters_http_a2a_v3:ParserConfig
storage_mode Choice NONE=0 DYNAMIC_METADATA=1 FILTER_STATE=2 DYNAMIC_METADATA_AND_FILTER_STATE=3"""


class MethodParsingConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.a2a.v3.MethodParsingConfig"
    group: str
    paths: tuple[str, ...]
    SPEC = """\
group Text
paths *Text"""


class ParserConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.a2a.v3.ParserConfig"
    method_configs: dict[str, MethodParsingConfig]
    always_extract_attributes: tuple[str, ...]
    group_metadata_key: str
    SPEC = """\
method_configs %One extensions_filters_http_a2a_v3:MethodParsingConfig
always_extract_attributes *Text
group_metadata_key Text"""
