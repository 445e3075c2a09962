"""Messages of envoy.extensions.outlier_detection_monitors.consecutive_errors.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_outlier_detection_monitors_common_v3


class ConsecutiveErrors(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.outlier_detection_monitors.consecutive_errors.v3.ConsecutiveErrors"
    name: str
    threshold: int | None
    enforcing: int | None
    error_buckets: extensions_outlier_detection_monitors_common_v3.ErrorBuckets | None
    SPEC = """\
name Text
threshold OptionalInt
enforcing OptionalInt
error_buckets One extensions_outlier_detection_monitors_common_v3:ErrorBuckets"""
