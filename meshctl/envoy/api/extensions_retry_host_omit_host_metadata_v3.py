"""Messages of envoy.extensions.retry.host.omit_host_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class OmitHostMetadataConfig(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.retry.host.omit_host_metadata.v3.OmitHostMetadataConfig"
    metadata_match: config_core_v3.Metadata | None
    SPEC = """\
metadata_match One config_core_v3:Metadata"""
