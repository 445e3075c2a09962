"""Messages of envoy.extensions.filters.network.direct_response.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.direct_response.v3.Config"
    response: config_core_v3.DataSource | None
    SPEC = """\
response One config_core_v3:DataSource"""
