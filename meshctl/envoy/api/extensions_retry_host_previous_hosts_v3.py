"""Messages of envoy.extensions.retry.host.previous_hosts.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class PreviousHostsPredicate(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
