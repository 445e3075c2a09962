"""Messages of envoy.extensions.common.ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class LocalClusterRateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.ratelimit.v3.LocalClusterRateLimit"


class LocalRateLimitDescriptor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.ratelimit.v3.LocalRateLimitDescriptor"
    entries: tuple[RateLimitDescriptor.Entry, ...]
    token_bucket: type_v3.TokenBucket | None
    shadow_mode: bool
    SPEC = """\
entries *One extensions_common_ratelimit_v3:RateLimitDescriptor.Entry
token_bucket One type_v3:TokenBucket
shadow_mode Flag"""


class RateLimitDescriptor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor"

    class Entry(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry"
        key: str
        value: str
        SPEC = """\
key Text
value Text"""

    class RateLimitOverride(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.RateLimitOverride"
        requests_per_unit: int
        unit: typing.Literal["UNKNOWN", "SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"]
        SPEC = """\
requests_per_unit Int
unit Choice UNKNOWN=0 SECOND=1 MINUTE=2 HOUR=3 DAY=4 MONTH=5 YEAR=6"""

    entries: tuple[RateLimitDescriptor.Entry, ...]
    limit: RateLimitDescriptor.RateLimitOverride | None
    hits_addend: int | None
    is_negative_hits: bool
    SPEC = """\
entries *One extensions_common_ratelimit_v3:RateLimitDescriptor.Entry
limit One extensions_common_ratelimit_v3:RateLimitDescriptor.RateLimitOverride
hits_addend OptionalInt
is_negative_hits Flag"""
