"""Messages of envoy.extensions.rbac.matchers.upstream_ip_port.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3


class UpstreamIpPortMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.rbac.matchers.upstream_ip_port.v3.UpstreamIpPortMatcher"
    upstream_ip: config_core_v3.CidrRange | None
    upstream_port_range: type_v3.Int64Range | None
    SPEC = """\
upstream_ip One config_core_v3:CidrRange
upstream_port_range One type_v3:Int64Range"""
