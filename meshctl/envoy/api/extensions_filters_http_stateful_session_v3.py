"""Messages of envoy.extensions.filters.http.stateful_session.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class StatefulSession(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.stateful_session.v3.StatefulSession"
    session_state: config_core_v3.TypedExtensionConfig | None
    strict: bool
    stat_prefix: str
    status_on_strict_destination_not_found: int
    SPEC = """\
session_state One config_core_v3:TypedExtensionConfig
strict Flag
stat_prefix Text
status_on_strict_destination_not_found Int"""


class StatefulSessionPerRoute(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute"
    disabled: bool
    stateful_session: StatefulSession | None
    override: typing.Literal["disabled", "stateful_session"] | None
    SPEC = """\
disabled Flag
stateful_session One extensions_filters_http_stateful_session_v3:StatefulSession
override OneOf disabled stateful_session"""
