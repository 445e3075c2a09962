"""Messages of istio.workload; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class BootstrapExtension(Message):
    __slots__ = ()
    TYPE = "istio.workload.BootstrapExtension"
    config_source: config_core_v3.ConfigSource | None
    SPEC = """\
config_source One config_core_v3:ConfigSource"""
