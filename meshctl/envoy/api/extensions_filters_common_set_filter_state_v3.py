"""Messages of envoy.extensions.filters.common.set_filter_state.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FilterStateValue(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue"
    object_key: str
    factory_key: str
    format_string: config_core_v3.SubstitutionFormatString | None
    read_only: bool
    shared_with_upstream: typing.Literal["NONE", "ONCE", "TRANSITIVE"]
    skip_if_empty: bool
    key: typing.Literal["object_key"] | None
    value: typing.Literal["format_string"] | None
    SPEC = """\
object_key Text
factory_key Text
format_string One config_core_v3:SubstitutionFormatString
read_only Flag
shared_with_upstream Choice NONE=0 ONCE=1 TRANSITIVE=2
skip_if_empty Flag
key OneOf object_key
value OneOf format_string"""
