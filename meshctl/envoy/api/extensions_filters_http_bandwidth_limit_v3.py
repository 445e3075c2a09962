"""Messages of envoy.extensions.filters.http.bandwidth_limit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class BandwidthLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.bandwidth_limit.v3.BandwidthLimit"
    stat_prefix: str
    enable_mode: typing.Literal["DISABLED", "REQUEST", "RESPONSE", "REQUEST_AND_RESPONSE"]
    limit_kbps: int | None
    fill_interval: float | None
    runtime_enabled: config_core_v3.RuntimeFeatureFlag | None
    enable_response_trailers: bool
    response_trailer_prefix: str
    SPEC = """\
stat_prefix Text
enable_mode Choice DISABLED=0 REQUEST=1 RESPONSE=2 REQUEST_AND_RESPONSE=3
limit_kbps OptionalInt
fill_interval Seconds
runtime_enabled One config_core_v3:RuntimeFeatureFlag
enable_response_trailers Flag
response_trailer_prefix Text"""
