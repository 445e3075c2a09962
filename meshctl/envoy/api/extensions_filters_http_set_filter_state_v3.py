"""Messages of envoy.extensions.filters.http.set_filter_state.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_common_set_filter_state_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.set_filter_state.v3.Config"
    on_request_headers: tuple[extensions_filters_common_set_filter_state_v3.FilterStateValue, ...]
    clear_route_cache: bool
    SPEC = """\
on_request_headers *One extensions_filters_common_set_filter_state_v3:FilterStateValue
clear_route_cache Flag"""
