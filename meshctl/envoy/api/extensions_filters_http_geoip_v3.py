"""Messages of envoy.extensions.filters.http.geoip.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Geoip(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.geoip.v3.Geoip"

    class CustomHeaderConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.geoip.v3.Geoip.CustomHeaderConfig"
        header_name: str
        SPEC = """\
header_name Text"""

    class XffConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.geoip.v3.Geoip.XffConfig"
        xff_num_trusted_hops: int
        SPEC = """\
xff_num_trusted_hops Int"""

    xff_config: Geoip.XffConfig | None
    custom_header_config: Geoip.CustomHeaderConfig | None
    provider: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
xff_config One extensions_filters_http_geoip_v3:Geoip.XffConfig
custom_header_config One extensions_filters_http_geoip_v3:Geoip.CustomHeaderConfig
provider One config_core_v3:TypedExtensionConfig"""
