"""Messages of envoy.extensions.load_balancing_policies.random.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_load_balancing_policies_common_v3


class Random(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.random.v3.Random"
    locality_lb_config: extensions_load_balancing_policies_common_v3.LocalityLbConfig | None
    SPEC = """\
locality_lb_config One extensions_load_balancing_policies_common_v3:LocalityLbConfig"""
