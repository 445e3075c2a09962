"""Messages of envoy.extensions.filters.http.csrf.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_matcher_v3


class CsrfPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.csrf.v3.CsrfPolicy"
    filter_enabled: config_core_v3.RuntimeFractionalPercent | None
    shadow_enabled: config_core_v3.RuntimeFractionalPercent | None
    additional_origins: tuple[type_matcher_v3.StringMatcher, ...]
    SPEC = """\
filter_enabled One config_core_v3:RuntimeFractionalPercent
shadow_enabled One config_core_v3:RuntimeFractionalPercent
additional_origins *One type_matcher_v3:StringMatcher"""
