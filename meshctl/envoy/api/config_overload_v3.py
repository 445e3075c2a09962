"""Messages of envoy.config.overload.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message, Packed

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class BufferFactoryConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.BufferFactoryConfig"
    minimum_account_to_track_power_of_two: int
    SPEC = """\
minimum_account_to_track_power_of_two Int"""


class LoadShedPoint(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.LoadShedPoint"
    name: str
    triggers: tuple[Trigger, ...]
    SPEC = """\
name Text
triggers *One config_overload_v3:Trigger"""


class OverloadAction(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.OverloadAction"
    name: str
    triggers: tuple[Trigger, ...]
    typed_config: Packed | None
    SPEC = """\
name Text
triggers *One config_overload_v3:Trigger
typed_config PackedField"""


class OverloadManager(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.OverloadManager"
    refresh_interval: float | None
    resource_monitors: tuple[ResourceMonitor, ...]
    actions: tuple[OverloadAction, ...]
    loadshed_points: tuple[LoadShedPoint, ...]
    buffer_factory_config: BufferFactoryConfig | None
    SPEC = """\
refresh_interval Seconds
resource_monitors *One config_overload_v3:ResourceMonitor
actions *One config_overload_v3:OverloadAction
loadshed_points *One config_overload_v3:LoadShedPoint
buffer_factory_config One config_overload_v3:BufferFactoryConfig"""


class ResourceMonitor(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.ResourceMonitor"
    name: str
    typed_config: Packed | None
    config_type: typing.Literal["typed_config"] | None
    SPEC = """\
name Text
typed_config PackedField
config_type OneOf typed_config"""


class ScaleTimersOverloadActionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.ScaleTimersOverloadActionConfig"

    class ScaleTimer(Message):
        __slots__ = ()
        TYPE = "envoy.config.overload.v3.ScaleTimersOverloadActionConfig.ScaleTimer"
        timer: typing.Literal[
            "UNSPECIFIED",
            "HTTP_DOWNSTREAM_CONNECTION_IDLE",
            "HTTP_DOWNSTREAM_STREAM_IDLE",
            "TRANSPORT_SOCKET_CONNECT",
            "HTTP_DOWNSTREAM_CONNECTION_MAX",
            "HTTP_DOWNSTREAM_STREAM_FLUSH",
        ]
        min_timeout: float | None
        min_scale: type_v3.Percent | None
        overload_adjust: typing.Literal["min_timeout", "min_scale"] | None
        SPEC = """\
timer Choice UNSPECIFIED=0 HTTP_DOWNSTREAM_CONNECTION_IDLE=1 HTTP_DOWNSTREAM_STREAM_IDLE=2 TRANSPORT_SOCKET_CONNECT=3 HTTP_DOWNSTREAM_CONNECTION_MAX=4 HTTP_DOWNSTREAM_STREAM_FLUSH=5
min_timeout Seconds
min_scale One type_v3:Percent
overload_adjust OneOf min_timeout min_scale"""

    timer_scale_factors: tuple[ScaleTimersOverloadActionConfig.ScaleTimer, ...]
    SPEC = """\
timer_scale_factors *One config_overload_v3:ScaleTimersOverloadActionConfig.ScaleTimer"""


class ScaledTrigger(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.ScaledTrigger"
    scaling_threshold: float
    saturation_threshold: float
    SPEC = """\
scaling_threshold Number
saturation_threshold Number"""


class ShrinkHeapConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.ShrinkHeapConfig"
    timer_interval: float | None
    max_unfreed_memory_bytes: int | None
    SPEC = """\
timer_interval Seconds
max_unfreed_memory_bytes OptionalInt"""


class ThresholdTrigger(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.ThresholdTrigger"
    value: float
    SPEC = """\
value Number"""


class Trigger(Message):
    __slots__ = ()
    TYPE = "envoy.config.overload.v3.Trigger"
    name: str
    threshold: ThresholdTrigger | None
    scaled: ScaledTrigger | None
    trigger_oneof: typing.Literal["threshold", "scaled"] | None
    SPEC = """\
name Text
threshold One config_overload_v3:ThresholdTrigger
scaled One config_overload_v3:ScaledTrigger
trigger_oneof OneOf threshold scaled"""
