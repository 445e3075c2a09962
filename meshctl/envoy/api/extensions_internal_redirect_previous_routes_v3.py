"""Messages of envoy.extensions.internal_redirect.previous_routes.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class PreviousRoutesConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.internal_redirect.previous_routes.v3.PreviousRoutesConfig"
