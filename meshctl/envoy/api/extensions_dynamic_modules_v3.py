"""Messages of envoy.extensions.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class DynamicModuleConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.dynamic_modules.v3.DynamicModuleConfig"
    name: str
    do_not_close: bool
    load_globally: bool
    metrics_namespace: str
    module: config_core_v3.AsyncDataSource | None
    nack_on_cache_miss: bool
    SPEC = """\
name Text
do_not_close Flag
load_globally Flag
metrics_namespace Text
module One config_core_v3:AsyncDataSource
nack_on_cache_miss Flag"""
