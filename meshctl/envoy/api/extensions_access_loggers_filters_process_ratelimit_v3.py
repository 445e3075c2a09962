"""Messages of envoy.extensions.access_loggers.filters.process_ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class DynamicTokenBucket(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.filters.process_ratelimit.v3.DynamicTokenBucket"
    resource_name: str
    config_source: config_core_v3.ConfigSource | None
    SPEC = """\
resource_name Text
config_source One config_core_v3:ConfigSource"""


class ProcessRateLimitFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.access_loggers.filters.process_ratelimit.v3.ProcessRateLimitFilter"
    dynamic_config: DynamicTokenBucket | None
    SPEC = """\
dynamic_config One extensions_access_loggers_filters_process_ratelimit_v3:DynamicTokenBucket"""
