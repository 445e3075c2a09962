"""Messages of envoy.extensions.filters.http.cors.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class Cors(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.cors.v3.Cors"


class CorsPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.cors.v3.CorsPolicy"
    allow_origin_string_match: tuple[type_matcher_v3.StringMatcher, ...]
    allow_methods: str
    allow_headers: str
    expose_headers: str
    max_age: str
    allow_credentials: bool | None
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    shadow_enabled: config_core_v3.RuntimeFractionalPercent | None
    allow_private_network_access: bool | None
    forward_not_matching_preflights: bool | None
    SPEC = """\
allow_origin_string_match *One type_matcher_v3:StringMatcher
allow_methods Text
allow_headers Text
expose_headers Text
max_age Text
allow_credentials OptionalFlag
filter_enabled One config_core_v3:RuntimeFractionalPercent
shadow_enabled One config_core_v3:RuntimeFractionalPercent
allow_private_network_access OptionalFlag
forward_not_matching_preflights OptionalFlag"""
