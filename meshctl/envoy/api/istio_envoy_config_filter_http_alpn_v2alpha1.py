"""Messages of istio.envoy.config.filter.http.alpn.v2alpha1; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig"

    class AlpnOverride(Message):
        __slots__ = ()
        TYPE = "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig.AlpnOverride"
        upstream_protocol: typing.Literal["HTTP10", "HTTP11", "HTTP2"]
        alpn_override: tuple[str, ...]
        SPEC = """\
upstream_protocol Choice HTTP10=0 HTTP11=1 HTTP2=2
alpn_override *Text"""

    alpn_override: tuple[FilterConfig.AlpnOverride, ...]
    SPEC = """\
alpn_override *One istio_envoy_config_filter_http_alpn_v2alpha1:FilterConfig.AlpnOverride"""
