"""Messages of envoy.extensions.filters.http.jwt_authn.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, config_route_v3, type_matcher_v3


class ExtractOnlyWithoutValidation(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.ExtractOnlyWithoutValidation"
    verification_status_header: str
    SPEC = """\
verification_status_header Text"""


class FilterStateRule(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.FilterStateRule"
    name: str
    requires: dict[str, JwtRequirement]
    SPEC = """\
name Text
requires %One extensions_filters_http_jwt_authn_v3:JwtRequirement"""


class JwksAsyncFetch(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwksAsyncFetch"
    fast_listener: bool
    failed_refetch_duration: float | None
    SPEC = """\
fast_listener Flag
failed_refetch_duration Seconds"""


class JwtAuthentication(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"
    providers: dict[str, JwtProvider]
    rules: tuple[RequirementRule, ...]
    filter_state_rules: FilterStateRule | None
    bypass_cors_preflight: bool
    requirement_map: dict[str, JwtRequirement]
    strip_failure_response: bool
    stat_prefix: str
    SPEC = """\
providers %One extensions_filters_http_jwt_authn_v3:JwtProvider
rules *One extensions_filters_http_jwt_authn_v3:RequirementRule
filter_state_rules One extensions_filters_http_jwt_authn_v3:FilterStateRule
bypass_cors_preflight Flag
requirement_map %One extensions_filters_http_jwt_authn_v3:JwtRequirement
strip_failure_response Flag
stat_prefix Text"""


class JwtCacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtCacheConfig"
    jwt_cache_size: int
    jwt_max_token_size: int
    SPEC = """\
jwt_cache_size Int
jwt_max_token_size Int"""


class JwtClaimToHeader(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader"
    header_name: str
    claim_name: str
    SPEC = """\
header_name Text
claim_name Text"""


class JwtHeader(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtHeader"
    name: str
    value_prefix: str
    SPEC = """\
name Text
value_prefix Text"""


class JwtProvider(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtProvider"

    class NormalizePayload(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.NormalizePayload"
        space_delimited_claims: tuple[str, ...]
        SPEC = """\
space_delimited_claims *Text"""

    issuer: str
    audiences: tuple[str, ...]
    subjects: type_matcher_v3.StringMatcher | None
    require_expiration: bool
    max_lifetime: float | None
    remote_jwks: RemoteJwks | None
    local_jwks: config_core_v3.DataSource | None
    forward: bool
    from_headers: tuple[JwtHeader, ...]
    from_params: tuple[str, ...]
    from_cookies: tuple[str, ...]
    forward_payload_header: str
    pad_forward_payload_header: bool
    payload_in_metadata: str
    normalize_payload_in_metadata: JwtProvider.NormalizePayload | None
    header_in_metadata: str
    failed_status_in_metadata: str
    clock_skew_seconds: int
    jwt_cache_config: JwtCacheConfig | None
    claim_to_headers: tuple[JwtClaimToHeader, ...]
    clear_route_cache: bool
    jwks_source_specifier: typing.Literal["remote_jwks", "local_jwks"] | None
    SPEC = """\
issuer Text
audiences *Text
subjects One type_matcher_v3:StringMatcher
require_expiration Flag
max_lifetime Seconds
remote_jwks One extensions_filters_http_jwt_authn_v3:RemoteJwks
local_jwks One config_core_v3:DataSource
forward Flag
from_headers *One extensions_filters_http_jwt_authn_v3:JwtHeader
from_params *Text
from_cookies *Text
forward_payload_header Text
pad_forward_payload_header Flag
payload_in_metadata Text
normalize_payload_in_metadata One extensions_filters_http_jwt_authn_v3:JwtProvider.NormalizePayload
header_in_metadata Text
failed_status_in_metadata Text
clock_skew_seconds Int
jwt_cache_config One extensions_filters_http_jwt_authn_v3:JwtCacheConfig
claim_to_headers *One extensions_filters_http_jwt_authn_v3:JwtClaimToHeader
clear_route_cache Flag
jwks_source_specifier OneOf remote_jwks local_jwks"""


class JwtRequirement(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement"
    provider_name: str
    provider_and_audiences: ProviderWithAudiences | None
    requires_any: JwtRequirementOrList | None
    requires_all: JwtRequirementAndList | None
    allow_missing_or_failed: typing.Any
    allow_missing: typing.Any
    extract_only_without_validation: ExtractOnlyWithoutValidation | None
    requires_type: (
        typing.Literal[
            "provider_name",
            "provider_and_audiences",
            "requires_any",
            "requires_all",
            "allow_missing_or_failed",
            "allow_missing",
            "extract_only_without_validation",
        ]
        | None
    )
    SPEC = """\
provider_name Text
provider_and_audiences One extensions_filters_http_jwt_authn_v3:ProviderWithAudiences
requires_any One extensions_filters_http_jwt_authn_v3:JwtRequirementOrList
requires_all One extensions_filters_http_jwt_authn_v3:JwtRequirementAndList
allow_missing_or_failed AnyValue
allow_missing AnyValue
extract_only_without_validation One extensions_filters_http_jwt_authn_v3:ExtractOnlyWithoutValidation
requires_type OneOf provider_name provider_and_audiences requires_any requires_all allow_missing_or_failed allow_missing extract_only_without_validation"""


class JwtRequirementAndList(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementAndList"
    requirements: tuple[JwtRequirement, ...]
    SPEC = """\
requirements *One extensions_filters_http_jwt_authn_v3:JwtRequirement"""


class JwtRequirementOrList(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList"
    requirements: tuple[JwtRequirement, ...]
    SPEC = """\
requirements *One extensions_filters_http_jwt_authn_v3:JwtRequirement"""


class PerRouteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig"
    disabled: bool
    requirement_name: str
    requirement_specifier: typing.Literal["disabled", "requirement_name"] | None
    SPEC = """\
disabled Flag
requirement_name Text
requirement_specifier OneOf disabled requirement_name"""


class ProviderWithAudiences(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences"
    provider_name: str
    audiences: tuple[str, ...]
    SPEC = """\
provider_name Text
audiences *Text"""


class RemoteJwks(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks"
    http_uri: config_core_v3.HttpUri | None
    cache_duration: float | None
    async_fetch: JwksAsyncFetch | None
    retry_policy: config_core_v3.RetryPolicy | None
    SPEC = """\
http_uri One config_core_v3:HttpUri
cache_duration Seconds
async_fetch One extensions_filters_http_jwt_authn_v3:JwksAsyncFetch
retry_policy One config_core_v3:RetryPolicy"""


class RequirementRule(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.jwt_authn.v3.RequirementRule"
    match: config_route_v3.RouteMatch | None
    requires: JwtRequirement | None
    requirement_name: str
    requirement_type: typing.Literal["requires", "requirement_name"] | None
    SPEC = """\
match One config_route_v3:RouteMatch
requires One extensions_filters_http_jwt_authn_v3:JwtRequirement
requirement_name Text
requirement_type OneOf requires requirement_name"""
