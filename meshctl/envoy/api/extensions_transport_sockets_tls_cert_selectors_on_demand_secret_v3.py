"""Messages of envoy.extensions.transport_sockets.tls.cert_selectors.on_demand_secret.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class Config(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.transport_sockets.tls.cert_selectors.on_demand_secret.v3.Config"
    config_source: config_core_v3.ConfigSource | None
    certificate_mapper: config_core_v3.TypedExtensionConfig | None
    prefetch_secret_names: tuple[str, ...]
    SPEC = """\
config_source One config_core_v3:ConfigSource
certificate_mapper One config_core_v3:TypedExtensionConfig
prefetch_secret_names *Text"""
