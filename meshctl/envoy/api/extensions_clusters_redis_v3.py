"""Messages of envoy.extensions.clusters.redis.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class RedisClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.redis.v3.RedisClusterConfig"
    cluster_refresh_rate: float | None
    cluster_refresh_timeout: float | None
    redirect_refresh_interval: float | None
    redirect_refresh_threshold: int | None
    failure_refresh_threshold: int
    host_degraded_refresh_threshold: int
    enable_zone_discovery: bool | None
    SPEC = """\
cluster_refresh_rate Seconds
cluster_refresh_timeout Seconds
redirect_refresh_interval Seconds
redirect_refresh_threshold OptionalInt
failure_refresh_threshold Int
host_degraded_refresh_threshold Int
enable_zone_discovery OptionalFlag"""
