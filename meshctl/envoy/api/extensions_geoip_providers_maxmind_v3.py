"""Messages of envoy.extensions.geoip_providers.maxmind.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_geoip_providers_common_v3


class MaxMindConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.geoip_providers.maxmind.v3.MaxMindConfig"
    city_db_path: str
    asn_db_path: str
    anon_db_path: str
    isp_db_path: str
    country_db_path: str
    common_provider_config: extensions_geoip_providers_common_v3.CommonGeoipProviderConfig | None
    SPEC = """\
city_db_path Text
asn_db_path Text
anon_db_path Text
isp_db_path Text
country_db_path Text
common_provider_config One extensions_geoip_providers_common_v3:CommonGeoipProviderConfig"""
