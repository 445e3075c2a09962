"""Messages of envoy.extensions.filters.http.gcp_authn.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Audience(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.gcp_authn.v3.Audience"

    class AccessToken(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.gcp_authn.v3.Audience.AccessToken"

    class BoundAccessToken(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.gcp_authn.v3.Audience.BoundAccessToken"

    class BoundJwt(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.gcp_authn.v3.Audience.BoundJwt"
        url: str
        SPEC = """\
url Text"""

    url: str
    access_token: Audience.AccessToken | None
    bound_jwt: Audience.BoundJwt | None
    bound_access_token: Audience.BoundAccessToken | None
    SPEC = """\
url Text
access_token One extensions_filters_http_gcp_authn_v3:Audience.AccessToken
bound_jwt One extensions_filters_http_gcp_authn_v3:Audience.BoundJwt
bound_access_token One extensions_filters_http_gcp_authn_v3:Audience.BoundAccessToken"""


class GcpAuthnFilterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig"
    http_uri: config_core_v3.HttpUri | None
    retry_policy: config_core_v3.RetryPolicy | None
    cache_config: TokenCacheConfig | None
    token_header: TokenHeader | None
    cluster: str
    timeout: float | None
    SPEC = """\
http_uri One config_core_v3:HttpUri
retry_policy One config_core_v3:RetryPolicy
cache_config One extensions_filters_http_gcp_authn_v3:TokenCacheConfig
token_header One extensions_filters_http_gcp_authn_v3:TokenHeader
cluster Text
timeout Seconds"""


class TokenCacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.gcp_authn.v3.TokenCacheConfig"
    cache_size: int | None
    SPEC = """\
cache_size OptionalInt"""


class TokenHeader(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.gcp_authn.v3.TokenHeader"
    name: str
    value_prefix: str
    SPEC = """\
name Text
value_prefix Text"""
