"""Messages of envoy.extensions.http.cache.simple_http_cache.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SimpleHttpCacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.cache.simple_http_cache.v3.SimpleHttpCacheConfig"
