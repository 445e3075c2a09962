"""Messages of envoy.extensions.matching.common_inputs.stats.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class StatFullNameMatchInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.stats.v3.StatFullNameMatchInput"


class StatTagValueInput(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.stats.v3.StatTagValueInput"
