"""Messages of envoy.extensions.string_matcher.lua.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Lua(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.string_matcher.lua.v3.Lua"
    source_code: config_core_v3.DataSource | None
    SPEC = """\
source_code One config_core_v3:DataSource"""
