"""Messages of envoy.extensions.filters.http.sse_to_metadata.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import config_core_v3


class SseToMetadata(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.filters.http.sse_to_metadata.v3.SseToMetadata"

    class ProcessingRules(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.filters.http.sse_to_metadata.v3.SseToMetadata.ProcessingRules"
        content_parser: config_core_v3.TypedExtensionConfig | None
        max_event_size: int | None
        SPEC = """\
content_parser One config_core_v3:TypedExtensionConfig
max_event_size OptionalInt"""

    response_rules: SseToMetadata.ProcessingRules | None
    SPEC = """\
response_rules One extensions_filters_http_sse_to_metadata_v3:SseToMetadata.ProcessingRules"""
