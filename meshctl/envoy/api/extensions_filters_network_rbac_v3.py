"""Messages of envoy.extensions.filters.network.rbac.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_rbac_v3, xds_type_matcher_v3


class RBAC(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.rbac.v3.RBAC"
    rules: config_rbac_v3.RBAC | None
    matcher: xds_type_matcher_v3.Matcher | None
    shadow_rules: config_rbac_v3.RBAC | None
    shadow_matcher: xds_type_matcher_v3.Matcher | None
    shadow_rules_stat_prefix: str
    stat_prefix: str
    enforcement_type: typing.Literal["ONE_TIME_ON_FIRST_BYTE", "CONTINUOUS"]
    delay_deny: float | None
    SPEC = """\
rules One config_rbac_v3:RBAC
matcher One xds_type_matcher_v3:Matcher
shadow_rules One config_rbac_v3:RBAC
shadow_matcher One xds_type_matcher_v3:Matcher
shadow_rules_stat_prefix Text
stat_prefix Text
enforcement_type Choice ONE_TIME_ON_FIRST_BYTE=0 CONTINUOUS=1
delay_deny Seconds"""
