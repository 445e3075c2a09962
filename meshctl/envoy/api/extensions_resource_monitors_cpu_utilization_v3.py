"""Messages of envoy.extensions.resource_monitors.cpu_utilization.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message


class CpuUtilizationConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.resource_monitors.cpu_utilization.v3.CpuUtilizationConfig"
    mode: typing.Literal["HOST", "CONTAINER"]
    SPEC = """\
mode Choice HOST=0 CONTAINER=1"""
