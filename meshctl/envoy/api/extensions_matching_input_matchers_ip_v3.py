"""Messages of envoy.extensions.matching.input_matchers.ip.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Ip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.input_matchers.ip.v3.Ip"
    cidr_ranges: tuple[config_core_v3.CidrRange, ...]
    stat_prefix: str
    SPEC = """\
cidr_ranges *One config_core_v3:CidrRange
stat_prefix Text"""
