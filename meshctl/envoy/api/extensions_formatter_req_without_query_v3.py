"""Messages of envoy.extensions.formatter.req_without_query.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class ReqWithoutQuery(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"
