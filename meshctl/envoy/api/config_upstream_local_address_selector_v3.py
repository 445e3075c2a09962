"""Messages of envoy.config.upstream.local_address_selector.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DefaultLocalAddressSelector(Message):
    __slots__ = ()
    TYPE = "envoy.config.upstream.local_address_selector.v3.DefaultLocalAddressSelector"
