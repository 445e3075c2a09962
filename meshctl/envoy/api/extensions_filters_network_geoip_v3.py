"""Messages of envoy.extensions.filters.network.geoip.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Geoip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.geoip.v3.Geoip"
    stat_prefix: str
    provider: config_core_v3.TypedExtensionConfig | None
    client_ip: str
    SPEC = """\
stat_prefix Text
provider One config_core_v3:TypedExtensionConfig
client_ip Text"""
