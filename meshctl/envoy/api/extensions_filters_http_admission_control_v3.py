"""Messages of envoy.extensions.filters.http.admission_control.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3, type_v3


class AdmissionControl(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.admission_control.v3.AdmissionControl"

    class SuccessCriteria(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria"

        class GrpcCriteria(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.GrpcCriteria"
            grpc_success_status: tuple[int, ...]
            SPEC = """\
grpc_success_status *Int"""

        class HttpCriteria(Message):
            __slots__ = ()
            TYPE = "envoy.extensions.filters.http.admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria"
            http_success_status: tuple[type_v3.Int32Range, ...]
            SPEC = """\
http_success_status *One type_v3:Int32Range"""

        http_criteria: AdmissionControl.SuccessCriteria.HttpCriteria | None
        grpc_criteria: AdmissionControl.SuccessCriteria.GrpcCriteria | None
        SPEC = """\
http_criteria One extensions_filters_http_admission_control_v3:AdmissionControl.SuccessCriteria.HttpCriteria
grpc_criteria One extensions_filters_http_admission_control_v3:AdmissionControl.SuccessCriteria.GrpcCriteria"""

    enabled: config_core_v3.RuntimeFeatureFlag | None
    success_criteria: AdmissionControl.SuccessCriteria | None
    sampling_window: float | None
    aggression: config_core_v3.RuntimeDouble | None
    sr_threshold: config_core_v3.RuntimePercent | None
    rps_threshold: config_core_v3.RuntimeUInt32 | None
    max_rejection_probability: config_core_v3.RuntimePercent | None
    evaluation_criteria: typing.Literal["success_criteria"] | None
    SPEC = """\
enabled One config_core_v3:RuntimeFeatureFlag
success_criteria One extensions_filters_http_admission_control_v3:AdmissionControl.SuccessCriteria
sampling_window Seconds
aggression One config_core_v3:RuntimeDouble
sr_threshold One config_core_v3:RuntimePercent
rps_threshold One config_core_v3:RuntimeUInt32
max_rejection_probability One config_core_v3:RuntimePercent
evaluation_criteria OneOf success_criteria"""
