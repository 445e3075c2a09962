"""Messages of envoy.extensions.tracers.fluentd.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FluentdConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.tracers.fluentd.v3.FluentdConfig"
    cluster: str
    tag: str
    stat_prefix: str
    buffer_flush_interval: float | None
    buffer_size_bytes: int | None
    retry_policy: config_core_v3.RetryPolicy | None
    SPEC = """\
cluster Text
tag Text
stat_prefix Text
buffer_flush_interval Seconds
buffer_size_bytes OptionalInt
retry_policy One config_core_v3:RetryPolicy"""
