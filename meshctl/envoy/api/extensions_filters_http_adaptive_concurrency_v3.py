"""Messages of envoy.extensions.filters.http.adaptive_concurrency.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3


class AdaptiveConcurrency(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.adaptive_concurrency.v3.AdaptiveConcurrency"
    gradient_controller_config: GradientControllerConfig | None
    enabled: config_core_v3.RuntimeFeatureFlag | None
    concurrency_limit_exceeded_status: type_v3.HttpStatus | None
    concurrency_controller_config: typing.Literal["gradient_controller_config"] | None
    SPEC = """\
gradient_controller_config One extensions_filters_http_adaptive_concurrency_v3:GradientControllerConfig
enabled One config_core_v3:RuntimeFeatureFlag
concurrency_limit_exceeded_status One type_v3:HttpStatus
concurrency_controller_config OneOf gradient_controller_config"""


class GradientControllerConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig"

    class ConcurrencyLimitCalculationParams(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.ConcurrencyLimitCalculationParams"
        max_concurrency_limit: int | None
        concurrency_update_interval: float | None
        SPEC = """\
max_concurrency_limit OptionalInt
concurrency_update_interval Seconds"""

    class MinimumRTTCalculationParams(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.adaptive_concurrency.v3.GradientControllerConfig.MinimumRTTCalculationParams"
        interval: float | None
        fixed_value: float | None
        request_count: int | None
        jitter: type_v3.Percent | None
        min_concurrency: int | None
        buffer: type_v3.Percent | None
        SPEC = """\
interval Seconds
fixed_value Seconds
request_count OptionalInt
jitter One type_v3:Percent
min_concurrency OptionalInt
buffer One type_v3:Percent"""

    sample_aggregate_percentile: type_v3.Percent | None
    concurrency_limit_params: GradientControllerConfig.ConcurrencyLimitCalculationParams | None
    min_rtt_calc_params: GradientControllerConfig.MinimumRTTCalculationParams | None
    SPEC = """\
sample_aggregate_percentile One type_v3:Percent
concurrency_limit_params One extensions_filters_http_adaptive_concurrency_v3:GradientControllerConfig.ConcurrencyLimitCalculationParams
min_rtt_calc_params One extensions_filters_http_adaptive_concurrency_v3:GradientControllerConfig.MinimumRTTCalculationParams"""
