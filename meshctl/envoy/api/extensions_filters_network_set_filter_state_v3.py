"""Messages of envoy.extensions.filters.network.set_filter_state.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_common_set_filter_state_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.set_filter_state.v3.Config"
    on_new_connection: tuple[extensions_filters_common_set_filter_state_v3.FilterStateValue, ...]
    on_downstream_tls_handshake: tuple[extensions_filters_common_set_filter_state_v3.FilterStateValue, ...]
    on_downstream_data: tuple[extensions_filters_common_set_filter_state_v3.FilterStateValue, ...]
    SPEC = """\
on_new_connection *One extensions_filters_common_set_filter_state_v3:FilterStateValue
on_downstream_tls_handshake *One extensions_filters_common_set_filter_state_v3:FilterStateValue
on_downstream_data *One extensions_filters_common_set_filter_state_v3:FilterStateValue"""
