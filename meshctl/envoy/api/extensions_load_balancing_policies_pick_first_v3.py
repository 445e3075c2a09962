"""Messages of envoy.extensions.load_balancing_policies.pick_first.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class PickFirst(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.load_balancing_policies.pick_first.v3.PickFirst"
    shuffle_address_list: bool
    SPEC = """\
shuffle_address_list Flag"""
