"""Messages of envoy.extensions.filters.http.basic_auth.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class BasicAuth(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.basic_auth.v3.BasicAuth"
    users: config_core_v3.DataSource | None
    forward_username_header: str
    authentication_header: str
    allow_missing: bool
    emit_dynamic_metadata: bool
    SPEC = """\
users One config_core_v3:DataSource
forward_username_header Text
authentication_header Text
allow_missing Flag
emit_dynamic_metadata Flag"""


class BasicAuthPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.basic_auth.v3.BasicAuthPerRoute"
    users: config_core_v3.DataSource | None
    SPEC = """\
users One config_core_v3:DataSource"""
