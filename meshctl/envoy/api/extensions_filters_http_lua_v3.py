"""Messages of envoy.extensions.filters.http.lua.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Lua(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.lua.v3.Lua"
    inline_code: str
    source_codes: dict[str, config_core_v3.DataSource]
    default_source_code: config_core_v3.DataSource | None
    stat_prefix: str
    clear_route_cache: bool | None
    SPEC = """\
inline_code Text
source_codes %One config_core_v3:DataSource
default_source_code One config_core_v3:DataSource
stat_prefix Text
clear_route_cache OptionalFlag"""


class LuaPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.lua.v3.LuaPerRoute"
    disabled: bool
    name: str
    source_code: config_core_v3.DataSource | None
    filter_context: Json
    override: typing.Literal["disabled", "name", "source_code"] | None
    SPEC = """\
disabled Flag
name Text
source_code One config_core_v3:DataSource
filter_context Plain
override OneOf disabled name source_code"""
