"""Messages of envoy.extensions.matching.input_matchers.runtime_fraction.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class RuntimeFraction(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.matching.input_matchers.runtime_fraction.v3.RuntimeFraction"
    runtime_fraction: config_core_v3.RuntimeFractionalPercent | None
    seed: int
    SPEC = """\
runtime_fraction One config_core_v3:RuntimeFractionalPercent
seed Int"""
