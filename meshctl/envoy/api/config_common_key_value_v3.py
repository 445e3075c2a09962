"""Messages of envoy.config.common.key_value.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class KeyValueStoreConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.common.key_value.v3.KeyValueStoreConfig"
    config: config_core_v3.TypedExtensionConfig | None
    SPEC = """\
config One config_core_v3:TypedExtensionConfig"""
