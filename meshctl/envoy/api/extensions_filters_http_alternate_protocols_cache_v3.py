"""Messages of envoy.extensions.filters.http.alternate_protocols_cache.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.alternate_protocols_cache.v3.FilterConfig"
    alternate_protocols_cache_options: config_core_v3.AlternateProtocolsCacheOptions | None
    SPEC = """\
alternate_protocols_cache_options One config_core_v3:AlternateProtocolsCacheOptions"""
