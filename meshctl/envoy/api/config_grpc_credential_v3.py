"""Messages of envoy.config.grpc_credential.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FileBasedMetadataConfig(Message):
    __slots__ = ()
    TYPE = "envoy.config.grpc_credential.v3.FileBasedMetadataConfig"
    secret_data: config_core_v3.DataSource | None
    header_key: str
    header_prefix: str
    SPEC = """\
secret_data One config_core_v3:DataSource
header_key Text
header_prefix Text"""
