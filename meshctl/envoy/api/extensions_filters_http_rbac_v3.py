"""Messages of envoy.extensions.filters.http.rbac.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_rbac_v3, xds_type_matcher_v3


class RBAC(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.rbac.v3.RBAC"
    rules: config_rbac_v3.RBAC | None
    rules_stat_prefix: str
    matcher: xds_type_matcher_v3.Matcher | None
    shadow_rules: config_rbac_v3.RBAC | None
    shadow_matcher: xds_type_matcher_v3.Matcher | None
    shadow_rules_stat_prefix: str
    track_per_rule_stats: bool
    SPEC = """\
rules One config_rbac_v3:RBAC
rules_stat_prefix Text
matcher One xds_type_matcher_v3:Matcher
shadow_rules One config_rbac_v3:RBAC
shadow_matcher One xds_type_matcher_v3:Matcher
shadow_rules_stat_prefix Text
track_per_rule_stats Flag"""


class RBACPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute"
    rbac: RBAC | None
    SPEC = """\
rbac One extensions_filters_http_rbac_v3:RBAC"""
