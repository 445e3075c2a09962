"""Messages of envoy.extensions.health_checkers.redis.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_network_redis_proxy_v3


class Redis(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.health_checkers.redis.v3.Redis"
    key: str
    aws_iam: extensions_filters_network_redis_proxy_v3.AwsIam | None
    SPEC = """\
key Text
aws_iam One extensions_filters_network_redis_proxy_v3:AwsIam"""
