"""Messages of envoy.extensions.filters.network.ext_proc.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class MetadataOptions(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.ext_proc.v3.MetadataOptions"

    class MetadataNamespaces(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.network.ext_proc.v3.MetadataOptions.MetadataNamespaces"
        untyped: tuple[str, ...]
        typed: tuple[str, ...]
        SPEC = """\
untyped *Text
typed *Text"""

    forwarding_namespaces: MetadataOptions.MetadataNamespaces | None
    receiving_namespaces: MetadataOptions.MetadataNamespaces | None
    SPEC = """\
forwarding_namespaces One extensions_filters_network_ext_proc_v3:MetadataOptions.MetadataNamespaces
receiving_namespaces One extensions_filters_network_ext_proc_v3:MetadataOptions.MetadataNamespaces"""


class NetworkExternalProcessor(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.ext_proc.v3.NetworkExternalProcessor"
    grpc_service: config_core_v3.GrpcService | None
    failure_mode_allow: bool
    processing_mode: ProcessingMode | None
    message_timeout: float | None
    stat_prefix: str
    metadata_options: MetadataOptions | None
    SPEC = """\
grpc_service One config_core_v3:GrpcService
failure_mode_allow Flag
processing_mode One extensions_filters_network_ext_proc_v3:ProcessingMode
message_timeout Seconds
stat_prefix Text
metadata_options One extensions_filters_network_ext_proc_v3:MetadataOptions"""


class ProcessingMode(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.network.ext_proc.v3.ProcessingMode"
    process_read: typing.Literal["STREAMED", "SKIP"]
    process_write: typing.Literal["STREAMED", "SKIP"]
    SPEC = """\
process_read Choice STREAMED=0 SKIP=1
process_write Choice STREAMED=0 SKIP=1"""
