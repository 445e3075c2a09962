"""Messages of envoy.extensions.access_loggers.file.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FileAccessLog(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.file.v3.FileAccessLog"
    path: str
    format: str
    json_format: Json
    typed_json_format: Json
    log_format: config_core_v3.SubstitutionFormatString | None
    access_log_format: typing.Literal["format", "json_format", "typed_json_format", "log_format"] | None
    SPEC = """\
path Text
format Text
json_format Plain
typed_json_format Plain
log_format One config_core_v3:SubstitutionFormatString
access_log_format OneOf format json_format typed_json_format log_format"""
