"""Messages of envoy.extensions.geoip_providers.common.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class CommonGeoipProviderConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.geoip_providers.common.v3.CommonGeoipProviderConfig"

    class GeolocationFieldKeys(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.geoip_providers.common.v3.CommonGeoipProviderConfig.GeolocationFieldKeys"
        country: str
        city: str
        region: str
        asn: str
        asn_org: str
        anon: str
        anon_vpn: str
        anon_hosting: str
        anon_tor: str
        anon_proxy: str
        isp: str
        apple_private_relay: str
        SPEC = """\
country Text
city Text
region Text
asn Text
asn_org Text
anon Text
anon_vpn Text
anon_hosting Text
anon_tor Text
anon_proxy Text
isp Text
apple_private_relay Text"""

    class GeolocationHeadersToAdd(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.geoip_providers.common.v3.CommonGeoipProviderConfig.GeolocationHeadersToAdd"
        country: str
        city: str
        region: str
        asn: str
        asn_org: str
        is_anon: str
        anon: str
        anon_vpn: str
        anon_hosting: str
        anon_tor: str
        anon_proxy: str
        isp: str
        apple_private_relay: str
        SPEC = """\
country Text
city Text
region Text
asn Text
asn_org Text
is_anon Text
anon Text
anon_vpn Text
anon_hosting Text
anon_tor Text
anon_proxy Text
isp Text
apple_private_relay Text"""

    geo_headers_to_add: CommonGeoipProviderConfig.GeolocationHeadersToAdd | None
    geo_field_keys: CommonGeoipProviderConfig.GeolocationFieldKeys | None
    SPEC = """\
geo_headers_to_add One extensions_geoip_providers_common_v3:CommonGeoipProviderConfig.GeolocationHeadersToAdd
geo_field_keys One extensions_geoip_providers_common_v3:CommonGeoipProviderConfig.GeolocationFieldKeys"""
