"""Messages of envoy.extensions.filters.http.set_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message, Packed
from meshctl.plain import Json


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.set_metadata.v3.Config"
    metadata_namespace: str
    value: Json
    metadata: tuple[Metadata, ...]
    SPEC = """\
metadata_namespace Text
value Plain
metadata *One extensions_filters_http_set_metadata_v3:Metadata"""


class Metadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.set_metadata.v3.Metadata"
    metadata_namespace: str
    allow_overwrite: bool
    value: Json
    typed_value: Packed | None
    SPEC = """\
metadata_namespace Text
allow_overwrite Flag
value Plain
typed_value PackedField"""
