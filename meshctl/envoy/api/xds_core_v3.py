"""Messages of xds.core.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed


class Authority(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.Authority"
    name: str
    SPEC = """\
name Text"""


class CidrRange(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.CidrRange"
    address_prefix: str
    prefix_len: int | None
    SPEC = """\
address_prefix Text
prefix_len OptionalInt"""


class CollectionEntry(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.CollectionEntry"

    class InlineEntry(Message):
        __slots__ = ()
        TYPE = "xds.core.v3.CollectionEntry.InlineEntry"
        name: str
        version: str
        resource: Packed | None
        SPEC = """\
name Text
version Text
resource PackedField"""

    locator: ResourceLocator | None
    inline_entry: CollectionEntry.InlineEntry | None
    resource_specifier: typing.Literal["locator", "inline_entry"] | None
    SPEC = """\
locator One xds_core_v3:ResourceLocator
inline_entry One xds_core_v3:CollectionEntry.InlineEntry
resource_specifier OneOf locator inline_entry"""


class ContextParams(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.ContextParams"
    params: dict[str, str]
    SPEC = """\
params %Text"""


class ResourceLocator(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.ResourceLocator"

    class Directive(Message):
        __slots__ = ()
        TYPE = "xds.core.v3.ResourceLocator.Directive"
        alt: ResourceLocator | None
        entry: str
        directive: typing.Literal["alt", "entry"] | None
        SPEC = """\
alt One xds_core_v3:ResourceLocator
entry Text
directive OneOf alt entry"""

    scheme: typing.Literal["XDSTP", "HTTP", "FILE"]
    id: str
    authority: str
    resource_type: str
    exact_context: ContextParams | None
    directives: tuple[ResourceLocator.Directive, ...]
    context_param_specifier: typing.Literal["exact_context"] | None
    SPEC = """\
scheme Choice XDSTP=0 HTTP=1 FILE=2
id Text
authority Text
resource_type Text
exact_context One xds_core_v3:ContextParams
directives *One xds_core_v3:ResourceLocator.Directive
context_param_specifier OneOf exact_context"""


class TypedExtensionConfig(Message):
    __slots__ = ()
    TYPE = "xds.core.v3.TypedExtensionConfig"
    name: str
    typed_config: Packed | None
    SPEC = """\
name Text
typed_config PackedField"""
