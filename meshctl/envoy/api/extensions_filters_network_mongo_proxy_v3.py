"""Messages of envoy.extensions.filters.network.mongo_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_common_fault_v3


class MongoProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.mongo_proxy.v3.MongoProxy"
    stat_prefix: str
    access_log: str
    delay: extensions_filters_common_fault_v3.FaultDelay | None
    emit_dynamic_metadata: bool
    commands: tuple[str, ...]
    max_bson_depth: int | None
    SPEC = """\
stat_prefix Text
access_log Text
delay One extensions_filters_common_fault_v3:FaultDelay
emit_dynamic_metadata Flag
commands *Text
max_bson_depth OptionalInt"""
