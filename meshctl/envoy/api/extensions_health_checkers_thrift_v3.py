"""Messages of envoy.extensions.health_checkers.thrift.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class Thrift(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.health_checkers.thrift.v3.Thrift"
    method_name: str
    transport: typing.Literal["AUTO_TRANSPORT", "FRAMED", "UNFRAMED", "HEADER"]
    protocol: typing.Literal["AUTO_PROTOCOL", "BINARY", "LAX_BINARY", "COMPACT", "TWITTER"]
    SPEC = """\
method_name Text
transport Choice AUTO_TRANSPORT=0 FRAMED=1 UNFRAMED=2 HEADER=3
protocol Choice AUTO_PROTOCOL=0 BINARY=1 LAX_BINARY=2 COMPACT=3 TWITTER=4"""
