"""Messages of envoy.extensions.retry.host.omit_canary_hosts.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class OmitCanaryHostsPredicate(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate"
