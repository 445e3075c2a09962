"""Messages of envoy.extensions.outlier_detection_monitors.common.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class DatabaseErrors(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.outlier_detection_monitors.common.v3.DatabaseErrors"


class ErrorBuckets(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.outlier_detection_monitors.common.v3.ErrorBuckets"
    http_errors: tuple[HttpErrors, ...]
    local_origin_errors: tuple[LocalOriginErrors, ...]
    database_errors: tuple[DatabaseErrors, ...]
    SPEC = """\
http_errors *One extensions_outlier_detection_monitors_common_v3:HttpErrors
local_origin_errors *One extensions_outlier_detection_monitors_common_v3:LocalOriginErrors
database_errors *One extensions_outlier_detection_monitors_common_v3:DatabaseErrors"""


class HttpErrors(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.outlier_detection_monitors.common.v3.HttpErrors"
    range: type_v3.Int32Range | None
    SPEC = """\
range One type_v3:Int32Range"""


class LocalOriginErrors(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.outlier_detection_monitors.common.v3.LocalOriginErrors"
