"""Messages of envoy.extensions.router.cluster_specifiers.matcher.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import xds_type_matcher_v3


class ClusterAction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.router.cluster_specifiers.matcher.v3.ClusterAction"
    cluster: str
    SPEC = """\
cluster Text"""


class MatcherClusterSpecifier(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.router.cluster_specifiers.matcher.v3.MatcherClusterSpecifier"
    cluster_matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
cluster_matcher One xds_type_matcher_v3:Matcher"""
