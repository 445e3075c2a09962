"""Messages of envoy.type.tracing.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_metadata_v3


class CustomTag(Message):
    __slots__ = ()
    TYPE = "envoy.type.tracing.v3.CustomTag"

    class Environment(Message):
        __slots__ = ()
        TYPE = "envoy.type.tracing.v3.CustomTag.Environment"
        name: str
        default_value: str
        SPEC = """\
name Text
default_value Text"""

    class Header(Message):
        __slots__ = ()
        TYPE = "envoy.type.tracing.v3.CustomTag.Header"
        name: str
        default_value: str
        SPEC = """\
name Text
default_value Text"""

    class Literal(Message):
        __slots__ = ()
        TYPE = "envoy.type.tracing.v3.CustomTag.Literal"
        value: str
        SPEC = """\
value Text"""

    class Metadata(Message):
        __slots__ = ()
        TYPE = "envoy.type.tracing.v3.CustomTag.Metadata"
        kind: type_metadata_v3.MetadataKind | None
        metadata_key: type_metadata_v3.MetadataKey | None
        default_value: str
        SPEC = """\
kind One type_metadata_v3:MetadataKind
metadata_key One type_metadata_v3:MetadataKey
default_value Text"""

    tag: str
    literal: CustomTag.Literal | None
    environment: CustomTag.Environment | None
    request_header: CustomTag.Header | None
    metadata: CustomTag.Metadata | None
    value: str
    type: typing.Literal["literal", "environment", "request_header", "metadata", "value"] | None
    SPEC = """\
tag Text
literal One type_tracing_v3:CustomTag.Literal
environment One type_tracing_v3:CustomTag.Environment
request_header One type_tracing_v3:CustomTag.Header
metadata One type_tracing_v3:CustomTag.Metadata
value Text
type OneOf literal environment request_header metadata value"""
