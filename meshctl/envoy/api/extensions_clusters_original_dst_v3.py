"""Messages of envoy.extensions.clusters.original_dst.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import type_metadata_v3


class OriginalDstCluster(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.clusters.original_dst.v3.OriginalDstCluster"
    use_http_header: bool
    http_header_name: str
    upstream_port_override: int | None
    metadata_key: type_metadata_v3.MetadataKey | None
    SPEC = """\
use_http_header Flag
http_header_name Text
upstream_port_override OptionalInt
metadata_key One type_metadata_v3:MetadataKey"""
