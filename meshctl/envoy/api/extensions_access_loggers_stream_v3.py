"""Messages of envoy.extensions.access_loggers.stream.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class StderrAccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.stream.v3.StderrAccessLog"
    log_format: config_core_v3.SubstitutionFormatString | None
    access_log_format: typing.Literal["log_format"] | None
    SPEC = """\
log_format One config_core_v3:SubstitutionFormatString
access_log_format OneOf log_format"""


class StdoutAccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog"
    log_format: config_core_v3.SubstitutionFormatString | None
    access_log_format: typing.Literal["log_format"] | None
    SPEC = """\
log_format One config_core_v3:SubstitutionFormatString
access_log_format OneOf log_format"""
