"""Messages of envoy.extensions.filters.network.connection_limit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class ConnectionLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"
    stat_prefix: str
    max_connections: int | None
    delay: float | None
    runtime_enabled: config_core_v3.RuntimeFeatureFlag | None
    SPEC = """\
stat_prefix Text
max_connections OptionalInt
delay Seconds
runtime_enabled One config_core_v3:RuntimeFeatureFlag"""
