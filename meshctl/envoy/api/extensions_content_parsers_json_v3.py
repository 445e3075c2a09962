"""Messages of envoy.extensions.content_parsers.json.v3; made by tools/build_api.py, not by hand."""

from __future__ import annotations

import typing

from meshctl.envoy.message import Message

if typing.TYPE_CHECKING:
    from meshctl.envoy.api import extensions_filters_http_json_to_metadata_v3


class JsonContentParser(Message):
    __slots__ = ()
    TYPE = "envoy.extensions.content_parsers.json.v3.JsonContentParser"

    class RuleConfig(Message):
        __slots__ = ()
        TYPE = "envoy.extensions.content_parsers.json.v3.JsonContentParser.RuleConfig"
        rule: extensions_filters_http_json_to_metadata_v3.JsonToMetadata.Rule | None
        stop_processing_after_matches: int
        SPEC = """\
rule One extensions_filters_http_json_to_metadata_v3:JsonToMetadata.Rule
stop_processing_after_matches Int"""

    rules: tuple[JsonContentParser.RuleConfig, ...]
    SPEC = """\
rules *One extensions_content_parsers_json_v3:JsonContentParser.RuleConfig"""
