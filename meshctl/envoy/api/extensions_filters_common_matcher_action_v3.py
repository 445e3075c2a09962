"""Messages of envoy.extensions.filters.common.matcher.action.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class SkipFilter(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.common.matcher.action.v3.SkipFilter"
