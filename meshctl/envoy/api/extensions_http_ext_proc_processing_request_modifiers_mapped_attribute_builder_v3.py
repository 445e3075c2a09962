"""Messages of envoy.extensions.http.ext_proc.processing_request_modifiers.mapped_attribute_builder.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class MappedAttributeBuilder(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.ext_proc.processing_request_modifiers.mapped_attribute_builder.v3.MappedAttributeBuilder"
    mapped_request_attributes: dict[str, str]
    mapped_response_attributes: dict[str, str]
    SPEC = """\
mapped_request_attributes %Text
mapped_response_attributes %Text"""
