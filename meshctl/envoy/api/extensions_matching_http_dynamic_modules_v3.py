"""Messages of envoy.extensions.matching.http.dynamic_modules.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class HttpDynamicModuleMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.http.dynamic_modules.v3.HttpDynamicModuleMatchInput"
