"""Messages of envoy.extensions.http.stateful_session.cookie.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_http_v3


class CookieBasedSessionState(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState"
    cookie: type_http_v3.Cookie | None
    SPEC = """\
cookie One type_http_v3:Cookie"""
