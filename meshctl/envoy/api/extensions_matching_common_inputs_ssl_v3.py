"""Messages of envoy.extensions.matching.common_inputs.ssl.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DnsSanInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput"


class SubjectInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput"


class UriSanInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput"
