"""Messages of envoy.extensions.filters.udp.udp_proxy.session.http_capsule.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class FilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.udp.udp_proxy.session.http_capsule.v3.FilterConfig"
