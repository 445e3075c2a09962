"""Messages of envoy.extensions.filters.common.fault.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class FaultDelay(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.fault.v3.FaultDelay"

    class HeaderDelay(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.common.fault.v3.FaultDelay.HeaderDelay"

    fixed_delay: float | None
    header_delay: FaultDelay.HeaderDelay | None
    percentage: type_v3.FractionalPercent | None
    fault_delay_secifier: typing.Literal["fixed_delay", "header_delay"] | None
    SPEC = """\
fixed_delay Seconds
header_delay One extensions_filters_common_fault_v3:FaultDelay.HeaderDelay
percentage One type_v3:FractionalPercent
fault_delay_secifier OneOf fixed_delay header_delay"""


class FaultRateLimit(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.fault.v3.FaultRateLimit"

    class FixedLimit(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.common.fault.v3.FaultRateLimit.FixedLimit"
        limit_kbps: int
        SPEC = """\
limit_kbps Int"""

    class HeaderLimit(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.common.fault.v3.FaultRateLimit.HeaderLimit"

    fixed_limit: FaultRateLimit.FixedLimit | None
    header_limit: FaultRateLimit.HeaderLimit | None
    percentage: type_v3.FractionalPercent | None
    limit_type: typing.Literal["fixed_limit", "header_limit"] | None
    SPEC = """\
fixed_limit One extensions_filters_common_fault_v3:FaultRateLimit.FixedLimit
header_limit One extensions_filters_common_fault_v3:FaultRateLimit.HeaderLimit
percentage One type_v3:FractionalPercent
limit_type OneOf fixed_limit header_limit"""
