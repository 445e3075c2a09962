"""Messages of udpa.type.v1; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message
from meshctl.plain import Json


class TypedStruct(Message):
    __slots__ = ()
    TYPE = "udpa.type.v1.TypedStruct"
    type_url: str
    value: Json
    SPEC = """\
type_url Text
value Plain"""
