"""Messages of envoy.extensions.filters.http.proto_message_extraction.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class MethodExtraction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_message_extraction.v3.MethodExtraction"
    request_extraction_by_field: dict[
        str,
        typing.Literal[
            "ExtractDirective_UNSPECIFIED", "EXTRACT", "EXTRACT_REDACT", "EXTRACT_REPEATED_CARDINALITY"
        ],
    ]
    response_extraction_by_field: dict[
        str,
        typing.Literal[
            "ExtractDirective_UNSPECIFIED", "EXTRACT", "EXTRACT_REDACT", "EXTRACT_REPEATED_CARDINALITY"
        ],
    ]
    SPEC = """\
request_extraction_by_field %Choice ExtractDirective_UNSPECIFIED=0 EXTRACT=1 EXTRACT_REDACT=2 EXTRACT_REPEATED_CARDINALITY=3
response_extraction_by_field %Choice ExtractDirective_UNSPECIFIED=0 EXTRACT=1 EXTRACT_REDACT=2 EXTRACT_REPEATED_CARDINALITY=3"""


class ProtoMessageExtractionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.proto_message_extraction.v3.ProtoMessageExtractionConfig"
    data_source: config_core_v3.DataSource | None
    proto_descriptor_typed_metadata: str
    mode: typing.Literal["ExtractMode_UNSPECIFIED", "FIRST_AND_LAST"]
    extraction_by_method: dict[str, MethodExtraction]
    descriptor_set: typing.Literal["data_source", "proto_descriptor_typed_metadata"] | None
    SPEC = """\
data_source One config_core_v3:DataSource
proto_descriptor_typed_metadata Text
mode Choice ExtractMode_UNSPECIFIED=0 FIRST_AND_LAST=1
extraction_by_method %One extensions_filters_http_proto_message_extraction_v3:MethodExtraction
descriptor_set OneOf data_source proto_descriptor_typed_metadata"""
