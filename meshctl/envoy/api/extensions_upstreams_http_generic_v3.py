"""Messages of envoy.extensions.upstreams.http.generic.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class GenericConnectionPoolProto(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.upstreams.http.generic.v3.GenericConnectionPoolProto"
