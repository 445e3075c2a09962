"""Messages of envoy.extensions.local_address_selectors.filter_state_override.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.local_address_selectors.filter_state_override.v3.Config"
