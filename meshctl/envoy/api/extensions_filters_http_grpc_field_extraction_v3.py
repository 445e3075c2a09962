"""Messages of envoy.extensions.filters.http.grpc_field_extraction.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FieldExtractions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_field_extraction.v3.FieldExtractions"
    request_field_extractions: dict[str, RequestFieldValueDisposition]
    SPEC = """\
request_field_extractions %One extensions_filters_http_grpc_field_extraction_v3:RequestFieldValueDisposition"""


class GrpcFieldExtractionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_field_extraction.v3.GrpcFieldExtractionConfig"
    descriptor_set: config_core_v3.DataSource | None
    extractions_by_method: dict[str, FieldExtractions]
    SPEC = """\
descriptor_set One config_core_v3:DataSource
extractions_by_method %One extensions_filters_http_grpc_field_extraction_v3:FieldExtractions"""


class RequestFieldValueDisposition(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.grpc_field_extraction.v3.RequestFieldValueDisposition"
    dynamic_metadata: str
    disposition: typing.Literal["dynamic_metadata"] | None
    SPEC = """\
dynamic_metadata Text
disposition OneOf dynamic_metadata"""
