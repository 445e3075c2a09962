"""Messages of envoy.extensions.filters.http.oauth2.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import (
        config_core_v3,
        config_route_v3,
        extensions_transport_sockets_tls_v3,
        type_matcher_v3,
    )


class CookieConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.CookieConfig"
    same_site: typing.Literal["DISABLED", "STRICT", "LAX", "NONE"]
    path: str
    partitioned: bool
    SPEC = """\
same_site Choice DISABLED=0 STRICT=1 LAX=2 NONE=3
path Text
partitioned Flag"""


class CookieConfigs(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.CookieConfigs"
    bearer_token_cookie_config: CookieConfig | None
    oauth_hmac_cookie_config: CookieConfig | None
    oauth_expires_cookie_config: CookieConfig | None
    id_token_cookie_config: CookieConfig | None
    refresh_token_cookie_config: CookieConfig | None
    oauth_nonce_cookie_config: CookieConfig | None
    code_verifier_cookie_config: CookieConfig | None
    SPEC = """\
bearer_token_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
oauth_hmac_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
oauth_expires_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
id_token_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
refresh_token_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
oauth_nonce_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig
code_verifier_cookie_config One extensions_filters_http_oauth2_v3:CookieConfig"""


class OAuth2(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2"
    config: OAuth2Config | None
    SPEC = """\
config One extensions_filters_http_oauth2_v3:OAuth2Config"""


class OAuth2Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2Config"
    token_endpoint: config_core_v3.HttpUri | None
    retry_policy: config_core_v3.RetryPolicy | None
    authorization_endpoint: str
    end_session_endpoint: str
    post_logout_redirect_uri: PostLogoutRedirectUri | None
    credentials: OAuth2Credentials | None
    redirect_uri: str
    redirect_path_matcher: type_matcher_v3.PathMatcher | None
    signout_path: type_matcher_v3.PathMatcher | None
    forward_bearer_token: bool
    forward_id_token: OAuth2TokenForwarding | None
    preserve_authorization_header: bool
    pass_through_matcher: tuple[config_route_v3.HeaderMatcher, ...]
    auth_scopes: tuple[str, ...]
    resources: tuple[str, ...]
    auth_type: typing.Literal["URL_ENCODED_BODY", "BASIC_AUTH", "TLS_CLIENT_AUTH", "PRIVATE_KEY_JWT"]
    use_refresh_token: bool | None
    default_expires_in: float | None
    deny_redirect_matcher: tuple[config_route_v3.HeaderMatcher, ...]
    default_refresh_token_expires_in: float | None
    disable_id_token_set_cookie: bool
    disable_access_token_set_cookie: bool
    disable_refresh_token_set_cookie: bool
    cookie_configs: CookieConfigs | None
    stat_prefix: str
    csrf_token_expires_in: float | None
    code_verifier_token_expires_in: float | None
    disable_token_encryption: bool
    allow_failed_matcher: tuple[config_route_v3.HeaderMatcher, ...]
    original_request_uri: str
    allowed_redirect_domains: tuple[str, ...]
    use_access_token_expiry_for_id_token_cookie: bool
    private_key_jwt_config: PrivateKeyJwtConfig | None
    SPEC = """\
token_endpoint One config_core_v3:HttpUri
retry_policy One config_core_v3:RetryPolicy
authorization_endpoint Text
end_session_endpoint Text
post_logout_redirect_uri One extensions_filters_http_oauth2_v3:PostLogoutRedirectUri
credentials One extensions_filters_http_oauth2_v3:OAuth2Credentials
redirect_uri Text
redirect_path_matcher One type_matcher_v3:PathMatcher
signout_path One type_matcher_v3:PathMatcher
forward_bearer_token Flag
forward_id_token One extensions_filters_http_oauth2_v3:OAuth2TokenForwarding
preserve_authorization_header Flag
pass_through_matcher *One config_route_v3:HeaderMatcher
auth_scopes *Text
resources *Text
auth_type Choice URL_ENCODED_BODY=0 BASIC_AUTH=1 TLS_CLIENT_AUTH=2 PRIVATE_KEY_JWT=3
use_refresh_token OptionalFlag
default_expires_in Seconds
deny_redirect_matcher *One config_route_v3:HeaderMatcher
default_refresh_token_expires_in Seconds
disable_id_token_set_cookie Flag
disable_access_token_set_cookie Flag
disable_refresh_token_set_cookie Flag
cookie_configs One extensions_filters_http_oauth2_v3:CookieConfigs
stat_prefix Text
csrf_token_expires_in Seconds
code_verifier_token_expires_in Seconds
disable_token_encryption Flag
allow_failed_matcher *One config_route_v3:HeaderMatcher
original_request_uri Text
allowed_redirect_domains *Text
use_access_token_expiry_for_id_token_cookie Flag
private_key_jwt_config One extensions_filters_http_oauth2_v3:PrivateKeyJwtConfig"""


class OAuth2Credentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2Credentials"

    class CookieNames(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2Credentials.CookieNames"
        bearer_token: str
        oauth_hmac: str
        oauth_expires: str
        id_token: str
        refresh_token: str
        oauth_nonce: str
        code_verifier: str
        SPEC = """\
bearer_token Text
oauth_hmac Text
oauth_expires Text
id_token Text
refresh_token Text
oauth_nonce Text
code_verifier Text"""

    client_id: str
    token_secret: extensions_transport_sockets_tls_v3.SdsSecretConfig | None
    hmac_secret: extensions_transport_sockets_tls_v3.SdsSecretConfig | None
    cookie_names: OAuth2Credentials.CookieNames | None
    cookie_domain: str
    token_formation: typing.Literal["hmac_secret"] | None
    SPEC = """\
client_id Text
token_secret One extensions_transport_sockets_tls_v3:SdsSecretConfig
hmac_secret One extensions_transport_sockets_tls_v3:SdsSecretConfig
cookie_names One extensions_filters_http_oauth2_v3:OAuth2Credentials.CookieNames
cookie_domain Text
token_formation OneOf hmac_secret"""


class OAuth2PerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2PerRoute"
    config: OAuth2Config | None
    SPEC = """\
config One extensions_filters_http_oauth2_v3:OAuth2Config"""


class OAuth2TokenForwarding(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.OAuth2TokenForwarding"
    header: str
    SPEC = """\
header Text"""


class PostLogoutRedirectUri(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.PostLogoutRedirectUri"
    disabled: bool
    uri: str
    config: typing.Literal["disabled", "uri"] | None
    SPEC = """\
disabled Flag
uri Text
config OneOf disabled uri"""


class PrivateKeyJwtConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.oauth2.v3.PrivateKeyJwtConfig"
    signing_algorithm: typing.Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512"]
    assertion_lifetime: float | None
    SPEC = """\
signing_algorithm Choice RS256=0 RS384=1 RS512=2 ES256=3 ES384=4 ES512=5
assertion_lifetime Seconds"""
