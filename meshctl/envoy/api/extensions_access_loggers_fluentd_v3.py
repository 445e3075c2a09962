"""Messages of envoy.extensions.access_loggers.fluentd.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message
from meshctl.plain import Json

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FluentdAccessLogConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig"

    class RetryOptions(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.access_loggers.fluentd.v3.FluentdAccessLogConfig.RetryOptions"
        max_connect_attempts: int | None
        backoff_options: config_core_v3.BackoffStrategy | None
        SPEC = """\
max_connect_attempts OptionalInt
backoff_options One config_core_v3:BackoffStrategy"""

    cluster: str
    tag: str
    stat_prefix: str
    buffer_flush_interval: float | None
    buffer_size_bytes: int | None
    record: Json
    retry_options: FluentdAccessLogConfig.RetryOptions | None
    formatters: tuple[config_core_v3.TypedExtensionConfig, ...]
    SPEC = """\
cluster Text
tag Text
stat_prefix Text
buffer_flush_interval Seconds
buffer_size_bytes OptionalInt
record Plain
retry_options One extensions_access_loggers_fluentd_v3:FluentdAccessLogConfig.RetryOptions
formatters *One config_core_v3:TypedExtensionConfig"""
