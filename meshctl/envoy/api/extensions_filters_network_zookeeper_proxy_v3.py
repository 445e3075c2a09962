"""Messages of envoy.extensions.filters.network.zookeeper_proxy.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class LatencyThresholdOverride(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.zookeeper_proxy.v3.LatencyThresholdOverride"
    opcode: typing.Literal[
        "Connect",
        "Create",
        "Delete",
        "Exists",
        "GetData",
        "SetData",
        "GetAcl",
        "SetAcl",
        "GetChildren",
        "Sync",
        "Ping",
        "GetChildren2",
        "Check",
        "Multi",
        "Create2",
        "Reconfig",
        "CheckWatches",
        "RemoveWatches",
        "CreateContainer",
        "CreateTtl",
        "Close",
        "SetAuth",
        "SetWatches",
        "GetEphemerals",
        "GetAllChildrenNumber",
        "SetWatches2",
        "AddWatch",
    ]
    threshold: float | None
    SPEC = """\
opcode Choice Connect=0 Create=1 Delete=2 Exists=3 GetData=4 SetData=5 GetAcl=6 SetAcl=7 GetChildren=8 Sync=9 Ping=10 GetChildren2=11 Check=12 Multi=13 Create2=14 Reconfig=15 CheckWatches=16 RemoveWatches=17 CreateContainer=18 CreateTtl=19 Close=20 SetAuth=21 SetWatches=22 GetEphemerals=23 GetAllChildrenNumber=24 SetWatches2=25 AddWatch=26
threshold Seconds"""


class ZooKeeperProxy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.zookeeper_proxy.v3.ZooKeeperProxy"
    stat_prefix: str
    access_log: str
    max_packet_bytes: int | None
    enable_latency_threshold_metrics: bool
    default_latency_threshold: float | None
    latency_threshold_overrides: tuple[LatencyThresholdOverride, ...]
    enable_per_opcode_request_bytes_metrics: bool
    enable_per_opcode_response_bytes_metrics: bool
    enable_per_opcode_decoder_error_metrics: bool
    SPEC = """\
stat_prefix Text
access_log Text
max_packet_bytes OptionalInt
enable_latency_threshold_metrics Flag
default_latency_threshold Seconds
latency_threshold_overrides *One extensions_filters_network_zookeeper_proxy_v3:LatencyThresholdOverride
enable_per_opcode_request_bytes_metrics Flag
enable_per_opcode_response_bytes_metrics Flag
enable_per_opcode_decoder_error_metrics Flag"""
