"""Messages of envoy.extensions.matching.common_inputs.environment_variable.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.common_inputs.environment_variable.v3.Config"
    name: str
    SPEC = """\
name Text"""
