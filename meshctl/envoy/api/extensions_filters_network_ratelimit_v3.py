"""Messages of envoy.extensions.filters.network.ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_ratelimit_v3, extensions_common_ratelimit_v3


class RateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.ratelimit.v3.RateLimit"
    stat_prefix: str
    domain: str
    descriptors: tuple[extensions_common_ratelimit_v3.RateLimitDescriptor, ...]
    timeout: float | None
    failure_mode_deny: bool
    rate_limit_service: config_ratelimit_v3.RateLimitServiceConfig | None
    SPEC = """\
stat_prefix Text
domain Text
descriptors *One extensions_common_ratelimit_v3:RateLimitDescriptor
timeout Seconds
failure_mode_deny Flag
rate_limit_service One config_ratelimit_v3:RateLimitServiceConfig"""
