"""Messages of envoy.extensions.filters.http.on_demand.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class OnDemand(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.on_demand.v3.OnDemand"
    odcds: OnDemandCds | None
    SPEC = """\
odcds One extensions_filters_http_on_demand_v3:OnDemandCds"""


class OnDemandCds(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.on_demand.v3.OnDemandCds"
    source: config_core_v3.ConfigSource | None
    resources_locator: str
    timeout: float | None
    SPEC = """\
source One config_core_v3:ConfigSource
resources_locator Text
timeout Seconds"""


class PerRouteConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.on_demand.v3.PerRouteConfig"
    odcds: OnDemandCds | None
    SPEC = """\
odcds One extensions_filters_http_on_demand_v3:OnDemandCds"""
