"""Messages of envoy.extensions.filters.network.local_ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3


class LocalRateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit"
    stat_prefix: str
    token_bucket: type_v3.TokenBucket | None
    runtime_enabled: config_core_v3.RuntimeFeatureFlag | None
    share_key: str
    SPEC = """\
stat_prefix Text
token_bucket One type_v3:TokenBucket
runtime_enabled One config_core_v3:RuntimeFeatureFlag
share_key Text"""
