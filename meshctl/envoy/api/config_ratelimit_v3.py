"""Messages of envoy.config.ratelimit.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class RateLimitServiceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.ratelimit.v3.RateLimitServiceConfig"
    grpc_service: config_core_v3.GrpcService | None
    transport_api_version: typing.Literal["AUTO", "V2", "V3"]
    SPEC = """\
grpc_service One config_core_v3:GrpcService
transport_api_version Choice AUTO=0 V2=1 V3=2"""
