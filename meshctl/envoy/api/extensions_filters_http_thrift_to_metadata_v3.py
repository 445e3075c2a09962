"""Messages of envoy.extensions.filters.http.thrift_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class FieldSelector(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.thrift_to_metadata.v3.FieldSelector"
    name: str
    id: int
    child: FieldSelector | None
    SPEC = """\
name Text
id Int
child One extensions_filters_http_thrift_to_metadata_v3:FieldSelector"""


class KeyValuePair(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.thrift_to_metadata.v3.KeyValuePair"
    metadata_namespace: str
    key: str
    value: typing.Any
    SPEC = """\
metadata_namespace Text
key Text
value AnyValue"""


class Rule(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.thrift_to_metadata.v3.Rule"
    field: typing.Literal[
        "METHOD_NAME", "PROTOCOL", "TRANSPORT", "HEADER_FLAGS", "SEQUENCE_ID", "MESSAGE_TYPE", "REPLY_TYPE"
    ]
    field_selector: FieldSelector | None
    method_name: str
    on_present: KeyValuePair | None
    on_missing: KeyValuePair | None
    SPEC = """\
field Choice METHOD_NAME=0 PROTOCOL=1 TRANSPORT=2 HEADER_FLAGS=3 SEQUENCE_ID=4 MESSAGE_TYPE=5 REPLY_TYPE=6
field_selector One extensions_filters_http_thrift_to_metadata_v3:FieldSelector
method_name Text
on_present One extensions_filters_http_thrift_to_metadata_v3:KeyValuePair
on_missing One extensions_filters_http_thrift_to_metadata_v3:KeyValuePair"""


class ThriftToMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.thrift_to_metadata.v3.ThriftToMetadata"
    request_rules: tuple[Rule, ...]
    response_rules: tuple[Rule, ...]
    transport: typing.Literal["AUTO_TRANSPORT", "FRAMED", "UNFRAMED", "HEADER"]
    protocol: typing.Literal["AUTO_PROTOCOL", "BINARY", "LAX_BINARY", "COMPACT", "TWITTER"]
    allow_content_types: tuple[str, ...]
    allow_empty_content_type: bool
    SPEC = """\
request_rules *One extensions_filters_http_thrift_to_metadata_v3:Rule
response_rules *One extensions_filters_http_thrift_to_metadata_v3:Rule
transport Choice AUTO_TRANSPORT=0 FRAMED=1 UNFRAMED=2 HEADER=3
protocol Choice AUTO_PROTOCOL=0 BINARY=1 LAX_BINARY=2 COMPACT=3 TWITTER=4
allow_content_types *Text
allow_empty_content_type Flag"""


class ThriftToMetadataPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.thrift_to_metadata.v3.ThriftToMetadataPerRoute"
    request_rules: tuple[Rule, ...]
    response_rules: tuple[Rule, ...]
    SPEC = """\
request_rules *One extensions_filters_http_thrift_to_metadata_v3:Rule
response_rules *One extensions_filters_http_thrift_to_metadata_v3:Rule"""
