"""Messages of envoy.extensions.access_loggers.filters.cel.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class ExpressionFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter"
    expression: str
    cel_config: config_core_v3.CelExpressionConfig | None
    SPEC = """\
expression Text
cel_config One config_core_v3:CelExpressionConfig"""
