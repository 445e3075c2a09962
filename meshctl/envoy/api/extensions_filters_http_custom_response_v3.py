"""Messages of envoy.extensions.filters.http.custom_response.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import xds_type_matcher_v3


class CustomResponse(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.custom_response.v3.CustomResponse"
    custom_response_matcher: xds_type_matcher_v3.Matcher | None
    SPEC = """\
custom_response_matcher One xds_type_matcher_v3:Matcher"""
