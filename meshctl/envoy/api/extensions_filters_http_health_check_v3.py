"""Messages of envoy.extensions.filters.http.health_check.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_route_v3, type_v3


class HealthCheck(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.health_check.v3.HealthCheck"
    pass_through_mode: bool | None
    cache_time: float | None
    cluster_min_healthy_percentages: dict[str, type_v3.Percent]
    headers: tuple[config_route_v3.HeaderMatcher, ...]
    SPEC = """\
pass_through_mode OptionalFlag
cache_time Seconds
cluster_min_healthy_percentages %One type_v3:Percent
headers *One config_route_v3:HeaderMatcher"""
