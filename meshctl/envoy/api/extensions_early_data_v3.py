"""Messages of envoy.extensions.early_data.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class DefaultEarlyDataPolicy(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.early_data.v3.DefaultEarlyDataPolicy"
