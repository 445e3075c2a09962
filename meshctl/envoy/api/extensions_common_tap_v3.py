"""Messages of envoy.extensions.common.tap.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_tap_v3


class AdminConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.tap.v3.AdminConfig"
    config_id: str
    SPEC = """\
config_id Text"""


class CommonExtensionConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.common.tap.v3.CommonExtensionConfig"
    admin_config: AdminConfig | None
    static_config: config_tap_v3.TapConfig | None
    config_type: typing.Literal["admin_config", "static_config"] | None
    SPEC = """\
admin_config One extensions_common_tap_v3:AdminConfig
static_config One config_tap_v3:TapConfig
config_type OneOf admin_config static_config"""
