"""Messages of envoy.extensions.http.header_formatters.preserve_case.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class PreserveCaseFormatterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"
    forward_reason_phrase: bool
    formatter_type_on_envoy_headers: typing.Literal["DEFAULT", "PROPER_CASE"]
    SPEC = """\
forward_reason_phrase Flag
formatter_type_on_envoy_headers Choice DEFAULT=0 PROPER_CASE=1"""
