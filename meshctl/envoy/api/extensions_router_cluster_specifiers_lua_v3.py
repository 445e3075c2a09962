"""Messages of envoy.extensions.router.cluster_specifiers.lua.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class LuaConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig"
    source_code: config_core_v3.DataSource | None
    default_cluster: str
    SPEC = """\
source_code One config_core_v3:DataSource
default_cluster Text"""
