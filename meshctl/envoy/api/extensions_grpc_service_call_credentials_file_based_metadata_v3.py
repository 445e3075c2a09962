"""Messages of envoy.extensions.grpc_service.call_credentials.file_based_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class FileBasedMetadataCallCredentials(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.grpc_service.call_credentials.file_based_metadata.v3.FileBasedMetadataCallCredentials"
    secret_data: config_core_v3.DataSource | None
    header_key: str
    header_prefix: str
    SPEC = """\
secret_data One config_core_v3:DataSource
header_key Text
header_prefix Text"""
