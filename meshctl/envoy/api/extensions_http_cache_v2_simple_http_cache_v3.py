"""Messages of envoy.extensions.http.cache_v2.simple_http_cache.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SimpleHttpCacheV2Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.cache_v2.simple_http_cache.v3.SimpleHttpCacheV2Config"
