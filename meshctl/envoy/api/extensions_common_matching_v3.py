"""Messages of envoy.extensions.common.matching.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_common_matcher_v3, config_core_v3, xds_type_matcher_v3


class ExtensionWithMatcher(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.matching.v3.ExtensionWithMatcher"
    matcher: config_common_matcher_v3.Matcher | None
    xds_matcher: xds_type_matcher_v3.Matcher | None
    extension_config: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
matcher One config_common_matcher_v3:Matcher
xds_matcher One xds_type_matcher_v3:Matcher
extension_config One config_core_v3:TypedExtensionConfig"""


class ExtensionWithMatcherPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.matching.v3.ExtensionWithMatcherPerRoute"
    xds_matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
xds_matcher One xds_type_matcher_v3:Matcher"""
