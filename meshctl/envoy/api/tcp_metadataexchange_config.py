"""Messages of envoy.tcp.metadataexchange.config; made by tools/build_api.py, not by hand."""

from __future__ import annotations

from meshctl.envoy.message import Message


class MetadataExchange(Message):
    __slots__ = ()
    TYPE = "envoy.tcp.metadataexchange.config.MetadataExchange"
    protocol: str
    enable_discovery: bool
    additional_labels: tuple[str, ...]
    SPEC = """\
protocol Text
enable_discovery Flag
additional_labels *Text"""
