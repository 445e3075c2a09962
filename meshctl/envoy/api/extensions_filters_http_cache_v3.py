"""Messages of envoy.extensions.filters.http.cache.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_route_v3, type_matcher_v3


class CacheConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.cache.v3.CacheConfig"

    class KeyCreatorParams(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.cache.v3.CacheConfig.KeyCreatorParams"
        exclude_scheme: bool
        exclude_host: bool
        query_parameters_included: tuple[config_route_v3.QueryParameterMatcher, ...]
        query_parameters_excluded: tuple[config_route_v3.QueryParameterMatcher, ...]
        SPEC = """\
exclude_scheme Flag
exclude_host Flag
query_parameters_included *One config_route_v3:QueryParameterMatcher
query_parameters_excluded *One config_route_v3:QueryParameterMatcher"""

    typed_config: Packed | None
    disabled: bool | None
    allowed_vary_headers: tuple[type_matcher_v3.StringMatcher, ...]
    key_creator_params: CacheConfig.KeyCreatorParams | None
    max_body_bytes: int
    ignore_request_cache_control_header: bool
    SPEC = """\
typed_config PackedField
disabled OptionalFlag
allowed_vary_headers *One type_matcher_v3:StringMatcher
key_creator_params One extensions_filters_http_cache_v3:CacheConfig.KeyCreatorParams
max_body_bytes Int
ignore_request_cache_control_header Flag"""
