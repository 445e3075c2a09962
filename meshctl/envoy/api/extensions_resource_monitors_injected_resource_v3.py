"""Messages of envoy.extensions.resource_monitors.injected_resource.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class InjectedResourceConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.resource_monitors.injected_resource.v3.InjectedResourceConfig"
    filename: str
    SPEC = """\
filename Text"""
