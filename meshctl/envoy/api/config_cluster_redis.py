"""Messages of envoy.config.cluster.redis; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class RedisClusterConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.cluster.redis.RedisClusterConfig"
    cluster_refresh_rate: float | None
    cluster_refresh_timeout: float | None
    redirect_refresh_interval: float | None
    redirect_refresh_threshold: int | None
    failure_refresh_threshold: int
    host_degraded_refresh_threshold: int
    SPEC = """\
cluster_refresh_rate Seconds
cluster_refresh_timeout Seconds
redirect_refresh_interval Seconds
redirect_refresh_threshold OptionalInt
failure_refresh_threshold Int
host_degraded_refresh_threshold Int"""
