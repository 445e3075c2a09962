"""Messages of envoy.extensions.filters.http.kill_request.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_v3


class KillRequest(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.kill_request.v3.KillRequest"
    probability: type_v3.FractionalPercent | None
    kill_request_header: str
    direction: typing.Literal["REQUEST", "RESPONSE"]
    SPEC = """\
probability One type_v3:FractionalPercent
kill_request_header Text
direction Choice REQUEST=0 RESPONSE=1"""
